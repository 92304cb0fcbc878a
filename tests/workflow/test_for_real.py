"""A dry run and what comes of it: nothing is touched, and later its very results are filed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile

from catalog_ai.errors import NotFinished, NotPermitted
from catalog_ai.inference.images import ImageRejected, digest_image
from catalog_ai.models import Change, Classification, Decision, LabelRule, Run, Suggestion
from catalog_ai.models.changes import LONGEST, read_side, write_side
from catalog_ai.targets import get_target
from catalog_ai.workflow import jobs, judging
from catalog_ai.workflow.classify import ImageResult
from catalog_ai.workflow.enqueue import enqueue
from catalog_ai.workflow.for_real import collect_results, run_for_real
from catalog_ai.workflow.review import approve
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
    roll_back,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_uploads")]
State = Classification.State
TSHIRT, SHIRT = "article:tshirts", "article:shirts"
SURE, DOUBTFUL = {TSHIRT: 0.999}, {TSHIRT: 0.3}


@pytest.fixture(autouse=True)
def rules(db: None) -> None:
    for label, name in ((TSHIRT, "Tshirts"), (SHIRT, "Shirts")):
        category = Category.objects.create(name=name)
        make_rule(label, category, auto_threshold=0.9, review_threshold=0.1)


@pytest.fixture
def boss() -> Any:
    return make_superuser()


def digest_of(product: Product) -> str:
    with product.image.storage.open(product.image.name) as file:
        return digest_image(file.read())


def judge(target: Any, run: Run, product: Product, scores: dict[str, float]) -> Classification:
    """Store made-up confidences for the photo that the product has."""
    row = claim_one(target, product, run)
    store_results([Judged(row, row.image_name, make_result(scores, digest_of(product)))])
    row.refresh_from_db()
    return row


def make_dry_run(target: Any, *judged: tuple[Product, dict[str, float]], **fields: Any) -> Run:
    run = make_run(total=len(judged), dry_run=True, **fields)
    for product, scores in judged:
        judge(target, run, product, scores)
    run.refresh_from_db()
    assert run.state == Run.State.DONE
    return run


def finish(run: Run) -> Run:
    """Collect and file as a worker does."""
    while collect_results(run.pk):
        pass
    jobs.classify_chunk(list(run.classifications.order_by("pk").values_list("pk", flat=True)))
    run.refresh_from_db()
    return run


@pytest.fixture(autouse=True)
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model itself may not be asked."""

    def refuse() -> None:
        raise AssertionError("the model was asked")

    monkeypatch.setattr(judging, "get_classifier", refuse)


def pairs(run: Run) -> dict[tuple[str, tuple[str, ...], tuple[str, ...]], int]:
    """(effect, from, to) -> products, in the names of the shop's categories."""
    known = {str(pk): name for pk, name in Category.objects.values_list("pk", "name")}

    def read(side: str) -> tuple[str, ...]:
        keys, labels = read_side(side)
        return (*[known[key] for key in keys], *labels)

    return {
        (one.effect, read(one.before), read(one.after)): one.products for one in run.changes.all()
    }


def test_a_dry_run_counts_from_where_to_where(target: Any) -> None:
    shirts, sale = Category.objects.get(name="Shirts"), Category.objects.create(name="Sale")
    new, also_new, other, further, same = [make_product() for _ in range(5)]
    other.categories.add(shirts)
    further.categories.add(sale)
    same.categories.add(Category.objects.get(name="Tshirts"), sale)
    unsure = make_product()
    run = make_dry_run(
        target,
        *[(one, SURE) for one in (new, also_new, other, further, same)],
        (unsure, DOUBTFUL),
    )
    assert pairs(run) == {
        ("first_time", (), ("Tshirts",)): 2,
        ("contradicting", ("Shirts",), ("Tshirts",)): 1,
        ("changed", ("Sale",), ("Tshirts",)): 1,
        ("agreeing", ("Tshirts",), ("Tshirts",)): 1,
    }
    change = Change.objects.get(effect="first_time")
    rows = change.classifications.order_by("pk")
    assert [row.object_id for row in rows] == [str(new.pk), str(also_new.pk)]
    assert sum(Change.objects.values_list("products", flat=True)) == 5


def test_a_category_that_would_only_be_made_is_named_by_its_label(target: Any) -> None:
    make_rule("article:jeans", auto_threshold=0.9)
    run = make_dry_run(target, (make_product(), {"article:jeans": 0.999}))
    assert pairs(run) == {("first_time", (), ("article:jeans",)): 1}
    assert not Category.objects.filter(name="Jeans").exists()


def test_a_side_of_many_categories_is_cut_and_still_read() -> None:
    side = write_side([str(10**30 + number) for number in range(50)], ["article:ties"])
    assert len(side) <= LONGEST
    assert len(read_side(side)[0]) > 5
    assert read_side(write_side(["a,b", '"'], ["x"])) == (['"', "a,b"], ["x"])


