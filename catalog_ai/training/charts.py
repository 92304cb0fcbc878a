"""Charts as inline SVG: no library, no script, readable in a mail."""

from collections.abc import Mapping, Sequence
from html import escape

Point = tuple[float, float]
SIZE = 260
COLOURS = ("#1f5fa8", "#c2571a", "#2f7d3b", "#7a3e9d", "#a32a3c", "#5a6470")


def draw_curves(
    title: str,
    curves: Mapping[str, Sequence[Point]],
    axes: tuple[str, str],
    *,
    diagonal: bool = False,
) -> str:
    """Lines through points with both coordinates 0-1, the first the horizontal one."""
    lines = [_line([(0, 0), (1, 1)], "#bbb", dashed=True)] if diagonal else []
    for at, (name, points) in enumerate(curves.items()):
        colour = COLOURS[at % len(COLOURS)]
        lines.append(_line(points, colour))
        lines.append(
            f'<text x="{SIZE + 44}" y="{16 + 15 * at}" fill="{colour}">{escape(name)}</text>'
        )
    return _frame(title, "".join(lines), axes, SIZE + 240)


def draw_bars(title: str, values: dict[str, float]) -> str:
    """Horizontal bars, the longest as wide as the chart."""
    top = max(values.values(), default=1) or 1
    rows = "".join(
        f'<text x="170" y="{14 + 16 * at}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="176" y="{4 + 16 * at}" width="{220 * value / top:.1f}" height="12" '
        f'fill="{COLOURS[0]}"/><text x="{182 + 220 * value / top:.1f}" y="{14 + 16 * at}">'
        f"{value:g}</text>"
        for at, (name, value) in enumerate(values.items())
    )
    height = 16 * len(values) + 12
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg width="470" height="{height}" role="img" aria-label="{escape(title)}">{rows}</svg>'
        "</figure>"
    )


def draw_confusion(title: str, names: Sequence[str], table: Sequence[Sequence[int]]) -> str:
    """A grid, row = truth, column = prediction, darker = a larger share of the row."""
    side = max(5, min(18, 700 // max(len(names), 1)))
    cells = [
        f'<rect x="{150 + side * column}" y="{side * row}" width="{side}" height="{side}" '
        f'fill="{COLOURS[0] if row == column else COLOURS[4]}" '
        f'fill-opacity="{min(1.0, count / max(sum(counts), 1)):.3f}">'
        f"<title>{escape(names[row])}: {count} x {escape(names[column])}</title></rect>"
        for row, counts in enumerate(table)
        for column, count in enumerate(counts)
        if count
    ]
    texts = [
        f'<text x="146" y="{side * row + side * 0.8:.1f}" text-anchor="end" '
        f'font-size="{min(side, 11)}">{escape(name)}</text>'
        for row, name in enumerate(names)
    ]
    width, height = 150 + side * len(names), side * len(names)
    return (
        f"<figure><figcaption>{escape(title)}</figcaption><svg width='{width}' height='{height}' "
        f"role='img' aria-label='{escape(title)}'>{''.join(texts + cells)}</svg></figure>"
    )


def _line(points: Sequence[Point], colour: str, *, dashed: bool = False) -> str:
    path = " ".join(f"{30 + SIZE * x:.1f},{4 + SIZE * (1 - y):.1f}" for x, y in points)
    dash = ' stroke-dasharray="4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"{dash}/>'


def _frame(title: str, inside: str, axes: tuple[str, str], width: int) -> str:
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg width="{width}" height="{SIZE + 34}" role="img" aria-label="{escape(title)}">'
        f'<rect x="30" y="4" width="{SIZE}" height="{SIZE}" fill="none" stroke="#999"/>'
        f'<text x="{30 + SIZE // 2}" y="{SIZE + 28}" text-anchor="middle">{escape(axes[0])}</text>'
        f'<text x="12" y="{SIZE // 2}" transform="rotate(-90 12 {SIZE // 2})" '
        f'text-anchor="middle">{escape(axes[1])}</text>'
        f'<text x="30" y="{SIZE + 16}">0</text><text x="{SIZE + 24}" y="{SIZE + 16}">1</text>'
        f"{inside}</svg></figure>"
    )
