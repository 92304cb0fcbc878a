"""From the model's verdict to what may be filed, honouring what people have decided before."""

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from django.db import models

from catalog_ai.models import Classification, Decision, Run, Suggestion
from catalog_ai.policy import Decision as PolicyDecision
from catalog_ai.policy import Outcome, ScoredLabel, Verdict
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.audits import AuditShares
from catalog_ai.workflow.mapping import CategoryMap
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import AUTO_APPLY, is_allowed

Reason = Classification.Reason
State = Classification.State


@dataclass
class ProductHistory:
    """What people and the model have done to one product before."""

    decided: dict[str, str] = field(default_factory=dict)  # label -> state a person gave it
    digests: set[str] = field(default_factory=set)  # images a person has decided on
    filed: dict[str, str] = field(default_factory=dict)  # label -> category filed through us
    by_model: dict[int, str] = field(default_factory=dict)  # suggestion -> category, model alone


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
    may_apply = run.apply_automatically and (
        run.created_by is None or is_allowed(run.created_by, AUTO_APPLY)
    )
    return FilingContext(
        target,
        run,
        may_apply,
        CategoryMap(target, get_bundle(), dry=run.dry_run),
        load_histories(target, list(products)),
        target.list_categories(products),
        audits,
    )


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
            classification__target=target.key,
            classification__object_id__in=keys,
            state__in=(*Suggestion.BY_PERSON, state.APPLIED),
        )
        .select_related("classification")
        .order_by("pk")
        .iterator()
    )


def _remember(history: ProductHistory, suggestion: Suggestion, row: Classification) -> None:
    if suggestion.state in Suggestion.BY_PERSON:
        history.decided[suggestion.label] = suggestion.state
        history.digests.add(row.image_digest)
    if suggestion.category and suggestion.state == Suggestion.State.APPLIED:
        history.by_model[suggestion.pk] = suggestion.category
    if suggestion.category and suggestion.state != Suggestion.State.REJECTED:
        history.filed[suggestion.label] = suggestion.category


def settle(row: Classification, verdict: Verdict, context: FilingContext) -> Settled:
    """Decide what becomes of each suggestion. Nothing is written yet."""
    history = context.get_history(row.object_id)
    if row.image_digest in history.digests:
        # A person has decided on this very image: their word stands, whatever the model says.
        kept = [_make(row, scored, Suggestion.State.KEPT) for scored in verdict.suggestions]
        return Settled(State.REVIEWED, suggestions=kept)
    if verdict.outcome == Outcome.UNIDENTIFIED:
        return Settled(State.UNIDENTIFIED, Reason.UNIDENTIFIED)
    present = context.present[row.object_id]
    settled = Settled(State.FILED, categories_before=present)
    reasons: list[str] = [verdict.reason] if verdict.reason else []
    filed: set[str] = set()
    for scored in verdict.suggestions:
        suggestion = _make(row, scored, Suggestion.State.PENDING)
        settled.suggestions.append(suggestion)
        if scored.decision != PolicyDecision.AUTO:
            continue
        if objection := find_objection(scored, present, history, context):
            reasons.append(objection)
            continue
        if context.audits.picks(row.image_digest, scored.label_id):
            reasons.append(Reason.AUDIT)
            suggestion.audit = True
            suggestion.asked_chance = context.audits.find_share(scored.label_id)
            continue
        suggestion.category = context.categories.find(scored.label_id) or ""
        suggestion.state = _filed_state(context)
        filed.add(suggestion.category)
    _conclude(settled, filed, reasons, history, context)
    if context.run.dry_run:
        _ask_nobody(settled)
    return settled


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
    if history.decided.get(scored.label_id) in {
        Suggestion.State.REJECTED,
        Suggestion.State.CORRECTED,
    }:
        return Reason.DISAGREES
    if history.filed.get(scored.label_id) == category and category not in present:
        return Reason.DISAGREES  # filed before, and a person has taken it out since
    foreign = present - set(history.by_model.values()) - {category}
    if not context.target.category_field.single_valued:
        # Other categories of a kind the model knows nothing of, "Sale" say, contradict nothing.
        foreign = context.categories.keep_meant(foreign)
    return Reason.DISAGREES if foreign and category not in present else ""


def _filed_state(context: FilingContext) -> str:
    return Suggestion.State.PROPOSED if context.run.dry_run else Suggestion.State.APPLIED


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
    settled: Settled,
    filed: set[str],
    reasons: list[str],
    history: ProductHistory,
    context: FilingContext,
) -> None:
    if any(suggestion.state == Suggestion.State.PENDING for suggestion in settled.suggestions):
        settled.state = State.REVIEW
        settled.reason = reasons[-1] if reasons else Reason.LOW_CONFIDENCE
    if not filed or context.run.dry_run:
        return
    present = settled.categories_before
    outdated = set(history.by_model.values()) - filed
    single = context.target.category_field.single_valued
    settled.categories_after = filed if single else (present - outdated) | filed
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
            categories_before=sorted(present),
            categories_after=sorted(settled.categories_after),
        )
        for suggestion in settled.suggestions
        if suggestion.state == Suggestion.State.APPLIED
    ]


def file_label(target: ProductTarget, label: str) -> str | None:
    """The shop's category for a label, for one that a person approves."""
    return CategoryMap(target, get_bundle()).find(label)
