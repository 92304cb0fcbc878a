"""The thresholds in force: a preset of the bundle, refined by the shop's label rules."""

from catalog_ai.models import LabelRule
from catalog_ai.policy import Thresholds, preset_thresholds
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.models_in_use import get_bundle

NEVER = 1.01  # no confidence reaches it


def get_thresholds(target: ProductTarget, preset: str) -> dict[str, Thresholds]:
    """Thresholds by label id for a target under a preset."""
    thresholds = preset_thresholds(get_bundle(), preset)
    for rule in LabelRule.objects.filter(target=target.key):
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
