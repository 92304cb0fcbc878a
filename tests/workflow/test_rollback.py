"""A run taken back in the background: page by page, once, and never across a person's word."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection
from django.db.models.signals import m2m_changed
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from catalog_ai.errors import NothingFiled, NotPermitted, RunIsRolledBack
from catalog_ai.models import Classification, Decision, Rollback, Run, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow import ends, jobs, rollback
from catalog_ai.workflow.claim import claim
from catalog_ai.workflow.limits import StopNow
from catalog_ai.workflow.queues import send
from catalog_ai.workflow.reconcile import reconcile
from catalog_ai.workflow.review import approve, correct, reject
from catalog_ai.workflow.rollback import (
    Step,
    continue_rollback,
    resume_rollback,
    start_rollback,
    stop_rollback,
)
from catalog_ai.workflow.runs import cancel_run, retry_failed
from catalog_ai.workflow.store import Judged, store_results
from catalog_ai.workflow.undo import undo
from shop_demo.models import Category, Product
from tests.admin.people import make_products
from tests.factories import (
    claim_one,
    make_classification,
    make_result,
    make_rule,
    make_run,
    make_superuser,
    make_user,
    roll_back,
)

pytestmark = pytest.mark.django_db
State = Classification.State
SURE = {"article:tshirts": 0.999}


@pytest.fixture
def boss() -> Any:
    return make_superuser()


@pytest.fixture(autouse=True)
def rule(db: None) -> None:
    make_rule("article:tshirts", Category.objects.create(name="Tshirts"), auto_threshold=0.9)


def file_run(target: Any, count: int, run: Run | None = None) -> Run:
    """A run whose products the model filed by itself."""
    run = run or make_run(total=count)
    for product in make_products(count):
        row = claim_one(target, product, run)
        store_results([Judged(row, row.image_name, make_result(SURE))])
    run.refresh_from_db()
    return run


@pytest.fixture(params=["at once", "one by one"])
def pages_of_two(request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both ways of writing categories: a shop's listener makes it one by one."""
    monkeypatch.setattr(rollback, "PAGE", 2)
    monkeypatch.setattr(rollback, "PAGE_AT_ONCE", 2)
    with shop_that_listens() if request.param == "one by one" else nullcontext():
        yield


@contextmanager
def shop_that_listens(
    listen: Callable[..., None] = lambda **_: None, action: str = "post_remove"
) -> Iterator[None]:
    """A shop's own code hears of each category that is taken out of a product."""

    def hear(**heard: Any) -> None:
        if heard["action"] == action:
            listen(**heard)

    through = Product.categories.through
    m2m_changed.connect(hear, sender=through)
    try:
        yield
    finally:
        m2m_changed.disconnect(hear, sender=through)


def filed() -> int:
    return Product.objects.filter(categories__name="Tshirts").count()


def counters(rollback: Rollback) -> tuple[int, int, int]:
    rollback.refresh_from_db()
    return rollback.taken_back, rollback.kept, rollback.refused


def test_asking_for_it_costs_the_same_for_many_products_and_touches_none(
    target: Any, boss: Any
) -> None:
    small, large = file_run(target, 2), file_run(target, 30)
    asked = []
    for run in (small, large):
        with CaptureQueriesContext(connection) as queries:
            start_rollback(run, boss)
        asked.append(len(queries))
    assert asked[0] == asked[1]
    assert filed() == 32


def test_it_needs_its_permission_and_something_that_was_filed(boss: Any) -> None:
    run = make_run(total=1)
    with pytest.raises(NotPermitted):
        start_rollback(run, make_user("categorize_products", "review_suggestions"))
    with pytest.raises(NothingFiled):
        start_rollback(make_run(dry_run=True), boss)
    assert not Rollback.objects.exists()
    ours = start_rollback(run, boss)
    for verb in (stop_rollback, resume_rollback):
        with pytest.raises(NotPermitted):
            verb(ours, make_user("categorize_products"))


def test_who_asks_a_second_time_gets_the_one_that_is_under_way(target: Any, boss: Any) -> None:
    run = file_run(target, 1)
    first = start_rollback(run, boss)
    assert start_rollback(run, make_superuser()) == first
    assert resume_rollback(first, boss) == first
    roll_back(run, boss)
    assert start_rollback(run, boss) != first


