"""The history of thresholds: each change is written with its reason, and can be taken back."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max

from catalog_ai.errors import CannotUndo
from catalog_ai.models import LabelRule, Suggestion, ThresholdChange
from catalog_ai.models.signatures import sign
from catalog_ai.models.threshold_reasons import Reason
from catalog_ai.workflow.permissions import CHANGE_RULES, as_user, require

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

Kind = ThresholdChange.Kind
UNDOABLE = (Kind.PERSON, Kind.BUDGET, Kind.MOVED_BACK, Kind.CAME_BACK, Kind.LET_FILE)


@dataclass(frozen=True)
class RuleState:
    """What a change of a rule is told by."""

    auto: float | None  # None: the default
    asks: bool
    by: str

    @classmethod
    def read(cls, rule: LabelRule) -> "RuleState":
        """As the rule stands in memory, saved or not."""
        return cls(rule.auto_threshold, rule.always_review, rule.auto_by)


def lock_rule(target_key: str, label: str) -> LabelRule:
    """The label's rule, made where there is none, locked to the end of the transaction."""
    rules = LabelRule.objects.select_for_update()
    return rules.get_or_create(target=target_key, label=label)[0]


def set_auto(rule: LabelRule, auto: float | None, by: LabelRule.SetBy) -> None:
    """Another threshold (None: the default); asking a person never starts above it. Not saved."""
    rule.auto_threshold, rule.auto_by = auto, by
    if auto is not None and rule.review_threshold is not None:
        rule.review_threshold = min(rule.review_threshold, auto)


def settle_old_evidence(rule: LabelRule) -> None:
    """Results so far say nothing new about the rule as it is now. Not saved."""
    rule.evidence_after = Suggestion.objects.aggregate(Max("pk"))["pk__max"] or 0


def lift(rule: LabelRule) -> None:
    """Let the label file by itself again. Not saved."""
    rule.always_review, rule.moved_back_at = False, None
    rule.annotate(None)
    settle_old_evidence(rule)


def record_change(
    rule: LabelRule,
    before: RuleState,
    kind: ThresholdChange.Kind,
    reason: Reason = Reason(),  # noqa: B008 - it never changes
    actor: "Actor" = None,
    batch: uuid.UUID | None = None,
    reverts: ThresholdChange | None = None,
) -> None:
    """Write down what became of a saved rule; nothing where neither threshold nor asking did."""
    after = RuleState.read(rule)
    if (before.auto, before.asks) == (after.auto, after.asks) and reverts is None:
        return
    ThresholdChange.objects.create(
        target=rule.target,
        label=rule.label,
        kind=kind,
        why=reason.sentence,
        why_code=reason.code,
        why_figures=dict(reason.figures),
        auto_before=before.auto,
        auto_after=after.auto,
        asks_before=before.asks,
        asks_after=after.asks,
        by_before=before.by,
        **sign(as_user(actor)),
        batch=batch or uuid.uuid4(),
        reverts=reverts,
    )


def undo_change(pk: int, actor: "Actor") -> ThresholdChange:
    """Put a label's threshold back to before one change; the budget leaves it alone from then on.

    Raises:
        NotPermitted: the person may not change label rules. CannotUndo: it was undone already, or
            something changed the label since.
    """
    require(actor, CHANGE_RULES)
    with transaction.atomic():
        change = ThresholdChange.objects.filter(pk=pk).first()
        if change is None or change.kind not in UNDOABLE:
            raise CannotUndo
        _revert(change, actor, uuid.uuid4())
    return change


def undo_batch(batch: uuid.UUID, actor: "Actor") -> Sequence[ThresholdChange]:
    """The same for all that was changed at once; what changed since is left. What was undone.

    Raises:
        NotPermitted: the person may not change label rules. CannotUndo: none of it can be undone.
    """
    require(actor, CHANGE_RULES)
    done, together = [], uuid.uuid4()
    for change in ThresholdChange.objects.filter(batch=batch, kind__in=UNDOABLE).order_by("label"):
        try:
            with transaction.atomic():
                _revert(change, actor, together)
        except CannotUndo:
            continue
        done.append(change)
    if not done:
        raise CannotUndo
    return done


def _revert(change: ThresholdChange, actor: "Actor", batch: uuid.UUID) -> None:
    rule = lock_rule(change.target, change.label)
    state = RuleState.read(rule)
    was_undone = ThresholdChange.objects.filter(reverts=change).exists()
    if was_undone or (state.auto, state.asks) != (change.auto_after, change.asks_after):
        raise CannotUndo
    if state.auto != change.auto_before:
        # What the budget did and a person takes back is that person's word from now on.
        is_own = change.kind in (Kind.BUDGET, Kind.CAME_BACK)
        by = LabelRule.SetBy.PERSON if is_own else LabelRule.SetBy(change.by_before)
        set_auto(rule, change.auto_before, by)
    if state.asks and not change.asks_before:
        lift(rule)
    elif change.asks_before:
        rule.always_review, rule.moved_back_at = True, None
        rule.annotate(None)
    rule.save()
    record_change(rule, state, Kind.UNDONE, actor=actor, batch=batch, reverts=change)
