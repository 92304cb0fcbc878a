"""The page of what changed thresholds, and taking changes back."""

import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext

from catalog_ai.admin.access import attempt, demand, may
from catalog_ai.admin.display import name_label
from catalog_ai.admin.targets import list_targets, read_target
from catalog_ai.admin.threshold_history import list_changes, name_history_heads
from catalog_ai.admin.thresholds import find_pages, go_back
from catalog_ai.models import Run, ThresholdChange
from catalog_ai.workflow.asked import read_number, read_text
from catalog_ai.workflow.permissions import CHANGE_RULES, VIEW_RULES
from catalog_ai.workflow.threshold_changes import undo_batch, undo_change

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

PAGE = 50


def show_changes(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """What changed thresholds, newest first."""
    demand(request, VIEW_RULES, CHANGE_RULES)
    target = read_target(request.GET.get("target", ""))
    label = read_text(request.GET.get("label", ""), 64)
    before = read_number(request.GET.get("before", ""))
    lines, more = list_changes(target, PAGE, before=before, label=label)
    context = {
        **site.each_context(request),
        **find_pages(site),
        "title": gettext("What changed thresholds"),
        "opts": Run._meta,
        "target": target,
        "targets": list_targets(),
        "label": label,
        "label_name": name_label(label) if label else "",
        "history": lines,
        "history_heads": name_history_heads(may(request, CHANGE_RULES)),
        "more": more,
        "may_change": may(request, CHANGE_RULES),
    }
    return TemplateResponse(request, "admin/catalog_ai/threshold_changes.html", context)


def undo_changes(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Take back one change, or all of one moment."""
    demand(request, CHANGE_RULES)
    target = read_target(request.POST.get("target", ""))
    change, batch = read_number(request.POST.get("change", "")), request.POST.get("batch", "")
    verb: Callable[[], ThresholdChange | Sequence[ThresholdChange] | None] | None = None
    if change is not None:
        verb = partial(undo_change, change, request.user)
    elif batch:
        verb = partial(_undo_batch, batch, request.user)
    if verb is not None and (done := attempt(request, verb)) is not None:
        count = 1 if isinstance(done, ThresholdChange) else len(done)
        text = ngettext(
            "%(count)d change was undone. The error budget leaves the label alone from now on.",
            "%(count)d changes were undone. The error budget leaves the labels alone from now on.",
            count,
        )
        messages.success(request, text % {"count": count})
    return go_back(site, target, "catalog_ai_threshold_changes")


def _undo_batch(batch: str, actor: "Actor") -> Sequence[ThresholdChange] | None:
    try:
        return undo_batch(uuid.UUID(batch), actor)
    except ValueError:
        return None