def test_it_goes_page_by_page_and_counts_as_it_goes(
    target: Any, boss: Any, pages_of_two: None
) -> None:
    ours = start_rollback(file_run(target, 5), boss)
    seen = []
    while continue_rollback(ours.pk) == Step.MORE:
        seen.append(counters(ours))
    assert seen == [(2, 0, 0), (4, 0, 0), (5, 0, 0)]
    ours.refresh_from_db()
    assert (ours.total, ours.percent, ours.state) == (5, 100, Rollback.State.DONE)
    assert filed() == 0
    run = Run.objects.get()
    assert run.rolled_back_at == ours.finished_at and run.state == Run.State.DONE
    assert set(Classification.objects.values_list("state", flat=True)) == {State.ROLLED_BACK}
    undone = Decision.objects.filter(action="roll_back")
    assert set(undone.values_list("actor_name", "batch")) == {(boss.username, ours.batch)}


def test_it_goes_on_under_the_name_of_somebody_who_was_deleted(target: Any, boss: Any) -> None:
    ours = start_rollback(file_run(target, 1), boss)
    boss.delete()
    while continue_rollback(ours.pk) == Step.MORE:
        pass
    undone = Decision.objects.get(action="roll_back")
    assert (undone.actor, undone.actor_name) == (None, boss.username)


def test_stopped_it_keeps_what_is_back_and_goes_on_where_it_was(
    target: Any, boss: Any, pages_of_two: None
) -> None:
    run = file_run(target, 5)
    ours = start_rollback(run, boss)
    continue_rollback(ours.pk)
    assert stop_rollback(ours, boss).state == Rollback.State.CANCELLED
    assert continue_rollback(ours.pk) == Step.OVER
    assert filed() == 3
    assert resume_rollback(ours, boss).is_active
    while continue_rollback(ours.pk) == Step.MORE:
        pass
    assert counters(ours) == (5, 0, 0) and filed() == 0
    assert Decision.objects.filter(action="roll_back").count() == 5


def test_what_was_tried_again_while_it_was_stopped_is_taken_back_too(
    target: Any, boss: Any, pages_of_two: None
) -> None:
    run = make_run(total=5, failed=1)
    (product,) = make_products(1)
    failed = claim_one(target, product, run)
    Classification.objects.filter(pk=failed.pk).update(state=State.FAILED)
    file_run(target, 4, run)
    Run.objects.update(state=Run.State.DONE)
    moved = run.classifications.latest("pk")
    correct(moved.pk, [str(Category.objects.create(name="Sale").pk)], boss)
    ours = start_rollback(run, boss)
    continue_rollback(ours.pk)
    stop_rollback(ours, boss)
    assert retry_failed(run, boss) == 1
    (row,) = claim([failed.pk], fresh=True)
    store_results([Judged(row, row.image_name, make_result(SURE))])
    assert product.categories.count() == 1
    resume_rollback(ours, boss)
    while continue_rollback(ours.pk) == Step.MORE:
        pass
    assert counters(ours) == (4, 0, 0) and filed() == 0
    assert Decision.objects.filter(action="roll_back").count() == 4


def test_going_on_with_it_lets_go_of_what_is_tried_again(target: Any, boss: Any) -> None:
    run = file_run(target, 1, make_run(total=2, failed=1))
    make_classification(run=run, state=State.FAILED, is_current=False)
    Run.objects.update(state=Run.State.DONE)
    ours = start_rollback(run, boss)
    stop_rollback(ours, boss)
    assert retry_failed(run, boss) == 1
    resume_rollback(ours, boss)
    while continue_rollback(ours.pk) == Step.MORE:
        pass
    run.refresh_from_db()
    assert (run.state, run.cancelled) == (Run.State.CANCELLED, 1) and run.finished_at


def test_one_that_is_done_is_not_taken_up_again(target: Any, boss: Any) -> None:
    ours = roll_back(file_run(target, 1), boss)
    assert resume_rollback(ours, boss).state == Rollback.State.DONE
    assert stop_rollback(ours, boss).state == Rollback.State.DONE
    assert continue_rollback(ours.pk) == Step.OVER


