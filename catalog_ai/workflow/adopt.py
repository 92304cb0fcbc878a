"""A dry run's result filed for real: the very labels it showed, or the product is left out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from django.db import models

from catalog_ai.arrays import is_among
from catalog_ai.models import Classification, Embedding, Run, Suggestion
from catalog_ai.models.causes import Cause
from catalog_ai.policy import Decision, Outcome, ReviewReason, ScoredLabel, Thresholds, Verdict
from catalog_ai.workflow.apply import FilingContext, Settled, find_objection, settle
from catalog_ai.workflow.audits import AuditShares
from catalog_ai.workflow.describe import load_suggestions
from catalog_ai.workflow.ends import end_row
from catalog_ai.workflow.filing import write_categories

State = Classification.State
COPIED = ("image_digest", "scores", "top_label", "top_confidence", "uncertainty")


@dataclass(frozen=True)
class Earlier:
    """What a dry run found of one product."""

    row: Classification
    suggestions: Sequence[Suggestion]
    vector: bytes | None

    @property
    def verdict(self) -> Verdict:
        """The policy's word as it was; what a person would have been asked is asked again."""
        outcomes = {State.FILED: Outcome.FILED, State.REVIEW: Outcome.REVIEW}
        return Verdict(
            outcomes.get(State(self.row.state), Outcome.UNIDENTIFIED),
            tuple(map(_score_again, self.suggestions)),
            ReviewReason.NONE,
        )


def _score_again(suggestion: Suggestion) -> ScoredLabel:
    would_file = suggestion.state == Suggestion.State.PROPOSED
    return ScoredLabel(
        suggestion.label,
        suggestion.confidence or 0.0,
        Decision.AUTO if would_file else Decision.REVIEW,
        Thresholds(
            auto=suggestion.auto_threshold or 0.0, review=suggestion.review_threshold or 0.0
        ),
    )


def load_earlier(dry_run: Run, keys: Collection[str]) -> dict[str, Earlier]:
    """What a dry run found of these products, by key: three queries."""
    found = dry_run.classifications.filter(is_among("object_id", keys), target=dry_run.target)
    rows = {row.object_id: row for row in found}
    suggestions = load_suggestions(rows.values())
    pks = [row.pk for row in rows.values()]
    packed = Embedding.objects.filter(is_among("classification", pks))
    vectors = dict(packed.values_list("classification_id", "vector"))
    return {
        key: Earlier(
            row,
            suggestions.get(row.pk, ()),
            bytes(vectors[row.pk]) if row.pk in vectors else None,
        )
        for key, row in rows.items()
    }


def prepare_to_adopt(context: FilingContext, earlier: Collection[Earlier]) -> FilingContext:
    """The context for results that were drawn, and held against the shop, before."""
    pks = {one.row.object_id: one.row.pk for one in earlier}
    rows = Classification.objects.filter(
        is_among("object_id", pks), target=context.target.key, is_current=True
    )
    # What this very dry run had filed before and was rolled back stands in nobody's way.
    rows = rows.exclude(run__results_of=context.run.results_of, state=State.ROLLED_BACK)
    since = {key for key, pk in rows.values_list("object_id", "pk") if pk > pks[key]}
    return replace(context, audits=AuditShares(), judged_since=since)


def adopt(
    row: Classification,
    digest: str,
    earlier: Earlier | None,
    product: models.Model,
    context: FilingContext,
) -> Settled | None:
    """Fill the row from the earlier result and file the product.

    None where there is nothing to settle: an unreadable photo, or the product is left out, and
    the row then says why.
    """
    obstacle = find_obstacle(row, digest, earlier, context)
    if obstacle or earlier is None:
        end_row(row, State.CANCELLED, Cause(obstacle))
        return None
    for name in COPIED:
        setattr(row, name, getattr(earlier.row, name))
    row.is_current = True
    if earlier.row.state == State.REJECTED:
        why = earlier.row
        end_row(row, State.REJECTED, Cause(why.error_code, why.error_figures, why.error))
        return None
    settled = _settle_as_shown(row, earlier, context)
    if settled.categories_after is not None:
        settled = write_categories(product, settled, context)
    row.value, row.reason = context.target.get_value(product), settled.reason
    end_row(row, settled.state)
    return settled


def _settle_as_shown(row: Classification, earlier: Earlier, context: FilingContext) -> Settled:
    """Settle the row with the reason, and the audits, that the dry run showed."""
    settled = settle(row, earlier.verdict, context)
    if settled.state == State.REVIEW:
        settled.reason = earlier.row.reason or settled.reason
    audits = {one.label: one.asked_chance for one in earlier.suggestions if one.audit}
    for suggestion in settled.suggestions:
        suggestion.audit = suggestion.label in audits
        suggestion.asked_chance = audits.get(suggestion.label, 1.0)
    return settled


def find_obstacle(
    row: Classification, digest: str, earlier: Earlier | None, context: FilingContext
) -> str:
    """Code of why the earlier result must not be filed any more; empty where it may."""
    if earlier is None or earlier.row.image_digest != digest:
        return "image_changed"
    if row.object_id in context.judged_since:
        return "judged_since"
    if digest in context.get_history(row.object_id).digests:
        return "decided_since"
    return _find_objections(row, earlier, context)


def _find_objections(row: Classification, earlier: Earlier, context: FilingContext) -> str:
    present = context.present[row.object_id]
    history = context.get_history(row.object_id)
    for suggestion in earlier.suggestions:
        if suggestion.state != Suggestion.State.PROPOSED:
            continue
        scored = _score_again(suggestion)
        objection = find_objection(scored, present, history, context)
        if objection == Classification.Reason.DISAGREES:
            return "decided_since"
        if objection:
            continue
        if not context.categories.still_means(suggestion.label, suggestion.category):
            return "label_changed"
    return ""
