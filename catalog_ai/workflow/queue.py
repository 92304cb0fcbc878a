"""The review queue: what waits for a person, filtered, ordered and paged at a constant cost."""

from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog_ai.models import Classification
from catalog_ai.targets import get_targets
from catalog_ai.workflow.kept import name_kept
from catalog_ai.workflow.permissions import as_user
from catalog_ai.workflow.plans import has_state
from catalog_ai.workflow.queue_counts import AGES, QueueCounts, QueueTable, tabulate
from catalog_ai.workflow.queue_filter import GRID, OLDEST, UNCERTAIN, VALUABLE, QueueFilter

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

ORDER_FIELD = {UNCERTAIN: "uncertainty", VALUABLE: "value", OLDEST: "created_at"}
LONG = 20_000  # a queue whose counts are kept for a while
COUNTS_LAST = 60  # seconds
FEW = 2_000  # cards of a filter that are found first and put in order then
NOTHING_TO_TICK = Classification.Reason.UNIDENTIFIED  # no label was likely enough to be suggested


def review_queue(
    chosen: QueueFilter, reviewer: "Actor" = None, *, few: bool = True
) -> "models.QuerySet[Classification]":
    """The waiting classifications of a filter, in no order yet.

    For a reviewer, without the cards that somebody else has taken. A `few` are looked up by the
    filter; others are read along the order.
    """
    rows = select_waiting().filter(target=chosen.target)
    if chosen.view == GRID:
        rows = rows.exclude(reason=NOTHING_TO_TICK)
    if chosen.label:
        rows = rows.filter(top_label=chosen.label)
    if chosen.reason:
        rows = rows.filter(reason=chosen.reason)
    if chosen.run:
        rows = rows.filter(run=int(chosen.run))
    if chosen.model:
        rows = rows.filter(model_version=chosen.model)
    if chosen.age:
        # In the second form no index answers: another filter finds less, or the order is wanted.
        alone = not (chosen.label or chosen.reason or chosen.run)
        since = "created_at" if (alone if few else chosen.order == OLDEST) else "_since"
        rows = rows.alias(_since=Coalesce("created_at", "created_at"))
        rows = rows.filter(**{f"{since}__lt": timezone.now() - AGES[chosen.age]})
    if reviewer is None:
        return rows
    return rows.filter(taken_by(reviewer) if chosen.mine else taken_by(reviewer) | is_free())


def select_waiting() -> "models.QuerySet[Classification]":
    """What waits for a person, of every product model."""
    waits = has_state(Classification.WAITING)
    return Classification.objects.filter(waits, is_current=True)


def measure_uncertainty(confidence: float, state: str) -> float:
    """What orders the queue, of the likeliest label's confidence (0-1).

    A card with nothing to approve comes after all that have something: the same figure less 1, so
    that the indexes of the order know it.
    """
    least = 0.0 if state == Classification.State.UNIDENTIFIED else 1.0
    return round(least - confidence, 4)


def is_free() -> Q:
    """Nobody has taken the card, or the time for it is over."""
    return Q(assigned_until__isnull=True) | Q(assigned_until__lte=timezone.now())


def taken_by(reviewer: "Actor") -> Q:
    """Rows that are in the reviewer's batch now."""
    return Q(assigned_to=as_user(reviewer), assigned_until__gt=timezone.now())


def order_queue(
    rows: "models.QuerySet[Classification]", chosen: QueueFilter, *, few: bool = False
) -> "models.QuerySet[Classification]":
    """In the filter's order; of `few` rows the order is worked out and not read from an index."""
    name = ORDER_FIELD[chosen.order]
    # Else a database would walk along the index of the order, through the whole queue.
    field = Coalesce(name, name) if few else F(name)
    if chosen.order == OLDEST:
        return rows.order_by(field.asc(), "id")
    return rows.order_by(field.desc(), "-id")


