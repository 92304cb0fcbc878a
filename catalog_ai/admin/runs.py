"""Runs in the admin: the list, the page of one run, and what can be done to it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from catalog_ai.admin.access import ANY, attempt, demand, find_url, list_rights, may
from catalog_ai.admin.categorize import PRESET_NAMES
from catalog_ai.admin.dashboard import show_dashboard
from catalog_ai.admin.display import make_badge
from catalog_ai.admin.export import show_export
from catalog_ai.admin.home import show_home
from catalog_ai.admin.read_only import ReadOnlyAdmin
from catalog_ai.admin.review import get_review_urls
from catalog_ai.admin.run_progress import describe_progress
from catalog_ai.admin.run_report import describe_details, has_live_details
from catalog_ai.admin.threshold_history import list_moved_back
from catalog_ai.admin.threshold_urls import get_threshold_urls
from catalog_ai.admin.try_one import show_try_one
from catalog_ai.models import Run
from catalog_ai.workflow.permissions import CATEGORIZE, ROLL_BACK
from catalog_ai.workflow.queues import get_queue_status
from catalog_ai.workflow.runs import cancel_run, pause_run, resume_run, retry_failed, run_for_real
from catalog_ai.workflow.undo import preview_rollback, roll_back

POLL_SECONDS = 2
RELOAD_SECONDS = 15  # of the whole page, where there is no JavaScript
INCLUDES = "admin/catalog_ai/includes"


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "state_badge",
        "progress",
        "total",
        "filed",
        "review",
        "unidentified",
        "source",
        "created_by",
        "created_at",
        "target",
    )
    list_filter = ("state", "source", "dry_run")
    list_select_related = ("created_by",)
    ordering = ("-pk",)
    date_hierarchy = None
    change_list_template = "admin/catalog_ai/run_list.html"

    def has_view_permission(self, request: HttpRequest, obj: Run | None = None) -> bool:
        """Whoever may start, roll back, review or export runs sees them."""
        return super().has_view_permission(request, obj) or may(request, *ANY)

    @admin.display(description=_("Run"), ordering="pk")
    def number(self, run: Run) -> str:
        return str(run)

    @admin.display(description=_("State"), ordering="state")
    def state_badge(self, run: Run) -> SafeString:
        context = {"badge": make_badge(run.state, run.get_state_display())}
        return render_to_string(f"{INCLUDES}/badge.html", context)

    @admin.display(description=_("Progress"))
    def progress(self, run: Run) -> SafeString:
        return render_to_string(f"{INCLUDES}/progress.html", {"run": run})

    def get_urls(self) -> list[URLPattern]:
        site, wrap = self.admin_site, self.admin_site.admin_view
        ours = [
            path("home/", wrap(partial(show_home, site)), name="catalog_ai_home"),
            path("dashboard/", wrap(partial(show_dashboard, site)), name="catalog_ai_dashboard"),
            path("try/", wrap(partial(show_try_one, site)), name="catalog_ai_try"),
            path("export/", wrap(partial(show_export, site)), name="catalog_ai_export"),
            path("<int:pk>/progress/", wrap(self.progress_view), name="catalog_ai_run_progress"),
            path(
                "<int:pk>/for-real/",
                wrap(require_POST(self.real_view)),
                name="catalog_ai_run_real",
            ),
            path("<int:pk>/roll-back/", wrap(self.roll_back_view), name="catalog_ai_run_roll_back"),
            path(
                "<int:pk>/<str:command>/now/",
                wrap(require_POST(self.command_view)),
                name="catalog_ai_run_command",
            ),
        ]
        return [*ours, *get_threshold_urls(site), *get_review_urls(site), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        site = self.admin_site.name
        links = {
            "home_url": find_url("catalog_ai_home", site=site),
            "try_url": find_url("catalog_ai_try", site=site),
            "review_url": find_url("catalog_ai_review", site=site),
            "mapping_url": find_url("catalog_ai_labelrule_changelist", site=site),
            "rights": list_rights(request),
        }
        return super().changelist_view(request, {**links, **(extra_context or {})})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of one run, instead of a form that nobody may fill in."""
        run = self._get_run(request, object_id)
        site = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            **self._describe(run, details=True),
            "title": str(run),
            "opts": self.opts,
            "preset": PRESET_NAMES.get(run.preset, run.preset),
            "queue": get_queue_status() if run.is_active else None,
            "rights": list_rights(request),
            "poll_seconds": POLL_SECONDS,
            "reload_seconds": RELOAD_SECONDS,
            "review_url": find_url("catalog_ai_review", site=site),
            "home_url": find_url("catalog_ai_home", site=site),
        }
        return TemplateResponse(request, "admin/catalog_ai/run.html", context)

    def _get_run(self, request: HttpRequest, pk: object) -> Run:
        if not self.has_view_permission(request):
            demand(request)
        if not str(pk).isdecimal():
            raise Http404
        return get_object_or_404(Run.objects.select_related("created_by"), pk=pk)

    def _describe(self, run: Run, *, details: bool) -> dict[str, Any]:
        context: dict[str, Any] = {
            "run": run,
            "progress": describe_progress(run),
            "moved_back": list_moved_back(run),
            "thresholds_url": find_url("catalog_ai_thresholds", site=self.admin_site.name),
        }
        if details:
            context["details"] = describe_details(run, self.admin_site.name)
        return context

    def progress_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Progress as JSON, with the drawn parts of the page, so that words have one home."""
        run = self._get_run(request, pk)
        details = has_live_details(run) or not run.is_active
        context = self._describe(run, details=details)
        progress = context["progress"]
        names = {"cai-progress": "run_progress"}
        if details:
            names["cai-details"] = "run_details"
        return JsonResponse(
            {
                "state": run.state,
                "active": run.is_active,
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

    def command_view(self, request: HttpRequest, pk: int, command: str) -> HttpResponse:
        """Cancel, pause, resume or retry, as a button of the page asks."""
        demand(request, CATEGORIZE)
        run = get_object_or_404(Run, pk=pk)
        verbs: dict[str, Callable[[], Any]] = {
            "cancel": partial(cancel_run, run, request.user),
            "pause": partial(pause_run, run, request.user),
            "resume": partial(resume_run, run, request.user),
            "retry": partial(retry_failed, run, request.user),
        }
        verb = verbs.get(command)
        if verb is not None and (done := attempt(request, verb)) is not None:
            messages.success(request, _tell_command(command, done))
        return self._go_to(run)

    def real_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Start the real run over the products of a dry run, and show it."""
        demand(request, CATEGORIZE)
        run = get_object_or_404(Run, pk=pk, dry_run=True)
        started: Run | None = attempt(request, partial(run_for_real, run, request.user))
        if started is not None:
            messages.success(request, gettext("The real run was started."))
        return self._go_to(started or run)

    def roll_back_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """First what rolling back would do; after a POST, the deed."""
        demand(request, ROLL_BACK)
        run = get_object_or_404(Run, pk=pk)
        if request.method == "POST":
            reviewed = attempt(request, partial(roll_back, run, request.user))
            if reviewed is not None:
                messages.success(request, _tell_rollback(reviewed.done))
                for error in dict.fromkeys(reviewed.errors):
                    messages.warning(request, error)
            return self._go_to(run)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Roll back %(run)s") % {"run": run},
            "opts": self.opts,
            "run": run,
            "preview": preview_rollback(run),
            "back": find_url("catalog_ai_run_change", run.pk, site=self.admin_site.name),
        }
        return TemplateResponse(request, "admin/catalog_ai/roll_back.html", context)

    def _go_to(self, run: Run) -> HttpResponse:
        site = self.admin_site.name
        return HttpResponseRedirect(find_url("catalog_ai_run_change", run.pk, site=site))


def _tell_command(command: str, done: Any) -> str:
    if command == "retry":
        text = ngettext(
            "%(count)d product is being tried again.",
            "%(count)d products are being tried again.",
            done,
        )
        return text % {"count": done}
    return {
        "cancel": gettext("The run was cancelled. What it had done stays."),
        "pause": gettext("The run is paused."),
        "resume": gettext("The run goes on."),
    }[command]


def _tell_rollback(count: int) -> str:
    text = ngettext(
        "%(count)d product was put back as it was.",
        "%(count)d products were put back as they were.",
        count,
    )
    return text % {"count": count}
