"""Results as CSV, streamed page by page: memory stays flat however many products there are.

The columns are explained in docs/export.md.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import models

from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.describe import describe_products, load_suggestions
from catalog_ai.workflow.models_in_use import get_label_name

PAGE = 500
BOM = "\ufeff"  # tells Excel that the file is UTF-8
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


class Shape(StrEnum):
    """What one line of the file stands for."""

    PRODUCTS = "products"
    SUGGESTIONS = "suggestions"


COLUMNS = {
    Shape.PRODUCTS: (
        "product_id",
        "product",
        "state",
        "reason",
        "top_label_id",
        "top_label",
        "confidence",
        "suggested_labels",
        "categories",
        "image",
        "image_digest",
        "model_version",
        "preset",
        "run",
        "categorised_at",
        "reviewed_at",
        "error",
    ),
    Shape.SUGGESTIONS: (
        "product_id",
        "product",
        "state",
        "label_id",
        "label",
        "facet",
        "confidence",
        "auto_threshold",
        "review_threshold",
        "suggestion_state",
        "made_by",
        "category_id",
        "category",
        "decided_by",
        "decided_at",
        "image",
        "image_digest",
        "model_version",
        "preset",
        "run",
        "categorised_at",
    ),
}

Cell = str | int | float | None


@dataclass(frozen=True)
class Entry:
    """One product of a page and the result that is reported of it."""

    key: str
    row: Classification | None


@dataclass
class Page:
    """Entries with all that their lines show, loaded in a bounded few queries."""

    target: ProductTarget
    entries: Sequence[Entry]
    products: dict[str, models.Model]
    suggestions: dict[int, list[Suggestion]]
    names: dict[str, str] = field(default_factory=dict)  # categories
    decided: dict[int, Decision] = field(default_factory=dict)  # by suggestion id


def export_products(
    target: ProductTarget, products: "models.QuerySet[Any]", shape: Shape, *, bom: bool = False
) -> Iterator[str]:
    """CSV text, a page at a time, of these products' latest results; each product has a line."""
    return _write(target, _page_products(target, products), shape, bom)


def export_results(
    target: ProductTarget,
    rows: "models.QuerySet[Classification]",
    shape: Shape,
    *,
    bom: bool = False,
) -> Iterator[str]:
    """CSV text, a page at a time, of these results, such as a run's or the review queue's."""
    return _write(target, _page_rows(rows), shape, bom)


def protect_cell(value: Cell) -> Cell:
    """A text that a spreadsheet would run as a formula, with a `'` before it."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def _page_products(
    target: ProductTarget, products: "models.QuerySet[Any]"
) -> Iterator[list[Entry]]:
    ordered = products.order_by("pk").values_list("pk", flat=True).distinct()
    pks = list(ordered[:PAGE])
    while pks:
        keys = [target.to_key(pk) for pk in pks]
        statuses = describe_products(target, keys)
        yield [Entry(key, statuses[key].current) for key in keys]
        pks = list(ordered.filter(pk__gt=pks[-1])[:PAGE])


def _page_rows(rows: "models.QuerySet[Classification]") -> Iterator[list[Entry]]:
    ordered = rows.order_by("pk").defer("scores")
    page = list(ordered[:PAGE])
    while page:
        yield [Entry(row.object_id, row) for row in page]
        page = list(ordered.filter(pk__gt=page[-1].pk)[:PAGE])


def _write(
    target: ProductTarget, pages: Iterable[list[Entry]], shape: Shape, bom: bool
) -> Iterator[str]:
    lines = {Shape.PRODUCTS: _list_products, Shape.SUGGESTIONS: _list_suggestions}[shape]
    yield (BOM if bom else "") + _format([COLUMNS[shape]])
    for entries in pages:
        yield _format(lines(_load(target, entries)))


def _format(lines: Iterable[Sequence[Cell]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerows([protect_cell(cell) for cell in line] for line in lines)
    return buffer.getvalue()


def _load(target: ProductTarget, entries: Sequence[Entry]) -> Page:
    rows = [entry.row for entry in entries if entry.row is not None]
    products = target.load_products([entry.key for entry in entries])
    page = Page(target, entries, products, load_suggestions(rows))
    suggestions = [one for found in page.suggestions.values() for one in found]
    keys = {one.category for one in suggestions if one.category}
    for product in products.values():
        keys |= target.get_categories(product)
    page.names = target.get_category_names(keys) if keys else {}
    page.decided = _load_decisions(suggestions)
    return page


def _load_decisions(suggestions: Sequence[Suggestion]) -> dict[int, Decision]:
    """The latest decision on each suggestion."""
    decisions = Decision.objects.filter(suggestion__in=[one.pk for one in suggestions])
    return {one.suggestion_id: one for one in decisions.order_by("pk") if one.suggestion_id}


def _list_products(page: Page) -> Iterator[Sequence[Cell]]:
    for entry in page.entries:
        row, product = entry.row, page.products.get(entry.key)
        yield (
            entry.key,
            _title(page, product),
            row.state if row else "",
            row.reason if row else "",
            row.top_label if row else "",
            get_label_name(row.top_label) if row and row.top_label else "",
            row.top_confidence if row else None,
            "; ".join(_tell_label(one) for one in _suggested(page, row)),
            "; ".join(_name_categories(page, product)),
            row.image_name if row else "",
            *(_provenance(row) if row else [""] * 5),
            _moment(row.reviewed_at) if row else "",
            row.error if row else "",
        )


def _list_suggestions(page: Page) -> Iterator[Sequence[Cell]]:
    for entry in page.entries:
        for suggestion in _suggested(page, entry.row):
            assert entry.row is not None  # noqa: S101 - a suggestion belongs to a result
            decision = page.decided.get(suggestion.pk)
            yield (
                entry.key,
                _title(page, page.products.get(entry.key)),
                entry.row.state,
                suggestion.label,
                get_label_name(suggestion.label) if suggestion.label else "",
                suggestion.facet,
                suggestion.confidence,
                suggestion.auto_threshold,
                suggestion.review_threshold,
                suggestion.state,
                suggestion.source,
                suggestion.category,
                page.names.get(suggestion.category, ""),
                decision.actor_name if decision else "",
                _moment(decision.created_at) if decision else "",
                entry.row.image_name,
                *_provenance(entry.row),
            )


def _suggested(page: Page, row: Classification | None) -> list[Suggestion]:
    return page.suggestions.get(row.pk, []) if row else []


def _tell_label(suggestion: Suggestion) -> str:
    if not suggestion.label:
        return suggestion.category
    return f"{get_label_name(suggestion.label)} {suggestion.confidence:.2f}"


def _title(page: Page, product: models.Model | None) -> str:
    """The product's title; empty where it was deleted or may not be categorised."""
    return page.target.get_title(product) if product is not None else ""


def _name_categories(page: Page, product: models.Model | None) -> list[str]:
    keys = page.target.get_categories(product) if product is not None else set()
    return sorted(page.names.get(key, key) for key in keys)


def _provenance(row: Classification) -> list[Cell]:
    made = [row.image_digest, row.model_version, row.preset]
    return [*made, row.run_id, _moment(row.finished_at)]


def _moment(time: datetime | None) -> str:
    """ISO 8601, in UTC, to the second."""
    return time.isoformat(timespec="seconds") if time else ""
