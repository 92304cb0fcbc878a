"""The page of the dashboard, and its figures as files."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.access import demand_runs, find_url, list_rights
from catalog_ai.admin.dashboard.by_name import (
    chart_acceptance,
    chart_backlog,
    chart_confidence,
    chart_corrections,
    chart_labels,
    chart_reviewers,
)
from catalog_ai.admin.dashboard.chart import Chart
from catalog_ai.admin.dashboard.files import send_chart
from catalog_ai.admin.dashboard.headlines import list_headlines
from catalog_ai.admin.dashboard.links import Links, make_links
from catalog_ai.admin.dashboard.over_time import chart_filed, chart_models, chart_throughput
from catalog_ai.admin.targets import list_targets
from catalog_ai.models import Run
from catalog_ai.targets import get_targets
from catalog_ai.workflow.statistics import (
    BadPeriod,
    Period,
    Statistics,
    gather_statistics,
    read_period,
)

PERIODS = {
    "7": _("7 days"),
    "30": _("30 days"),
    "90": _("90 days"),
    "all": _("All"),
}


def show_dashboard(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """The page, or with ?csv= the figures of one of its charts."""
    demand_runs(request)
    try:
        period = read_period(request.GET)
    except BadPeriod as refused:
        messages.warning(request, str(refused))
        period = read_period({})
    target = _read_target(request)
    found = gather_statistics(target, period, request.user) if target else None
    links = make_links(site, request, target) if target else Links(target)
    charts = list_charts(found, links) if found else []
    address = urlencode(_list_filters(period, target))
    if "csv" in request.GET:
        if found and found.uncounted:
            messages.warning(request, gettext("The figures are still being counted: no file yet."))
            return HttpResponseRedirect(f"?{address}")
        return send_chart(charts, request.GET["csv"])
    context = {
        **site.each_context(request),
        "title": gettext("Dashboard"),
        "opts": Run._meta,
        "period": period,
        "periods": PERIODS.items(),
        "target": target,
        "targets": list_targets(),
        "address": address,
        "found": found,
        "charts": charts,
        "headlines": list_headlines(found, links) if found else [],
        "empty": not found or not (found.products or found.acceptance.decided or found.backlog),
        "home_url": find_url("catalog_ai_home", site=site.name),
        "review_url": find_url("catalog_ai_review", site=site.name),
        "rights": list_rights(request),
    }
    return TemplateResponse(request, "admin/catalog_ai/dashboard.html", context)


def list_charts(found: Statistics, links: Links) -> list[Chart]:
    """All charts that have something to show, in the page's order."""
    made = (
        chart_throughput(found),
        chart_filed(found),
        chart_labels(found, links),
        chart_confidence(found, links),
        chart_acceptance(found, links),
        chart_models(found),
        chart_backlog(found, links),
        chart_corrections(found, links),
        chart_reviewers(found),
    )
    return [chart for chart in made if chart]


def _read_target(request: HttpRequest) -> str:
    """The product model that the address names, else the first; empty where there is none."""
    targets = list(get_targets())
    asked = request.GET.get("target", "")
    return asked if asked in targets else next(iter(targets), "")


def _list_filters(period: Period, target: str) -> dict[str, str]:
    found = {"target": target, "period": period.name}
    if period.name == "own":
        found |= {"from": str(period.first), "to": str(period.last)}
    return found