def test_a_real_run_counts_no_changes(target: Any) -> None:
    judge(target, make_run(total=1), make_product(), SURE)
    assert not Change.objects.exists()


def test_nothing_of_a_dry_run_waits_for_a_person(target: Any) -> None:
    make_dry_run(target, (make_product(), DOUBTFUL), (make_product(), {TSHIRT: 0.99, SHIRT: 0.5}))
    states = list(Suggestion.objects.order_by("pk").values_list("state", flat=True))
    assert states == ["would_ask", "proposed", "would_ask"]
    assert not Classification.objects.filter(is_current=True).exists()


def test_the_very_results_are_filed_without_the_model(target: Any, boss: Any) -> None:
    sure, both, unsure, unknown = [make_product() for _ in range(4)]
    dry = make_dry_run(
        target,
        (sure, SURE),
        (both, {TSHIRT: 0.99, SHIRT: 0.5}),
        (unsure, DOUBTFUL),
        (unknown, {}),
    )
    # Thresholds that were set since change nothing of what was shown.
    LabelRule.objects.update(auto_threshold=1.0, review_threshold=1.0)
    run = finish(run_for_real(dry, boss))
    assert (run.state, run.done, run.breaker) == (Run.State.DONE, 4, Run.Breaker.OFF)
    assert (run.filed, run.review, run.unidentified) == (1, 2, 1)
    assert [names(one) for one in (sure, both, unsure)] == [{"Tshirts"}, {"Tshirts"}, set()]
    assert Decision.objects.filter(action="apply").count() == 2
    for row in run.classifications.all():
        before = dry.classifications.get(object_id=row.object_id)
        assert row.is_current and not before.is_current
        for name in ("scores", "top_label", "top_confidence", "image_digest", "model_version"):
            assert getattr(row, name) == getattr(before, name)
        assert bytes(row.embedding.vector) == bytes(before.embedding.vector)
        labels = row.suggestions.order_by("label").values_list("label", "confidence")
        assert list(labels) == list(
            before.suggestions.order_by("label").values_list("label", "confidence")
        )
    assert run.classifications.get(object_id=str(unsure.pk)).reason == "low_confidence"


def change_photo(product: Product) -> None:
    product.image.save("other.png", ContentFile(make_unique_image_bytes()))


def overwrite_photo(product: Product) -> None:
    storage, name = product.image.storage, product.image.name
    storage.delete(name)
    assert storage.save(name, ContentFile(make_unique_image_bytes())) == name


def remove_photo(product: Product) -> None:
    Product.objects.filter(pk=product.pk).update(image="")


def delete(product: Product) -> None:
    product.delete()


def file_elsewhere(product: Product) -> None:
    product.categories.add(Category.objects.get(name="Shirts"))


def judge_again(product: Product) -> Classification:
    return judge(get_target("shop_demo.product"), make_run(total=1), product, DOUBTFUL)


def change_mapping(product: Product) -> None:
    other = Category.objects.create(name="Elsewhere")
    LabelRule.objects.filter(label=TSHIRT).update(category=str(other.pk))


@pytest.mark.parametrize(
    ("meddle", "reason"),
    [
        (change_photo, "The photo was changed since the dry run."),
        (overwrite_photo, "The photo was changed since the dry run."),
        (remove_photo, "The photo was changed since the dry run."),
        (delete, "The product was deleted."),
        (file_elsewhere, "A person has decided since the dry run."),
        (judge_again, "The product was judged again since the dry run."),
        (change_mapping, "What its label means was changed since the dry run."),
    ],
)
def test_a_product_that_is_not_what_it_was_is_left_out(
    target: Any, boss: Any, meddle: Callable[[Product], Any], reason: str
) -> None:
    product, untouched = make_product(), make_product()
    dry = make_dry_run(target, (product, SURE), (untouched, SURE))
    key = str(product.pk)
    meddle(product)
    filed_by_hand = names(product) if Product.objects.filter(pk=product.pk).exists() else set()
    run = finish(run_for_real(dry, boss))
    left_out = run.classifications.get(object_id=key)
    assert (left_out.state, left_out.error, left_out.is_current) == (
        State.CANCELLED,
        reason,
        False,
    )
    assert (run.state, run.done, run.cancelled) == (
        Run.State.DONE,
        2,
        2 if meddle is change_mapping else 1,
    )
    if Product.objects.filter(pk=key).exists():
        assert names(product) == filed_by_hand
    if meddle is not change_mapping:
        assert names(untouched) == {"Tshirts"}


