"""Addresses of our own pages that are no list of rows: they hang on the admin of runs."""

from functools import partial

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from catalog_ai.admin.budgets import get_threshold_urls
from catalog_ai.admin.dashboard import show_dashboard
from catalog_ai.admin.export import show_export
from catalog_ai.admin.health import show_health
from catalog_ai.admin.home import show_home
from catalog_ai.admin.review import get_review_urls
from catalog_ai.admin.try_one import show_try_one


def get_page_urls(site: AdminSite) -> list[URLPattern]:
    """Start page, dashboard, catalogue health, try one, export, thresholds and the review queue."""
    wrap = site.admin_view
    return [
        path("home/", wrap(partial(show_home, site)), name="catalog_ai_home"),
        path("dashboard/", wrap(partial(show_dashboard, site)), name="catalog_ai_dashboard"),
        path("health/", wrap(partial(show_health, site)), name="catalog_ai_health"),
        path("try/", wrap(partial(show_try_one, site)), name="catalog_ai_try"),
        path("export/", wrap(partial(show_export, site)), name="catalog_ai_export"),
        *get_threshold_urls(site),
        *get_review_urls(site),
    ]
