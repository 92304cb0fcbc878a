"""Runs in the admin: the list, and the addresses of what belongs to one run."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.access import find_url, list_rights, may
from catalog_ai.admin.display import describe_run_state
from catalog_ai.admin.pages import get_page_urls
from catalog_ai.admin.read_only import ReadOnlyAdmin
from catalog_ai.admin.run_changes import show_change, show_changes
from catalog_ai.admin.run_commands import do_command, do_for_real
from catalog_ai.admin.run_filters import SourceFilter
from catalog_ai.admin.run_page import INCLUDES, show_charts, show_progress, show_run
from catalog_ai.admin.run_rollback import (
    do_rollback_command,
    show_preview,
    show_rollback,
    show_rollback_progress,
)
from catalog_ai.admin.site import wrap_page
from catalog_ai.admin.targets import name_target
from catalog_ai.models import Run
from catalog_ai.workflow.permissions import ANY

Place = tuple[str, str, Callable[..., HttpResponse]]  # end of the address, of the name, and view


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    list_display = (
        "number",
        "state_badge",
        "created_at",
        "progress",
        "total",
        "filed",
        "review",
        "unidentified",
        "created_by",
        "source",
        "product_model",
    )
    list_filter = (SourceFilter, "state", "dry_run")
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
        return render_to_string(f"{INCLUDES}/badge.html", describe_run_state(run))

    @admin.display(description=_("Progress"))
    def progress(self, run: Run) -> SafeString:
        return render_to_string(f"{INCLUDES}/progress.html", {"run": run})

    @admin.display(description=_("product model"), ordering="target")
    def product_model(self, run: Run) -> str:
        return name_target(run.target)

    def get_urls(self) -> list[URLPattern]:
        site = self.admin_site
        pages: list[Place] = [
            ("progress", "progress", show_progress),
            ("charts", "charts", show_charts),
            ("changes", "changes", show_changes),
            ("changes/<int:change>", "change_products", show_change),
            ("roll-back", "roll_back", show_rollback),
            ("roll-back/preview", "preview", show_preview),
            ("roll-back/progress", "roll_back_progress", show_rollback_progress),
        ]
        commands: list[Place] = [
            ("for-real", "real", do_for_real),
            ("roll-back/<str:command>/now", "roll_back_command", do_rollback_command),
            ("<str:command>/now", "command", do_command),
        ]
        views = [(tail, name, wrap_page(site, view)) for tail, name, view in pages]
        views += [(tail, name, wrap_page(site, do, deed=True)) for tail, name, do in commands]
        ours = [
            path(f"<int:pk>/{tail}/", view, name=f"catalog_ai_run_{name}")
            for tail, name, view in views
        ]
        return [*get_page_urls(site), *ours, *super().get_urls()]

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
        return show_run(self.admin_site, request, object_id)
