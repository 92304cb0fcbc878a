"""What changed thresholds, when, why and by whom; and what is moved back now."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.display import format_threshold, name_label
from catalog_ai.models import LabelRule, Run, ThresholdChange
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.threshold_changes import UNDOABLE

HISTORY_HEADS = {
    "when": _("When"),
    "label": _("Label"),
    "what": _("What"),
    "auto": _("Files by itself from"),
    "why": _("Why"),
    "who": _("By"),
}


def name_history_heads(may_undo: bool) -> dict[str, Any]:
    """The heads of the table of changes, for whoever may undo them or may not."""
    return {**HISTORY_HEADS, "undo": _("Undo")} if may_undo else HISTORY_HEADS


def list_moved_back(run: Run) -> list[tuple[str, LabelRule]]:
    """Names and rules of labels that broke their budget: now, or since a finished run began."""
    rules = LabelRule.objects.filter(
        target=run.target, always_review=True, moved_back_at__isnull=False
    )
    if run.finished_at is not None:
        rules = rules.filter(moved_back_at__gte=run.created_at)
    return [(name_label(rule.label), rule) for rule in rules.order_by("-moved_back_at")]


@dataclass(frozen=True)
class Line:
    """One change as the list shows it."""

    change: ThresholdChange
    label: str
    before: str
    after: str
    who: str
    can_undo: bool
    together: int  # how many changes of the same moment it heads; 0 where it heads none


def list_changes(
    target: ProductTarget, number: int, *, before: int | None = None, label: str = ""
) -> tuple[list[Line], int | None]:
    """The newest changes (of one label), and the id to go on before; None at the end."""
    rows = ThresholdChange.objects.filter(target=target.key).order_by("-pk")
    rows = rows.filter(pk__lt=before) if before is not None else rows
    rows = rows.filter(label=label) if label else rows
    found = list(rows.select_related("reverted_by")[: number + 1])
    shown = found[:number]
    rules = LabelRule.objects.filter(target=target.key, label__in={one.label for one in shown})
    now = {rule.label: (rule.auto_threshold, rule.always_review) for rule in rules}
    sizes, heads = Counter(one.batch for one in shown), set()
    lines = []
    for change in shown:
        heads_batch = sizes[change.batch] > 1 and change.batch not in heads
        heads.add(change.batch)
        together = sizes[change.batch] if heads_batch and change.kind in UNDOABLE else 0
        lines.append(_make_line(change, now, together))
    return lines, shown[-1].pk if len(found) > number else None


def _make_line(
    change: ThresholdChange, now: dict[str, tuple[float | None, bool]], together: int
) -> Line:
    is_stated = change.kind == ThresholdChange.Kind.STATED
    standing = now.get(change.label) == (change.auto_after, change.asks_after)
    return Line(
        change=change,
        label=name_label(change.label) if change.label else gettext("All labels"),
        before="" if is_stated else show_state(change.auto_before, change.asks_before),
        after="" if is_stated else show_state(change.auto_after, change.asks_after),
        who=change.actor_name or gettext("by itself"),
        can_undo=standing and change.kind in UNDOABLE and not hasattr(change, "reverted_by"),
        together=together,
    )


def show_state(auto: float | None, asks: bool | None) -> str:
    """A threshold in words."""
    if asks:
        return gettext("always asks")
    return gettext("default") if auto is None else format_threshold(auto)
