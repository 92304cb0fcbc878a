"""Products whose present category, a person's or the shop's, the model confidently contradicts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import models

from catalog_ai.models import Classification, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.describe import load_suggestions
from catalog_ai.workflow.history import ProductHistory, load_histories
from catalog_ai.workflow.mapping import CategoryMap, find_meant

State = Classification.State
JUDGED = (State.FILED, State.REVIEW, State.REVIEWED)
# Suggestions that nobody has refused, nor a newer result replaced.
STANDING = (Suggestion.State.PENDING, Suggestion.State.APPLIED, Suggestion.State.KEPT)


@dataclass(frozen=True)
class Disagreement:
    """One product: where it is, and what the model says instead."""

    row: Classification
    suggestions: tuple[Suggestion, ...]  # that contradict, likeliest first; never empty
    present: tuple[str, ...]  # keys of the categories that are contradicted, sorted

    @property
    def label(self) -> str:
        return self.suggestions[0].label

    @property
    def confidence(self) -> float:
        return self.suggestions[0].confidence or 0.0

    @property
    def asked(self) -> bool:
        """Whether the review queue asks about it already."""
        return is_asked(self.row)


def is_asked(row: Classification) -> bool:
    """Whether the row waits in the review queue because it disagrees."""
    return row.state == State.REVIEW and row.reason == Classification.Reason.DISAGREES


def load_disagreements(
    target: ProductTarget, products: Mapping[str, models.Model], categories: CategoryMap
) -> dict[str, Disagreement]:
    """Disagreements of loaded products by key, from a bounded few queries.

    `categories` must be dry: looking makes no category.
    """
    rows = Classification.objects.filter(
        target=target.key, object_id__in=list(products), is_current=True, state__in=JUDGED
    ).defer("scores")
    suggestions = {
        pk: confident
        for pk, found in load_suggestions(list(rows)).items()
        if (confident := _keep_confident(found))
    }
    sure = [row for row in rows if row.pk in suggestions]
    histories = load_histories(target, [row.object_id for row in sure]) if sure else {}
    found = {}
    for row in sure:
        present = target.get_categories(products[row.object_id])
        history = histories.get(row.object_id, ProductHistory())
        one = find_disagreement(row, suggestions[row.pk], present, history, categories)
        if one is not None:
            found[row.object_id] = one
    return found


def _keep_confident(suggestions: Sequence[Suggestion]) -> list[Suggestion]:
    """Those that would file by themselves, by the thresholds in force when they were made."""
    return [
        one
        for one in suggestions
        if one.source == Suggestion.Source.MODEL
        and one.state in STANDING
        and one.confidence is not None
        and one.auto_threshold is not None
        and one.confidence >= one.auto_threshold
    ]


def find_disagreement(
    row: Classification,
    confident: Sequence[Suggestion],
    present: Collection[str],
    history: ProductHistory,
    categories: CategoryMap,
) -> Disagreement | None:
    """What confident suggestions say against the present categories; None where nothing.

    As in `apply.find_objection`, categories that the model itself filed, and those of a kind that
    it knows nothing of ("Sale", say), are contradicted by nothing. Neither is a category that
    another confident label means: a dress with a belt may be under both.
    """
    meant = {one.pk: find_meant(one, categories) for one in confident}
    foreign = set(present) - history.models_own - set(meant.values())
    if not categories.target.category_field.single_valued:
        foreign = categories.keep_meant(foreign)
    contradicting = tuple(
        one
        for one in confident
        if (category := meant[one.pk]) is not None
        and category not in present
        and not (
            one.state == Suggestion.State.KEPT
            and history.refuses(one.label, category, categories.look_up)
        )
    )
    if not foreign or not contradicting:
        return None
    return Disagreement(row, contradicting, tuple(sorted(foreign)))
