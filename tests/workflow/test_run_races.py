"""Who wins where a rollback, or a dry run done for real, meets something else: on PostgreSQL."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError, transaction

from catalog_ai.inference.images import digest_image
from catalog_ai.models import Change, Classification, Decision, Rollback, Run
from catalog_ai.workflow import ends, store
from catalog_ai.workflow.claim import claim
from catalog_ai.workflow.enqueue import (
    enqueue,
    enqueue_some,
    expand_next_page,
    keep_selection,
)
from catalog_ai.workflow.for_real import collect_results, recall_results, run_for_real
from catalog_ai.workflow.rollback import (
    Step,
    continue_rollback,
    start_rollback,
    stop_rollback,
)
from catalog_ai.workflow.runs import resume_run
from catalog_ai.workflow.store import Judged, store_results
from catalog_ai.workflow.take_over import take_over
from shop_demo.models import Category, Product
from tests.factories import (
    claim_one,
    ledger,
    make_card,
    make_classification,
    make_result,
    make_run,
    make_unique_image_bytes,
    names,
    roll_back,
)
from tests.workflow.racing import (
    NEEDS_ROW_LOCKS,
    PATIENCE,
    SURE,
    Rival,
    check_counters,
    line_of,
    paused_at,
    race,
    start_together,
    store_sure,
)
from tests.workflow.test_races import VERBS, make_two, people, product

pytestmark = NEEDS_ROW_LOCKS

__all__ = ["people", "product"]  # fixtures

State = Classification.State


def file_one(target: Any, product: Product) -> Classification:
    row = claim_one(target, product)
    store_sure(row)
    return row


def store_dry(target: Any, *products: Product) -> Run:
    """A dry run that has ended, over the photos that the products have."""
    run = make_run(target.key, total=len(products), dry_run=True)
    for item in products:
        row = claim_one(target, item, run)
        with item.image.storage.open(item.image.name) as file:
            result = make_result(SURE, digest_image(file.read()))
        store_results([Judged(row, row.image_name, result)])
    run.refresh_from_db()
    return run


def claim_real(dry: Run, person: Any) -> list[Classification]:
    """Rows of the run that files a dry run's results, as a worker holds them."""
    run = run_for_real(dry, person)
    while collect_results(run.pk):
        pass
    return claim(run.classifications.values_list("pk", flat=True), fresh=True)


@pytest.mark.parametrize("verb", ["approve", "reject", "correct"])
def test_a_review_before_the_rollback_stays(
    product: Product, people: Any, target: Any, verb: str
) -> None:
    own = Category.objects.create(name="Own")
    row = file_one(target, product)
    suggestion = row.suggestions.get()
    rollback = start_rollback(row.run, people[0])
    reviewed, step = race(
        line_of(product),
        lambda: VERBS[verb](suggestion, people[1]),
        lambda: continue_rollback(rollback.pk),
    )
    assert (reviewed.done, step) == (1, Step.MORE)
    after = {"approve": {"Tshirts"}, "reject": set(), "correct": {own.name}}
    assert names(product) == after[verb]
    rollback.refresh_from_db()
    assert (rollback.taken_back, rollback.kept) == (0, 1)
    assert "roll_back" not in ledger()


@pytest.mark.parametrize("verb", ["approve", "reject", "correct"])
def test_a_review_behind_the_rollback_is_told(
    product: Product, people: Any, target: Any, verb: str
) -> None:
    own = Category.objects.create(name="Own")
    row = file_one(target, product)
    suggestion = row.suggestions.get()
    rollback = start_rollback(row.run, people[0])
    step, reviewed = race(
        line_of(product),
        lambda: continue_rollback(rollback.pk),
        lambda: VERBS[verb](suggestion, people[1]),
    )
    assert step == Step.MORE
    if verb == "correct":
        # The person's own category stands by itself: it hangs on nothing that was taken back.
        assert (reviewed.done, names(product)) == (1, {own.name})
    else:
        assert (reviewed.done, reviewed.already_decided, names(product)) == (0, 1, set())
    rollback.refresh_from_db()
    assert rollback.taken_back == 1


