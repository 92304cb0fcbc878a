"""What the thresholds page is asked to try, and its rows: one a label, with figures and bars."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.display import Bar, format_length, format_percent
from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import Label
from catalog_ai.models import LabelRule
from catalog_ai.models.budgets import LARGEST_BUDGET, LEAST_BUDGET
from catalog_ai.policy import Thresholds, interpolate_thresholds
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.estimate import Estimate
from catalog_ai.workflow.models_in_use import get_bundle, translate_name
from catalog_ai.workflow.policies import NEVER, refine_thresholds
from catalog_ai.workflow.simulate import LabelSample, Sample, simulate

RATES = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)  # thresholds of a label's small curve
ROUNDING = 0.005  # the fields have two decimals
SENSITIVITIES = (
    ("", _("as it is now")),
    ("0", _("Strict")),
    ("0.25", _("between strict and balanced")),
    ("0.5", _("Balanced")),
    ("0.75", _("between balanced and permissive")),
    ("1", _("Permissive")),
)


@dataclass(frozen=True)
class Setting:
    """The thresholds to be tried: a sensitivity for all labels, and figures for single ones."""

    target: ProductTarget
    labels: Sequence[Label]
    rules: Mapping[str, LabelRule]
    sensitivity: float | None = None  # 0 strict - 1 permissive; None: as it is now
    autos: Mapping[str, float | None] = field(default_factory=dict)  # None: the default
    budget: float | None = None  # share, 0-1

    @classmethod
    def read(cls, target: ProductTarget, query: Mapping[str, Any]) -> "Setting":
        """From a form's fields; values that cannot be are left out."""
        labels = [label for label in get_bundle().labels if label.facet in target.facets]
        rules = {rule.label: rule for rule in LabelRule.objects.filter(target=target.key)}
        budget = read_number(query.get("budget", ""), 100 * LEAST_BUDGET, 100 * LARGEST_BUDGET)
        # The fields of single labels count for the sensitivity that they were shown with.
        fresh = query.get("shown", "") == query.get("sensitivity", "")
        return cls(
            target,
            labels,
            rules,
            read_number(query.get("sensitivity", ""), 0, 1),
            _read_autos(labels, query) if fresh else {},
            None if budget is None else budget / 100,
        )

    def with_autos(self, autos: Mapping[str, float | None]) -> "Setting":
        return replace(self, autos=autos)

    def with_defaults(self) -> "Setting":
        return replace(self, sensitivity=None, autos={label.id: None for label in self.labels})

    def find_default(self, label: Label) -> Thresholds:
        """Without any rule: at the preset in force."""
        return label.thresholds[get_settings().PRESET]

    def find_current(self, label: Label) -> Thresholds:
        rule = self.rules.get(label.id)
        default = self.find_default(label)
        return refine_thresholds(default, rule) if rule else default

    def find_wanted(self, label: Label) -> Thresholds:
        """What is to be tried for a label."""
        base = self.find_current(label)
        if self._always_asks(label):
            return base
        if self.sensitivity is not None:
            base = interpolate_thresholds(label, self.sensitivity)
        auto = base.auto
        if label.id in self.autos:
            own = self.autos[label.id]
            # A label that never files has an empty field.
            default = auto if auto > 1 else self.find_default(label).auto
            auto = default if own is None else own
        return Thresholds(auto, min(base.review, auto))

    def _always_asks(self, label: Label) -> bool:
        rule = self.rules.get(label.id)
        return bool(rule and rule.always_review)

    def list_wanted(self) -> dict[str, float | None]:
        """Thresholds to save by label: those that differ from what is in force."""
        wanted: dict[str, float | None] = {}
        for label in self.labels:
            new, now = self.find_wanted(label).auto, self.find_current(label).auto
            if self._always_asks(label) or abs(new - now) <= ROUNDING:
                continue
            is_default = abs(new - self.find_default(label).auto) <= ROUNDING
            wanted[label.id] = None if is_default else round(min(new, 1.0), 4)
        return wanted

    def list_changes(self) -> list[dict[str, Any]]:
        """What saving would change: the label, its threshold now and then."""
        names = {label.id: label for label in self.labels}
        return [
            {
                "label": names[key],
                "now": show_threshold(self.find_current(names[key]).auto),
                "then": show_threshold(self.find_default(names[key]).auto if to is None else to),
                "default": to is None,
            }
            for key, to in self.list_wanted().items()
        ]


def _read_autos(labels: Sequence[Label], query: Mapping[str, Any]) -> dict[str, float | None]:
    autos: dict[str, float | None] = {}
    for label in labels:
        text = query.get(f"auto-{label.id}")
        if text is not None and not text.strip():
            autos[label.id] = None
        elif text and (auto := read_number(text, 0, 1)) is not None:
            autos[label.id] = auto
    return autos


