"""The thresholds page: what they do is seen before they are set."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext

from catalog_ai.admin.access import attempt, demand, find_url, may
from catalog_ai.admin.dashboard.files import send_chart
from catalog_ai.admin.display import format_threshold, name_label
from catalog_ai.admin.targets import list_targets, read_target
from catalog_ai.admin.threshold_history import list_changes, name_history_heads
from catalog_ai.admin.thresholds_rows import (
    CHANGE_HEADS,
    CURVE_HEADS,
    HEADS,
    describe_answer,
    make_rows,
)
from catalog_ai.admin.thresholds_setting import SENSITIVITIES, Setting
from catalog_ai.admin.thresholds_words import tell_all
from catalog_ai.admin.trade_off import chart_trade_off
from catalog_ai.models import ErrorBudget, LabelRule, Run
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.budget import hand_to_budget, save_thresholds
from catalog_ai.workflow.move_back import let_file_again
from catalog_ai.workflow.permissions import CHANGE_RULES, VIEW_RULES
from catalog_ai.workflow.policies import load_budgets
from catalog_ai.workflow.propose import propose_threshold
from catalog_ai.workflow.sample import FRESH, STALE, Sample, get_sample

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

CHANGES_SHOWN = 5


def show_thresholds(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """The page; its figures alone as JSON; the changes to confirm; and after that, the deed."""
    demand(request, VIEW_RULES, CHANGE_RULES)
    if "ask" in request.POST:
        return _shorten(site, request)
    if request.method == "POST":
        demand(request, CHANGE_RULES)
    loaded = attempt(request, partial(_load, request))
    if loaded is None:
        return HttpResponseRedirect(find_url("catalog_ai_home", site=site.name))
    setting, sample = loaded
    if _wants_figures(request):
        return JsonResponse(describe_answer(setting, sample))
    if request.method == "POST":
        return _save(site, request, setting)
    chart = chart_trade_off(setting, sample)
    if "csv" in request.GET:
        return send_chart([chart] if chart else [], request.GET["csv"])
    asked = may(request, CHANGE_RULES) and not {"review", "defaults"}.isdisjoint(request.GET)
    name = "thresholds_confirm" if asked else "thresholds"
    context = {
        **site.each_context(request),
        **_describe(site, request, setting, sample),
        "chart": chart,
    }
    return TemplateResponse(request, f"admin/catalog_ai/{name}.html", context)


def _shorten(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """To the page with what was asked: without scripts a form sends the fields of all labels."""
    target = read_target(request.POST.get("target", ""))
    setting = attempt(request, partial(Setting.read, target, request.POST))
    if setting is None:
        return HttpResponseRedirect(find_url("catalog_ai_home", site=site.name))
    return HttpResponseRedirect(f"{request.path}?{setting.encode(request.POST.dict())}")


def _wants_figures(request: HttpRequest) -> bool:
    return bool(request.headers.get("Accept", "").startswith("application/json"))


def _load(request: HttpRequest) -> tuple[Setting, Sample]:
    """What the request asks to be tried, and what it is held against."""
    query = request.POST if request.method == "POST" else request.GET
    target = read_target(query.get("target", ""))
    # While a slider is moved the figures stand on the sample that the page was opened with.
    sample = get_sample(target, STALE if _wants_figures(request) else FRESH)
    setting = Setting.read(target, query)
    if "defaults" in query:
        return setting.with_defaults(), sample
    if setting.budget is None or "propose" not in query:
        return setting, sample
    budgets = load_budgets(target).of_labels
    proposed = {
        label.id: propose_threshold(
            label,
            sample.get(label.id),
            budgets.get(label.id, setting.budget),
            setting.find_current(label).auto,
        ).auto
        for label in setting.labels
    }
    return setting.with_autos(proposed), sample


def _describe(
    site: AdminSite, request: HttpRequest, setting: Setting, sample: Sample
) -> dict[str, Any]:
    target, budgets = setting.target, load_budgets(setting.target)
    return {
        "title": gettext("Thresholds"),
        "opts": Run._meta,
        "target": target,
        "targets": list_targets(),
        "address": f"target={target.key}",
        "setting": setting,
        "heads": HEADS,
        "curve_heads": CURVE_HEADS,
        "change_heads": CHANGE_HEADS,
        "history_heads": name_history_heads(may(request, CHANGE_RULES)),
        "rows": make_rows(setting, sample, budgets),
        "summary": tell_all(sample, setting.find_all()),
        "sample_size": sample.waiting.size,
        "changes": setting.list_changes(),
        "sensitivities": SENSITIVITIES,
        "sensitivity": request.GET.get("sensitivity", ""),
        "may_change": may(request, CHANGE_RULES),
        "budget_percent": f"{100 * (setting.budget or budgets.general):g}",
        "general_percent": f"{100 * budgets.general:g}",
        "general": ErrorBudget.objects.filter(target=target.key, label="").first(),
        "own_budgets": len(budgets.of_labels),
        "history": list_changes(target, CHANGES_SHOWN)[0],
        **find_pages(site),
    }


def find_pages(site: AdminSite) -> dict[str, str]:
    """Addresses of the pages round the thresholds."""
    names = {
        "thresholds_url": "catalog_ai_thresholds",
        "mapping_url": "catalog_ai_labelrule_changelist",
        "let_file_url": "catalog_ai_let_file",
        "hand_over_url": "catalog_ai_hand_over",
        "budget_url": "catalog_ai_budget",
        "changes_url": "catalog_ai_threshold_changes",
        "undo_url": "catalog_ai_threshold_undo",
    }
    return {key: find_url(name, site=site.name) for key, name in names.items()}


def _save(site: AdminSite, request: HttpRequest, setting: Setting) -> HttpResponse:
    wanted = setting.list_wanted()
    rules = attempt(request, partial(save_thresholds, setting.target, wanted, request.user))
    if rules is not None:
        log_changes(request, {rule: tell_rule(rule) for rule in rules})
        messages.success(request, _tell_saved(len(rules)))
    return go_back(site, setting.target)


def do_let_file(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Lift what the system set for one label."""
    told = gettext("“%(label)s” files by itself again.")
    return _change_rule(site, request, let_file_again, gettext("May file by itself again."), told)


