"""The rows of the thresholds page: one a label, with its figures, its small curve and its state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.display import Bar, format_length, format_percent, format_threshold
from catalog_ai.admin.thresholds_setting import Setting, show_threshold, write_auto
from catalog_ai.admin.thresholds_words import tell_all, tell_error, tell_label
from catalog_ai.admin.trade_off import chart_trade_off
from catalog_ai.inference.bundle import Label
from catalog_ai.models import LabelRule
from catalog_ai.workflow.models_in_use import translate_name
from catalog_ai.workflow.policies import Budgets
from catalog_ai.workflow.sample import LabelSample, Sample

RATES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)  # thresholds of a label's small curve
HEADS = {
    "label": _("Label"),
    "auto": _("Files by itself from"),
    "budget": _("At most wrong"),
    "filed": _("Of its products filed"),
    "error": _("Of these wrong, expected"),
    "others": _("At other thresholds"),
}
CHANGE_HEADS = {
    "label": _("Label"),
    "now": _("Files by itself from, now"),
    "then": _("then"),
}
CURVE_HEADS = {
    "auto": _("From"),
    "filed": _("Filed"),
    "error": _("Wrong"),
}


@dataclass(frozen=True)
class Row:
    """One label: its threshold to be tried and what it would do."""

    label: Label
    auto: str  # as the field shows it
    untouched: str  # what the field would show if nothing were tried for this label alone
    default: str
    rule: LabelRule | None
    budget: str  # per cent
    follows: bool
    products: int
    figures: Mapping[str, str]
    points: Sequence[tuple[str, Bar, str]]  # threshold, share filed, error

    @property
    def name(self) -> str:
        return translate_name(self.label.name)

    @property
    def moved_back(self) -> bool:
        return bool(self.rule and self.rule.moved_back_at and self.rule.always_review)

    @property
    def always_review(self) -> bool:
        return bool(self.rule and self.rule.always_review)

    @property
    def by_person(self) -> bool:
        return bool(self.rule and self.rule.auto_by == LabelRule.SetBy.PERSON)

    @property
    def by_budget(self) -> bool:
        return bool(self.rule and self.rule.auto_by == LabelRule.SetBy.BUDGET)


def make_rows(setting: Setting, sample: Sample, budgets: Budgets) -> list[Row]:
    """Moved back ones first, then those with the most products."""
    rows = [_make_row(setting, label, sample.get(label.id), budgets) for label in setting.labels]
    return sorted(rows, key=lambda row: (not row.moved_back, -row.products, row.name))


def _make_row(setting: Setting, label: Label, sample: LabelSample, budgets: Budgets) -> Row:
    auto = setting.find_wanted(label).auto
    return Row(
        label=label,
        auto=write_auto(auto),
        untouched=write_auto(setting.find_untouched(label).auto),
        default=show_threshold(setting.find_default(label).auto),
        rule=setting.rules.get(label.id),
        budget=f"{100 * budgets.get(label.id):g}",
        follows=budgets.follows(label.id),
        products=sample.confidences.size,
        figures=tell_label(sample, auto),
        points=[_make_point(sample, rate) for rate in RATES] if sample.confidences.size else [],
    )


def _make_point(sample: LabelSample, rate: float) -> tuple[str, Bar, str]:
    share = sample.share_filed(rate)
    name = format_threshold(rate)
    bar = Bar(name, format_percent(share), format_length(share))
    return name, bar, tell_error(sample.estimate(rate))


def describe_answer(setting: Setting, sample: Sample) -> dict[str, Any]:
    """The figures for the page's JavaScript."""
    wanted, chart = setting.find_all(), chart_trade_off(setting, sample)
    return {
        "summary": tell_all(sample, wanted),
        "plot": chart.plot if chart else "",
        "labels": {
            label.id: {
                **tell_label(sample.get(label.id), wanted[label.id].auto),
                "auto": f"{min(wanted[label.id].auto, 1):.2f}",
            }
            for label in setting.labels
        },
    }
