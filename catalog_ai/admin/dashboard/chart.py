"""One chart of the dashboard: bars or a plot, with its figures as table and file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat

from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.display import Bar, name_label
from catalog_ai.workflow.statistics import Tally

SHOWN = 10  # bars of a chart; its table and file have the rest
TALLY_HEADS = (_("Approved"), _("Decided"), _("Per cent"), _("At least"), _("At most"))

Cell = str | int | float


@dataclass
class Chart:
    """One chart with its figures; `heads` and `lines` are its table and its file."""

    key: str
    title: str
    note: str
    heads: list[str]
    lines: list[list[Cell]]
    urls: Sequence[str] = ()  # where the first cell of each line leads; empty: nowhere
    bars: list[Bar] = field(default_factory=list)
    plot: SafeString | str = ""
    legend: list[str] = field(default_factory=list)

    def rows(self) -> Iterator[tuple[str, list[Cell]]]:
        """Lines of the table, each with where it leads."""
        return zip(chain(self.urls, repeat("")), self.lines, strict=False)


def draw_barred(
    key: str,
    title: str,
    note: str,
    heads: list[str],
    lines: list[list[Cell]],
    bars: list[Bar],
    urls: Sequence[str] = (),
) -> Chart | None:
    """A chart of bars; none without a bar. The bars are those of the first `urls`."""
    if not bars:
        return None
    leading = zip(bars, chain(urls, repeat("")), strict=False)
    bars = [bar.leading_to(url) for bar, url in leading]
    return Chart(key, title, note, heads, lines, urls, bars)


def tell_tally(tally: Tally) -> list[Cell]:
    """The cells below TALLY_HEADS."""
    ends = [tell_percent(end) for end in tally.interval]
    return [tally.approved, tally.decided, tell_percent(tally.share), *ends]


def tell_percent(share: float | None) -> Cell:
    return "" if share is None else round(100 * share, 1)


def tell_label(label: str) -> str:
    return name_label(label) if label else gettext("Nothing recognised")
