"""Smooth outlines and lines, and their antialiased masks.

Coordinates are fractions of a square picture: x to the right, y down, both 0 to 1. A point may
carry a third number, 1, which makes it a corner; every other point is passed through smoothly.
Written as text the unit is a thousandth and "!" marks a corner: "500,180 578,110!".
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Array = NDArray[np.float32]
Points = NDArray[np.float64]
Knots = str | Sequence[tuple[float, ...]]
Box = tuple[int, int, int, int]

OVERSAMPLE = 4
STEPS = 10


def read_knots(knots: Knots) -> Sequence[tuple[float, ...]]:
    """The points of an outline that may be written as text."""
    if not isinstance(knots, str):
        return knots
    points = []
    for word in knots.split():
        x, y = word.rstrip("!").split(",")
        points.append((float(x) / 1000, float(y) / 1000, float(word.endswith("!"))))
    return points


def trace(knots: Knots | Points, closed: bool = True) -> Points:
    """A dense line of shape (N, 2) through the knots, sharp at corners and smooth elsewhere."""
    if isinstance(knots, np.ndarray):
        return knots
    knots = read_knots(knots)
    points = np.array([knot[:2] for knot in knots], float)
    corners = [index for index, knot in enumerate(knots) if len(knot) > 2 and knot[2]]
    if not closed:
        return _join_splines(points, sorted({0, *corners, len(points) - 1}))
    if not corners:
        return _spline(points, True)
    points = np.roll(points, -corners[0], axis=0)
    points = np.vstack([points, points[:1]])
    return _join_splines(points, [*(index - corners[0] for index in corners), len(points) - 1])


def _join_splines(points: Points, cuts: list[int]) -> Points:
    """Smooth between the cuts and sharp at them."""
    runs = [points[a : b + 1] for a, b in zip(cuts, cuts[1:], strict=False)]
    return np.concatenate([_spline(run, False) for run in runs])


def _spline(points: Points, closed: bool) -> Points:
    """A cubic Hermite curve with centripetal spacing, which neither loops nor overshoots."""
    if len(points) < 3 and not closed:
        return points
    if closed:
        points = np.vstack([points[-1:], points, points[:2]])
    lengths = np.maximum(np.linalg.norm(np.diff(points, axis=0), axis=1), 1e-6) ** 0.5
    slopes = np.diff(points, axis=0) / lengths[:, None]
    tangents = np.empty_like(points)
    before, after = lengths[:-1, None], lengths[1:, None]
    tangents[1:-1] = (slopes[:-1] * after + slopes[1:] * before) / (before + after)
    tangents[0], tangents[-1] = slopes[0], slopes[-1]
    t = np.linspace(0, 1, STEPS, endpoint=False)[None, :, None]
    a, b = points[:-1, None], points[1:, None]
    u, v = tangents[:-1, None] * lengths[:, None, None], tangents[1:, None] * lengths[:, None, None]
    dense: Points = (2 * t**3 - 3 * t**2 + 1) * a + (t**3 - 2 * t**2 + t) * u
    dense = dense + (-2 * t**3 + 3 * t**2) * b + (t**3 - t**2) * v
    if closed:
        dense = dense[1:-1]
        return dense.reshape(-1, 2)
    return np.vstack([dense.reshape(-1, 2), points[-1:]])


def mirror(knots: Knots, axis: float = 0.5) -> list[tuple[float, ...]]:
    """A closed symmetrical outline from its right half, given from top to bottom."""
    right = read_knots(knots)
    left = [
        (2 * axis - knot[0], *knot[1:]) for knot in reversed(right) if abs(knot[0] - axis) > 1e-6
    ]
    return [*right, *left]


def flip(knots: Knots | Points, axis: float = 0.5) -> Points:
    """The mirror image about the vertical line x = axis."""
    dense = trace(knots).copy()
    dense[:, 0] = 2 * axis - dense[:, 0]
    return dense


def turn(points: Points, degrees: float, centre: tuple[float, float] = (0.5, 0.5)) -> Points:
    """Rotate clockwise about a centre."""
    angle = math.radians(degrees)
    matrix = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    turned: Points = (points - centre) @ matrix + centre
    return turned


def ellipse(
    x: float, y: float, width: float, height: float, start: float = 0, stop: float = 360
) -> Points:
    """An ellipse of the given radii, or an arc of it; 0 degrees is right, 90 is down."""
    angles = np.radians(np.linspace(start, stop, 73))
    return np.stack([x + width * np.cos(angles), y + height * np.sin(angles)], axis=1)


def box(x0: float, y0: float, x1: float, y1: float, radius: float = 0.0) -> Points:
    """A rectangle with round corners."""
    if radius <= 0:
        return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float)
    r = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
    centres = (
        (x1 - r, y1 - r, 0),
        (x0 + r, y1 - r, 90),
        (x0 + r, y0 + r, 180),
        (x1 - r, y0 + r, 270),
    )
    arcs = [ellipse(x, y, r, r, start, start + 90)[::6] for x, y, start in centres]
    return np.concatenate(arcs)


def ribbon(line: Points, width: float, end_width: float | None = None) -> Points:
    """The outline of a band that follows a line, tapering to `end_width`."""
    ahead = np.gradient(line, axis=0)
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    side = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
    last = width if end_width is None else end_width
    half = np.linspace(width, last, len(line))[:, None] / 2
    return np.vstack([line + side * half, (line - side * half)[::-1]])


def bounds(outlines: Sequence[Points], size: int, margin: int) -> Box:
    """The pixel window (x0, y0, x1, y1) round some outlines, clipped to the picture."""
    every = np.concatenate(list(outlines)) * size
    low = np.floor(every.min(axis=0)).astype(int) - margin
    high = np.ceil(every.max(axis=0)).astype(int) + margin
    x0, y0 = (int(value) for value in np.clip(low, 0, size - 2))
    x1, y1 = (int(value) for value in np.clip(high, (x0 + 2, y0 + 2), size))
    return x0, y0, x1, y1


def fill_mask(outlines: Sequence[Points], size: int, window: Box) -> Array:
    """Coverage, 0 to 1, of the outlines' union inside a window of a picture `size` wide."""
    x0, y0, x1, y1 = window
    wide, high = (x1 - x0) * OVERSAMPLE, (y1 - y0) * OVERSAMPLE
    picture = Image.new("L", (wide, high))
    draw = ImageDraw.Draw(picture)
    for outline in outlines:
        pixels = (outline * size - (x0, y0)) * OVERSAMPLE
        draw.polygon([(float(x), float(y)) for x, y in pixels], fill=255)
    small = picture.reduce(OVERSAMPLE)
    return np.asarray(small, dtype=np.float32) / np.float32(255)
