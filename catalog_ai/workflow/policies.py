"""The thresholds in force: a preset of the bundle, refined by the shop's label rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from catalog_ai.models import ErrorBudget, LabelRule
from catalog_ai.models.budgets import DEFAULT_BUDGET
from catalog_ai.policy import Thresholds, preset_thresholds
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.models_in_use import get_bundle

NEVER = 1.01  # no confidence reaches it


def get_thresholds(target: ProductTarget, preset: str) -> dict[str, Thresholds]:
    """Thresholds by label id for a target under a preset."""
    thresholds = preset_thresholds(get_bundle(), preset)
    rules = LabelRule.objects.filter(target=target.key)
    # Most rules only name a category.
    plain = {"auto_threshold": None, "review_threshold": None, "always_review": False}
    for rule in rules.exclude(**plain):
        if rule.label in thresholds:
            thresholds[rule.label] = refine_thresholds(thresholds[rule.label], rule)
    return thresholds


def refine_thresholds(default: Thresholds, rule: LabelRule) -> Thresholds:
    """The default with a shop's own figures in place; REVIEW never lies above AUTO."""
    auto = default.auto if rule.auto_threshold is None else rule.auto_threshold
    review = default.review if rule.review_threshold is None else rule.review_threshold
    if rule.always_review:
        auto = NEVER
    return Thresholds(auto=auto, review=min(review, auto))


@dataclass(frozen=True)
class Budgets:
    """What share of the products filed by themselves may be wrong (0-1), and who keeps to it."""

    general: float = DEFAULT_BUDGET
    of_labels: Mapping[str, float] = field(default_factory=dict)
    following: Mapping[str, bool] = field(default_factory=dict)  # "" for all labels

    def get(self, label: str) -> float:
        """The share (0-1) of a label's filed products that may be wrong."""
        return self.of_labels.get(label, self.general)

    def follows(self, label: str) -> bool:
        """Whether the worker sets the label's threshold, unless a person has set it."""
        return self.following.get(label, self.following.get("", False))


def load_budgets(target: ProductTarget) -> Budgets:
    """A target's budgets; one query."""
    rows = list(ErrorBudget.objects.filter(target=target.key))
    shares = {row.label: row.share for row in rows}
    following = {row.label: row.follows for row in rows}
    return Budgets(shares.pop("", DEFAULT_BUDGET), shares, following)