def test_a_rollback_waits_for_what_is_being_stored_and_takes_it_back(
    product: Product, people: Any, target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = claim_one(target, product)
    with paused_at(monkeypatch, store, "_write") as arrived:
        storing = Rival(lambda: store_sure(row))
        assert arrived.wait(PATIENCE)
        rollback = start_rollback(row.run, people[0])
        assert continue_rollback(rollback.pk) == Step.WAITING
    assert storing.finish() is None
    assert names(product) == {"Tshirts"}
    assert roll_back(row.run, people[0]).taken_back == 1
    assert names(product) == set() and ledger() == ["apply", "roll_back"]
    check_counters()


def test_a_claim_that_is_under_way_when_the_run_is_taken_back_is_waited_for(
    product: Product, people: Any, target: Any
) -> None:
    run = enqueue(target, line_of(product), source=Run.Source.COMMAND)
    ids = list(run.classifications.values_list("pk", flat=True))
    claimed, leave = threading.Event(), threading.Event()

    def claim_slowly() -> list[Classification]:
        with transaction.atomic():
            rows = claim(ids, fresh=True)
            claimed.set()
            assert leave.wait(PATIENCE)
        return rows

    claiming = Rival(claim_slowly)
    assert claimed.wait(PATIENCE)
    rollback = start_rollback(run, people[0])
    working = Rival(lambda: continue_rollback(rollback.pk))
    working.wait_in_line()
    leave.set()
    (row,) = claiming.finish()
    assert working.finish() == Step.WAITING
    store_sure(row)
    assert roll_back(run, people[0]).taken_back == 1
    assert names(product) == set()
    check_counters()


def test_two_workers_with_one_rollback_take_each_label_back_once(
    product: Product, people: Any, target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog_ai.workflow.rollback.PAGE_AT_ONCE", 1)
    run = make_run(target.key, total=6)
    for item in (product, *make_two(), *make_two()):
        store_sure(claim_one(target, item, run))
    rollback = start_rollback(run, people[0])

    def work() -> None:
        while rollback_is_open(rollback.pk):
            continue_rollback(rollback.pk)

    assert start_together(work, work, work) == [None] * 3
    rollback.refresh_from_db()
    assert (rollback.taken_back, rollback.kept, rollback.refused) == (5, 0, 0)
    undone = Decision.objects.filter(action="roll_back")
    assert undone.count() == undone.values("suggestion").distinct().count() == 5


def rollback_is_open(pk: int) -> bool:
    return Rollback.objects.get(pk=pk).is_active


def test_two_who_ask_at_once_get_one_rollback(product: Product, people: Any, target: Any) -> None:
    run = file_one(target, product).run
    answers = start_together(*[lambda who=who: start_rollback(run, who) for who in people])
    assert answers[0] == answers[1] == Rollback.objects.get()


def test_a_stop_lets_the_page_in_hand_be_finished(
    product: Product, people: Any, target: Any
) -> None:
    rollback = start_rollback(file_one(target, product).run, people[0])
    step, stopped = race(
        line_of(product),
        lambda: continue_rollback(rollback.pk),
        lambda: stop_rollback(rollback, people[1]),
    )
    assert (step, stopped.state, stopped.taken_back) == (Step.MORE, Rollback.State.CANCELLED, 1)
    assert continue_rollback(rollback.pk) == Step.OVER


@pytest.mark.parametrize("rerun_first", [True, False])
def test_a_rerun_beside_a_rollback_stands_by_itself(
    product: Product, people: Any, target: Any, rerun_first: bool
) -> None:
    first = file_one(target, product)
    second = claim_one(target, product)
    rollback = start_rollback(first.run, people[0])
    verbs: list[Callable[[], Any]] = [
        lambda: store_sure(second),
        lambda: continue_rollback(rollback.pk),
    ]
    race(line_of(product), *(verbs if rerun_first else reversed(verbs)))
    rollback.refresh_from_db()
    second.refresh_from_db()
    assert rollback.taken_back == (0 if rerun_first else 1)
    assert (second.state, second.is_current, names(product)) == (State.FILED, True, {"Tshirts"})
    check_counters()


@pytest.mark.parametrize("real", [False, True])
def test_an_import_of_photos_holds_up_no_worker_of_a_run_that_is_being_collected(
    product: Product, people: Any, target: Any, real: bool
) -> None:
    """Nor is it ended: the collecting waits for it, and the workers must not wait behind that."""
    uploaded, _other = make_two()
    if real:
        run = run_for_real(store_dry(target, uploaded), people[0])
    else:
        run = make_run(total=1, state=Run.State.EXPANDING, collected=False)
        keep_selection(run, line_of(uploaded))
    Run.objects.filter(pk=run.pk).update(total=1)
    row = claim_one(target, product, run)
    with transaction.atomic():
        uploaded.image.save("new.png", ContentFile(make_unique_image_bytes()))
        collecting = Rival(lambda: (collect_results if real else expand_next_page)(run.pk))
        collecting.wait_in_line()
        worker = Rival(lambda: store_results([Judged(row, row.image_name, None)]))
        assert worker.finish() is None
    assert collecting.finish() is True
    run.refresh_from_db()
    assert (run.total, run.skipped, run.state) == (1, 1, Run.State.EXPANDING)


def test_a_run_that_meets_a_deadlock_with_an_import_is_started_all_the_same(
    people: Any, target: Any
) -> None:
    """The import has queued its products in an order of its own: the later one first."""
    first, second = make_two()
    Run.objects.all().delete()
    both = Product.objects.filter(pk__in=[first.pk, second.pk])
    # On a slow machine it is the import that the database ends.
    with suppress(OperationalError), transaction.atomic():
        enqueue(target, line_of(second), source=Run.Source.COMMAND)
        person = Rival(lambda: enqueue_some(target, both, source=Run.Source.ADMIN, actor=people[0]))
        person.wait_in_line()  # it has the first, and waits for the second
        enqueue(target, line_of(first), source=Run.Source.COMMAND)
    assert not isinstance(person.finish(), Exception)
    assert Classification.objects.filter(state="queued").count() == 2
    check_counters()


def test_of_two_jobs_that_collect_a_page_one_counts_it(product: Product, target: Any) -> None:
    make_two()
    Run.objects.all().delete()
    run = make_run(state=Run.State.EXPANDING, collected=False)
    keep_selection(run, Product.objects.all())

    def collect() -> bool:
        return expand_next_page(run.pk)

    assert not any(isinstance(one, Exception) for one in start_together(*[collect] * 3))
    while expand_next_page(run.pk):
        pass
    run.refresh_from_db()
    assert (run.total, run.skipped, run.classifications.count()) == (3, 0, 3)


def test_a_run_is_resumed_while_an_upload_takes_a_product_of_it_over(
    product: Product, people: Any, target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(total=1, state=Run.State.PAUSED)
    row = make_classification(product, run, state=State.QUEUED, is_current=False)
    with paused_at(monkeypatch, ends, "count_ends") as arrived:
        upload = Rival(lambda: take_over(target, [row.object_id]))
        assert arrived.wait(PATIENCE)
        resumed = Rival(lambda: resume_run(run, people[0])).finish()
    assert (resumed.state, upload.finish()) == (Run.State.RUNNING, None)
    run.refresh_from_db()
    assert (run.state, run.cancelled) == (Run.State.DONE, 1)


def test_two_who_do_it_for_real_at_once_start_one_run(
    product: Product, people: Any, target: Any
) -> None:
    dry = store_dry(target, product)
    answers = start_together(*[lambda who=who: run_for_real(dry, who) for who in people])
    assert answers[0] == answers[1] == Run.objects.get(results_of=dry)


@pytest.mark.parametrize("person_first", [True, False])
def test_a_review_beside_a_dry_run_done_for_real(
    product: Product, people: Any, target: Any, person_first: bool
) -> None:
    with product.image.storage.open(product.image.name) as file:
        digest = digest_image(file.read())
    (suggestion,) = make_card(product)
    Classification.objects.update(image_digest=digest)
    (row,) = claim_real(store_dry(target, product), people[0])
    verbs: list[Callable[[], Any]] = [
        lambda: VERBS["reject"](suggestion, people[1]),
        lambda: store_results(recall_results([row])),
    ]
    answers = race(line_of(product), *(verbs if person_first else reversed(verbs)))
    row.refresh_from_db()
    if person_first:
        assert answers[0].done == 1
        assert row.error == "A person has decided since the dry run." and names(product) == set()
    else:
        assert answers[1].already_decided == 1
        assert row.is_current and names(product) == {"Tshirts"}
    check_counters()


def test_a_rollback_of_a_dry_run_that_is_being_done_for_real(
    product: Product, people: Any, target: Any
) -> None:
    other = make_two()[0]
    dry = store_dry(target, product, other)
    run = run_for_real(dry, people[0])
    while collect_results(run.pk):
        pass
    first, second = run.classifications.order_by("pk").values_list("pk", flat=True)
    store_results(recall_results(claim([first], fresh=True)))
    rollback = start_rollback(run, people[0])
    assert claim([second], fresh=True) == []
    assert roll_back(run, people[0]) == rollback
    assert names(product) == names(other) == set()
    check_counters()


def test_chunks_that_count_the_same_changes_at_once_lose_none(
    product: Product, people: Any, target: Any
) -> None:
    run = make_run(target.key, total=8, dry_run=True)
    products = [product, *make_two(), *make_two(), *make_two()]
    for item in products[1::2]:
        item.categories.add(Category.objects.get_or_create(name="Shirts")[0])
    rows = [claim_one(target, item, run) for item in products]

    def store_some(members: list[Classification]) -> Callable[[], None]:
        judged = [Judged(row, row.image_name, make_result(SURE)) for row in members]
        return lambda: store_results(judged)

    answers = start_together(*[store_some(rows[start::3]) for start in range(3)])
    assert answers == [None] * 3
    assert sum(Change.objects.values_list("products", flat=True)) == len(products)
    for change in Change.objects.all():
        assert change.products == change.classifications.count()
