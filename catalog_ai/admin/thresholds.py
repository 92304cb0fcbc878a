"""The thresholds page: what they do is seen before they are set."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.models import CHANGE, LogEntry
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext

from catalog_ai.admin.access import attempt, demand, find_url, may
from catalog_ai.admin.thresholds_rows import (
    SENSITIVITIES,
    Setting,
    describe_answer,
    make_rows,
    tell_all,
)
from catalog_ai.models import LabelRule, Run
from catalog_ai.targets import ProductTarget, get_targets
from catalog_ai.workflow.budget import (
    let_file_again,
    propose_threshold,
    save_budget,
    save_thresholds,
)
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import CHANGE_RULES, VIEW_RULES
from catalog_ai.workflow.policies import load_budgets
from catalog_ai.workflow.simulate import Sample, load_sample


def show_thresholds(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """The page; its figures alone as JSON; the changes to confirm; and after that, the deed."""
    demand(request, VIEW_RULES, CHANGE_RULES)
    if request.method == "POST":
        demand(request, CHANGE_RULES)
    loaded = attempt(request, partial(_load, request))
    if loaded is None:
        return HttpResponseRedirect(find_url("catalog_ai_home", site=site.name))
    setting, sample = loaded
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse(describe_answer(setting, sample))
    if request.method == "POST":
        return _save(site, request, setting)
    asked = may(request, CHANGE_RULES) and not {"review", "defaults"}.isdisjoint(request.GET)
    name = "thresholds_confirm" if asked else "thresholds"
    context = {
        **site.each_context(request),
        **_describe(site, request, setting, sample),
    }
    return TemplateResponse(request, f"admin/catalog_ai/{name}.html", context)


def _load(request: HttpRequest) -> tuple[Setting, Sample]:
    """What the request asks to be tried, and what it is held against."""
    query = request.POST if request.method == "POST" else request.GET
    target = find_target(query.get("target", ""))
    sample = load_sample(target)
    setting = Setting.read(target, query)
    if "defaults" in query:
        return setting.with_defaults(), sample
    if setting.budget is None or "propose" not in query:
        return setting, sample
    budgets = load_budgets(target).of_labels
    proposed = {
        label.id: propose_threshold(
            label, sample.get(label.id), budgets.get(label.id, setting.budget)
        ).auto
        for label in setting.labels
    }
    return setting.with_autos(proposed), sample


def find_target(key: str) -> ProductTarget:
    """The target of an address.

    Raises:
        Http404: no such target.
    """
    targets = get_targets()
    key = key or next(iter(targets), "")
    if key not in targets:
        raise Http404(gettext("No product model is set up for categorisation."))
    return targets[key]


def _describe(
    site: AdminSite, request: HttpRequest, setting: Setting, sample: Sample
) -> dict[str, Any]:
    site_name = site.name
    return {
        "title": gettext("Thresholds"),
        "opts": Run._meta,
        "target": setting.target,
        "targets": get_targets(),
        "setting": setting,
        "rows": make_rows(setting, sample),
        "summary": tell_all(setting, sample),
        "sample_size": len(sample.rows),
        "changes": setting.list_changes(),
        "sensitivities": SENSITIVITIES,
        "sensitivity": request.GET.get("sensitivity", ""),
        "may_change": may(request, CHANGE_RULES),
        "budget_percent": f"{100 * (setting.budget or load_budgets(setting.target).general):g}",
        "states_budget": setting.budget is not None,
        "mapping_url": find_url("catalog_ai_labelrule_changelist", site=site_name),
        "let_file_url": find_url("catalog_ai_let_file", site=site_name),
    }


def _save(site: AdminSite, request: HttpRequest, setting: Setting) -> HttpResponse:
    wanted = setting.list_wanted()
    rules = attempt(request, partial(save_thresholds, setting.target, wanted, request.user))
    if rules is not None:
        if setting.budget is not None:
            save_budget(setting.target, setting.budget, request.user)
        log_changes(request, {rule: tell_rule(rule) for rule in rules})
        messages.success(request, _tell_saved(len(rules)))
    return _go_back(site, setting.target)


def show_let_file(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """Lift what the system set for one label."""
    demand(request, CHANGE_RULES)
    target = find_target(request.POST.get("target", ""))
    label = request.POST.get("label", "")
    if attempt(request, partial(let_file_again, target, label, request.user)):
        rule = LabelRule.objects.get(target=target.key, label=label)
        log_changes(request, {rule: gettext("May file by itself again.")})
        name = get_bundle().labels_by_id[label].name
        text = gettext("“%(label)s” files by itself again.") % {"label": name}
        messages.success(request, text)
    return _go_back(site, target)


def log_changes(request: HttpRequest, told: Mapping[LabelRule, str]) -> None:
    """Into the admin's history: who changed what."""
    for rule, text in told.items():
        assert request.user.pk is not None  # noqa: S101 - the permission was asked for
        LogEntry.objects.log_actions(request.user.pk, [rule], CHANGE, text, single_object=True)


def tell_rule(rule: LabelRule) -> str:
    if rule.auto_threshold is None:
        return gettext("Files by itself from: the default.")
    return gettext("Files by itself from %(auto)s.") % {"auto": f"{rule.auto_threshold:.2f}"}


def _tell_saved(count: int) -> str:
    if not count:
        return gettext("Saved. No label's threshold changed.")
    text = ngettext("%(count)d label was changed.", "%(count)d labels were changed.", count)
    return text % {"count": count}


def _go_back(site: AdminSite, target: ProductTarget) -> HttpResponse:
    url = find_url("catalog_ai_thresholds", site=site.name)
    return HttpResponseRedirect(f"{url}?target={target.key}")
