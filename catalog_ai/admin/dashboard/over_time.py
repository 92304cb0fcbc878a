"""Charts over time: how much, how much of it by itself, and how right each model was."""

from django.utils.formats import date_format
from django.utils.translation import gettext

from catalog_ai.admin.dashboard.chart import (
    TALLY_HEADS,
    Cell,
    Chart,
    tell_percent,
    tell_tally,
)
from catalog_ai.admin.dashboard.plots import Line, draw_bars, draw_shares
from catalog_ai.workflow.statistics import Statistics, Tally

MODELS = 4  # versions that a chart can tell apart


def chart_throughput(found: Statistics) -> Chart:
    lines: list[list[Cell]] = [[str(step.day), step.products] for step in found.steps]
    title = gettext("Products categorised over time")
    busiest = max(found.steps, key=lambda step: step.products)
    told = gettext("Most on %(day)s: %(count)d products.") % {
        "day": date_format(busiest.day, "DATE_FORMAT"),
        "count": busiest.products,
    }
    plot = draw_bars(
        title, told, _name_days(found), Line(title, [step.products for step in found.steps])
    )
    heads = [gettext("From"), gettext("Products")]
    return Chart("throughput", title, told, heads, lines, plot=plot)


def chart_filed(found: Statistics) -> Chart:
    title = gettext("Filed by itself over time")
    told = gettext("Share of the products that were filed without a person.")
    line = Line(title, [step.filed_share for step in found.steps])
    lines: list[list[Cell]] = [
        [str(step.day), step.filed, step.products, tell_percent(step.filed_share)]
        for step in found.steps
    ]
    heads = [gettext("From"), gettext("Filed by itself"), gettext("Products"), gettext("Per cent")]
    plot = draw_shares(title, told, _name_days(found), [line])
    return Chart("filed", title, told, heads, lines, plot=plot)


def chart_models(found: Statistics) -> Chart | None:
    """Acceptance over time, a line for each of the model versions with most decisions."""
    versions = _rank_versions(found)
    if not versions:
        return None
    none = Tally()
    drawn = []
    for version in versions[:MODELS]:
        tallies = [step.models.get(version, none) for step in found.steps]
        shares, spans = [t.share for t in tallies], [t.interval for t in tallies]
        drawn.append(Line(version, shares, spans))
    lines = [
        [str(step.day), version, *tell_tally(step.models[version])]
        for step in found.steps
        for version in versions
        if version in step.models
    ]
    title = gettext("Accepted by people, by model version")
    told = gettext("Approved of all suggestions decided; whiskers are 95 % intervals.")
    plot = draw_shares(title, told, _name_days(found), drawn)
    heads = [gettext("From"), gettext("Model version"), *map(str, TALLY_HEADS)]
    return Chart("models", title, told, heads, lines, plot=plot, legend=versions[:MODELS])


def _rank_versions(found: Statistics) -> list[str]:
    """Most decided first."""
    decided: dict[str, int] = {}
    for step in found.steps:
        for version, tally in step.models.items():
            decided[version] = decided.get(version, 0) + tally.decided
    return sorted(decided, key=lambda version: (-decided[version], version))


def _name_days(found: Statistics) -> list[str]:
    return [date_format(step.day, "j M") for step in found.steps]