def read_number(text: str, least: float, most: float) -> float | None:
    """A number within bounds, as typed; None where it is none."""
    try:
        number = float(str(text).replace(",", "."))
    except ValueError:
        return None
    return number if math.isfinite(number) and least <= number <= most else None


def show_threshold(auto: float) -> str:
    return gettext("never") if auto >= NEVER else f"{auto:.2f}"


@dataclass(frozen=True)
class Row:
    """One label: its threshold to be tried and what it would do."""

    label: Label
    auto: str  # as the field shows it
    default: str
    rule: LabelRule | None
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


def make_rows(setting: Setting, sample: Sample) -> list[Row]:
    """Moved back ones first, then those with the most products."""
    rows = [_make_row(setting, label, sample.get(label.id)) for label in setting.labels]
    return sorted(rows, key=lambda row: (not row.moved_back, -row.products, row.name))


def _make_row(setting: Setting, label: Label, sample: LabelSample) -> Row:
    auto = setting.find_wanted(label).auto
    return Row(
        label=label,
        auto=f"{auto:.2f}" if auto <= 1 else "",
        default=show_threshold(setting.find_default(label).auto),
        rule=setting.rules.get(label.id),
        products=len(sample.confidences),
        figures=_tell_label(sample, auto),
        points=[_make_point(sample, rate) for rate in RATES] if sample.confidences else [],
    )


def _tell_label(sample: LabelSample, auto: float) -> dict[str, str]:
    share = sample.share_filed(auto)
    known = bool(sample.confidences)
    return {
        "filed": format_percent(share) if known else "–",
        "width": format_length(share),
        **_tell_estimate(sample.estimate(auto)),
    }


def is_unknown(estimate: Estimate) -> bool:
    return not estimate.decisions and estimate.upper >= 1


def _tell_estimate(estimate: Estimate) -> dict[str, str]:
    if is_unknown(estimate):
        nothing = format_length(0)
        source = gettext("nothing decided or filed yet")
        return {"error": tell_error(estimate), "source": source, "least": nothing, "reach": nothing}
    return {
        "error": tell_error(estimate),
        "source": tell_source(estimate),
        "least": format_length(estimate.lower),
        "reach": format_length(estimate.upper - estimate.lower),
    }


def tell_error(estimate: Estimate) -> str:
    """The error with its interval, in per cent."""
    if is_unknown(estimate):
        return gettext("not known")
    return gettext("%(error)s %% (%(lower)s to %(upper)s)") % {
        "error": f"{100 * estimate.error:.1f}",
        "lower": f"{100 * estimate.lower:.1f}",
        "upper": f"{100 * estimate.upper:.1f}",
    }


def tell_source(estimate: Estimate) -> str:
    count = estimate.decisions
    if estimate.by_people:
        text = ngettext("from %(count)d decision", "from %(count)d decisions", count)
    else:
        text = ngettext(
            "mostly the model's own word, %(count)d decision",
            "mostly the model's own word, %(count)d decisions",
            count,
        )
    return text % {"count": count}


def _make_point(sample: LabelSample, rate: float) -> tuple[str, Bar, str]:
    share = sample.share_filed(rate)
    bar = Bar(f"{rate:.2f}", format_percent(share), format_length(share))
    return f"{rate:.2f}", bar, tell_error(sample.estimate(rate))


def tell_minutes(minutes: int) -> str:
    text = ngettext("%(minutes)d minute", "%(minutes)d minutes", minutes)
    return text % {"minutes": minutes}


def tell_all(setting: Setting, sample: Sample) -> dict[str, str]:
    """The figures of all labels together, in words."""
    wanted = {label.id: setting.find_wanted(label) for label in setting.labels}
    found = simulate(sample, wanted)
    seconds = gettext("%(seconds)s seconds a decision") % {"seconds": f"{found.seconds:.1f}"}
    pace = (
        gettext("%(pace)s, the shop's own median.")
        if found.seconds_known
        else gettext("%(pace)s, assumed: too few decisions to know.")
    )
    return {
        "filed": format_percent(found.share_filed) if found.products else "–",
        "width": format_length(found.share_filed),
        **_tell_estimate(found.error),
        "minutes": tell_minutes(math.ceil(found.minutes_left)),
        "backlog": gettext("%(left)d of %(all)d waiting products")
        % {
            "left": found.backlog_left,
            "all": found.backlog,
        },
        "pace": pace % {"pace": seconds},
    }


def describe_answer(setting: Setting, sample: Sample) -> dict[str, Any]:
    """The figures for the page's JavaScript."""
    return {
        "summary": tell_all(setting, sample),
        "labels": {
            label.id: {
                **_tell_label(sample.get(label.id), setting.find_wanted(label).auto),
                "auto": f"{min(setting.find_wanted(label).auto, 1):.2f}",
            }
            for label in setting.labels
        },
    }
