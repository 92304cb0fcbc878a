"""The budget page: say how much may be wrong, and see first what that would change. And undoing."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from catalog_ai.admin.access import attempt, demand, find_url, may
from catalog_ai.admin.display import name_label
from catalog_ai.admin.threshold_history import list_changes
from catalog_ai.admin.thresholds import (
    find_pages,
    find_target,
    go_back,
    list_targets,
    log_changes,
    show_hand_over,
    show_let_file,
    show_thresholds,
)
from catalog_ai.admin.thresholds_setting import read_budget, show_threshold
from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import Label
from catalog_ai.models import ErrorBudget, LabelRule, Run
from catalog_ai.models.budgets import LARGEST_BUDGET, LEAST_BUDGET
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.budget import remove_budget, save_budget, tell_budget
from catalog_ai.workflow.follow import plan_budget
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import CHANGE_RULES, VIEW_RULES
from catalog_ai.workflow.policies import load_budgets
from catalog_ai.workflow.sample import get_sample
from catalog_ai.workflow.threshold_changes import undo_batch, undo_change

PAGE = 50


def show_budget(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """The form with what it would change; after a POST, the deed."""
    demand(request, VIEW_RULES, CHANGE_RULES)
    query = request.POST if request.method == "POST" else request.GET
    target = find_target(query.get("target", ""))
    labels = [label for label in get_bundle().labels if label.facet in target.facets]
    label = query.get("label", "")
    label = label if label in {one.id for one in labels} else ""
    share = read_budget(query.get("budget", ""))
    if "budget" in query and share is None:
        limits = {"least": f"{100 * LEAST_BUDGET:g}", "most": f"{100 * LARGEST_BUDGET:g}"}
        text = gettext("Type a number from %(least)s to %(most)s. Nothing was saved.")
        messages.error(request, text % limits)
    if request.method == "POST":
        demand(request, CHANGE_RULES)
        return _save(site, request, target, label, share)
    budgets = load_budgets(target)
    follows = query.get("follows") == "1" if share else budgets.follows(label) or not label
    share = share or budgets.get(label)
    context = {
        **site.each_context(request),
        **find_pages(site),
        "title": gettext("Error budget"),
        "opts": Run._meta,
        "target": target,
        "targets": list_targets(),
        "labels": sorted(labels, key=lambda one: one.name.casefold()),
        "label": label,
        "percent": f"{100 * share:g}",
        "follows": follows,
        "plans": _list_plans(target, share, label) if follows else [],
        "kept": _count_kept(target, label),
        "in_force": _list_budgets(target),
        "may_change": may(request, CHANGE_RULES),
    }
    return TemplateResponse(request, "admin/catalog_ai/budget.html", context)


def _list_plans(target: ProductTarget, share: float, label: str) -> list[dict[str, Any]]:
    plans = plan_budget(target, get_sample(target), share, label)
    return [
        {
            "label": plan.label.name,
            "now": _show_auto(plan.before, plan.label),
            "then": _show_auto(plan.auto, plan.label),
            "why": plan.why,
        }
        for plan in sorted(plans, key=lambda plan: plan.label.name.casefold())
    ]


def _show_auto(auto: float | None, label: Label) -> str:
    """A threshold; the default with its figure."""
    default = show_threshold(label.thresholds[get_settings().PRESET].auto)
    return gettext("%(auto)s, the default") % {"auto": default} if auto is None else f"{auto:.2f}"


def _count_kept(target: ProductTarget, label: str) -> int:
    """Thresholds that people set: no budget touches them."""
    rules = LabelRule.objects.filter(target=target.key, auto_by=LabelRule.SetBy.PERSON)
    return (rules.filter(label=label) if label else rules).count()


def _list_budgets(target: ProductTarget) -> list[dict[str, Any]]:
    rows = ErrorBudget.objects.filter(target=target.key).order_by("label")
    return [
        {
            "label": row.label,
            "name": name_label(row.label) if row.label else gettext("All labels"),
            "told": tell_budget(row),
            "looked_at": row.looked_at,
        }
        for row in rows
    ]


def _save(
    site: AdminSite, request: HttpRequest, target: ProductTarget, label: str, share: float | None
) -> HttpResponse:
    if share is None:
        url = find_url("catalog_ai_budget", site=site.name)
        return HttpResponseRedirect(f"{url}?target={target.key}")
    follows = request.POST.get("follows") == "1"
    verb = partial(save_budget, target, share, request.user, label, follows=follows)
    budget = attempt(request, verb)
    if budget is not None:
        log_changes(request, {budget: tell_budget(budget)})
        soon = gettext("The worker sets them within a minute.") if follows else ""
        messages.success(request, f"{tell_budget(budget)} {soon}".strip())
    return go_back(site, target)


def drop_budget(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Take away a label's own budget."""
    demand(request, CHANGE_RULES)
    target = find_target(request.POST.get("target", ""))
    label = request.POST.get("label", "")
    if attempt(request, partial(remove_budget, target, label, request.user)):
        text = gettext("“%(label)s” keeps to the budget for all labels again.")
        messages.success(request, text % {"label": name_label(label)})
    url = find_url("catalog_ai_budget", site=site.name)
    return HttpResponseRedirect(f"{url}?target={target.key}")


