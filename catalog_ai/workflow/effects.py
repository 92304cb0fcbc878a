"""What a result means for a product's categories, for the counters of its run."""

from catalog_ai.models import Classification, Suggestion
from catalog_ai.workflow.apply import Settled

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
