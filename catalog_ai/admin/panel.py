"""The panel on a product's change page: every suggestion, where it comes from, what was decided."""

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.access import find_model_url, find_url, list_rights
from catalog_ai.admin.columns import tell_why
from catalog_ai.admin.display import (
    Badge,
    Bar,
    make_badge,
    make_guess_bars,
    make_state_badge,
    make_suggestion_bar,
    name_label,
    name_preset,
)
from catalog_ai.models import Decision, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.describe import ProductStatus, describe_products, name_mapped

HISTORY_SHOWN = 50
GUESSES_SHOWN = 3
SUGGESTION_HEADS = {
    "label": _("Label"),
    "confidence": _("Confidence"),
    "state": _("State"),
    "category": _("Category"),
}
HISTORY_HEADS = {
    "when": _("When"),
    "who": _("Who"),
    "what": _("What"),
    "label": _("Label"),
    "change": _("Change of the product"),
}


@dataclass(frozen=True)
class PanelSuggestion:
    """One suggestion of the panel."""

    bar: Bar
    badge: Badge
    category: str
    by_person: bool


@dataclass(frozen=True)
class PanelDecision:
    """One line of the history."""

    decision: Decision
    what: str
    label: str
    before: str
    after: str
    by: str


def describe_panel(
    target: ProductTarget, product: models.Model, request: HttpRequest, site: str
) -> dict[str, Any]:
    """Context of the panel; the number of queries does not grow with the history."""
    key = target.to_key(product.pk)
    status = describe_products(target, [key])[key]
    decisions = _load_decisions(target, key)
    names = _load_names(target, status, decisions)
    mapped = name_mapped(target)
    row = status.current
    return {
        "status": status,
        "row": row,
        "badge": make_state_badge(status.state),
        "why": tell_why(status),
        "preset": name_preset(row.preset) if row else "",
        "suggestion_heads": SUGGESTION_HEADS,
        "history_heads": HISTORY_HEADS,
        "suggestions": [_show(item, names, mapped) for item in status.suggestions],
        "guesses": (
            make_guess_bars(row, target.facets, GUESSES_SHOWN, mapped)
            if row and not status.suggestions
            else []
        ),
        "history": [_tell(decision, names) for decision in decisions],
        "has_image": bool(target.get_image(product)),
        "rights": list_rights(request),
        "again_url": find_model_url(type(product), "catalog_ai_again", product.pk, site=site),
        # What does not wait for a person has nothing to decide on its card.
        "review_url": (
            find_url("catalog_ai_review_card", row.pk, site=site) if row and row.waits else ""
        ),
        "run_url": find_url("catalog_ai_run_change", row.run_id, site=site) if row else "",
    }


def _load_decisions(target: ProductTarget, key: str) -> list[Decision]:
    rows = Decision.objects.filter(classification__target=target.key, classification__object_id=key)
    return list(rows.select_related("actor").order_by("-pk")[:HISTORY_SHOWN])


def _load_names(
    target: ProductTarget, status: ProductStatus, decisions: list[Decision]
) -> dict[str, str]:
    keys = {item.category for item in status.suggestions if item.category}
    for decision in decisions:
        keys.update(decision.categories_before, decision.categories_after)
    return target.get_category_names(keys) if keys else {}


def _show(suggestion: Suggestion, names: dict[str, str], mapped: dict[str, str]) -> PanelSuggestion:
    category = names.get(suggestion.category, suggestion.category)
    bar = make_suggestion_bar(suggestion, mapped)
    if not suggestion.label:
        bar = Bar(name=category, text="", width="")
    return PanelSuggestion(
        bar=bar,
        badge=make_badge(suggestion.state, suggestion.get_state_display()),
        category=category,
        by_person=suggestion.source == Suggestion.Source.PERSON,
    )


def _tell(decision: Decision, names: dict[str, str]) -> PanelDecision:
    before, after = set(decision.categories_before), set(decision.categories_after)
    return PanelDecision(
        decision=decision,
        what=decision.get_action_display(),
        label=name_label(decision.label) if decision.label else "",
        before=", ".join(sorted(names.get(key, key) for key in before - after)),
        after=", ".join(sorted(names.get(key, key) for key in after - before)),
        by=decision.actor_name,
    )
