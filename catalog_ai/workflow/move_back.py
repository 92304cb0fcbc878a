"""A label that breaks its error budget asks a person again, and how it comes back."""

import logging
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import Label
from catalog_ai.models import LabelRule, Suggestion
from catalog_ai.models.threshold_reasons import Reason
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.decided import gather_audits
from catalog_ai.workflow.estimate import (
    ENOUGH,
    Estimate,
    estimate_error,
    list_figures,
    make_estimate,
)
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import CHANGE_RULES, require
from catalog_ai.workflow.policies import load_budgets, refine_thresholds
from catalog_ai.workflow.propose import propose_threshold
from catalog_ai.workflow.sample import LabelSample
from catalog_ai.workflow.threshold_changes import (
    Kind,
    RuleState,
    lift,
    lock_rule,
    record_change,
    set_auto,
    settle_old_evidence,
)

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

logger = logging.getLogger(__name__)

WRONG = (Suggestion.State.REJECTED, Suggestion.State.CORRECTED)


def check_after_commit(target_key: str, suggestion: Suggestion) -> None:
    """Once a decision that counts against a label is kept, look whether its budget is broken."""
    if not suggestion.audit or suggestion.state not in WRONG:
        return
    label = suggestion.label
    # The person's decision stands whatever becomes of this; a failure is logged by Django.
    transaction.on_commit(lambda: move_back_if_broken(target_key, label), robust=True)


def move_back_if_broken(target_key: str, label_id: str) -> bool:
    """Let the label ask a person from now on where its audited error is surely over the budget."""
    target = get_target(target_key)
    label = get_bundle().labels_by_id.get(label_id)
    if label is None:
        return False
    budget = load_budgets(target).get(label_id)
    with transaction.atomic():
        rule = lock_rule(target_key, label_id)
        estimate = audit_label(rule, label)
        if rule.always_review or not estimate.by_people or estimate.lower <= budget:
            return False
        before = RuleState.read(rule)
        rule.always_review, rule.moved_back_at = True, timezone.now()
        reason = Reason("budget_broken", list_figures(estimate, budget))
        rule.annotate(reason)
        settle_old_evidence(rule)
        rule.save()
        record_change(rule, before, Kind.MOVED_BACK, reason)
    logger.warning("%s was moved back to review: %s", label_id, rule.note)
    return True


def audit_label(rule: LabelRule, label: Label) -> Estimate:
    """The error of a label by its newest audits from the threshold in force on."""
    return estimate_error(gather_audits(rule, find_auto(rule, label)))


def find_auto(rule: LabelRule, label: Label) -> float:
    """The threshold that holds, or would hold if the label did not always ask."""
    default = label.thresholds[get_settings().PRESET]
    return default.auto if rule.always_review else refine_thresholds(default, rule).auto


def let_file_again(target: ProductTarget, label: str, actor: "Actor") -> bool:
    """Lift what the system set; False where a person's own rule, or none, is in force.

    Only results made from now on can move the label back again.

    Raises:
        NotPermitted: the person may not change label rules.
    """
    require(actor, CHANGE_RULES)
    with transaction.atomic():
        rules = LabelRule.objects.select_for_update().filter(target=target.key, label=label)
        rule = rules.first()
        if rule is None or rule.moved_back_at is None:
            return False
        before = RuleState.read(rule)
        lift(rule)
        rule.save()
        record_change(rule, before, Kind.LET_FILE, actor=actor)
    return True


def come_back_if_proven(
    target: ProductTarget, label: Label, sample: LabelSample, budget: float, *, follows: bool
) -> bool:
    """Let a label file again whose decisions since then are surely within its budget.

    `sample` holds only what was decided of results made since the label was moved back. Where the
    threshold follows the budget it may come back with another one.
    """
    with transaction.atomic():
        rule = lock_rule(target.key, label.id)
        if not (rule.always_review and rule.moved_back_at):
            return False  # it files already, or a person said: always ask
        before = RuleState.read(rule)
        auto = label.thresholds[get_settings().PRESET].auto
        auto = auto if rule.auto_threshold is None else rule.auto_threshold
        if follows and rule.auto_by != LabelRule.SetBy.PERSON:
            proposed = propose_threshold(label, sample, budget, auto).auto
            if proposed != auto:
                auto = proposed
                set_auto(rule, auto, LabelRule.SetBy.BUDGET)
        evidence = sample.find_evidence(auto)
        estimate = make_estimate(evidence)
        if evidence.effective < ENOUGH or estimate.upper > budget:
            return False
        lift(rule)
        rule.save()
        reason = Reason("proven_since", list_figures(estimate, budget))
        record_change(rule, before, Kind.CAME_BACK, reason)
    logger.info("%s files by itself again", label.id)
    return True
