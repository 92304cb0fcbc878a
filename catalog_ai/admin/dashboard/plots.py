"""Charts over time as SVG for the page: drawn by pygal, coloured by the admin's own style sheet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import pygal
from django.utils.safestring import SafeString

from catalog_ai.percent import write_percent

# Wide enough for a desk and, at half the size, still to be read on a phone.
SIZE = {"width": 480, "height": 240}
LABELS = 4  # at most so many dates are written below a chart
DROPPED = ("defs", "desc", "title")


@dataclass(frozen=True)
class Line:
    """One series: a value for each step, None where there is none, and intervals where known."""

    name: str
    values: Sequence[float | None]
    intervals: Sequence[tuple[float, float]] = ()

    def list_points(self) -> list[Any]:
        if not self.intervals:
            return list(self.values)
        pairs = zip(self.values, self.intervals, strict=True)
        return [
            None if value is None else {"value": value, "ci": {"low": low, "high": high}}
            for value, (low, high) in pairs
        ]


def draw_bars(name: str, told: str, steps: Sequence[str], line: Line) -> SafeString:
    """Counts by step."""
    largest = max((value or 0 for value in line.values), default=0)
    chart = pygal.Bar(**_options(steps), range=(0, max(largest, 4)), min_scale=2, max_scale=5)
    chart.value_formatter = lambda value: f"{value:.0f}"
    return _render(chart, name, told, [line])


def draw_shares(name: str, told: str, steps: Sequence[str], lines: Sequence[Line]) -> SafeString:
    """Shares (0-1) by step, always on a scale from none to all."""
    chart = pygal.Line(
        **_options(steps), range=(0, 1), allow_interruptions=True, y_labels=[0, 0.25, 0.5, 0.75, 1]
    )
    chart.value_formatter = lambda value: write_percent(f"{100 * value:.0f}")
    return _render(chart, name, told, lines)


def _options(steps: Sequence[str]) -> dict[str, Any]:
    every = -(-len(steps) // LABELS) or 1
    return {
        **SIZE,
        "js": [],
        "margin": 8,
        "show_legend": False,
        "dots_size": 3,
        "x_labels": list(steps),
        "x_labels_major": list(steps[::every]),
        "show_minor_x_labels": False,
        "truncate_label": -1,
    }


def _render(chart: Any, name: str, told: str, lines: Sequence[Line]) -> SafeString:
    for line in lines:
        chart.add(line.name, line.list_points())
    return render_plot(chart, name, told)


def render_plot(chart: Any, name: str, told: str) -> SafeString:
    """A filled chart as SVG for the page, with its name and its description."""
    chart.add_xml_filter(lambda root: _clean(root, name, told))
    # All text in it was escaped by the XML writer.
    drawn: str = chart.render(is_unicode=True, disable_xml_declaration=True)
    return SafeString(drawn)


def _clean(root: Element, name: str, told: str) -> Element:
    """Without pygal's own style, scripts and hover texts; with a name and a description."""
    for parent in list(root.iter()):
        for child in [child for child in parent if _is_dropped(child)]:
            parent.remove(child)
    ids = f"{root.get('id')}-title", f"{root.get('id')}-desc"
    for place, (tag, key, text) in enumerate(
        zip(("title", "desc"), ids, (name, told), strict=True)
    ):
        element = SubElement(root, tag, {"id": key})
        element.text = text
        root.remove(element)
        root.insert(place, element)
    root.set("role", "img")
    root.set("aria-labelledby", ids[0])
    root.set("aria-describedby", ids[1])
    root.set("class", "cai-plot")
    return root


def _is_dropped(part: Element) -> bool:
    name = str(part.tag).rpartition("}")[2]
    is_comment = not isinstance(part.tag, str)
    return is_comment or name in DROPPED or (name == "g" and "tooltip" in part.get("class", ""))