def test_a_persons_word_on_the_photo_since_leaves_the_product_out(target: Any, boss: Any) -> None:
    product = make_product()
    row = judge(target, make_run(total=1), product, DOUBTFUL)
    dry = make_dry_run(target, (product, SURE))
    assert dry.first_time == 1
    approve(row.suggestions.values_list("pk", flat=True), boss)
    before = Decision.objects.count()
    run = finish(run_for_real(dry, boss))
    assert run.classifications.get().error == "A person has decided since the dry run."
    row.refresh_from_db()
    assert row.is_current and Decision.objects.count() == before


def test_a_label_that_was_mapped_since_to_another_category_than_was_shown(
    target: Any, boss: Any
) -> None:
    """The dry run showed a category of the label's own name, which it would have made."""
    LabelRule.objects.update(category="")
    Category.objects.all().delete()
    dry_run = make_dry_run(target, (product := make_product(), SURE))
    boots = Category.objects.create(name="Boots")
    LabelRule.objects.filter(label=TSHIRT).update(category=str(boots.pk))
    run = finish(run_for_real(dry_run, boss))
    assert names(product) == set()
    assert run.classifications.get().error_code == "label_changed"


def test_a_category_that_was_shown_as_new_is_made_once_for_all_chunks(
    target: Any, boss: Any
) -> None:
    LabelRule.objects.update(category="")
    Category.objects.all().delete()
    products = [make_product() for _ in range(3)]
    dry_run = make_dry_run(target, *[(product, SURE) for product in products])
    run = run_for_real(dry_run, boss)
    while collect_results(run.pk):
        pass
    for pk in run.classifications.order_by("pk").values_list("pk", flat=True):
        jobs.classify_chunk([pk])
    assert [names(product) for product in products] == [{"Tshirts"}] * 3


def test_an_unreadable_photo_stays_one(target: Any, boss: Any) -> None:
    product = make_product()
    dry = make_run(total=1, dry_run=True)
    row = claim_one(target, product, dry)
    bad = ImageResult(digest_of(product), rejected=ImageRejected("damaged"))
    store_results([Judged(row, row.image_name, bad)])
    run = finish(run_for_real(dry, boss))
    assert (run.rejected, run.classifications.get().error_code) == (1, "damaged")


def test_a_product_with_work_in_flight_is_skipped(target: Any, boss: Any) -> None:
    product = make_product()
    dry = make_dry_run(target, (product, SURE))
    claim_one(target, product)
    run = finish(run_for_real(dry, boss))
    assert (run.total, run.skipped, run.state) == (0, 1, Run.State.DONE)


def test_filing_by_itself_was_not_chosen_so_a_person_is_asked(target: Any) -> None:
    product = make_product()
    dry = make_dry_run(target, (product, SURE), apply_automatically=False)
    run = finish(run_for_real(dry, make_user("categorize_products")))
    row = run.classifications.get()
    assert (row.state, row.reason, names(product)) == (State.REVIEW, "not_permitted", set())
    assert row.suggestions.get().state == Suggestion.State.PENDING


def test_there_is_one_real_run_until_it_is_taken_back(target: Any, boss: Any) -> None:
    product = make_product()
    dry = make_dry_run(target, (product, SURE))
    run = finish(run_for_real(dry, boss))
    assert run_for_real(dry, boss) == run
    roll_back(run, boss)
    assert names(product) == set()
    again = finish(run_for_real(dry, boss))
    assert again != run and names(product) == {"Tshirts"}


def test_who_may_do_it_and_when(target: Any, boss: Any) -> None:
    dry = make_dry_run(target, (make_product(), SURE))
    for person in (make_user("categorize_products"), make_user("auto_apply")):
        with pytest.raises(NotPermitted):
            run_for_real(dry, person)
    with pytest.raises(NotFinished):
        run_for_real(make_run(dry_run=True), boss)
    assert not Run.objects.filter(dry_run=False).exists()


def test_a_large_dry_run_is_collected_page_by_page(
    target: Any, boss: Any, settings: Any, live_queues: Any
) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "EXPAND_PAGE": 2}
    products = [make_product() for _ in range(5)]
    dry = make_dry_run(target, *[(one, SURE) for one in products])
    run = run_for_real(dry, boss)
    jobs.expand_run(run.pk)
    run.refresh_from_db()
    assert (run.total, run.collected, run.state) == (5, True, Run.State.RUNNING)
    jobs.expand_run(run.pk)
    assert run.classifications.count() == 5


def test_the_selection_of_a_dry_run_is_not_looked_at_again(target: Any, boss: Any) -> None:
    """A product that came into the selection since was never shown."""
    shown = make_product()
    dry = enqueue(target, Product.objects.all(), source=Run.Source.ADMIN, actor=boss, dry_run=True)
    Classification.objects.filter(run=dry).delete()
    judge(target, dry, shown, SURE)
    dry.refresh_from_db()
    late = make_product()
    run = finish(run_for_real(dry, boss))
    assert names(shown) == {"Tshirts"} and names(late) == set()
    assert run.classifications.count() == 1
