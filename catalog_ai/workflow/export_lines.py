"""The lines of a CSV export: its columns, and what they show of a page of products.

The columns are explained in docs/export.md.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from django.db import models

from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.models_in_use import get_label_name

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
    suggestions: Sequence[Suggestion] = ()  # of the result, likeliest first


@dataclass
class Page:
    """Entries with all that their lines show, loaded in a bounded few queries."""

    target: ProductTarget
    entries: Sequence[Entry]
    products: dict[str, models.Model]
    categories: dict[str, set[str]]  # keys by product
    names: dict[str, str]  # of categories
    decided: dict[int, Decision] = field(default_factory=dict)  # by suggestion id


def write_head(shape: Shape) -> str:
    """The line that names the columns."""
    return format_lines([COLUMNS[shape]])


def write_lines(target: ProductTarget, entries: Sequence[Entry], shape: Shape) -> str:
    """The lines of a page of entries, from a bounded few queries."""
    page = _load(target, entries)
    if shape == Shape.PRODUCTS:
        return format_lines(_list_products(page))
    page.decided = _load_decisions(entries)
    return format_lines(_list_suggestions(page))


def protect_cell(value: Cell) -> Cell:
    """A text that a spreadsheet would run as a formula, with a `'` before it."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def format_lines(lines: Iterable[Sequence[Cell]]) -> str:
    """Lines of CSV, safe to open in a spreadsheet."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerows([protect_cell(cell) for cell in line] for line in lines)
    return buffer.getvalue()


def _load(target: ProductTarget, entries: Sequence[Entry]) -> Page:
    products = target.load_products([entry.key for entry in entries])
    categories = {key: target.get_categories(product) for key, product in products.items()}
    keys = {one.category for entry in entries for one in entry.suggestions if one.category}
    keys = keys.union(*categories.values())
    names = target.get_category_names(keys) if keys else {}
    return Page(target, entries, products, categories, names)


def _load_decisions(entries: Sequence[Entry]) -> dict[int, Decision]:
    """The latest decision on each suggestion."""
    pks = [one.pk for entry in entries for one in entry.suggestions]
    decisions = Decision.objects.filter(suggestion__in=pks)
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
            "; ".join(_tell_label(one) for one in entry.suggestions),
            "; ".join(_name_categories(page, entry.key)),
            row.image_name if row else "",
            *(_provenance(row) if row else [""] * 5),
            _moment(row.reviewed_at) if row else "",
            row.error if row else "",
        )


def _list_suggestions(page: Page) -> Iterator[Sequence[Cell]]:
    for entry in page.entries:
        for suggestion in entry.suggestions:
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


def _tell_label(suggestion: Suggestion) -> str:
    if not suggestion.label:
        return suggestion.category
    return f"{get_label_name(suggestion.label)} {suggestion.confidence:.2f}"


def _title(page: Page, product: models.Model | None) -> str:
    """The product's title; empty where it was deleted or may not be categorised."""
    return page.target.get_title(product) if product is not None else ""


def _name_categories(page: Page, key: str) -> list[str]:
    return sorted(page.names.get(one, one) for one in page.categories.get(key, ()))


def _provenance(row: Classification) -> list[Cell]:
    made = [row.image_digest, row.model_version, row.preset]
    return [*made, row.run_id, _moment(row.finished_at)]


def _moment(time: datetime | None) -> str:
    """ISO 8601, in UTC, to the second."""
    return time.isoformat(timespec="seconds") if time else ""
