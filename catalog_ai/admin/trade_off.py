"""The trade-off as a chart: how much is filed without a person, and how much of that is wrong."""

import math
from collections.abc import Sequence

import pygal
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from catalog_ai.admin.dashboard.chart import Cell, Chart
from catalog_ai.admin.dashboard.plots import SIZE, render_plot
from catalog_ai.admin.thresholds_setting import SENSITIVITIES, Setting
from catalog_ai.percent import write_percent
from catalog_ai.workflow.sample import Sample
from catalog_ai.workflow.simulate import TradeOff, simulate, trace_trade_off

KEY = "trade-off"
SAME = 0.01  # points nearer than that, in both directions, are one
PRESETS = {0.0, 0.5, 1.0}  # sensitivities
TICKS = 5  # about so many
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)

Point = tuple[str, TradeOff]


def chart_trade_off(setting: Setting, sample: Sample) -> Chart | None:
    """Strict to permissive as a line; the presets, what is in force and what is tried as points."""
    if not sample.waiting.size:
        return None
    curve = trace_trade_off(sample, setting.find_at)
    points = _merge([*_list_presets(curve), *_list_present(setting, sample)])
    title = gettext("More filed, or fewer mistakes")
    told = gettext(
        "Each point of the line is a sensitivity for all labels, from strict to permissive."
    )
    lines: list[list[Cell]] = [
        [name, *_tell(point)] for name, point in sorted(points, key=lambda one: one[1].share_filed)
    ]
    heads = [
        gettext("Thresholds"),
        gettext("Filed without a person, per cent"),
        gettext("Of these wrong, per cent"),
        gettext("At least"),
        gettext("At most"),
    ]
    legend = [gettext("Wrong, expected"), gettext("At most, by the interval")]
    described = "; ".join(
        f"{name}: {write_percent(filed)}, {write_percent(wrong)}"
        for name, filed, wrong, *_rest in lines
    )
    plot = draw_trade_off(title, f"{told} {described}", curve, points)
    return Chart(KEY, title, told, heads, lines, plot=plot, legend=legend)


def _list_presets(curve: Sequence[TradeOff]) -> list[Point]:
    names = {float(value): str(name) for value, name in SENSITIVITIES if value}
    return [(names[one.sensitivity], one) for one in curve if one.sensitivity in PRESETS]


def _list_present(setting: Setting, sample: Sample) -> list[Point]:
    """What is in force and, where it is something else, what is tried."""
    tried = [] if setting.is_now else [(gettext("Tried"), setting)]
    return [
        (name, _find_point(one, sample)) for name, one in [(gettext("Now"), setting.drop()), *tried]
    ]


def _find_point(setting: Setting, sample: Sample) -> TradeOff:
    found = simulate(sample, setting.find_all())
    return TradeOff(-1, found.share_filed, found.error)


def _write_share(share: float) -> str:
    return write_percent(f"{100 * share:.3g}")


def _merge(points: Sequence[Point]) -> list[Point]:
    """Points in one place have one name, or their names would lie over each other."""
    merged: list[Point] = []
    for name, point in points:
        for place, (other, there) in enumerate(merged):
            far = abs(there.share_filed - point.share_filed) > SAME
            if not far and abs(there.error.error - point.error.error) <= SAME / 4:
                merged[place] = (f"{other}, {name}", there)
                break
        else:
            merged.append((name, point))
    return merged


def draw_trade_off(
    name: str, told: str, curve: Sequence[TradeOff], points: Sequence[Point]
) -> SafeString:
    """Share filed (0-1) to the right, expected error (0-1) upwards."""
    shares = [one.share_filed for one in (*curve, *(point for _name, point in points))]
    # A step of room on either side, for the names of the points.
    across = _list_ticks(min(shares) - 0.05, max(shares) + 0.05)
    upwards = _list_ticks(0, max(one.error.upper for one in curve))
    chart = pygal.XY(
        **SIZE,
        js=[],
        margin=8,
        margin_right=28,
        show_legend=False,
        print_labels=True,
        dots_size=5,
        xrange=(across[0], across[-1]),
        range=(0, upwards[-1]),
        x_labels=across,
        y_labels=upwards,
        x_title=gettext("Filed without a person"),
        truncate_label=-1,
    )
    chart.value_formatter = chart.x_value_formatter = _write_share
    for title, pairs in (
        ("error", [(one.share_filed, one.error.error) for one in curve]),
        ("upper", [(one.share_filed, one.error.upper) for one in curve]),
    ):
        chart.add(title, pairs, show_dots=False)
    places = [
        {"value": (point.share_filed, point.error.error), "label": title} for title, point in points
    ]
    tried = [place for place in places if place["label"] == gettext("Tried")]
    chart.add("points", [place for place in places if place not in tried], stroke=False)
    chart.add("tried", tried, stroke=False)  # its name lies below, where the style sheet puts it
    return render_plot(chart, name, told)


def _list_ticks(low: float, high: float) -> list[float]:
    """Round numbers, a handful of them, from at or below `low` to at or above `high`."""
    step = next(step for step in STEPS if (high - low) / step <= TICKS)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * number for number in range(first, max(last, first + 1) + 1)]


def _tell(point: TradeOff) -> list[Cell]:
    error = point.error
    shares = (point.share_filed, error.error, error.lower, error.upper)
    return [round(100 * share, 1) for share in shares]
