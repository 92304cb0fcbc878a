"""The lines of a CSV export: its columns, and what they show of a page of products.

The columns are explained in docs/export.md.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.export_rows import Entry, Offer, Result, Verdict, load_verdicts
from catalog_ai.workflow.models_in_use import get_label_name

# The wide ones are read as their narrow forms by spreadsheets set to East Asian languages.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


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
        "error_code",
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


@dataclass
class Page:
    """Entries with all that their lines show, loaded in a bounded few queries."""

    target: ProductTarget
    entries: Sequence[Entry]
    titles: dict[str, str]  # by product; without those that were deleted
    categories: dict[str, set[str]]  # keys by product
    names: dict[str, str]  # of categories
    verdicts: dict[int, Verdict] = field(default_factory=dict)  # by suggestion id


def write_head(shape: Shape) -> str:
    """The line that names the columns."""
    return format_lines([COLUMNS[shape]])


def write_lines(target: ProductTarget, entries: Sequence[Entry], shape: Shape) -> str:
    """The lines of a page of entries, from a bounded few queries."""
    page = _load(target, entries)
    if shape == Shape.PRODUCTS:
        return format_lines(_list_products(page))
    page.verdicts = load_verdicts(entries)
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
    products = target.load_for_lists([entry.key for entry in entries])
    titles = {key: target.get_title(product) for key, product in products.items()}
    categories = target.list_categories(products)
    keys = {one.category for entry in entries for one in entry.offers if one.category}
    keys = keys.union(*categories.values())
    names = target.get_category_names(keys) if keys else {}
    return Page(target, entries, titles, categories, names)


def _list_products(page: Page) -> Iterator[Sequence[Cell]]:
    for entry in page.entries:
        made = entry.result
        yield (
            entry.key,
            page.titles.get(entry.key, ""),
            made.state if made else "",
            made.reason if made else "",
            made.top_label if made else "",
            get_label_name(made.top_label) if made and made.top_label else "",
            made.top_confidence if made else None,
            "; ".join(_tell_label(one) for one in entry.offers),
            "; ".join(_name_categories(page, entry.key)),
            made.image_name if made else "",
            *(_provenance(made) if made else [""] * 5),
            _moment(made.reviewed_at) if made else "",
            made.error if made else "",
            made.error_code if made else "",
        )


def _list_suggestions(page: Page) -> Iterator[Sequence[Cell]]:
    for entry in page.entries:
        for offer in entry.offers:
            assert entry.result is not None  # noqa: S101 - a suggestion belongs to a result
            verdict = page.verdicts.get(offer.id)
            yield (
                entry.key,
                page.titles.get(entry.key, ""),
                entry.result.state,
                offer.label,
                get_label_name(offer.label) if offer.label else "",
                offer.facet,
                offer.confidence,
                offer.auto_threshold,
                offer.review_threshold,
                offer.state,
                offer.source,
                offer.category,
                page.names.get(offer.category, ""),
                verdict.actor_name if verdict else "",
                _moment(verdict.created_at) if verdict else "",
                entry.result.image_name,
                *_provenance(entry.result),
            )


def _tell_label(offer: Offer) -> str:
    if not offer.label:
        return offer.category
    return f"{get_label_name(offer.label)} {offer.confidence:.2f}"


def _name_categories(page: Page, key: str) -> list[str]:
    return sorted(page.names.get(one, one) for one in page.categories.get(key, ()))


def _provenance(made: Result) -> list[Cell]:
    judged_by = [made.image_digest, made.model_version, made.preset]
    return [*judged_by, made.run_id, _moment(made.finished_at)]


def _moment(time: datetime | None) -> str:
    """ISO 8601, in UTC, to the second."""
    return time.isoformat(timespec="seconds") if time else ""