def do_hand_over(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Let the error budget set a threshold that a person had set."""
    told = gettext("The budget sets the threshold of “%(label)s” from now on.")
    return _change_rule(site, request, hand_to_budget, gettext("Left to the error budget."), told)


def _change_rule(
    site: AdminSite,
    request: HttpRequest,
    verb: Callable[[ProductTarget, str, "Actor"], bool],
    logged: str,
    told: str,
) -> HttpResponse:
    """The verb for the label that a form names; if it did anything, that is logged and told."""
    demand(request, CHANGE_RULES)
    target = read_target(request.POST.get("target", ""))
    label = request.POST.get("label", "")
    if attempt(request, partial(verb, target, label, request.user)):
        log_changes(request, {LabelRule.objects.get(target=target.key, label=label): logged})
        messages.success(request, told % {"label": name_label(label)})
    return go_back(site, target)


def log_changes(request: HttpRequest, told: Mapping[Any, str]) -> None:
    """Into the admin's history: who changed what."""
    for changed, text in told.items():
        assert request.user.pk is not None  # noqa: S101 - the permission was asked for
        LogEntry.objects.log_actions(request.user.pk, [changed], CHANGE, text, single_object=True)


def tell_rule(rule: LabelRule) -> str:
    if rule.auto_threshold is None:
        return gettext("Files by itself from: the default.")
    auto = format_threshold(rule.auto_threshold)
    return gettext("Files by itself from %(auto)s.") % {"auto": auto}


def _tell_saved(count: int) -> str:
    if not count:
        return gettext("Saved. No label's threshold changed.")
    text = ngettext("%(count)d label was changed.", "%(count)d labels were changed.", count)
    return text % {"count": count}


def go_back(
    site: AdminSite, target: ProductTarget, page: str = "catalog_ai_thresholds"
) -> HttpResponse:
    """To the thresholds, or another page, of a product model."""
    url = find_url(page, site=site.name)
    return HttpResponseRedirect(f"{url}?target={target.key}")
