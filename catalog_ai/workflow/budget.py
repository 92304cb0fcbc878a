"""Keeping to an error budget: proposed thresholds, and labels that are moved back to review."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import Label
from catalog_ai.models import ErrorBudget, LabelRule, Suggestion
from catalog_ai.policy import Preset, Thresholds
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.estimate import ENOUGH, Estimate, estimate_error
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import CHANGE_RULES, require
from catalog_ai.workflow.policies import load_budgets, refine_thresholds

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor
    from catalog_ai.workflow.simulate import LabelSample

logger = logging.getLogger(__name__)

NEWEST = 1_000  # audits of a label that are looked at
STEPS = 100


@dataclass(frozen=True)
class Proposal:
    """The lowest threshold that keeps to a budget, and whether people's decisions say so."""

    auto: float
    by_people: bool


def propose_threshold(label: Label, sample: "LabelSample", budget: float) -> Proposal:
    """The lowest step of 0.01 from which the upper estimate of the error is within the budget.

    Where there are too few decisions for that, the threshold that was measured for this budget when
    the model was made; where the decisions contradict that one, 1.0: only the certain is filed.
    """
    for step in range(1, STEPS + 1):
        right = sample.get_decided(step / STEPS)
        if len(right) < ENOUGH:
            break  # a higher threshold has fewer still
        if estimate_error(right, ()).upper <= budget:
            return Proposal(step / STEPS, True)
    measured = get_measured(label, budget).auto
    known = sample.estimate(measured)
    if known.by_people and known.lower > budget:
        return Proposal(1.0, True)
    return Proposal(min(measured, 1.0), False)


def get_measured(label: Label, budget: float) -> Thresholds:
    """The bundle's thresholds of the most permissive preset that was measured for the budget."""
    measured_for = ((0.05, Preset.PERMISSIVE), (0.02, Preset.BALANCED))
    preset = next((name for share, name in measured_for if budget >= share), Preset.STRICT)
    return label.thresholds[preset]


def save_thresholds(
    target: ProductTarget, wanted: Mapping[str, float | None], actor: "Actor"
) -> list[LabelRule]:
    """Write the shop's own thresholds (None: back to the default); the rules that were changed.

    Filed products, people's decisions and what waits already are not touched.

    Raises:
        NotPermitted: the person may not change label rules.
    """
    require(actor, CHANGE_RULES)
    known = set(get_bundle().labels_by_id)
    changed = []
    with transaction.atomic():
        for label, auto in wanted.items():
            if label not in known:
                continue
            rule = _lock_rule(target.key, label)
            if rule.auto_threshold == auto:
                continue
            rule.auto_threshold = auto
            if auto is not None and rule.review_threshold is not None:
                rule.review_threshold = min(rule.review_threshold, auto)
            rule.save()
            changed.append(rule)
    return changed


def save_budget(target: ProductTarget, share: float, actor: "Actor", label: str = "") -> None:
    """State what share may be wrong (0-1), for all labels or for one.

    Raises:
        NotPermitted: the person may not change label rules. ValidationError: an impossible share.
    """
    require(actor, CHANGE_RULES)
    known = ErrorBudget.objects.filter(target=target.key, label=label).first()
    budget = known or ErrorBudget(target=target.key, label=label)
    budget.share = share
    budget.full_clean()
    budget.save()


def let_file_again(target: ProductTarget, label: str, actor: "Actor") -> bool:
    """Lift what the system set; False where a person's own rule, or none, is in force.

    Only results made from now on can move the label back again.

    Raises:
        NotPermitted: the person may not change label rules.
    """
    require(actor, CHANGE_RULES)
    with transaction.atomic():
        rules = LabelRule.objects.select_for_update().filter(target=target.key, label=label)
        rule = rules.exclude(moved_back_at=None).first()
        if rule is None:
            return False
        rule.always_review = False
        settle_old_evidence(rule)
        rule.save()
    return True


def settle_old_evidence(rule: LabelRule) -> None:
    """Audits so far are known to the person who changes the rule, and count no more. Not saved."""
    newest = Suggestion.objects.filter(audit=True, label=rule.label).aggregate(Max("pk"))["pk__max"]
    rule.moved_back_at, rule.note, rule.evidence_after = None, "", newest or 0


def check_after_commit(target_key: str, suggestion: Suggestion) -> None:
    """Once a decision that counts against a label is kept, look whether its budget is broken."""
    if not suggestion.audit or suggestion.state not in WRONG:
        return
    label = suggestion.label
    # The person's decision stands whatever becomes of this; a failure is logged by Django.
    transaction.on_commit(lambda: move_back_if_broken(target_key, label), robust=True)


WRONG = (Suggestion.State.REJECTED, Suggestion.State.CORRECTED)


def move_back_if_broken(target_key: str, label_id: str) -> bool:
    """Let the label ask a person from now on where its audited error is surely over the budget."""
    target = get_target(target_key)
    label = get_bundle().labels_by_id.get(label_id)
    if label is None:
        return False
    budget = load_budgets(target).get(label_id)
    with transaction.atomic():
        rule = _lock_rule(target_key, label_id)
        estimate = audit_label(rule, label)
        if rule.always_review or not estimate.by_people or estimate.lower <= budget:
            return False
        rule.always_review, rule.moved_back_at = True, timezone.now()
        rule.note = _tell_broken(estimate, budget)
        rule.save()
    logger.warning("%s was moved back to review: %s", label_id, rule.note)
    return True


def audit_label(rule: LabelRule, label: Label) -> Estimate:
    """The error of a label by its newest audits: of this model, and still over the threshold."""
    default = label.thresholds[get_settings().PRESET]
    auto = default.auto if rule.always_review else refine_thresholds(default, rule).auto
    states = (
        Suggestion.objects.filter(
            audit=True,
            label=rule.label,
            pk__gt=rule.evidence_after,
            state__in=Suggestion.BY_PERSON,
            confidence__gte=auto,
            classification__target=rule.target,
            classification__model_version=get_bundle().model_version,
        )
        .order_by("-pk")
        .values_list("state", flat=True)[:NEWEST]
    )
    return estimate_error([state == Suggestion.State.APPROVED for state in states], ())


def _lock_rule(target_key: str, label: str) -> LabelRule:
    rules = LabelRule.objects.select_for_update()
    return rules.get_or_create(target=target_key, label=label)[0]


def _tell_broken(estimate: Estimate, budget: float) -> str:
    return _(
        "Of %(number)d audited products %(error)s %% were wrong (surely more than %(lower)s %%); "
        "%(budget)s %% are allowed."
    ) % {
        "number": estimate.decisions,
        "error": f"{100 * estimate.error:.1f}",
        "lower": f"{100 * estimate.lower:.1f}",
        "budget": f"{100 * budget:g}",
    }
