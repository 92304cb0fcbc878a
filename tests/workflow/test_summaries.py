"""Day summaries equal a plain count of the rows, whatever was done and whenever it was counted."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone
from hypothesis.stateful import invariant, rule

from catalog_ai.models import Classification, DaySummary, Decision
from catalog_ai.workflow.statistics import known, read_period, summaries, update_summaries
from catalog_ai.workflow.statistics.count import Span, count_days, find_first_day
from catalog_ai.workflow.statistics.days import DayFigures
from catalog_ai.workflow.statistics.known import Known, load_days
from catalog_ai.workflow.statistics.period import day_of
from catalog_ai.workflow.supervisor import Supervisor
from tests.factories import make_classification, make_run, make_suggestion
from tests.workflow.test_invariants import UndoneShop, run_machine

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]
TARGET = "shop_demo.product"
DAY = timedelta(days=1)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is counted while a page waits, as in a large shop."""
    monkeypatch.setattr(known, "CHEAP", 0)


def make_result(days_ago: float = 0, **fields: Any) -> Classification:
    moment = timezone.now() - timedelta(days=days_ago)
    row: Classification = make_classification(finished_at=moment, **fields)
    return row


def approve(days_ago: float = 0) -> Decision:
    """A person's decision, made some days ago."""
    suggestion = make_suggestion(make_result(days_ago))
    entry = Decision.objects.create(
        classification=suggestion.classification,
        suggestion=suggestion,
        action="approve",
        actor_name="ann",
        label=suggestion.label,
    )
    moment = timezone.now() - timedelta(days=days_ago)
    Decision._base_manager.filter(pk=entry.pk).update(created_at=moment)
    return entry


def take_back(entry: Decision) -> None:
    Decision.objects.create(
        classification=entry.classification,
        action="undo",
        actor_name="ann",
        reverts=entry,
        batch=uuid.uuid4(),
    )


def load(name: str = "all") -> Known:
    return load_days(TARGET, read_period({"period": name}))


def count_all() -> dict[date, DayFigures]:
    """A plain count of every day from the rows."""
    first = find_first_day(TARGET)
    return count_days(Span(TARGET, first, day_of(timezone.now()))) if first else {}


def tell(days: dict[date, DayFigures]) -> dict[date, Any]:
    """Days that have a figure, with sums rounded: databases add up floats in any order."""
    told = {}
    for day, figures in days.items():
        packed = figures.pack()
        if any(packed.values()):
            labels = [[label, n, round(total, 6)] for label, n, total in packed["labels"]]
            packed["labels"] = labels
            told[day] = {key: sorted(v) if v and key != "filed" else v for key, v in packed.items()}
    return told


def tell_kept() -> dict[date, Any]:
    kept = DaySummary.objects.filter(target=TARGET)
    return tell({one.day: DayFigures.unpack(one.figures) for one in kept})


def pass_a_day() -> None:
    """As if all that is there had been done a day earlier."""
    for field in ("finished_at", "created_at"):
        moved = {field: F(field) - DAY}
        Classification.objects.filter(**{f"{field}__isnull": False}).update(**moved)
    Decision._base_manager.update(created_at=F("created_at") - DAY)
    kept = list(DaySummary.objects.all())
    DaySummary.objects.all().delete()
    for one in kept:
        one.day, one.counted_at = one.day - DAY, one.counted_at - DAY
    DaySummary.objects.bulk_create(kept)


class CountedShop(UndoneShop):
    """The same shop, where days pass and a job counts them now and then."""

    @rule()
    def day_passes(self) -> None:
        pass_a_day()
        self.remember()  # the ledger's moments were moved, and only here

    @rule()
    def count(self) -> None:
        update_summaries()
        assert tell_kept() == tell(count_all())

    @invariant()
    def the_page_of_a_small_shop_is_exact(self) -> None:
        found = load()
        assert tell(found.days) == tell(count_all())
        assert (found.as_of, found.uncounted) == (None, 0)


def test_summaries_equal_the_rows_whatever_is_done_undone_and_rolled_back() -> None:
    run_machine(CountedShop, examples=6, steps=20)


@pytest.mark.slow
def test_summaries_equal_the_rows_for_long() -> None:
    run_machine(CountedShop, examples=40, steps=40)


def test_what_was_taken_back_leaves_the_day_it_was_done_on(large: None) -> None:
    entry = approve(days_ago=9)
    update_summaries()
    update_summaries()
    assert sum(len(day.decided) for day in load().days.values()) == 1
    take_back(entry)
    update_summaries()
    assert not any(day.decided for day in load().days.values())
    assert tell_kept() == tell(count_all())


def test_a_closed_day_is_not_counted_again() -> None:
    make_result(5)
    assert update_summaries().counted == 6
    assert update_summaries().counted == 1  # today is never closed


def test_yesterday_stays_open_until_what_was_late_must_have_come() -> None:
    make_result(1)
    update_summaries()
    midnight = datetime.combine(day_of(timezone.now()), datetime.min.time(), UTC)
    just_after = midnight + summaries.LATE - timedelta(seconds=1)
    DaySummary.objects.update(counted_at=just_after)
    assert update_summaries().counted == 2


def test_counting_twice_at_once_counts_once() -> None:
    make_result()
    today = day_of(timezone.now())
    summaries.keep_day(TARGET, today)
    summaries.keep_day(TARGET, today)
    assert DaySummary.objects.get().figures["labels"] == [["article:tshirts", 1, 0.6]]


