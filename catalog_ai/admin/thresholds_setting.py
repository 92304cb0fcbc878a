"""What the thresholds page is asked to try: a sensitivity for all labels, and single thresholds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.display import format_threshold
from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import Label
from catalog_ai.models import LabelRule
from catalog_ai.models.budgets import LARGEST_BUDGET, LEAST_BUDGET
from catalog_ai.policy import Thresholds, interpolate_thresholds
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.policies import NEVER, refine_thresholds

# Fields of the page that are not of single labels.
ASKED = ("target", "shown", "sensitivity", "budget", "propose", "review", "defaults")
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
        labels = get_bundle().labels_of(*target.facets)
        rules = {rule.label: rule for rule in LabelRule.objects.filter(target=target.key)}
        # The fields of single labels count for the sensitivity that they were shown with.
        fresh = query.get("shown", "") == query.get("sensitivity", "")
        return cls(
            target,
            labels,
            rules,
            read_number(query.get("sensitivity", ""), 0, 1),
            _read_autos(labels, query) if fresh else {},
            read_budget(query.get("budget", "")),
        )

    def encode(self, query: Mapping[str, str]) -> str:
        """The form's fields as an address: of hundreds of labels only those that were moved."""
        asked = [(name, query[name]) for name in ASKED if query.get(name)]
        return urlencode([*asked, *self._list_moved()])

    def _list_moved(self) -> list[tuple[str, str]]:
        fields = [(label, write_auto(self.autos.get(label.id))) for label in self.labels]
        return [
            (f"auto-{label.id}", text)
            for label, text in fields
            if label.id in self.autos and text != write_auto(self.find_untouched(label).auto)
        ]

    def with_autos(self, autos: Mapping[str, float | None]) -> "Setting":
        return replace(self, autos=autos)

    def drop(self) -> "Setting":
        """Nothing tried: as it is now."""
        return replace(self, sensitivity=None, autos={}, budget=None)

    def with_defaults(self) -> "Setting":
        return replace(self, sensitivity=None, autos={label.id: None for label in self.labels})

    def find_default(self, label: Label) -> Thresholds:
        """Without any rule: at the preset in force."""
        return label.thresholds[get_settings().PRESET]

    def find_current(self, label: Label) -> Thresholds:
        rule = self.rules.get(label.id)
        default = self.find_default(label)
        return refine_thresholds(default, rule) if rule else default

    @property
    def is_now(self) -> bool:
        """Whether nothing is tried that is not in force already."""
        return self.sensitivity is None and not self.list_wanted()

    def find_at(self, sensitivity: float) -> dict[str, Thresholds]:
        """All labels at one sensitivity (0-1), but for those that always ask."""
        return replace(self, sensitivity=sensitivity, autos={}).find_all()

    def find_all(self) -> dict[str, Thresholds]:
        """What is to be tried, by label id."""
        return {label.id: self.find_wanted(label) for label in self.labels}

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

    def find_untouched(self, label: Label) -> Thresholds:
        """What would be tried for a label without a figure of its own."""
        return replace(self, autos={}).find_wanted(label)

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
                "field": write_auto(to),
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


def read_budget(text: str) -> float | None:
    """A budget typed in per cent, as a share (0-1); None where it is none or impossible."""
    percent = read_number(text, 100 * LEAST_BUDGET, 100 * LARGEST_BUDGET)
    return None if percent is None else percent / 100


def write_auto(auto: float | None) -> str:
    """A threshold as its field holds it; empty for the default, and where the label never files."""
    return "" if auto is None or auto > 1 else f"{auto:.2f}"


def show_threshold(auto: float) -> str:
    return gettext("never") if auto >= NEVER else format_threshold(auto)
