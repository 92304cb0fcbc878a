"""The review queue: what waits for a person, filtered, ordered and paged at a constant cost."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.db import models
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog_ai.models import Classification
from catalog_ai.workflow.permissions import REVIEW, as_user, require

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

UNCERTAIN, VALUABLE, OLDEST = "uncertain", "valuable", "oldest"
ORDERS = {
    UNCERTAIN: _("Most uncertain first"),
    VALUABLE: _("Most valuable first"),
    OLDEST: _("Oldest first"),
}
ORDER_FIELD = {UNCERTAIN: "uncertainty", VALUABLE: "value", OLDEST: "id"}
COUNTED_UP_TO = 100_000  # beyond it a count says "more": counting a million rows takes too long
LONG = 20_000  # a queue whose counts are kept for a while
COUNTS_LAST = 60  # seconds
GRID = "grid"  # one label at a time
LEASE = timedelta(minutes=15)
FACET = 12  # runs and models shown beside the queue
LEASED = 25  # cards in a batch of one's own


@dataclass(frozen=True)
class QueueFilter:
    """What of the queue to show and in which order; it lives in the page's address."""

    target: str
    label: str = ""
    reason: str = ""
    run: str = ""
    model: str = ""
    order: str = UNCERTAIN
    mine: str = ""  # "1": the cards of one's own batch only
    view: str = ""
    after: str = ""  # where the last page ended: "sort value:id"

    @classmethod
    def read(cls, query: Mapping[str, Any], default_target: str) -> "QueueFilter":
        """From an address; values that cannot be are left out."""
        run = query.get("run", "")
        return cls(
            target=query.get("target", "") or default_target,
            label=query.get("label", "")[:64],
            reason=query.get("reason", "")[:20],
            run=run if run.isascii() and run.isdigit() and len(run) < 19 else "",
            model=query.get("model", "")[:100],
            order=query["order"] if query.get("order") in ORDERS else UNCERTAIN,
            mine="1" if query.get("mine") == "1" else "",
            view=GRID if query.get("view") == GRID else "",
            after=query.get("after", "")[:60],
        )

    def encode(self, **changes: str) -> str:
        """The filter as a query string, with changes; a changed filter starts at the first page."""
        changes.setdefault("after", "")
        changed = replace(self, **changes)
        pairs = {name: getattr(changed, name) for name in self.__dataclass_fields__}
        if changed.order == UNCERTAIN:
            del pairs["order"]
        return urlencode({name: value for name, value in pairs.items() if value})


def review_queue(
    chosen: QueueFilter, reviewer: "Actor" = None
) -> "models.QuerySet[Classification]":
    """The waiting classifications of a filter, in no order yet.

    For a reviewer, without the cards that somebody else has taken.
    """
    rows = Classification.objects.filter(_is_waiting(), target=chosen.target, is_current=True)
    if chosen.label:
        rows = rows.filter(top_label=chosen.label)
    if chosen.reason:
        rows = rows.filter(reason=chosen.reason)
    if chosen.run:
        rows = rows.filter(run=int(chosen.run))
    if chosen.model:
        rows = rows.filter(model_version=chosen.model)
    if reviewer is None:
        return rows
    return rows.filter(_taken_by(reviewer) if chosen.mine else _taken_by(reviewer) | is_free())


def _is_waiting() -> models.Func:
    """The state, written into the SQL: SQLite uses no partial index for a bound parameter."""
    states = ", ".join(f"'{state}'" for state in Classification.WAITING)
    template = f"%(expressions)s IN ({states})"
    return models.Func(models.F("state"), template=template, output_field=models.BooleanField())


def is_free() -> Q:
    """Nobody has taken the card, or the time for it is over."""
    return Q(assigned_until__isnull=True) | Q(assigned_until__lte=timezone.now())


def _taken_by(reviewer: "Actor") -> Q:
    return Q(assigned_to=as_user(reviewer), assigned_until__gt=timezone.now())


def take_batch(chosen: QueueFilter, reviewer: "Actor", size: int = LEASED) -> int:
    """Take the first free cards of a filter for one reviewer; how many that were.

    The UPDATE asks again whether a card is free: of two who reach for it at once, one gets it.
    """
    require(reviewer, REVIEW)
    free = order_queue(review_queue(replace(chosen, mine="", after="")).filter(is_free()), chosen)
    wanted = list(free.values_list("pk", flat=True)[:size])
    return (
        Classification.objects.filter(pk__in=wanted, state__in=Classification.WAITING)
        .filter(is_free())
        .update(assigned_to=as_user(reviewer), assigned_until=timezone.now() + LEASE)
    )


