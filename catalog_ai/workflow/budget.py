"""What a person says of thresholds and budgets."""

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from catalog_ai.models import ErrorBudget, LabelRule, ThresholdChange
from catalog_ai.models.signatures import sign
from catalog_ai.percent import write_percent
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.locks import lock_mapping
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import CHANGE_RULES, as_user, require
from catalog_ai.workflow.threshold_changes import (
    Kind,
    RuleState,
    lock_rule,
    record_change,
    set_auto,
)

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

SetBy = LabelRule.SetBy


def save_thresholds(
    target: ProductTarget, wanted: Mapping[str, float | None], actor: "Actor"
) -> list[LabelRule]:
    """Write the shop's own thresholds (None: back to the default); the rules that were changed.

    From now on they are the person's, and no budget moves them; what goes back to the default is
    nobody's. Filed products, people's decisions and what waits already are not touched.

    Raises:
        NotPermitted: the person may not change label rules.
    """
    require(actor, CHANGE_RULES)
    known = set(get_bundle().labels_by_id)
    changed, batch = [], uuid.uuid4()
    with transaction.atomic():
        lock_mapping(target)  # a chunk that maps the same labels takes them in another order
        for label, auto in sorted(wanted.items()):
            if label not in known:
                continue
            rule = lock_rule(target.key, label)
            before = RuleState.read(rule)
            set_auto(rule, auto, SetBy.NOBODY if auto is None else SetBy.PERSON)
            if before == RuleState.read(rule):
                continue
            rule.save()
            record_change(rule, before, Kind.PERSON, actor=actor, batch=batch)
            changed.append(rule)
    return changed


def hand_to_budget(target: ProductTarget, label: str, actor: "Actor") -> bool:
    """Let the worker set a threshold that a person had set; False where nobody had.

    Raises:
        NotPermitted: the person may not change label rules.
    """
    require(actor, CHANGE_RULES)
    rules = LabelRule.objects.filter(target=target.key, label=label, auto_by=SetBy.PERSON)
    done = rules.update(auto_by=SetBy.BUDGET)
    _look_soon(target)
    return bool(done)


def save_budget(
    target: ProductTarget, share: float, actor: "Actor", label: str = "", *, follows: bool = False
) -> ErrorBudget:
    """State what share may be wrong (0-1), for all labels or for one.

    With `follows` the worker sets the thresholds from its next pass on.

    Raises:
        NotPermitted: the person may not change label rules. ValidationError: an impossible share.
    """
    require(actor, CHANGE_RULES)
    known = ErrorBudget.objects.filter(target=target.key, label=label).first()
    budget = known or ErrorBudget(target=target.key, label=label)
    budget.share, budget.follows = share, follows
    budget.full_clean()
    with transaction.atomic():
        budget.save()
        _record_stated(budget, tell_budget(budget), actor)
        _look_soon(target)
    return budget


def remove_budget(target: ProductTarget, label: str, actor: "Actor") -> bool:
    """Let a label keep to the general budget again; False where it had none of its own.

    Raises:
        NotPermitted: the person may not change label rules.
    """
    require(actor, CHANGE_RULES)
    with transaction.atomic():
        budget = ErrorBudget.objects.filter(target=target.key, label=label).exclude(label="")
        found = budget.first()
        if found is None:
            return False
        found.delete()
        _record_stated(found, _("No budget of its own any more: the one for all holds."), actor)
        _look_soon(target)
    return True


def tell_budget(budget: ErrorBudget) -> str:
    """A budget in words."""
    stated = _("At most %(share)s wrong.") % {"share": write_percent(f"{100 * budget.share:g}")}
    if not budget.follows:
        return stated + " " + _("Thresholds stay as they are.")
    return stated + " " + _("Thresholds follow by themselves.")


def _record_stated(budget: ErrorBudget, why: str, actor: "Actor") -> None:
    ThresholdChange.objects.create(
        target=budget.target,
        label=budget.label,
        kind=Kind.STATED,
        why=why[:300],
        **sign(as_user(actor)),
    )


def _look_soon(target: ProductTarget) -> None:
    """The worker looks at the thresholds with its next pass."""
    ErrorBudget.objects.filter(target=target.key, label="").update(looked_at=None)