def test_a_page_that_breaks_off_leaves_no_trace_and_is_done_again(target: Any, boss: Any) -> None:
    ours = start_rollback(file_run(target, 3), boss)
    heard: list[Any] = []

    def break_off(**_: Any) -> None:
        heard.append(1)
        if len(heard) == 2:
            raise OperationalError("the database is gone")

    with shop_that_listens(break_off), pytest.raises(OperationalError):
        continue_rollback(ours.pk)
    assert counters(ours) == (0, 0, 0) and filed() == 3
    while continue_rollback(ours.pk) == Step.MORE:
        pass
    assert counters(ours) == (3, 0, 0) and filed() == 0
    assert Decision.objects.filter(action="roll_back").count() == 3


def test_a_product_that_the_shop_refuses_is_told_and_stops_no_other(target: Any, boss: Any) -> None:
    run = file_run(target, 3)
    stubborn = Product.objects.order_by("pk")[1]

    def refuse(instance: Product, **_: Any) -> None:
        if instance.pk == stubborn.pk:
            raise RuntimeError("not on a Saturday")

    with shop_that_listens(refuse), translation.override("de"):  # of the worker: it is not stored
        ours = roll_back(run, boss)
        assert ours.refusals[0].startswith("Der ")
    assert counters(ours) == (2, 0, 1)
    assert ours.refusals == ["The shop's own code refused. The log says why."]
    assert list(Product.objects.filter(categories__name="Tshirts")) == [stubborn]
    assert counters(roll_back(run, boss)) == (1, 0, 0)


def test_many_are_taken_back_in_as_many_statements_as_few(target: Any, boss: Any) -> None:
    asked = []
    for count in (3, 30):
        ours = start_rollback(file_run(target, count), boss)
        with CaptureQueriesContext(connection) as queries:
            continue_rollback(ours.pk)
        assert counters(ours) == (count, 0, 0)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_a_shop_that_listens_hears_of_each_product_that_is_taken_out(
    target: Any, boss: Any
) -> None:
    run, heard = file_run(target, 3), []
    with shop_that_listens(lambda instance, **_: heard.append(instance.pk)):
        roll_back(run, boss)
    assert sorted(heard) == sorted(Product.objects.values_list("pk", flat=True))