def test_a_large_shop_that_is_new_to_summaries_says_how_far_they_are(large: None) -> None:
    for days in range(4):
        make_result(days)
    assert (load().uncounted, load().days) == (4, {})
    done = update_summaries(0)
    assert (done.counted, done.left) == (1, 3)  # one at least, however little time there is
    found = load()
    assert found.uncounted == 3
    assert list(found.days) == [day_of(timezone.now())]  # the newest first
    update_summaries()
    assert (load().uncounted, len(load().days)) == (0, 4)


def test_a_large_day_is_as_of_its_count_and_others_are_not_touched_by_it(large: None) -> None:
    make_result(3)
    make_result()
    update_summaries()
    make_result()
    found = load()
    today = DaySummary.objects.get(target=TARGET, day=day_of(timezone.now()))
    assert found.as_of == today.counted_at
    assert sum(day.products for day in found.days.values()) == 2


def test_today_is_exact_where_it_is_small_however_large_the_shop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _number in range(6):
        make_result(8)
    update_summaries()
    DaySummary.objects.filter(target=TARGET).update(is_stale=True)
    monkeypatch.setattr(known, "CHEAP", 4)
    make_result()
    found = load()
    assert found.days[day_of(timezone.now())].products == 1
    assert found.as_of is not None


def test_another_time_zone_is_counted_anew(large: None) -> None:
    make_result()
    update_summaries()
    with override_settings(TIME_ZONE="Pacific/Auckland"):
        assert load().uncounted
        update_summaries()
        assert not load().uncounted
        assert tell(load().days) == tell(count_all())


def test_a_visitors_own_time_zone_moves_no_figure(large: None) -> None:
    make_result()
    update_summaries()
    with timezone.override("Pacific/Auckland"):
        assert not load().uncounted


def test_other_product_models_are_counted_apart(large: None) -> None:
    make_result()
    make_result(target="tests_shops.intproduct")
    update_summaries()
    assert sum(day.products for day in load().days.values()) == 1


def test_another_machine_that_has_just_counted_is_not_repeated() -> None:
    make_result()
    assert update_summaries(every=30).counted
    assert update_summaries(every=30).counted == 0
    assert update_summaries().counted


def test_the_command_rebuilds_what_was_changed_past_the_workflow(capsys: Any) -> None:
    row = make_result(6)
    call_command("update_statistics")
    Classification.objects.filter(pk=row.pk).update(top_label="article:jeans")
    call_command("update_statistics")
    assert tell_kept() != tell(count_all())
    call_command("update_statistics", "--rebuild")
    assert tell_kept() == tell(count_all())
    assert "left: 0" in capsys.readouterr().out


@pytest.mark.django_db(transaction=True)
def test_the_supervisor_counts_at_a_stretch_first_and_then_now_and_then() -> None:
    make_result(2)
    supervisor = Supervisor(0)
    supervisor._count()
    assert tell_kept() == tell(count_all())
    assert supervisor.count_at > 0


def test_loading_costs_the_same_queries_for_more_days_and_rows() -> None:
    make_result(2)
    update_summaries()
    with CaptureQueriesContext(connection) as few:
        load()
    for days in range(30):
        make_result(days)
    update_summaries()
    with CaptureQueriesContext(connection) as many:
        load()
    assert len(many) == len(few)


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")
@pytest.mark.django_db(transaction=True)
def test_several_machines_may_count_the_same_day_at_once() -> None:
    make_result()
    today = day_of(timezone.now())

    def count(_number: int) -> None:
        try:
            summaries.keep_day(TARGET, today)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(12)))
    assert DaySummary.objects.get().figures["labels"] == [["article:tshirts", 1, 0.6]]


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="needs PostgreSQL")
def test_counting_reads_the_index_of_the_moments_on_postgresql() -> None:
    add_history(days=3_000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_ai_run, catalog_ai_classification, catalog_ai_decision")
    span = Span(TARGET, day_of(timezone.now()), day_of(timezone.now()))
    assert "catalog_ai_cls_finished" in span.judged().explain()
    assert "catalog_ai_dec_time" in span.standing().explain()


def add_history(days: int) -> None:
    """A result and an entry of the ledger on each of the last days."""
    run, now = make_run(), timezone.now()
    moments = [now - timedelta(days=day) for day in range(days)]
    rows = Classification.objects.bulk_create(
        Classification(
            run=run,
            target=TARGET,
            object_id=str(number),
            model_version=run.model_version,
            state="filed",
            finished_at=moment,
        )
        for number, moment in enumerate(moments)
    )
    Decision.objects.bulk_create(
        Decision(classification=row, action=Decision.Action.APPLY) for row in rows
    )
    with connection.cursor() as cursor:  # the ledger itself takes additions only
        cursor.execute(
            "UPDATE catalog_ai_decision SET created_at = finished_at"
            " FROM catalog_ai_classification AS c WHERE c.id = classification_id"
        )


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own choice")
def test_counting_reads_the_index_of_the_moments_on_sqlite() -> None:
    span = Span(TARGET, day_of(timezone.now()), day_of(timezone.now()))
    assert "catalog_ai_cls_finished" in span.judged().explain()
    assert "catalog_ai_dec_time" in span.standing().explain()
