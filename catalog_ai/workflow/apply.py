"""From the model's verdict to what may be filed, honouring what people have decided before."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.db import models

from catalog_ai.models import Classification, Decision, Run, Suggestion
from catalog_ai.policy import Decision as PolicyDecision
from catalog_ai.policy import Outcome, ScoredLabel, Verdict
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.audits import AuditShares
from catalog_ai.workflow.enqueue import SYSTEM_SOURCES
from catalog_ai.workflow.history import ProductHistory, load_histories
from catalog_ai.workflow.mapping import CategoryMap
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import AUTO_APPLY, is_allowed

Reason = Classification.Reason
State = Classification.State


@dataclass
class FilingContext:
    """All that settling a chunk reads, fetched in a bounded few queries."""

    target: ProductTarget
    run: Run
    may_apply: bool
    categories: CategoryMap
    histories: dict[str, ProductHistory]
    present: Mapping[str, set[str]]  # categories by the products' keys
    audits: AuditShares = field(default_factory=AuditShares)
    judged_since: Collection[str] = ()  # keys; only where a dry run's results are filed

    def get_history(self, key: str) -> ProductHistory:
        return self.histories.get(key, ProductHistory())


@dataclass
class Settled:
    """What one product's row will say, and what will be written to the product (None: nothing)."""

    state: State
    reason: str = Reason.NONE
    suggestions: list[Suggestion] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    categories_before: set[str] = field(default_factory=set)
    categories_after: set[str] | None = None
    replaces: Collection[int] = ()  # the model's own earlier suggestions


def load_context(
    target: ProductTarget, run: Run, products: Mapping[str, models.Model], audits: AuditShares
) -> FilingContext:
    """Read the histories of these products and the run's rights, again, in the worker."""
    return FilingContext(
        target,
        run,
        run.apply_automatically and _may_apply(run),
        CategoryMap(target, get_bundle(), dry=run.dry_run),
        load_histories(target, list(products)),
        target.list_categories(products),
        audits,
    )


def _may_apply(run: Run) -> bool:
    """Whether whoever started the run may, now; the system may, somebody who was deleted not."""
    by_system = run.created_by is None and run.source in SYSTEM_SOURCES
    return by_system or is_allowed(run.created_by, AUTO_APPLY)


def settle(row: Classification, verdict: Verdict, context: FilingContext) -> Settled:
    """Decide what becomes of each suggestion. Nothing is written yet."""
    history = context.get_history(row.object_id)
    if row.image_digest in history.digests:
        # A person has decided on this very image: their word stands, whatever the model says.
        kept = [_make(row, scored, Suggestion.State.KEPT) for scored in verdict.suggestions]
        return Settled(State.REVIEWED, suggestions=kept)
    if verdict.outcome == Outcome.UNIDENTIFIED:
        return Settled(State.UNIDENTIFIED, Reason.UNIDENTIFIED)
    settled = Settled(State.FILED, categories_before=context.present[row.object_id])
    reasons: list[str] = [verdict.reason]
    for scored in verdict.suggestions:
        suggestion = _make(row, scored, Suggestion.State.PENDING)
        settled.suggestions.append(suggestion)
        if scored.decision == PolicyDecision.AUTO:
            objection = find_objection(scored, settled.categories_before, history, context)
            reasons.append(objection or _file_or_audit(suggestion, context))
    _conclude(settled, reasons, history, context)
    if context.run.dry_run:
        _ask_nobody(settled)
    return settled


def _file_or_audit(suggestion: Suggestion, context: FilingContext) -> str:
    """File a label that nothing speaks against; or the reason why a person is asked by chance."""
    if context.audits.picks(suggestion.classification.image_digest, suggestion.label):
        suggestion.audit = True
        suggestion.asked_chance = context.audits.find_share(suggestion.label)
        return Reason.AUDIT
    suggestion.category = context.categories.find(suggestion.label) or ""
    dry = context.run.dry_run
    suggestion.state = Suggestion.State.PROPOSED if dry else Suggestion.State.APPLIED
    return Reason.NONE


def _ask_nobody(settled: Settled) -> None:
    """What a dry run is unsure of waits for no person."""
    for suggestion in settled.suggestions:
        if suggestion.state == Suggestion.State.PENDING:
            suggestion.state = Suggestion.State.WOULD_ASK


def find_objection(
    scored: ScoredLabel, present: set[str], history: ProductHistory, context: FilingContext
) -> str:
    """Why a confident label must still ask a person; empty where it need not."""
    if not (context.may_apply or context.run.dry_run):
        return Reason.NOT_PERMITTED
    category = context.categories.find(scored.label_id)
    if category is None:
        return Reason.UNMAPPED
    if history.refuses(scored.label_id, category, context.categories.look_up):
        return Reason.DISAGREES
    if category in history.filed and category not in present:
        return Reason.DISAGREES  # filed before, and a person has taken it out since
    foreign = present - history.models_own - {category}
    if not context.target.category_field.single_valued:
        # Other categories of a kind the model knows nothing of, "Sale" say, contradict nothing.
        foreign = context.categories.keep_meant(foreign)
    return Reason.DISAGREES if foreign and category not in present else ""


def _make(row: Classification, scored: ScoredLabel, state: str) -> Suggestion:
    return Suggestion(
        classification=row,
        label=scored.label_id,
        facet=scored.label_id.partition(":")[0],
        confidence=round(scored.confidence, 4),
        auto_threshold=scored.thresholds.auto,
        review_threshold=scored.thresholds.review,
        state=state,
    )


def _conclude(
    settled: Settled, reasons: list[str], history: ProductHistory, context: FilingContext
) -> None:
    """What the row says, and what is written to the product for the labels that are filed."""
    if any(suggestion.state == Suggestion.State.PENDING for suggestion in settled.suggestions):
        settled.state = State.REVIEW
        settled.reason = next(filter(None, reversed(reasons)), Reason.LOW_CONFIDENCE)
    applied = [one for one in settled.suggestions if one.state == Suggestion.State.APPLIED]
    if not applied:
        return
    filed = {suggestion.category for suggestion in applied}
    outdated = history.models_own - filed
    single = context.target.category_field.single_valued
    after = filed if single else (settled.categories_before - outdated) | filed
    settled.categories_after = after
    settled.replaces = tuple(history.by_model)
    settled.decisions = [
        Decision(
            classification=suggestion.classification,
            suggestion=suggestion,
            action=Decision.Action.APPLY,
            batch=uuid.uuid4(),
            label=suggestion.label,
            state_after=suggestion.state,
            classification_after=settled.state,
            categories_before=sorted(settled.categories_before),
            categories_after=sorted(after),
        )
        for suggestion in applied
    ]
