"""What becomes of the model's results: filed, asked, or left to what a person has said."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import IntegrityError, OperationalError, connection
from django.db.models.signals import m2m_changed
from django.test.utils import CaptureQueriesContext
from rq.timeouts import JobTimeoutException

from catalog_ai.inference.images import ImageRejected
from catalog_ai.models import Classification, Decision, Embedding, LabelRule, Run, Suggestion
from catalog_ai.targets import get_target
from catalog_ai.workflow.claim import claim
from catalog_ai.workflow.classify import ImageResult
from catalog_ai.workflow.enqueue import enqueue
from catalog_ai.workflow.limits import StopNow
from catalog_ai.workflow.review import approve, correct, dismiss, reject
from catalog_ai.workflow.store import Judged, store_results
from shop_demo.models import Category, Product
from tests.factories import (
    claim_one,
    make_product,
    make_result,
    make_rule,
    make_run,
    make_superuser,
    make_unique_image_bytes,
    make_user,
    names,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_uploads")]
State = Classification.State

SURE = {"article:tshirts": 0.999}
DOUBTFUL = {"article:tshirts": 0.3}
TSHIRT = "article:tshirts"


@pytest.fixture(autouse=True)
def thresholds(db: None) -> None:
    """Figures of the shop's own, so that these tests do not hang on one model's."""
    for label in (TSHIRT, "article:shirts", "article:watches"):
        make_rule(label, auto_threshold=0.9, review_threshold=0.1)


def store(target: Any, product: Product, scores: dict[str, float], **options: Any) -> Any:
    row = claim_one(target, product, options.pop("run", None))
    result = make_result(scores, options.pop("digest", ""))
    store_results([Judged(row, row.image_name, result)])
    row.refresh_from_db()
    return row


def test_a_sure_label_files_the_product_and_is_written_in_the_ledger(target: Any) -> None:
    product = make_product()
    row = store(target, product, SURE)
    assert row.state == State.FILED
    assert names(product) == {"Tshirts"}
    decision = Decision.objects.get(classification=row)
    assert decision.action == Decision.Action.APPLY
    assert decision.categories_before == [] and len(decision.categories_after) == 1
    assert Embedding.objects.get(classification=row).as_array().shape == (256,)


def test_the_product_record_shows_the_result(target: Any) -> None:
    product = make_product()
    store(target, product, SURE)
    product.refresh_from_db()
    assert product.ai_state == State.FILED
    assert product.ai_labels == [{"label": TSHIRT, "confidence": 0.999, "state": "applied"}]
    assert product.ai_confidence == 0.999 and product.ai_categorized_at is not None


def test_a_doubtful_label_waits_for_a_person_with_its_thresholds(target: Any) -> None:
    product = make_product()
    row = store(target, product, DOUBTFUL)
    suggestion = row.suggestions.get()
    assert (row.state, row.reason) == (State.REVIEW, "low_confidence")
    assert (suggestion.state, suggestion.auto_threshold) == ("pending", 0.9)
    assert names(product) == set()


def test_an_image_with_nothing_above_the_threshold_is_unidentified(target: Any) -> None:
    row = store(target, make_product(), {TSHIRT: 0.01})
    assert (row.state, row.uncertainty) == (State.UNIDENTIFIED, -0.01)


def test_the_run_counts_and_closes(target: Any) -> None:
    run = make_run(total=1)
    store(target, make_product(), SURE, run=run)
    run.refresh_from_db()
    assert (run.filed, run.state, run.percent) == (1, Run.State.DONE, 100)


def test_a_person_who_lost_the_right_to_auto_apply_files_nothing(target: Any) -> None:
    product = make_product()
    run = make_run(total=1, created_by=make_user("categorize_products"))
    row = store(target, product, SURE, run=run)
    assert (row.state, row.reason) == (State.REVIEW, "not_permitted")
    assert names(product) == set()


def test_a_run_of_somebody_who_was_deleted_files_nothing(target: Any) -> None:
    product, boss = make_product(), make_superuser()
    run = make_run(total=1, created_by=boss, source=Run.Source.ADMIN)
    boss.delete()
    run.refresh_from_db()
    row = store(target, product, SURE, run=run)
    assert (row.state, row.reason, names(product)) == (State.REVIEW, "not_permitted", set())


def test_a_dry_run_proposes_and_changes_nothing(target: Any) -> None:
    product = make_product()
    row = store(target, product, SURE, run=make_run(total=1, dry_run=True))
    assert row.suggestions.get().state == Suggestion.State.PROPOSED
    assert not row.is_current and names(product) == set()
    assert not Decision.objects.exists()


def test_a_category_that_a_person_gave_is_not_contradicted_by_itself(target: Any) -> None:
    product = make_product()
    watches = Category.objects.create(name="Watches")
    product.categories.add(watches)
    LabelRule.objects.filter(label="article:watches").update(category=str(watches.pk))
    row = store(target, product, SURE)
    assert (row.state, row.reason) == (State.REVIEW, "disagrees")
    assert names(product) == {"Watches"}


def test_a_category_by_its_name_alone_is_contradicted_in_a_shop_without_rules(target: Any) -> None:
    product = make_product()
    product.categories.add(Category.objects.create(name="watch"))  # another name of Watches
    LabelRule.objects.all().delete()
    row = store(target, product, SURE)
    assert (row.state, row.reason) == (State.REVIEW, "disagrees")
    assert list(product.categories.values_list("name", flat=True)) == ["watch"]


def test_a_category_the_model_knows_nothing_of_is_no_contradiction(target: Any) -> None:
    product = make_product()
    product.categories.add(Category.objects.create(name="Summer sale"))
    store(target, product, SURE)
    assert names(product) == {"Summer sale", "Tshirts"}


def test_a_redo_replaces_what_the_model_itself_had_filed(target: Any) -> None:
    product = make_product()
    store(target, product, SURE)
    row = store(target, product, {"article:shirts": 0.999})
    assert names(product) == {"Shirts"}
    assert row.is_current
    assert Suggestion.objects.filter(state=Suggestion.State.SUPERSEDED).count() == 1


@pytest.mark.parametrize("verb", ["approve", "reject", "correct", "dismiss"])
def test_a_persons_word_on_an_image_stands_against_every_re_run(target: Any, verb: str) -> None:
    product, person = make_product(), make_superuser()
    digest = "d" * 64
    row = store(target, product, DOUBTFUL, digest=digest)
    own = Category.objects.create(name="Own choice")
    if verb == "approve":
        approve([row.suggestions.get().pk], person)
    elif verb == "reject":
        reject([row.suggestions.get().pk], person)
    elif verb == "correct":
        correct(row.pk, [str(own.pk)], person)
    else:
        dismiss([row.pk], person)
    before = names(product)
    again = store(target, product, {"article:shirts": 0.999}, digest=digest)
    assert again.state == State.REVIEWED
    assert names(product) == before


def test_dismissing_an_unidentified_image_stands_against_a_re_run(target: Any) -> None:
    product, digest = make_product(), "e" * 64
    row = store(target, product, {}, digest=digest)
    dismiss([row.pk], make_superuser())
    assert store(target, product, SURE, digest=digest).state == State.REVIEWED
    assert names(product) == set()


def test_a_rejected_label_asks_again_on_a_new_image(target: Any) -> None:
    product = make_product()
    row = store(target, product, DOUBTFUL)
    reject([row.suggestions.get().pk], make_superuser())
    again = store(target, product, SURE)
    assert (again.state, again.reason) == (State.REVIEW, "disagrees")


@pytest.mark.parametrize("verb", ["approve", "correct"])
def test_what_a_person_approved_is_no_longer_the_models_own(target: Any, verb: str) -> None:
    """The model had filed it there by itself before, of an older photo."""
    product = make_product()
    store(target, product, SURE)
    row = store(target, product, DOUBTFUL)
    if verb == "approve":
        approve([row.suggestions.get().pk], make_superuser())
    else:
        correct(row.pk, [str(Category.objects.get().pk)], make_superuser())
    row = store(target, product, {"article:shirts": 0.999})
    assert names(product) == {"Tshirts"}
    assert (row.state, row.reason) == (State.REVIEW, "disagrees")


def test_the_one_category_that_a_person_approved_is_not_replaced() -> None:
    target = get_target("shops.uuidproduct")
    make_rule("article:shirts", target=target.key, auto_threshold=0.9)
    make_rule(TSHIRT, target=target.key, auto_threshold=0.9)
    photo = ContentFile(make_unique_image_bytes(), "photo.png")
    product = target.get_model()._default_manager.create(photo=photo)
    store(target, product, SURE)
    row = store(target, product, DOUBTFUL)
    approve([row.suggestions.get().pk], make_superuser())
    row = store(target, product, {"article:shirts": 0.999})
    product.refresh_from_db()
    assert (product.category.name, row.reason) == ("Tshirts", "disagrees")


@pytest.mark.parametrize("verb", ["take out", "reject what was filed", "reject", "correct"])
def test_what_a_person_refused_is_not_filed_under_another_label(target: Any, verb: str) -> None:
    """Two labels mean one category, and a new photo gets the other one."""
    product, person = make_product(), make_superuser()
    tops = Category.objects.create(name="Tops")
    LabelRule.objects.update(category=str(tops.pk))
    row = store(target, product, DOUBTFUL if verb in ("reject", "correct") else SURE)
    if verb == "take out":
        product.categories.clear()
    elif verb == "correct":
        correct(row.pk, [str(Category.objects.create(name="Sale").pk)], person)
    else:
        reject([row.suggestions.get().pk], person)
    before = names(product)
    again = store(target, product, {"article:shirts": 0.999})
    assert (again.state, again.reason) == (State.REVIEW, "disagrees")
    assert names(product) == before


def test_a_category_that_a_person_took_out_is_not_put_back(target: Any) -> None:
    product = make_product()
    store(target, product, SURE)
    product.categories.clear()
    again = store(target, product, SURE)
    assert (again.state, names(product)) == (State.REVIEW, set())


def test_a_lost_lease_writes_nothing(target: Any) -> None:
    product = make_product()
    row = claim_one(target, product)
    Classification.objects.filter(pk=row.pk).update(lease_token="somebody else")
    store_results([Judged(row, row.image_name, make_result(SURE))])
    row.refresh_from_db()
    assert row.state == State.RUNNING and names(product) == set()


def test_an_image_replaced_during_its_job_is_looked_at_again(target: Any) -> None:
    product = make_product()
    row = claim_one(target, product)
    Product.objects.filter(pk=product.pk).update(image="products/other.png")
    store_results([Judged(row, row.image_name, make_result(SURE))])
    row.refresh_from_db()
    assert (row.state, row.attempts) == (State.QUEUED, 0)
    assert row.image_name == "products/other.png" and names(product) == set()


def test_a_product_deleted_during_its_job_is_cancelled(target: Any) -> None:
    product = make_product()
    row = claim_one(target, product)
    Product.objects.filter(pk=product.pk).delete()
    store_results([Judged(row, row.image_name, make_result(SURE))])
    row.refresh_from_db()
    assert row.state == State.CANCELLED and "deleted" in row.error


def test_a_shop_that_refuses_a_category_gets_a_person_instead(
    target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(product: Any, keys: set[str]) -> None:
        raise ValueError("not in this shop")

    product, other = make_product(), make_product()
    rows = [claim_one(target, product), claim_one(target, other)]
    monkeypatch.setattr(target, "set_categories", refuse)
    store_results([Judged(row, row.image_name, make_result(SURE)) for row in rows])
    rows[0].refresh_from_db()
    assert (rows[0].state, rows[0].reason) == (State.REVIEW, "shop_refused")
    assert rows[0].suggestions.get().state == Suggestion.State.PENDING
    assert not Decision.objects.exists()


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("error", [JobTimeoutException, StopNow, OperationalError])
def test_a_timeout_or_a_lost_database_is_no_refusal_of_the_shop(
    target: Any, monkeypatch: pytest.MonkeyPatch, error: type[Exception], wrapped: bool
) -> None:
    def break_down(product: Any, keys: set[str]) -> None:
        if wrapped:
            raise RuntimeError("the search index failed") from error("gone")
        raise error("gone")

    row = claim_one(target, make_product())
    monkeypatch.setattr(target, "set_categories", break_down)
    with pytest.raises(RuntimeError if wrapped else error):
        store_results([Judged(row, row.image_name, make_result(SURE))])
    row.refresh_from_db()
    assert row.state == State.RUNNING and not row.suggestions.exists()


def test_storing_costs_the_same_statements_for_many_as_for_few(
    target: Any, django_assert_max_num_queries: Any
) -> None:
    store(target, make_product(), SURE)  # the mapping is searched for once
    for count in (2, 20):
        run = make_run(total=count)
        rows = [claim_one(target, make_product(), run) for _ in range(count)]
        scores = (SURE, DOUBTFUL, {})
        Classification.objects.filter(run=run).update(lease_token="claimed together")
        for row in rows:
            row.refresh_from_db()
        judged = [
            Judged(row, row.image_name, make_result(scores[at % 3])) for at, row in enumerate(rows)
        ]
        with django_assert_max_num_queries(27):
            store_results(judged)
        assert Decision.objects.filter(classification__run=run).count() == len(rows[::3])


@pytest.mark.parametrize("kind", ["unchanged", "rejected", "replaced", "deleted"])
def test_what_the_model_did_not_judge_costs_no_statement_each(target: Any, kind: str) -> None:
    counts = []
    for number in (2, 12):
        Product.objects.all().delete()
        for _ in range(number):
            make_product()
        run = enqueue(target, Product.objects.all(), source=Run.Source.COMMAND)
        rows = claim(run.classifications.values_list("pk", flat=True), fresh=True)
        if kind == "deleted":
            Product.objects.all().delete()
        refused = ImageResult("d" * 64, rejected=ImageRejected("damaged"))
        result = refused if kind == "rejected" else None
        name = "an older name.png" if kind == "replaced" else ""
        with CaptureQueriesContext(connection) as queries:
            store_results([Judged(row, name or row.image_name, result) for row in rows])
        counts.append(len(queries))
    assert counts[1] == counts[0]


def test_a_shop_that_listens_hears_of_each_product_that_is_filed(target: Any) -> None:
    heard: list[tuple[int, int]] = []

    def note(instance: Product, action: str, pk_set: set[int], **_: Any) -> None:
        if action == "post_add":
            heard.append((instance.pk, len(pk_set)))

    products = [make_product(), make_product()]
    rows = [claim_one(target, product) for product in products]
    m2m_changed.connect(note, sender=Product.categories.through)
    try:
        store_results([Judged(row, row.image_name, make_result(SURE)) for row in rows])
    finally:
        m2m_changed.disconnect(note, sender=Product.categories.through)
    assert heard == [(product.pk, 1) for product in products]


def test_what_cannot_be_filed_at_once_is_filed_one_by_one(
    target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(changes: Any) -> None:
        raise IntegrityError("a trigger of the shop's")

    products = [make_product(), make_product()]
    rows = [claim_one(target, product) for product in products]
    monkeypatch.setattr(target.category_field, "write_at_once", refuse)
    store_results([Judged(row, row.image_name, make_result(SURE)) for row in rows])
    assert [names(product) for product in products] == [{"Tshirts"}, {"Tshirts"}]


def test_filing_many_at_once_takes_out_what_the_model_had_filed_before(target: Any) -> None:
    sale = Category.objects.create(name="Summer sale")
    products = [make_product(), make_product()]
    for product in products:
        store(target, product, SURE)
    products[0].categories.add(sale)
    rows = [claim_one(target, product) for product in products]
    shirts = make_result({"article:shirts": 0.999})
    store_results([Judged(row, row.image_name, shirts) for row in rows])
    assert [names(product) for product in products] == [{"Shirts", "Summer sale"}, {"Shirts"}]
    assert Suggestion.objects.filter(state=Suggestion.State.SUPERSEDED).count() == 2
