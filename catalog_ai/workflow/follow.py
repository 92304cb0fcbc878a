"""Thresholds that follow their error budgets, as people's decisions grow: a pass of the worker."""

import logging
import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import Label
from catalog_ai.models import ErrorBudget, LabelRule
from catalog_ai.models.threshold_reasons import Reason
from catalog_ai.targets import ProductTarget, get_targets
from catalog_ai.workflow.estimate import list_figures
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.move_back import come_back_if_proven
from catalog_ai.workflow.policies import Budgets, load_budgets, refine_thresholds
from catalog_ai.workflow.propose import Proposal, propose_threshold
from catalog_ai.workflow.sample import Sample, load_sample
from catalog_ai.workflow.threshold_changes import (
    Kind,
    RuleState,
    lock_rule,
    record_change,
    set_auto,
)

logger = logging.getLogger(__name__)

UP, DOWN = 0.005, 0.02  # upwards at once; downwards only where it is worth an entry
SetBy = LabelRule.SetBy


def follow_budgets(*, now: bool = False) -> int:
    """Look after every target whose time has come, or after all `now`; how many labels changed.

    Any number of hosts may call this at any time: each moment is taken by one of them.
    """
    return sum(follow_budget(target) for target in get_targets().values() if _take(target, now))


def _take(target: ProductTarget, now: bool) -> bool:
    """Whether there is anything to follow, its time has come, and nobody else has taken it."""
    moved = LabelRule.objects.filter(target=target.key, moved_back_at__isnull=False)
    budgets = ErrorBudget.objects.filter(target=target.key)
    if not (budgets.filter(follows=True).exists() or moved.exists()):
        return False
    general, _made = budgets.get_or_create(target=target.key, label="")
    since = timezone.now() - timedelta(seconds=get_settings().FOLLOW_EVERY)
    due = Q() if now else Q(looked_at__isnull=True) | Q(looked_at__lte=since)
    return bool(budgets.filter(due, pk=general.pk).update(looked_at=timezone.now()))


def follow_budget(target: ProductTarget) -> int:
    """Set a target's thresholds by its budgets, and let labels come back; how many changed."""
    budgets, sample, batch = load_budgets(target), load_sample(target), uuid.uuid4()
    rules = {rule.label: rule for rule in LabelRule.objects.filter(target=target.key)}
    changed = 0
    for label in get_bundle().labels_of(*target.facets):
        rule = rules.get(label.id) or LabelRule(target=target.key, label=label.id)
        changed += _look_after(target, label, rule, budgets, sample, batch)
    if changed:
        logger.info("%d thresholds of %s follow the budget", changed, target.key)
    return changed


def _look_after(
    target: ProductTarget,
    label: Label,
    rule: LabelRule,
    budgets: Budgets,
    sample: Sample,
    batch: uuid.UUID,
) -> bool:
    budget, follows = budgets.get(label.id), budgets.follows(label.id)
    if rule.moved_back_at and rule.always_review:
        own = sample.get(label.id)
        return come_back_if_proven(target, label, own, budget, follows=follows)
    plan = plan_change(label, rule, sample, budget) if follows else None
    if plan is None:
        return False
    with transaction.atomic():
        fresh = lock_rule(target.key, label.id)
        before = RuleState.read(fresh)
        if before != RuleState.read(rule):
            return False  # somebody changed it since: their word stands
        set_auto(fresh, plan.auto, SetBy.BUDGET)
        fresh.save()
        record_change(fresh, before, Kind.BUDGET, plan.reason, batch=batch)
    return True


@dataclass(frozen=True)
class Plan:
    """What a budget would do to a label's threshold (None: the default), and why."""

    label: Label
    before: float | None
    auto: float | None
    reason: Reason


def plan_budget(target: ProductTarget, sample: Sample, share: float, label: str = "") -> list[Plan]:
    """What a budget that is followed would change, for one label or for all without their own."""
    rules = {rule.label: rule for rule in LabelRule.objects.filter(target=target.key)}
    own = load_budgets(target).of_labels
    concerned = [
        one
        for one in get_bundle().labels_of(*target.facets)
        if one.id == label or not label and one.id not in own
    ]
    found = [
        plan_change(one, rules.get(one.id) or LabelRule(label=one.id), sample, share)
        for one in concerned
    ]
    return [plan for plan in found if plan]


def plan_change(label: Label, rule: LabelRule, sample: Sample, budget: float) -> Plan | None:
    """What a budget would do to one label; None where it leaves the label as it is."""
    if rule.always_review or rule.auto_by == SetBy.PERSON:
        return None
    present = refine_thresholds(label.thresholds[get_settings().PRESET], rule).auto
    proposal = propose_threshold(label, sample.get(label.id), budget, present)
    auto = choose_auto(label, rule, proposal)
    if auto == rule.auto_threshold:
        return None
    return Plan(label, rule.auto_threshold, auto, find_reason(proposal, budget))


def choose_auto(label: Label, rule: LabelRule, proposal: Proposal) -> float | None:
    """The threshold to write (None: the default); the present one where moving it is not worth it.

    Upwards from a difference of UP on, for mistakes must stop; downwards from DOWN on.
    """
    default = label.thresholds[get_settings().PRESET]
    present, wanted = refine_thresholds(default, rule).auto, proposal.auto
    if -DOWN < wanted - present < UP or min(wanted, present) >= 1:
        return rule.auto_threshold
    return None if abs(wanted - default.auto) < UP else round(wanted, 4)


def find_reason(proposal: Proposal, budget: float) -> Reason:
    """Why a threshold is to be another one."""
    found = proposal.estimate
    if found is None:
        return Reason("measured", {"budget": f"{100 * budget:g}"})
    code = "few_wrong"
    if found.upper > budget:
        code = "too_many_wrong" if found.lower > budget else "as_low_as_known"
    return Reason(code, list_figures(found, budget))
