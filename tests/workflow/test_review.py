"""A person's verdicts, undo and rollback."""

from typing import Any

import pytest
from django.db.models.signals import m2m_changed

from catalog_ai.errors import (
    CannotUndo,
    LedgerIsAppendOnly,
    NotPermitted,
    OneCategoryOnly,
    UnknownCategory,
)
from catalog_ai.models import Classification, Decision, LabelRule, Suggestion
from catalog_ai.targets import get_targets
from catalog_ai.workflow.review import approve, correct, dismiss, reject
from catalog_ai.workflow.rollback import preview_rollback
from catalog_ai.workflow.store import Judged, store_results
from catalog_ai.workflow.undo import last_batch, undo
from shop_demo.models import Category, Product
from tests.factories import (
    claim_one,
    make_card,
    make_classification,
    make_product,
    make_result,
    make_run,
    make_superuser,
    make_unjudged,
    make_user,
    names,
    roll_back,
)
from tests.shops.models import Kind, UuidProduct

pytestmark = pytest.mark.django_db
State = Classification.State


@pytest.fixture
def person() -> Any:
    return make_user("review_suggestions", "roll_back_run")


@pytest.fixture
def product() -> Product:
    return make_unjudged()


def test_approving_files_the_product_and_closes_the_card(product: Product, person: Any) -> None:
    (suggestion,) = make_card(product)
    reviewed = approve([suggestion.pk], person)
    suggestion.refresh_from_db()
    assert (reviewed.done, suggestion.state) == (1, "approved")
    assert suggestion.classification.state == State.REVIEWED
    assert names(product) == {"Tshirts"}


def test_a_card_stays_while_a_suggestion_is_open(product: Product, person: Any) -> None:
    first, second = make_card(product, "article:tshirts", "article:shirts")
    approve([first.pk], person)
    assert Classification.objects.get().state == State.REVIEW
    reject([second.pk], person)
    assert Classification.objects.get().state == State.REVIEWED
    assert names(product) == {"Tshirts"}


def test_the_second_of_two_reviewers_changes_nothing(product: Product, person: Any) -> None:
    (suggestion,) = make_card(product)
    approve([suggestion.pk], person)
    reviewed = reject([suggestion.pk], make_superuser())
    assert (reviewed.done, reviewed.already_decided) == (0, 1)
    assert names(product) == {"Tshirts"}


def test_rejecting_what_the_model_filed_takes_it_back(product: Product, person: Any) -> None:
    (suggestion,) = make_card(product)
    category = Category.objects.create(name="Tshirts")
    product.categories.add(category)
    Suggestion.objects.update(state="applied", category=str(category.pk))
    reject([suggestion.pk], person)
    assert names(product) == set()


def test_a_correction_files_the_persons_own_choice(product: Product, person: Any) -> None:
    (suggestion,) = make_card(product)
    own = Category.objects.create(name="Rash guards")
    correct(suggestion.classification_id, [str(own.pk)], person)
    suggestion.refresh_from_db()
    assert suggestion.state == "corrected" and names(product) == {"Rash guards"}


@pytest.mark.parametrize("keys", [[], ["999999"], ["no number"]])
def test_a_correction_to_no_category_is_refused(
    product: Product, person: Any, keys: list[str]
) -> None:
    (suggestion,) = make_card(product)
    with pytest.raises(UnknownCategory):
        correct(suggestion.classification_id, keys, person)
    suggestion.refresh_from_db()
    assert suggestion.state == "pending" and not Decision.objects.exists()


def test_a_label_without_a_category_says_so_and_the_others_are_decided(
    product: Product, person: Any, monkeypatch: pytest.MonkeyPatch, target: Any
) -> None:
    monkeypatch.setattr(type(target), "create_categories", False)
    Category.objects.create(name="Shirts")
    (unmapped,) = make_card(product)
    other = make_product()
    Classification.objects.filter(object_id=str(other.pk)).delete()
    (mapped,) = make_card(other, "article:shirts")
    reviewed = approve([unmapped.pk, mapped.pk], person)
    assert reviewed.done == 1 and "Tshirts" in reviewed.errors[0]
    assert names(other) == {"Shirts"}


@pytest.mark.parametrize("verb", [approve, reject, dismiss])
def test_nobody_reviews_without_the_permission(product: Product, verb: Any) -> None:
    (suggestion,) = make_card(product)
    for actor in (None, make_user("categorize_products")):
        with pytest.raises(NotPermitted):
            verb([suggestion.pk], actor)


