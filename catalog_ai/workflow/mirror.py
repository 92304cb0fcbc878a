"""Keeps the optional `CategorizedProduct` fields in step with the latest classification."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import models

from catalog_ai.arrays import is_among
from catalog_ai.models import CategorizedProduct, Classification, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.rows import update_rows

FIELDS = ("ai_state", "ai_labels", "ai_top_label", "ai_confidence", "ai_categorized_at")


def mirror_to_products(
    target: ProductTarget,
    rows: Sequence[Classification],
    products: Mapping[str, models.Model],
    suggestions: Iterable[Suggestion] | None = None,
) -> None:
    """Write the results onto those products whose model has the fields; else do nothing.

    No signal is sent: a shop's own save hooks are not run for our bookkeeping. `suggestions` are
    all that these rows have, from a caller that has them at hand.
    """
    if not issubclass(target.get_model(), CategorizedProduct) or not rows:
        return
    if suggestions is None:
        suggestions = Suggestion.objects.filter(
            is_among("classification", [row.pk for row in rows])
        )
    labels = _list_labels(suggestions)
    changed: list[Any] = []
    for row in rows:
        if (product := products.get(row.object_id)) is None:
            continue
        _copy(row, product, labels.get(row.pk, []))
        changed.append(product)
    update_rows(target.get_model(), changed, FIELDS)


def _copy(row: Classification, product: Any, labels: list[dict[str, Any]]) -> None:
    product.ai_state = row.state
    product.ai_labels = labels
    product.ai_top_label = row.top_label
    product.ai_confidence = row.top_confidence
    product.ai_categorized_at = row.finished_at


def _list_labels(suggestions: Iterable[Suggestion]) -> dict[int, list[dict[str, Any]]]:
    """By classification; likeliest first, and what a person gave without a confidence last."""
    labels: dict[int, list[dict[str, Any]]] = {}
    for suggestion in sorted(suggestions, key=lambda one: -(one.confidence or 0.0)):
        entry = {
            "label": suggestion.label,
            "confidence": suggestion.confidence,
            "state": suggestion.state,
        }
        labels.setdefault(suggestion.classification_id, []).append(entry)
    return labels


def mirror_current(target: ProductTarget, rows: Sequence[Classification]) -> None:
    """The same after a person's decisions, where only the rows are at hand."""
    if issubclass(target.get_model(), CategorizedProduct):
        products = target.load_products([row.object_id for row in rows])
        mirror_to_products(target, [row for row in rows if row.is_current], products)
