"""What a result means for a product's categories: the counters of its run, a dry run's changes."""

from collections import Counter
from collections.abc import Mapping

from django.db.models import F

from catalog_ai.models import Change, Classification, Suggestion
from catalog_ai.models.changes import write_side
from catalog_ai.workflow.apply import FilingContext, Settled

FILING = (Suggestion.State.APPLIED, Suggestion.State.PROPOSED)


def name_effect(settled: Settled) -> str:
    """One of Run.EFFECTS; empty where the product only waits or nothing was recognised.

    Each product counts once: a contradiction outweighs what else of the product would be filed.
    A category that a dry run would only make has no key yet, and so counts as new.
    """
    if settled.state == Classification.State.REVIEWED:
        return "decided"
    if settled.reason == Classification.Reason.DISAGREES:
        return "contradicting"
    filed = {one.category for one in settled.suggestions if one.state in FILING}
    if not filed:
        return ""
    before = settled.categories_before
    if not before:
        return "first_time"
    return "agreeing" if filed <= before else "changed"


Named = tuple[str, str, str]  # effect, from, to: what Change counts by


def name_change(settled: Settled, context: FilingContext) -> Named | None:
    """From which categories to which a product would go; None where it only waits or stays.

    Categories of a kind that the model knows nothing of, "Sale" say, are named only where the
    product is in no other.
    """
    effect = name_effect(settled)
    if effect not in Change.Effect.values:
        return None
    present = settled.categories_before
    before = context.categories.keep_meant(present) or present
    asked = effect == Change.Effect.CONTRADICTING
    keys, labels = set(), set()
    for one in settled.suggestions:
        sure = one.confidence is not None and one.confidence >= (one.auto_threshold or 0)
        if one.state == Suggestion.State.PROPOSED or (asked and sure):
            key = context.categories.find(one.label)
            keys.update([key] if key else [])
            labels.update([] if key else [one.label])
    return effect, write_side(before), write_side(keys, labels)


def find_changes(run_id: int, named: Mapping[int, Named]) -> dict[int, int]:
    """Ids of the changes that rows (by id) were named with; new ones are made."""
    wanted = sorted(set(named.values()))  # in one order, so that two chunks cannot block
    Change.objects.bulk_create(
        [
            Change(run_id=run_id, effect=effect, before=before, after=after)
            for effect, before, after in wanted
        ],
        ignore_conflicts=True,
    )
    rows = Change.objects.filter(run=run_id, before__in={before for _effect, before, _ in wanted})
    ids = {(row.effect, row.before, row.after): row.pk for row in rows}
    return {pk: ids[name] for pk, name in named.items()}


def count_changes(ids: Mapping[int, int]) -> None:
    """Count rows (keys) by their changes (values), in one order."""
    for pk, number in sorted(Counter(ids.values()).items()):
        Change.objects.filter(pk=pk).update(products=F("products") + number)