def get_page(
    chosen: QueueFilter, size: int, reviewer: "Actor" = None
) -> tuple[list[Classification], str]:
    """One page of the queue, and where it ends ("" on the last page).

    The page starts behind a (sort value, id) pair and not at a number: however deep, it reads
    only its own rows, and a card decided meanwhile moves nobody to another page.
    """
    rows = get_page_query(chosen, reviewer).select_related("run").prefetch_related("suggestions")
    page = list(rows[: size + 1])
    if len(page) <= size:
        return page, ""
    return page[:size], position_of(page[size - 1], chosen.order)


def get_page_query(
    chosen: QueueFilter, reviewer: "Actor" = None
) -> "models.QuerySet[Classification]":
    """The queue in its order, from behind `after`."""
    few = finds_few(chosen)
    rows = review_queue(chosen, reviewer, few=few)
    return order_queue(_start_after(rows, chosen, few), chosen, few=few)


def _start_after(
    rows: "models.QuerySet[Classification]", chosen: QueueFilter, few: bool
) -> "models.QuerySet[Classification]":
    field, beyond = ORDER_FIELD[chosen.order], "gt" if chosen.order == OLDEST else "lt"
    text, _colon, pk = chosen.after.partition(":")
    try:
        number, last = float(text), int(pk)
        value = datetime.fromtimestamp(number, UTC) if chosen.order == OLDEST else number
    except (ValueError, OverflowError, OSError):
        return rows
    if not few:
        # The same once more, as a range that an index can start from.
        rows = rows.filter(**{f"{field}__{beyond}e": value})
    behind = Q(**{f"{field}__{beyond}": value}) | Q(**{field: value, f"id__{beyond}": last})
    return rows.filter(behind)


def position_of(row: Classification, order: str) -> str:
    """The `after` that starts a page right behind a row."""
    value = getattr(row, ORDER_FIELD[order])
    return f"{value.timestamp() if isinstance(value, datetime) else value}:{row.pk}"


def finds_few(chosen: QueueFilter) -> bool:
    """Whether a filter finds few cards in a long queue."""
    if not chosen.is_narrowed:
        return False
    table = _load_table(chosen.target)
    few = chosen.mine or _sum_up(table, chosen).total <= FEW
    return bool(few) and table.total >= LONG


def count_queue(chosen: QueueFilter, reviewer: "Actor" = None) -> QueueCounts:
    """Counts by likeliest label, reason, run, model and age, each under the other filters.

    Those of a long queue are up to COUNTS_LAST seconds old, with the cards that others have taken.
    """
    whole = QueueFilter(chosen.target, mine=chosen.mine)
    table = _load_table(chosen.target)
    if chosen.mine and reviewer is not None:
        own = review_queue(whole, reviewer).values_list("pk", flat=True)
        table = tabulate(Classification.objects.filter(pk__in=list(own)))
    elif table.total < LONG:
        table = tabulate(review_queue(whole, reviewer))
    counts = _sum_up(table, chosen)
    if table.has_run(chosen.run):
        return counts
    small = tabulate(review_queue(replace(whole, run=chosen.run), reviewer))
    of_run = _sum_up(small, chosen)
    return replace(of_run, runs=counts.runs + of_run.runs)


def _sum_up(table: QueueTable, chosen: QueueFilter) -> QueueCounts:
    """The counts of a filter, of what its view shows."""
    shown = table.leave_out(NOTHING_TO_TICK) if chosen.view == GRID else table
    return shown.sum_up(asdict(chosen))


def count_waiting() -> int:
    """How much waits for a person, of every product model; a large number may be a minute old."""
    number = select_waiting()[:LONG].count()
    if number < LONG:
        return number
    return sum(_load_table(target).total for target in get_targets())


def _load_table(target: str) -> QueueTable:
    """Counts of the whole queue, kept for a while."""
    key = name_kept("queue", target)
    table: QueueTable | None = cache.get(key)
    if table is None:
        table = tabulate(review_queue(QueueFilter(target)))
        cache.set(key, table, COUNTS_LAST)
    return table
