"""Rolling a run back: what it would do, how far it is, and how it ended, on one page."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from catalog_ai.admin.access import attempt, demand, find_url
from catalog_ai.admin.display import make_badge
from catalog_ai.admin.run_page import INCLUDES, POLL_SECONDS, RELOAD_SECONDS
from catalog_ai.admin.run_progress import sample_rate, tell_duration, tell_rate, tell_time_for
from catalog_ai.admin.run_report import has_live_details
from catalog_ai.models import Rollback, Run
from catalog_ai.percent import write_percent
from catalog_ai.workflow.kept import name_kept
from catalog_ai.workflow.permissions import ROLL_BACK
from catalog_ai.workflow.rollback import (
    RollbackPreview,
    estimate_rollback,
    resume_rollback,
    start_rollback,
    stop_rollback,
)
from catalog_ai.workflow.vital_signs import find_outage

KEPT_SECONDS = 60  # counts of a large run


@dataclass(frozen=True)
class RollbackProgress:
    """How far a rollback is, and how fast it goes."""

    rollback: Rollback
    rate: str
    time_left: str
    time_taken: str

    @property
    def summary(self) -> str:
        """One sentence for the live region of a screen reader."""
        if self.rollback.total is None:
            return gettext("The labels are being counted.")
        counts = {
            "done": self.rollback.done,
            "total": self.rollback.total,
            "percent": write_percent(self.rollback.percent),
        }
        return gettext("%(done)d of %(total)d labels done, %(percent)s.") % counts


def describe_rollback(rollback: Rollback) -> RollbackProgress:
    """Progress from the rollback's own counters."""
    active = rollback.is_active
    rate = sample_rate(f"rollback:{rollback.pk}", rollback.done) if active else None
    left = (rollback.total or 0) - rollback.done
    return RollbackProgress(
        rollback=rollback,
        rate=tell_rate(rate),
        time_left=tell_time_for(max(0, left), rate) if rate else "",
        time_taken=tell_duration(rollback),
    )


def show_rollback(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """First what rolling back would do; after a POST, how far it is. Both open at once."""
    demand(request, ROLL_BACK)
    run = get_object_or_404(Run, pk=pk)
    if request.method == "POST":
        attempt(request, partial(start_rollback, run, request.user))
        return _go_to(site, run)
    rollback = run.rollbacks.order_by("-pk").first()
    active = rollback is not None and rollback.is_active
    at_once = has_live_details(run) or request.GET.get("count") == "1"
    context = {
        **site.each_context(request),
        **describe_rollback_of(rollback),
        "title": gettext("Roll back %(run)s") % {"run": run},
        "crumb": gettext("Roll back"),
        "opts": Run._meta,
        "run": run,
        "may_start": not active and not run.dry_run,
        "preview": load_preview(run) if at_once and not active and not run.dry_run else None,
        "outage": find_outage() if active else None,
        "poll_seconds": POLL_SECONDS,
        "reload_seconds": RELOAD_SECONDS,
        "back": find_url("catalog_ai_run_change", run.pk, site=site.name),
        "home_url": find_url("catalog_ai_home", site=site.name),
    }
    return TemplateResponse(request, "admin/catalog_ai/roll_back.html", context)


def describe_rollback_of(rollback: Rollback | None) -> dict[str, Any]:
    if rollback is None:
        return {"rollback": None}
    badge = make_badge(rollback.state, rollback.get_state_display())
    return {"rollback": rollback, "badge": badge, "progress": describe_rollback(rollback)}


def load_preview(run: Run) -> RollbackPreview:
    """The counts; of a large run they are kept for a while."""
    if has_live_details(run):
        return estimate_rollback(run)
    key = name_kept("preview", run.pk, run.rolled_back_at)
    preview: RollbackPreview | None = cache.get(key)
    if preview is None:
        preview = estimate_rollback(run)
        cache.set(key, preview, KEPT_SECONDS)
    return preview


def show_preview(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """The counts alone, as a piece of the page: of a large run they are estimated."""
    demand(request, ROLL_BACK)
    run = get_object_or_404(Run, pk=pk)
    context = {"preview": load_preview(run)}
    return TemplateResponse(request, f"{INCLUDES}/rollback_preview.html", context)


def show_rollback_progress(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """Progress as JSON, with the drawn part of the page."""
    demand(request, ROLL_BACK)
    run = get_object_or_404(Run, pk=pk)
    found = Rollback.objects.select_related("run").filter(run=run).order_by("-pk")
    rollback = get_object_or_404(found[:1])
    context = describe_rollback_of(rollback)
    part = render_to_string(f"{INCLUDES}/rollback_progress.html", context, request)
    return JsonResponse(
        {
            "state": rollback.state,
            "active": rollback.is_active,
            "total": rollback.total,
            "done": rollback.done,
            "percent": rollback.percent,
            "summary": context["progress"].summary,
            "parts": {"cai-progress": part},
        }
    )


def do_rollback_command(
    site: AdminSite, request: HttpRequest, pk: int, command: str
) -> HttpResponse:
    """Stop, or go on with, the run's latest rollback."""
    demand(request, ROLL_BACK)
    run = get_object_or_404(Run, pk=pk)
    rollback = run.rollbacks.order_by("-pk").first()
    verbs = {"stop": stop_rollback, "resume": resume_rollback}
    if rollback is not None and command in verbs:
        done = attempt(request, partial(verbs[command], rollback, request.user))
        if command == "stop" and done and done.state == Rollback.State.CANCELLED:
            messages.success(request, gettext("Stopped. What is back stays back."))
    return _go_to(site, run)


def _go_to(site: AdminSite, run: Run) -> HttpResponse:
    return HttpResponseRedirect(find_url("catalog_ai_run_roll_back", run.pk, site=site.name))