def renew_batch(reviewer: "Actor") -> int:
    """Whoever goes on working keeps the cards; how many those are."""
    until = timezone.now() + LEASE
    taken = Classification.objects.filter(_is_waiting(), _taken_by(reviewer), is_current=True)
    return taken.update(assigned_until=until)


def give_back_batch(reviewer: "Actor") -> int:
    """Let others have the cards that are left; how many those were."""
    taken = Classification.objects.filter(_is_waiting(), _taken_by(reviewer), is_current=True)
    return taken.update(assigned_to=None, assigned_until=None)


def order_queue(
    rows: "models.QuerySet[Classification]", chosen: QueueFilter
) -> "models.QuerySet[Classification]":
    field = ORDER_FIELD[chosen.order]
    return rows.order_by(*(["id"] if chosen.order == OLDEST else [f"-{field}", "-id"]))


def get_page(
    chosen: QueueFilter, size: int, reviewer: "Actor" = None
) -> tuple[list[Classification], str]:
    """One page of the queue, and where it ends ("" on the last page).

    The page starts behind a (sort value, id) pair and not at a number: however deep, it reads
    only its own rows, and a card decided meanwhile moves nobody to another page.
    """
    field = ORDER_FIELD[chosen.order]
    rows = get_page_query(chosen, reviewer).select_related("run").prefetch_related("suggestions")
    page = list(rows[: size + 1])
    if len(page) <= size:
        return page, ""
    last = page[size - 1]
    return page[:size], f"{getattr(last, field)}:{last.pk}"


def get_page_query(
    chosen: QueueFilter, reviewer: "Actor" = None
) -> "models.QuerySet[Classification]":
    """The queue in its order, from behind `after`."""
    rows = _start_after(review_queue(chosen, reviewer), chosen, ORDER_FIELD[chosen.order])
    return order_queue(rows, chosen)


def _start_after(
    rows: "models.QuerySet[Classification]", chosen: QueueFilter, field: str
) -> "models.QuerySet[Classification]":
    value, _colon, pk = chosen.after.partition(":")
    try:
        number, last = float(value), int(pk)
    except ValueError:
        return rows
    if chosen.order == OLDEST:
        return rows.filter(id__gt=last)
    # The first condition says the same once more, as a range that an index can start from.
    rows = rows.filter(**{f"{field}__lte": number})
    return rows.filter(Q(**{f"{field}__lt": number}) | Q(**{field: number, "id__lt": last}))


def position_of(row: Classification, order: str) -> str:
    """The `after` that starts a page right behind a row."""
    return f"{getattr(row, ORDER_FIELD[order])}:{row.pk}"


@dataclass(frozen=True)
class QueueCounts:
    """Numbers beside the filters."""

    total: int
    labels: list[tuple[str, int]]
    reasons: list[tuple[str, int]]
    runs: list[tuple[str, int]]
    models: list[tuple[str, int]]


def count_queue(chosen: QueueFilter, reviewer: "Actor" = None) -> QueueCounts:
    """Counts by likeliest label, reason, run and model, each under the other filters in force.

    In a long queue they are up to COUNTS_LAST seconds old.
    """
    total = review_queue(chosen, reviewer)[:COUNTED_UP_TO].count()
    if total < LONG:
        return _count_facets(chosen, reviewer, total)
    same = replace(chosen, order=UNCERTAIN, view="", after="").encode()
    key = f"catalog_ai.queue.{hashlib.sha256(same.encode()).hexdigest()}"
    counts: QueueCounts | None = cache.get(key)
    if counts is None:
        counts = _count_facets(replace(chosen, mine=""), None, total)
        cache.set(key, counts, COUNTS_LAST)
    return replace(counts, total=total)


def _count_facets(chosen: QueueFilter, reviewer: "Actor", total: int) -> QueueCounts:
    def count(name: str, column: str) -> list[tuple[str, int]]:
        rows = review_queue(replace(chosen, **{name: ""}), reviewer).values_list(column)
        counted = rows.annotate(number=Count("pk")).order_by("-number", column)
        return [(str(value), number) for value, number in counted]

    return QueueCounts(
        total=total,
        labels=count("label", "top_label"),
        reasons=count("reason", "reason"),
        runs=count("run", "run_id")[:FACET],
        models=count("model", "model_version")[:FACET],
    )
