"""The budget page: say how much may be wrong, and see first what that would change."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from catalog_ai.admin.access import attempt, demand, find_url, may
from catalog_ai.admin.display import format_threshold, name_label
from catalog_ai.admin.targets import list_targets, read_target
from catalog_ai.admin.thresholds import find_pages, go_back, log_changes
from catalog_ai.admin.thresholds_rows import CHANGE_HEADS
from catalog_ai.admin.thresholds_setting import read_budget, show_threshold
from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import Label
from catalog_ai.models import ErrorBudget, LabelRule, Run
from catalog_ai.models.budgets import LARGEST_BUDGET, LEAST_BUDGET
from catalog_ai.models.threshold_reasons import tell_reason
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.budget import remove_budget, save_budget, tell_budget
from catalog_ai.workflow.follow import plan_budget
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import CHANGE_RULES, VIEW_RULES
from catalog_ai.workflow.policies import load_budgets
from catalog_ai.workflow.sample import get_sample


def show_budget(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """The form with what it would change; after a POST, the deed."""
    demand(request, VIEW_RULES, CHANGE_RULES)
    query = request.POST if request.method == "POST" else request.GET
    target = read_target(query.get("target", ""))
    labels = attempt(request, partial(_list_labels, target))
    if labels is None:
        return HttpResponseRedirect(find_url("catalog_ai_home", site=site.name))
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
    context = {
        **site.each_context(request),
        **find_pages(site),
        **_describe(target, label, share or budgets.get(label), follows),
        "labels": labels,
        "may_change": may(request, CHANGE_RULES),
    }
    return TemplateResponse(request, "admin/catalog_ai/budget.html", context)


def _list_labels(target: ProductTarget) -> list[Label]:
    """Those that file products, by name."""
    labels = get_bundle().labels_of(*target.facets)
    return sorted(labels, key=lambda label: label.name.casefold())


def _describe(target: ProductTarget, label: str, share: float, follows: bool) -> dict[str, Any]:
    return {
        "title": gettext("Error budget"),
        "opts": Run._meta,
        "target": target,
        "targets": list_targets(),
        "label": label,
        "percent": f"{100 * share:g}",
        "follows": follows,
        "plan_heads": {**CHANGE_HEADS, "why": gettext("Why")},
        "plans": _list_plans(target, share, label) if follows else [],
        "kept": _count_kept(target, label),
        "in_force": _list_budgets(target),
    }


def _list_plans(target: ProductTarget, share: float, label: str) -> list[dict[str, Any]]:
    plans = plan_budget(target, get_sample(target), share, label)
    return [
        {
            "label": plan.label.name,
            "now": _show_auto(plan.before, plan.label),
            "then": _show_auto(plan.auto, plan.label),
            "why": tell_reason(plan.reason.code, plan.reason.figures, ""),
        }
        for plan in sorted(plans, key=lambda plan: plan.label.name.casefold())
    ]


def _show_auto(auto: float | None, label: Label) -> str:
    """A threshold; the default with its figure."""
    default = show_threshold(label.thresholds[get_settings().PRESET].auto)
    if auto is None:
        return gettext("%(auto)s, the default") % {"auto": default}
    return format_threshold(auto)


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
        return go_back(site, target, "catalog_ai_budget")
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
    target = read_target(request.POST.get("target", ""))
    label = request.POST.get("label", "")
    if attempt(request, partial(remove_budget, target, label, request.user)):
        text = gettext("“%(label)s” keeps to the budget for all labels again.")
        messages.success(request, text % {"label": name_label(label)})
    return go_back(site, target, "catalog_ai_budget")
