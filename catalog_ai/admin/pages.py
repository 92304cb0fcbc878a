"""Addresses of our own pages that are no list of rows: they hang on the admin of runs."""

from functools import partial

from django.contrib.admin import AdminSite
from django.urls import URLPattern, path

from catalog_ai.admin.dashboard import show_dashboard
from catalog_ai.admin.export import show_export
from catalog_ai.admin.health import show_health
from catalog_ai.admin.home import show_home
from catalog_ai.admin.photos import get_photo_url
from catalog_ai.admin.review import get_review_urls
from catalog_ai.admin.site import wrap_page
from catalog_ai.admin.threshold_urls import get_threshold_urls
from catalog_ai.admin.try_one import show_try_one


def get_page_urls(site: AdminSite) -> list[URLPattern]:
    """Start page, dashboard, catalogue health, try one, export, thresholds and the review queue."""
    wrap = partial(wrap_page, site)
    return [
        path("home/", wrap(show_home), name="catalog_ai_home"),
        path("dashboard/", wrap(show_dashboard), name="catalog_ai_dashboard"),
        path("health/", wrap(show_health), name="catalog_ai_health"),
        path("try/", wrap(show_try_one), name="catalog_ai_try"),
        path("export/", wrap(show_export), name="catalog_ai_export"),
        get_photo_url(site),
        *get_threshold_urls(site),
        *get_review_urls(site),
    ]
