"""The dashboard: what was done in a period, how well, and what still waits."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.access import ANY, demand, find_url, list_rights
from catalog_ai.admin.dashboard_charts import Line, draw_bars, draw_shares
from catalog_ai.admin.display import (
    Bar,
    format_count,
    format_percent,
    make_bar,
    make_count_bars,
    name_label,
)
from catalog_ai.admin.export import send_csv
from catalog_ai.models import Run
from catalog_ai.targets import get_targets
from catalog_ai.workflow.export_lines import protect_cell
from catalog_ai.workflow.permissions import is_allowed
from catalog_ai.workflow.queue_counts import DAY, MONTH, WEEK
from catalog_ai.workflow.statistics import (
    BadPeriod,
    Period,
    Statistics,
    Tally,
    gather_statistics,
    read_period,
)

PERIODS = {
    "7": _("7 days"),
    "30": _("30 days"),
    "90": _("90 days"),
    "all": _("All"),
}
AGES = {
    "": _("Under a day"),
    DAY: _("A day to a week"),
    WEEK: _("A week to a month"),
    MONTH: _("Over a month"),
}
SHOWN = 10  # bars of a chart; its table and file have the rest
MODELS = 4  # versions that a chart can tell apart

Cell = str | int | float


@dataclass
class Chart:
    """One chart with its figures; `heads` and `lines` are its table and its file."""

    key: str
    title: str
    note: str
    heads: list[str]
    lines: list[list[Cell]]
    bars: list[Bar] = field(default_factory=list)
    plot: SafeString | str = ""
    legend: list[str] = field(default_factory=list)


def show_dashboard(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """The page, or with ?csv= the figures of one of its charts."""
    if not is_allowed(request.user, "catalog_ai.view_run"):
        demand(request, *ANY)
    try:
        period = read_period(request.GET)
    except BadPeriod as refused:
        messages.warning(request, str(refused))
        period = read_period({})
    target = _read_target(request)
    found = gather_statistics(target, period, request.user) if target else None
    charts = [chart for make in CHARTS if found and (chart := make(found))]
    if "csv" in request.GET:
        return send_chart(charts, request.GET["csv"])
    context = {
        **site.each_context(request),
        "title": gettext("Dashboard"),
        "opts": Run._meta,
        "period": period,
        "periods": PERIODS.items(),
        "target": target,
        "targets": [
            (key, one.get_model()._meta.verbose_name_plural) for key, one in get_targets().items()
        ],
        "address": urlencode(_list_filters(period, target)),
        "charts": charts,
        "headlines": _list_headlines(found) if found else [],
        "empty": not found or not (found.products or found.acceptance.decided or found.backlog),
        "home_url": find_url("catalog_ai_home", site=site.name),
        "review_url": find_url("catalog_ai_review", site=site.name),
        "rights": list_rights(request),
    }
    return TemplateResponse(request, "admin/catalog_ai/dashboard.html", context)


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


def send_chart(charts: list[Chart], key: str) -> HttpResponseBase:
    """The figures of one of the charts as a CSV file."""
    chart = next((chart for chart in charts if chart.key == key), None)
    if chart is None:
        raise Http404
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    lines: list[list[Cell]] = [[*chart.heads], *chart.lines]
    writer.writerows([protect_cell(cell) for cell in line] for line in lines)
    return send_csv([buffer.getvalue()], f"dashboard-{key}")


def _list_headlines(found: Statistics) -> list[tuple[str, str, str]]:
    """(what, how much, more of it)."""
    low, high = found.acceptance.interval
    between = {"low": format_percent(low), "high": format_percent(high)}
    sure = gettext("95 %% interval: %(low)s to %(high)s") % between
    filed = found.filed / found.products if found.products else None
    return [
        (gettext("Products categorised"), format_count(found.products), ""),
        (
            gettext("Filed by itself"),
            format_percent(filed),
            gettext("%(count)s products") % {"count": format_count(found.filed)},
        ),
        (gettext("Waiting for a person"), format_count(found.backlog), gettext("Now")),
        (gettext("Suggestions decided"), format_count(found.acceptance.decided), ""),
        (
            gettext("Accepted by people"),
            format_percent(found.acceptance.share),
            sure if found.acceptance.decided else gettext("Nothing decided yet"),
        ),
    ]


def chart_throughput(found: Statistics) -> Chart:
    lines: list[list[Cell]] = [[str(step.day), step.products] for step in found.steps]
    title = gettext("Products categorised over time")
    busiest = max(found.steps, key=lambda step: step.products)
    told = gettext("Most on %(day)s: %(count)d products.") % {
        "day": date_format(busiest.day, "DATE_FORMAT"),
        "count": busiest.products,
    }
    plot = draw_bars(
        title, told, _days(found), Line(title, [step.products for step in found.steps])
    )
    heads = [gettext("From"), gettext("Products")]
    return Chart("throughput", title, told, heads, lines, plot=plot)


def chart_filed(found: Statistics) -> Chart:
    title = gettext("Filed by itself over time")
    told = gettext("Share of the products that were filed without a person.")
    line = Line(title, [step.filed_share for step in found.steps])
    lines: list[list[Cell]] = [
        [str(step.day), step.filed, step.products, _percent(step.filed_share)]
        for step in found.steps
    ]
    heads = [gettext("From"), gettext("Filed by itself"), gettext("Products"), gettext("Per cent")]
    plot = draw_shares(title, told, _days(found), [line])
    return Chart("filed", title, told, heads, lines, plot=plot)


def chart_models(found: Statistics) -> Chart | None:
    """Acceptance over time, a line for each of the model versions with most decisions."""
    decided: dict[str, int] = {}
    for step in found.steps:
        for version, tally in step.models.items():
            decided[version] = decided.get(version, 0) + tally.decided
    versions = sorted(decided, key=lambda version: (-decided[version], version))
    none = Tally()
    drawn = []
    for version in versions[:MODELS]:
        tallies = [step.models.get(version, none) for step in found.steps]
        shares, spans = [t.share for t in tallies], [t.interval for t in tallies]
        drawn.append(Line(version, shares, spans))
    if not drawn:
        return None
    lines = [
        [str(step.day), version, *_tell_tally(step.models[version])]
        for step in found.steps
        for version in versions
        if version in step.models
    ]
    title = gettext("Accepted by people, by model version")
    told = gettext("Approved of all suggestions decided; whiskers are 95 % intervals.")
    plot = draw_shares(title, told, _days(found), drawn)
    heads = [gettext("From"), gettext("Model version"), *map(str, TALLY_HEADS)]
    return Chart("models", title, told, heads, lines, plot=plot, legend=versions[:MODELS])


def chart_labels(found: Statistics) -> Chart | None:
    ranked = sorted(found.labels.items(), key=lambda pair: (-pair[1].count, pair[0]))
    named = [(_name(label), figures) for label, figures in ranked]
    lines: list[list[Cell]] = [
        [name, figures.count, _percent(figures.confidence)] for name, figures in named
    ]
    bars = make_count_bars([(name, figures.count) for name, figures in named[:SHOWN]])
    heads = [gettext("Label"), gettext("Products"), gettext("Mean confidence, per cent")]
    note = gettext("Likeliest label of each product.")
    return _barred("labels", gettext("Most frequent labels"), note, heads, lines, bars)


def chart_confidence(found: Statistics) -> Chart | None:
    counted = [(label, one) for label, one in found.labels.items() if label]
    ranked = sorted(counted, key=lambda pair: (-pair[1].confidence, pair[0]))
    lines: list[list[Cell]] = [
        [_name(label), _percent(one.confidence), one.count] for label, one in ranked
    ]
    frequent = sorted(ranked, key=lambda pair: -pair[1].count)[:SHOWN]
    bars = [make_bar(_name(k), v.confidence) for k, v in ranked if (k, v) in frequent]
    heads = [gettext("Label"), gettext("Mean confidence, per cent"), gettext("Products")]
    note = gettext("Mean confidence of the most frequent labels.")
    return _barred("confidence", gettext("How sure the model was"), note, heads, lines, bars)


def chart_acceptance(found: Statistics) -> Chart | None:
    ranked = sorted(found.accepted.items(), key=lambda pair: (-pair[1].decided, pair[0]))
    lines = [[_name(label), *_tell_tally(tally)] for label, tally in ranked]
    bars = [
        make_bar(_name(label), tally.share or 0, review=tally.interval[0], auto=tally.interval[1])
        for label, tally in ranked[:SHOWN]
    ]
    heads = [gettext("Label"), *map(str, TALLY_HEADS)]
    note = gettext("Most decided first. The marks are the ends of the 95 % interval.")
    return _barred("acceptance", gettext("Accepted by people, by label"), note, heads, lines, bars)


def chart_backlog(found: Statistics) -> Chart | None:
    counts = [(str(AGES[age]), count) for age, count in found.ages]
    lines: list[list[Cell]] = [[name, count] for name, count in counts]
    heads = [gettext("Waiting since"), gettext("Products")]
    bars = make_count_bars(counts) if found.backlog else []
    note = gettext("How long products have waited for a person, now.")
    return _barred("backlog", gettext("Age of the review queue"), note, heads, lines, bars)


def chart_corrections(found: Statistics) -> Chart | None:
    lines: list[list[Cell]] = [[_name(a), b, count] for a, b, count in found.corrections]
    bars = make_count_bars([(f"{_name(a)} → {b}", count) for a, b, count in found.corrections])
    heads = [gettext("The model said"), gettext("People chose"), gettext("Products")]
    note = gettext("What the model said, and what people chose instead.")
    return _barred("corrections", gettext("Most corrected"), note, heads, lines, bars[:SHOWN])


def chart_reviewers(found: Statistics) -> Chart | None:
    people = found.reviewers or []
    lines: list[list[Cell]] = [
        [one.name, one.products, one.hours, round(one.pace, 1)] for one in people
    ]
    counted = make_count_bars([(one.name, round(one.pace)) for one in people[:SHOWN]])
    heads = [gettext("Reviewer"), gettext("Products"), gettext("Hours"), gettext("In an hour")]
    note = gettext("Products decided in an hour in which the person decided at all.")
    return _barred("reviewers", gettext("Pace of the reviewers"), note, heads, lines, counted)


CHARTS: tuple[Callable[[Statistics], Chart | None], ...] = (
    chart_throughput,
    chart_filed,
    chart_labels,
    chart_confidence,
    chart_acceptance,
    chart_models,
    chart_backlog,
    chart_corrections,
    chart_reviewers,
)
TALLY_HEADS = (_("Approved"), _("Decided"), _("Per cent"), _("At least"), _("At most"))


def _barred(
    key: str, title: str, note: str, heads: list[str], lines: list[list[Cell]], bars: list[Bar]
) -> Chart | None:
    return Chart(key, title, note, heads, lines, bars=bars) if bars else None


def _tell_tally(tally: Tally) -> list[Cell]:
    ends = [_percent(end) for end in tally.interval]
    return [tally.approved, tally.decided, _percent(tally.share), *ends]


def _percent(share: float | None) -> Cell:
    return "" if share is None else round(100 * share, 1)


def _name(label: str) -> str:
    return name_label(label) if label else gettext("Nothing recognised")


def _days(found: Statistics) -> list[str]:
    return [date_format(step.day, "j M") for step in found.steps]
