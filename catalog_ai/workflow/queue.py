"""The review queue: what waits for a person, filtered, ordered and paged at a constant cost."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from catalog_ai.models import Classification

UNCERTAIN, VALUABLE, OLDEST = "uncertain", "valuable", "oldest"
ORDERS = {
    UNCERTAIN: _("Most uncertain first"),
    VALUABLE: _("Most valuable first"),
    OLDEST: _("Oldest first"),
}
ORDER_FIELD = {UNCERTAIN: "uncertainty", VALUABLE: "value", OLDEST: "id"}
COUNTED_UP_TO = 100_000  # beyond it a count says "more": counting a million rows takes too long


@dataclass(frozen=True)
class QueueFilter:
    """What of the queue to show and in which order; it lives in the page's address."""

    target: str
    label: str = ""
    reason: str = ""
    run: str = ""
    model: str = ""
    order: str = UNCERTAIN
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
            after=query.get("after", ""),
        )

    def encode(self, **changes: str) -> str:
        """The filter as a query string, with changes; a changed filter starts at the first page."""
        changes.setdefault("after", "")
        changed = replace(self, **changes)
        pairs = {name: getattr(changed, name) for name in self.__dataclass_fields__}
        if changed.order == UNCERTAIN:
            del pairs["order"]
        return urlencode({name: value for name, value in pairs.items() if value})


def review_queue(chosen: QueueFilter) -> "models.QuerySet[Classification]":
    """The waiting classifications of a filter, in no order yet."""
    rows = Classification.objects.filter(
        target=chosen.target, is_current=True, state__in=Classification.WAITING
    )
    if chosen.label:
        rows = rows.filter(top_label=chosen.label)
    if chosen.reason:
        rows = rows.filter(reason=chosen.reason)
    if chosen.run:
        rows = rows.filter(run=int(chosen.run))
    if chosen.model:
        rows = rows.filter(model_version=chosen.model)
    return rows


def get_page(chosen: QueueFilter, size: int) -> tuple[list[Classification], str]:
    """One page of the queue, and where it ends ("" on the last page).

    The page starts behind a (sort value, id) pair and not at a number: however deep, it reads
    only its own rows, and a card decided meanwhile moves nobody to another page.
    """
    field = ORDER_FIELD[chosen.order]
    ordering = ["id"] if chosen.order == OLDEST else [f"-{field}", "-id"]
    rows = review_queue(chosen).select_related("run").prefetch_related("suggestions")
    rows = _start_after(rows, chosen, field).order_by(*ordering)
    page = list(rows[: size + 1])
    if len(page) <= size:
        return page, ""
    last = page[size - 1]
    return page[:size], f"{getattr(last, field)}:{last.pk}"


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


def count_queue(chosen: QueueFilter) -> QueueCounts:
    """Counts by likeliest label and by reason, each under the other filters in force."""
    labels = review_queue(replace(chosen, label="")).values_list("top_label")
    reasons = review_queue(replace(chosen, reason="")).values_list("reason")
    return QueueCounts(
        total=review_queue(chosen)[:COUNTED_UP_TO].count(),
        labels=list(labels.annotate(number=Count("pk")).order_by("-number", "top_label")),
        reasons=list(reasons.annotate(number=Count("pk")).order_by("-number", "reason")),
    )
