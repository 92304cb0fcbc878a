"""What people and the model have done to products before, for what may be done to them next."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from catalog_ai.arrays import is_among
from catalog_ai.models import Classification, Suggestion
from catalog_ai.targets import ProductTarget

REFUSED = (Suggestion.State.REJECTED, Suggestion.State.CORRECTED)


@dataclass
class ProductHistory:
    """Of one product. What people said is kept with the id of the result that they said it of."""

    digests: set[str] = field(default_factory=set)  # images a person has decided on
    filed: set[str] = field(default_factory=set)  # categories filed through us
    by_model: dict[int, str] = field(default_factory=dict)  # suggestion -> category it filed
    approved: dict[str, int] = field(default_factory=dict)  # categories that are right
    refused: dict[str, int] = field(default_factory=dict)  # categories that it was taken out of
    refused_labels: dict[str, int] = field(default_factory=dict)

    @property
    def models_own(self) -> set[str]:
        """Categories that stand on the model's word alone."""
        return set(self.by_model.values()) - self.approved.keys()

    def refuses(self, label: str, category: str, look_up: Callable[[str], str | None]) -> bool:
        """Whether a person said that the label is wrong, or that its category is.

        The same category under another label is no other answer: `look_up` says what a label
        means. What was refused with a result and chosen for it all the same, is right; and so is
        what was approved later.
        """
        since = self.approved.get(category, 0)
        if self.refused.get(category, 0) > since:
            return True
        labels = [other for other, result in self.refused_labels.items() if result > since]
        return label in labels or bool(category and category in map(look_up, labels))


def load_histories(target: ProductTarget, keys: Collection[str]) -> dict[str, ProductHistory]:
    """By product, where there is any; one query."""
    histories: dict[str, ProductHistory] = {}
    for suggestion in _past_suggestions(target, keys):
        row = suggestion.classification
        _remember(histories.setdefault(row.object_id, ProductHistory()), suggestion, row)
    return histories


def _past_suggestions(target: ProductTarget, keys: Collection[str]) -> Iterator[Suggestion]:
    state = Suggestion.State
    return (
        Suggestion.objects.filter(
            is_among("classification__object_id", keys),
            classification__target=target.key,
            state__in=(*Suggestion.BY_PERSON, state.APPLIED),
        )
        .select_related("classification")
        .order_by("pk")
        .iterator()
    )


def _remember(history: ProductHistory, suggestion: Suggestion, row: Classification) -> None:
    label, category, state = suggestion.label, suggestion.category, suggestion.state
    if state in Suggestion.BY_PERSON:
        history.digests.add(row.image_digest)
    if state in REFUSED:
        history.refused_labels[label] = row.pk
    elif state == Suggestion.State.APPROVED:
        history.refused_labels.pop(label, None)
    if not category:
        return
    if state in REFUSED:
        history.refused[category] = row.pk
    elif state == Suggestion.State.APPROVED:
        history.approved[category] = row.pk
    if state == Suggestion.State.APPLIED:
        history.by_model[suggestion.pk] = category
    if state != Suggestion.State.REJECTED:
        history.filed.add(category)