def test_what_the_database_refuses_at_once_is_taken_back_one_by_one(
    target: Any, boss: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = file_two_labels(target)
    file_run(target, 2, run)

    def refuse(self: Any, changes: Any) -> None:
        raise IntegrityError("a trigger of the shop's")

    monkeypatch.setattr(ProductTarget, "set_categories_at_once", refuse)
    ours = roll_back(run, boss)
    assert counters(ours) == (4, 0, 0)
    assert not Product.objects.filter(categories__isnull=False).exists()
    assert Decision.objects.filter(action="roll_back", batch=ours.batch).count() == 4


def test_the_ledger_tells_the_same_whichever_way_it_went(target: Any, boss: Any) -> None:
    runs = [file_two_labels(target), file_run(target, 1)]
    told = []
    for listens in (False, True):
        for run in runs:
            with shop_that_listens() if listens else nullcontext():
                roll_back(run, boss)
        entries = Decision.objects.filter(action="roll_back").order_by("pk")
        told.append(
            list(
                entries.values_list(
                    "classification__object_id",
                    "label",
                    "state_before",
                    "state_after",
                    "classification_before",
                    "classification_after",
                    "categories_before",
                    "categories_after",
                )
            )
        )
        states = Product.objects.values_list("pk", "ai_state", "ai_labels").order_by("pk")
        told.append(list(states))
        restore(runs)
    assert told[:2] == told[2:]
    assert len(told[0]) == 3


def restore(runs: list[Run]) -> None:
    """As the runs had left everything, before they were rolled back."""
    undone = Decision.objects.filter(action="roll_back")
    for suggestion in Suggestion.objects.filter(decisions__in=undone).distinct():
        product = Product.objects.get(pk=suggestion.classification.object_id)
        product.categories.add(suggestion.category)
    undone._raw_delete(undone.db)
    Suggestion.objects.update(state="applied")
    Classification.objects.update(state="filed")
    Run.objects.filter(pk__in=[run.pk for run in runs]).update(rolled_back_at=None)


def file_two_labels(target: Any) -> Run:
    """A run that filed one product under two categories."""
    shirts = str(Category.objects.create(name="Shirts").pk)
    make_rule("article:shirts", target=target.key, auto_threshold=0.9, category=shirts)
    run = make_run(total=1)
    row = claim_one(target, make_products(1)[0], run)
    both = make_result({**SURE, "article:shirts": 0.99})
    store_results([Judged(row, row.image_name, both)])
    return run


@pytest.mark.parametrize("one_category", [False, True])
def test_a_label_that_a_person_approved_keeps_its_category(
    target: Any, boss: Any, one_category: bool
) -> None:
    run = file_two_labels(target)
    approved = Suggestion.objects.get(label="article:shirts")
    if one_category:
        tshirts = Suggestion.objects.get(label="article:tshirts")
        Suggestion.objects.filter(pk=approved.pk).update(category=tshirts.category)
    approve([approved.pk], boss)
    assert counters(roll_back(run, boss)) == (1, 0, 0)
    left = set(Product.objects.get().categories.values_list("name", flat=True))
    assert left == ({"Tshirts", "Shirts"} if one_category else {"Shirts"})


def test_what_was_tried_on_a_refused_product_is_forgotten_for_its_next_label(
    target: Any, boss: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shop's own target may keep the categories on the product in memory."""
    run = file_two_labels(target)
    read, write, calls = ProductTarget.get_categories, ProductTarget.set_categories, []

    def remember(self: Any, product: Any, keys: set[str]) -> None:
        product.in_memory = keys
        calls.append(keys)
        if len(calls) == 1:
            raise RuntimeError("not now")
        write(self, product, keys)

    monkeypatch.setattr(type(target), "set_categories", remember)
    monkeypatch.setattr(
        type(target),
        "get_categories",
        lambda self, product: getattr(product, "in_memory", None) or read(self, product),
    )
    assert counters(roll_back(run, boss)) == (1, 0, 1)
    assert Product.objects.get().categories.count() == 1


def test_what_a_person_decided_later_stays(target: Any, boss: Any) -> None:
    run = file_run(target, 3)
    rejected, corrected, _left = Classification.objects.order_by("pk")
    own = Category.objects.create(name="Own")
    reject(rejected.suggestions.values_list("pk", flat=True), boss)
    correct(corrected.pk, [str(own.pk)], boss)
    ours = roll_back(run, boss)
    assert counters(ours) == (1, 0, 0) and ours.total == 1
    assert list(own.products.values_list("pk", flat=True)) == [int(corrected.object_id)]
    decided = Suggestion.objects.filter(state__in=Suggestion.BY_PERSON)
    assert decided.count() == 3


def test_what_was_done_to_the_product_otherwise_stays(target: Any, boss: Any) -> None:
    run = file_run(target, 1)
    sale = Category.objects.create(name="Sale")
    Product.objects.get().categories.add(sale)
    roll_back(run, boss)
    assert list(Product.objects.get().categories.all()) == [sale]


def test_a_deleted_product_is_no_hindrance(target: Any, boss: Any) -> None:
    run = file_run(target, 2)
    Product.objects.order_by("pk")[0].delete()
    assert counters(roll_back(run, boss)) == (1, 0, 0)


def test_a_run_that_is_still_going_is_cancelled_and_lets_go(
    target: Any, boss: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ends, "LET_GO_PAGE", 2)
    run = file_run(target, 1, make_run(total=6))
    for product in make_products(5):
        make_classification(product, run, state=State.QUEUED, is_current=False)
    ours = start_rollback(run, boss)
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED and run.is_moving
    while continue_rollback(ours.pk) == Step.MORE:
        pass
    run.refresh_from_db()
    assert (run.cancelled, run.done, run.is_moving) == (5, 6, False)
    assert filed() == 0


def test_it_waits_for_what_a_worker_has_in_hand(target: Any, boss: Any) -> None:
    run = make_run(total=1)
    row = claim_one(target, make_products(1)[0], run)
    ours = start_rollback(run, boss)
    assert continue_rollback(ours.pk) == Step.WAITING
    store_results([Judged(row, row.image_name, make_result(SURE))])
    assert filed() == 1
    roll_back(run, boss)
    assert counters(ours) == (1, 0, 0) and filed() == 0


def test_nothing_of_a_run_that_is_taken_back_is_tried_again(target: Any, boss: Any) -> None:
    run = file_run(target, 1, make_run(total=2, failed=1))
    make_classification(run=run, state=State.FAILED, is_current=False)
    start_rollback(run, boss)
    with pytest.raises(RunIsRolledBack):
        retry_failed(run, boss)
    roll_back(run, boss)
    with pytest.raises(RunIsRolledBack):
        retry_failed(run, boss)


def test_an_undo_beside_it_opens_the_persons_own_card_only(target: Any, boss: Any) -> None:
    run = file_run(target, 1)
    row = Classification.objects.get()
    batch = reject(row.suggestions.values_list("pk", flat=True), boss).batch
    roll_back(run, boss)
    undo(batch, boss)
    assert row.suggestions.get().state == Suggestion.State.APPLIED
    assert counters(roll_back(run, boss)) == (1, 0, 0)


def test_the_job_does_all_of_it_and_hands_over_when_it_is_asked_to_stop(
    target: Any, boss: Any, live_queues: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = start_rollback(file_run(target, 2), boss)
    with monkeypatch.context() as patched:
        patched.setattr(jobs, "is_stopping", lambda: True)
        jobs.roll_back_run(ours.pk)
    assert live_queues["catalog_ai"].jobs[0].args == [ours.pk]
    assert counters(ours) == (0, 0, 0)
    jobs.roll_back_run(ours.pk)
    jobs.roll_back_run(ours.pk)
    assert counters(ours) == (2, 0, 0)


def test_a_page_that_is_cut_short_is_handed_over_and_refuses_nothing(
    target: Any, boss: Any, live_queues: Any
) -> None:
    ours = start_rollback(file_run(target, 2), boss)

    def take_too_long(**_: Any) -> None:
        raise StopNow

    with shop_that_listens(take_too_long):
        jobs.roll_back_run(ours.pk)
    assert counters(ours) == (0, 0, 0) and filed() == 2
    assert live_queues["catalog_ai"].jobs[0].args == [ours.pk]


def test_a_stop_that_the_shops_code_wraps_refuses_nothing(target: Any, boss: Any) -> None:
    ours = start_rollback(file_run(target, 2), boss)

    def take_too_long(**_: Any) -> None:
        raise RuntimeError("the search index failed") from StopNow()

    with shop_that_listens(take_too_long), pytest.raises(RuntimeError):
        jobs.roll_back_run(ours.pk)
    assert counters(ours) == (0, 0, 0) and filed() == 2


def test_it_goes_before_what_waits(
    target: Any, boss: Any, live_queues: Any, django_capture_on_commit_callbacks: Any
) -> None:
    run = file_run(target, 1)
    send("catalog_ai", [1])
    with django_capture_on_commit_callbacks(execute=True):
        start_rollback(run, boss)
    assert [job.func_name.rpartition(".")[2] for job in live_queues["catalog_ai"].jobs] == [
        "roll_back_run",
        "classify_chunk",
    ]


def test_one_whose_job_was_lost_is_sent_again_once(
    target: Any, boss: Any, live_queues: Any
) -> None:
    ours = start_rollback(file_run(target, 1), boss)
    reconcile()
    assert live_queues["catalog_ai"].count == 0
    Rollback.objects.update(worked_at=timezone.now() - timedelta(minutes=1))
    reconcile()
    reconcile()
    assert [job.args for job in live_queues["catalog_ai"].jobs] == [[ours.pk]]


def test_a_large_run_that_is_cancelled_is_let_go_by_the_worker(
    boss: Any,
    live_queues: Any,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    monkeypatch.setattr(ends, "LET_GO_PAGE", 2)
    run = make_run(total=5)
    for product in make_products(5):
        make_classification(product, run, state=State.QUEUED, is_current=False)
    with django_capture_on_commit_callbacks(execute=True):
        cancel_run(run, boss)
    assert Classification.objects.filter(state=State.QUEUED).count() == 3
    (job,) = live_queues["catalog_ai"].jobs
    assert job.func_name.endswith("let_go_run")
    jobs.let_go_run(*job.args)
    run.refresh_from_db()
    assert (run.state, run.cancelled, run.done) == (Run.State.CANCELLED, 5, 5)
