"""The few figures above the charts."""

from dataclasses import dataclass

from django.utils.translation import gettext

from catalog_ai.admin.dashboard.links import Links
from catalog_ai.admin.display import format_count, format_percent
from catalog_ai.percent import keep_percent
from catalog_ai.workflow.statistics import Statistics


@dataclass(frozen=True)
class Headline:
    """What, how much, and more of it."""

    name: str
    number: str
    note: str = ""
    url: str = ""


def list_headlines(found: Statistics, links: Links) -> list[Headline]:
    low, high = found.acceptance.interval
    between = {"low": format_percent(low), "high": format_percent(high)}
    sure = keep_percent(gettext("95 %% interval: %(low)s to %(high)s") % between)
    filed = found.filed / found.products if found.products else None
    queue = links.find_queue() if found.backlog else ""
    return [
        Headline(
            gettext("Products categorised"),
            format_count(found.products),
            gettext("A product counts each time"),
        ),
        Headline(
            gettext("Filed by itself"),
            format_percent(filed),
            gettext("%(count)s products") % {"count": format_count(found.filed)},
        ),
        Headline(
            gettext("Waiting for a person"), format_count(found.backlog), gettext("Now"), queue
        ),
        Headline(gettext("Suggestions decided"), format_count(found.acceptance.decided)),
        Headline(
            gettext("Accepted by people"),
            format_percent(found.acceptance.share),
            sure if found.acceptance.decided else gettext("Nothing decided yet"),
        ),
    ]