def show_changes(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """What changed thresholds, newest first."""
    demand(request, VIEW_RULES, CHANGE_RULES)
    target = find_target(request.GET.get("target", ""))
    label, before = request.GET.get("label", "")[:64], request.GET.get("before", "")
    is_number = before.isascii() and before.isdigit() and len(before) < 19
    lines, more = list_changes(target, PAGE, before=int(before) if is_number else None, label=label)
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
        "more": more,
        "may_change": may(request, CHANGE_RULES),
    }
    return TemplateResponse(request, "admin/catalog_ai/threshold_changes.html", context)


def undo_changes(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Take back one change, or all of one moment."""
    demand(request, CHANGE_RULES)
    target = find_target(request.POST.get("target", ""))
    change, batch = request.POST.get("change", ""), request.POST.get("batch", "")
    verb: Callable[[], Any] | None = None
    if change.isascii() and change.isdigit() and len(change) < 19:
        verb = partial(undo_change, int(change), request.user)
    elif batch:
        verb = partial(_undo_batch, batch, request.user)
    if verb is not None and (done := attempt(request, verb)) is not None:
        count = len(done) if isinstance(done, list) else 1
        text = ngettext(
            "%(count)d change was undone. The error budget leaves the label alone from now on.",
            "%(count)d changes were undone. The error budget leaves the labels alone from now on.",
            count,
        )
        messages.success(request, text % {"count": count})
    url = find_url("catalog_ai_threshold_changes", site=site.name)
    return HttpResponseRedirect(f"{url}?target={target.key}")


def _undo_batch(batch: str, actor: Any) -> Any:
    try:
        return undo_batch(uuid.UUID(batch), actor)
    except ValueError:
        return None


def get_threshold_urls(site: AdminSite) -> list[URLPattern]:
    """The thresholds page and all round it."""

    def make(route: str, view: Callable[..., Any], name: str, *, deed: bool = False) -> URLPattern:
        bound: Callable[..., Any] = partial(view, site)
        wrapped = site.admin_view(require_POST(bound) if deed else bound)
        return path(f"thresholds/{route}", wrapped, name=f"catalog_ai_{name}")

    return [
        make("", show_thresholds, "thresholds"),
        make("file-again/", show_let_file, "let_file", deed=True),
        make("hand-over/", show_hand_over, "hand_over", deed=True),
        make("budget/", show_budget, "budget"),
        make("budget/drop/", drop_budget, "budget_drop", deed=True),
        make("changes/", show_changes, "threshold_changes"),
        make("changes/undo/", undo_changes, "threshold_undo", deed=True),
    ]
