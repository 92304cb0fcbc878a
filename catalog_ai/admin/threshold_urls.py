"""Addresses of the thresholds page and of all round it."""

from collections.abc import Callable
from typing import Any

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from catalog_ai.admin.budgets import drop_budget, show_budget
from catalog_ai.admin.site import wrap_page
from catalog_ai.admin.threshold_changes import show_changes, undo_changes
from catalog_ai.admin.thresholds import do_hand_over, do_let_file, show_thresholds


def get_threshold_urls(site: AdminSite) -> list[URLPattern]:
    """The thresholds page and all round it."""

    def make(route: str, view: Callable[..., Any], name: str, *, deed: bool = False) -> URLPattern:
        page = wrap_page(site, view, deed=deed)
        return path(f"thresholds/{route}", page, name=f"catalog_ai_{name}")

    return [
        make("", show_thresholds, "thresholds"),
        make("file-again/", do_let_file, "let_file", deed=True),
        make("hand-over/", do_hand_over, "hand_over", deed=True),
        make("budget/", show_budget, "budget"),
        make("budget/drop/", drop_budget, "budget_drop", deed=True),
        make("changes/", show_changes, "threshold_changes"),
        make("changes/undo/", undo_changes, "threshold_undo", deed=True),
    ]
