"""Charts by name: labels, waiting times and reviewers, as bars that lead to what they count."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.dashboard.chart import (
    SHOWN,
    TALLY_HEADS,
    Cell,
    Chart,
    draw_barred,
    tell_label,
    tell_percent,
    tell_tally,
)
from catalog_ai.admin.dashboard.links import Links
from catalog_ai.admin.display import make_bar, make_count_bars
from catalog_ai.workflow.queue_counts import DAY, MONTH, WEEK
from catalog_ai.workflow.statistics import Statistics

AGES = {
    "": _("Under a day"),
    DAY: _("A day to a week"),
    WEEK: _("A week to a month"),
    MONTH: _("Over a month"),
}


def chart_labels(found: Statistics, links: Links) -> Chart | None:
    ranked = sorted(found.labels.items(), key=lambda pair: (-pair[1].count, pair[0]))
    lines: list[list[Cell]] = [
        [tell_label(label), one.count, tell_percent(one.confidence)] for label, one in ranked
    ]
    bars = make_count_bars([(tell_label(label), one.count) for label, one in ranked[:SHOWN]])
    heads = [gettext("Label"), gettext("Products"), gettext("Mean confidence, per cent")]
    note = gettext("Likeliest label of each product.")
    urls = [links.find_products(label) for label, _one in ranked]
    return draw_barred("labels", gettext("Most frequent labels"), note, heads, lines, bars, urls)


def chart_confidence(found: Statistics, links: Links) -> Chart | None:
    counted = [(label, one) for label, one in found.labels.items() if label]
    frequent = sorted(counted, key=lambda pair: (-pair[1].count, pair[0]))
    # The bars first, so that the table begins with them; each part in the order of confidence.
    ranked = [
        pair
        for part in (frequent[:SHOWN], frequent[SHOWN:])
        for pair in sorted(part, key=lambda pair: (-pair[1].confidence, pair[0]))
    ]
    lines: list[list[Cell]] = [
        [tell_label(label), tell_percent(one.confidence), one.count] for label, one in ranked
    ]
    bars = [make_bar(tell_label(label), one.confidence) for label, one in ranked[:SHOWN]]
    heads = [gettext("Label"), gettext("Mean confidence, per cent"), gettext("Products")]
    note = gettext("Mean confidence of the most frequent labels.")
    urls = [links.find_products(label) for label, _one in ranked]
    title = gettext("How sure the model was")
    return draw_barred("confidence", title, note, heads, lines, bars, urls)


def chart_acceptance(found: Statistics, links: Links) -> Chart | None:
    ranked = sorted(found.accepted.items(), key=lambda pair: (-pair[1].decided, pair[0]))
    lines = [[tell_label(label), *tell_tally(tally)] for label, tally in ranked]
    bars = [
        make_bar(
            tell_label(label), tally.share or 0, review=tally.interval[0], auto=tally.interval[1]
        )
        for label, tally in ranked[:SHOWN]
    ]
    heads = [gettext("Label"), *map(str, TALLY_HEADS)]
    note = gettext("Most decided first. The marks are the ends of the 95 per cent interval.")
    urls = [links.find_queue(label=label) for label, _tally in ranked]
    title = gettext("Accepted by people, by label")
    return draw_barred("acceptance", title, note, heads, lines, bars, urls)


def chart_backlog(found: Statistics, links: Links) -> Chart | None:
    counts = [(str(AGES[age]), count) for age, count in found.ages]
    lines: list[list[Cell]] = [[name, count] for name, count in counts]
    heads = [gettext("Waiting since"), gettext("Products")]
    bars = make_count_bars(counts) if found.backlog else []
    note = gettext("How long products have waited for a person, now.")
    # The queue's own filter is "longer than", which is the same for the last one only.
    urls = [links.find_queue(age=age) if age == MONTH and n else "" for age, n in found.ages]
    title = gettext("Age of the review queue")
    return draw_barred("backlog", title, note, heads, lines, bars, urls)


def chart_corrections(found: Statistics, links: Links) -> Chart | None:
    lines: list[list[Cell]] = [[tell_label(a), b, count] for a, b, count in found.corrections]
    pairs = [(f"{tell_label(a)} → {b}", count) for a, b, count in found.corrections]
    bars = make_count_bars(pairs)[:SHOWN]
    heads = [gettext("The model said"), gettext("People chose"), gettext("Products")]
    note = gettext("What the model said, and what people chose instead.")
    urls = [links.find_queue(label=label) for label, _category, _count in found.corrections]
    title = gettext("Most corrected")
    return draw_barred("corrections", title, note, heads, lines, bars, urls)


def chart_reviewers(found: Statistics) -> Chart | None:
    people = found.reviewers or []
    lines: list[list[Cell]] = [
        [one.name, one.products, one.hours, round(one.pace, 1)] for one in people
    ]
    bars = make_count_bars([(one.name, round(one.pace)) for one in people[:SHOWN]])
    heads = [gettext("Reviewer"), gettext("Products"), gettext("Hours"), gettext("In an hour")]
    note = gettext("Products decided in an hour in which the person decided at all.")
    return draw_barred("reviewers", gettext("Pace of the reviewers"), note, heads, lines, bars)
