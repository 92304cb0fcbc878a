"""The page of one run: how far it is, what came of its products, how it was started."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse

from catalog_ai.admin.access import demand_runs, find_results_url, find_url, list_rights
from catalog_ai.admin.display import name_preset
from catalog_ai.admin.run_changes import describe_changes
from catalog_ai.admin.run_progress import describe_progress
from catalog_ai.admin.run_report import describe_details, get_kept_details, has_live_details
from catalog_ai.admin.targets import name_target
from catalog_ai.admin.threshold_history import list_moved_back
from catalog_ai.models import Run
from catalog_ai.workflow.for_real import find_real_run
from catalog_ai.workflow.vital_signs import find_outage

POLL_SECONDS = 2
RELOAD_SECONDS = 15  # of the whole page, where there is no JavaScript
INCLUDES = "admin/catalog_ai/includes"


def find_run(request: HttpRequest, pk: object) -> Run:
    """The run, for whoever may see runs.

    Raises:
        PermissionDenied, Http404.
    """
    demand_runs(request)
    if not str(pk).isdecimal():
        raise Http404
    return get_object_or_404(Run.objects.select_related("created_by", "results_of"), pk=pk)


def show_run(site: AdminSite, request: HttpRequest, pk: object) -> HttpResponse:
    """Progress at once; the charts of a large run come afterwards, or with `?charts=1`."""
    run = find_run(request, pk)
    at_once = has_live_details(run) or request.GET.get("charts") == "1"
    details = describe_details(run, site.name) if at_once else get_kept_details(run, site.name)
    context = {
        **site.each_context(request),
        **describe_run(run, request, site.name),
        "details": details,
        "title": str(run),
        "opts": Run._meta,
        "product_model": name_target(run.target),
        "preset": name_preset(run.preset),
        "outage": find_outage(uploads=run.is_upload) if run.is_moving else None,
        "rights": list_rights(request),
        "rollback": run.rollbacks.order_by("-pk").first(),
        "real_run": find_real_run(run) if run.dry_run else None,
        "poll_seconds": POLL_SECONDS,
        "reload_seconds": RELOAD_SECONDS,
        "review_url": find_url("catalog_ai_review", site=site.name),
        "home_url": find_url("catalog_ai_home", site=site.name),
    }
    return TemplateResponse(request, "admin/catalog_ai/run.html", context)


def describe_run(run: Run, request: HttpRequest, site: str) -> dict[str, Any]:
    """What the live parts of the page show; cheap at any size."""
    return {
        "run": run,
        "progress": describe_progress(run),
        "changes": describe_changes(run, site) if run.dry_run else None,
        "moved_back": list_moved_back(run),
        "thresholds_url": find_url("catalog_ai_thresholds", site=site),
        "results_url": find_results_url(request, site),
    }


def show_progress(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Progress as JSON, with the drawn parts of the page, so that words have one home."""
    run = find_run(request, pk)
    context = describe_run(run, request, site.name)
    names = {"cai-progress": "run_progress"}
    if run.dry_run:
        names["cai-changes"] = "run_changes"
    if has_live_details(run):
        context["details"] = describe_details(run, site.name)
        names["cai-details"] = "run_details"
    progress = context["progress"]
    return JsonResponse(
        {
            "state": run.state,
            "active": run.is_moving,
            "total": run.total,
            "done": run.done,
            "percent": run.percent,
            "summary": progress.summary,
            "counters": {counter.name: counter.count for counter in progress.counters},
            "parts": {
                part: render_to_string(f"{INCLUDES}/{name}.html", context, request)
                for part, name in names.items()
            },
        }
    )


def show_charts(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """The charts alone, as a piece of the page."""
    run = find_run(request, pk)
    context = {"run": run, "details": describe_details(run, site.name)}
    return TemplateResponse(request, f"{INCLUDES}/run_details.html", context)