@pytest.mark.parametrize("verb", ["approve", "reject", "correct", "dismiss"])
def test_undo_puts_everything_back(product: Product, person: Any, verb: str) -> None:
    kept = Category.objects.create(name="Sale")
    product.categories.add(kept)
    first, second = make_card(product, "article:tshirts", "article:shirts")
    row = first.classification
    own = Category.objects.create(name="Own")
    reviewed = {
        "approve": lambda: approve([first.pk, second.pk], person),
        "reject": lambda: reject([first.pk, second.pk], person),
        "correct": lambda: correct(row.pk, [str(own.pk)], person),
        "dismiss": lambda: dismiss([row.pk], person),
    }[verb]()
    assert last_batch(person) == reviewed.batch
    undo(reviewed.batch, person)
    row.refresh_from_db()
    pending = row.suggestions.filter(state="pending")
    assert (row.state, pending.count(), names(product)) == (State.REVIEW, 2, {"Sale"})
    assert last_batch(person) is None


def test_undo_keeps_a_category_that_was_added_since(product: Product, person: Any) -> None:
    (suggestion,) = make_card(product)
    reviewed = approve([suggestion.pk], person)
    product.categories.add(Category.objects.create(name="Added by hand"))
    undo(reviewed.batch, person)
    assert names(product) == {"Added by hand"}


def test_nothing_is_undone_twice_or_by_another(product: Product, person: Any) -> None:
    (suggestion,) = make_card(product)
    reviewed = approve([suggestion.pk], person)
    with pytest.raises(NotPermitted):
        undo(reviewed.batch, make_superuser())
    undo(reviewed.batch, person)
    with pytest.raises(CannotUndo):
        undo(reviewed.batch, person)


def test_a_decision_can_be_made_again_after_undo(product: Product, person: Any) -> None:
    (suggestion,) = make_card(product)
    undo(approve([suggestion.pk], person).batch, person)
    again = approve([suggestion.pk], person)
    assert again.done == 1 and names(product) == {"Tshirts"}
    undo(again.batch, person)
    assert names(product) == set()


def test_the_ledger_cannot_be_changed(product: Product, person: Any) -> None:
    (suggestion,) = make_card(product)
    approve([suggestion.pk], person)
    entry = Decision.objects.get()
    for change in (
        entry.save,
        entry.delete,
        Decision.objects.all().delete,
        lambda: Decision.objects.update(label="x"),
    ):
        with pytest.raises(LedgerIsAppendOnly):
            change()


def file_by_model(target: Any, product: Any, run: Any, label: str = "article:tshirts") -> None:
    LabelRule.objects.update_or_create(
        target=target.key, label=label, defaults={"auto_threshold": 0.9}
    )
    row = claim_one(target, product, run)
    store_results([Judged(row, row.image_name, make_result({label: 0.999}))])


def test_rollback_takes_back_the_models_work_and_leaves_the_persons(
    target: Any, person: Any
) -> None:
    run = make_run(total=2)
    touched, untouched = make_product(), make_product()
    Classification.objects.filter(run__source="upload").delete()
    for product in (touched, untouched):
        file_by_model(target, product, run)
    approve([Suggestion.objects.get(classification__object_id=str(touched.pk)).pk], person)
    preview = preview_rollback(run)
    assert (preview.revert, preview.kept_by_people) == (1, 1)
    rollback = roll_back(run, person)
    assert (rollback.taken_back, names(touched), names(untouched)) == (1, {"Tshirts"}, set())
    assert roll_back(run, person).taken_back == 0


def test_rollback_does_not_touch_a_single_category_that_was_changed_since(person: Any) -> None:
    target = get_targets()["shops.uuidproduct"]
    product = UuidProduct.objects.create(photo="a.png")
    Classification.objects.all().delete()
    run = make_run(target.key, total=1)
    file_by_model(target, product, run)
    product.refresh_from_db()
    assert product.category is not None and product.category.name == "Tshirts"
    product.category = Kind.objects.create(name="By hand")
    product.save()
    assert roll_back(run, person).taken_back == 0
    product.refresh_from_db()
    assert product.category is not None and product.category.name == "By hand"


def test_one_category_only_where_the_product_holds_one(person: Any) -> None:
    target = get_targets()["shops.uuidproduct"]
    product = UuidProduct.objects.create(photo="b.png")
    row = make_classification(run=make_run(target.key), object_id=target.to_key(product.pk))
    kinds = [str(Kind.objects.create(name=name).pk) for name in "AB"]
    with pytest.raises(OneCategoryOnly):
        correct(row.pk, kinds, person)


def test_a_shop_that_refuses_one_product_is_told_and_the_others_are_filed(person: Any) -> None:
    products = [make_unjudged(), make_unjudged()]
    cards = [make_card(product)[0] for product in products]

    def refuse(instance: Any, action: str, **_: Any) -> None:
        if action == "pre_add" and instance.pk == products[0].pk:
            raise ValueError("not this one")

    m2m_changed.connect(refuse, sender=Product.categories.through)
    try:
        reviewed = approve([card.pk for card in cards], person)
    finally:
        m2m_changed.disconnect(refuse, sender=Product.categories.through)
    assert (reviewed.done, len(reviewed.errors)) == (1, 1)
    assert "refused" in reviewed.errors[0]
    assert [names(product) for product in products] == [set(), {"Tshirts"}]
    cards[0].refresh_from_db()
    assert cards[0].state == Suggestion.State.PENDING
