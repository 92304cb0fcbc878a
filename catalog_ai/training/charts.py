"""Charts as inline SVG: no library, no script, readable in a mail, in the light and in the dark.

Texts and lines take the colour of the page; lines of data take the style's `--data-N`.
"""

from collections.abc import Mapping, Sequence
from html import escape

Point = tuple[float, float]
SIZE = 260
COLOURS = 6
NAME = 150  # pixels for the names of classes
LONGEST = 22  # letters of a name


def draw_curves(
    title: str,
    curves: Mapping[str, Sequence[Point]],
    axes: tuple[str, str],
    *,
    diagonal: bool = False,
) -> str:
    """Lines through points with both coordinates 0-1, the first the horizontal one."""
    lines = [_line([(0, 0), (1, 1)], "--faint", dashed=True)] if diagonal else []
    for at, (name, points) in enumerate(curves.items()):
        colour = f"--data-{at % COLOURS}"
        lines.append(_line(points, colour))
        lines.append(
            f'<rect x="40" y="{SIZE + 44 + 17 * at}" width="14" height="4" '
            f'style="fill:var({colour})"/>'
            f'<text x="60" y="{SIZE + 50 + 17 * at}">{escape(name)}</text>'
        )
    if diagonal:  # few points: show where they are
        lines += [_dot(point) for points in curves.values() for point in points]
    return _frame(title, "".join(lines), axes, SIZE + 48 + 17 * len(curves))


def draw_bars(title: str, values: Mapping[str, float]) -> str:
    """Horizontal bars, the longest as wide as the chart."""
    top = max(values.values(), default=1) or 1
    rows = "".join(
        f'<text x="{NAME}" y="{14 + 18 * at}" text-anchor="end">{_shorten(name)}</text>'
        f'<rect x="{NAME + 6}" y="{4 + 18 * at}" width="{180 * value / top:.1f}" height="12" '
        f'style="fill:var(--data-0)"/>'
        f'<text x="{NAME + 12 + 180 * value / top:.1f}" y="{14 + 18 * at}">{value:g}</text>'
        for at, (name, value) in enumerate(values.items())
    )
    return _wrap(title, rows, NAME + 240, 18 * len(values) + 12)


def draw_confusion(title: str, names: Sequence[str], table: Sequence[Sequence[int]]) -> str:
    """A grid, row = truth, column = prediction, darker = a larger share of the row."""
    side = max(7, min(22, 700 // max(len(names), 1)))
    small, height = min(side, 12), side * len(names)
    cells = [
        f'<rect x="{NAME + side * column}" y="{NAME + side * row}" width="{side}" height="{side}" '
        f'style="fill:var(--data-{0 if row == column else 4})" '
        f'fill-opacity="{0.12 + 0.88 * count / sum(counts):.3f}">'
        f"<title>{escape(names[row])}: {count} x {escape(names[column])}</title></rect>"
        for row, counts in enumerate(table)
        for column, count in enumerate(counts)
        if count
    ]
    texts = [
        f'<text x="{NAME - 6}" y="{NAME + side * (at + 0.75):.1f}" text-anchor="end" '
        f'style="font-size:{small}px">{_shorten(name)}</text>'
        f'<text transform="translate({NAME + side * (at + 0.75):.1f} {NAME - 6}) rotate(-90)" '
        f'style="font-size:{small}px">{_shorten(name)}</text>'
        for at, name in enumerate(names)
    ]
    frame = (
        f'<rect x="{NAME}" y="{NAME}" width="{height}" height="{height}" fill="none" '
        f'style="stroke:var(--faint)"/>'
    )
    inside = frame + "".join(texts + cells)
    return _wrap(title, inside, NAME + height + 2, NAME + height + 2)


def _shorten(name: str) -> str:
    return escape(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…")


def _line(points: Sequence[Point], colour: str, *, dashed: bool = False) -> str:
    path = " ".join(f"{40 + SIZE * x:.1f},{4 + SIZE * (1 - y):.1f}" for x, y in points)
    dash = ' stroke-dasharray="4"' if dashed else ""
    style = f'style="stroke:var({colour})"'
    return f'<polyline points="{path}" fill="none" {style} stroke-width="1.8"{dash}/>'


def _dot(point: Point) -> str:
    x, y = point
    return (
        f'<circle cx="{40 + SIZE * x:.1f}" cy="{4 + SIZE * (1 - y):.1f}" r="3" '
        f'style="fill:var(--data-0)"><title>{x:.2f}, {y:.2f}</title></circle>'
    )


def _frame(title: str, inside: str, axes: tuple[str, str], height: int) -> str:
    """A square from 0 to 1 on both sides, with every fifth marked."""
    marks = "".join(
        f'<text x="{40 + SIZE * at / 5}" y="{SIZE + 18}" text-anchor="middle">{at / 5:g}</text>'
        f'<text x="34" y="{8 + SIZE * (1 - at / 5)}" text-anchor="end">{at / 5:g}</text>'
        for at in range(6)
    )
    whole = (
        f'<rect x="40" y="4" width="{SIZE}" height="{SIZE}" fill="none" '
        f'style="stroke:var(--faint)"/>{marks}'
        f'<text x="{40 + SIZE // 2}" y="{SIZE + 33}" text-anchor="middle">{escape(axes[0])}</text>'
        f'<text x="11" y="{4 + SIZE // 2}" transform="rotate(-90 11 {4 + SIZE // 2})" '
        f'text-anchor="middle">{escape(axes[1])}</text>{inside}'
    )
    return _wrap(title, whole, SIZE + 60, height)


def _wrap(title: str, inside: str, width: float, height: float) -> str:
    """A figure that shrinks with the page, never below what can be read: then it scrolls."""
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><div class="scroll" tabindex="0">'
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'role="img" aria-label="{escape(title)}">{inside}</svg></div></figure>'
    )
