"""What things are made of: fabric, leather and metal as colour and relief over the picture.

A `Material` is asked for a window of the picture and answers with its colour there and with a
relief in pixels, which the shading turns into light and dark.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from shop_demo.drawings.shapes import Array, Box


@dataclass(frozen=True)
class Window:
    """A part of a picture `size` pixels wide; `seed` makes its randomness repeatable."""

    box: Box
    size: int
    seed: int

    def grid(self) -> tuple[Array, Array]:
        """x and y of every pixel, as fractions of the picture, each (height, width)."""
        x0, y0, x1, y1 = self.box
        x = (np.arange(x0, x1, dtype=np.float32) + 0.5) / self.size
        y = (np.arange(y0, y1, dtype=np.float32) + 0.5) / self.size
        return np.broadcast_to(x, (y1 - y0, x1 - x0)), np.broadcast_to(
            y[:, None], (y1 - y0, x1 - x0)
        )

    def noise(self, wide: float, high: float | None = None, salt: int = 0) -> Array:
        """Smooth noise, about -1 to 1, whose blobs are `wide` x `high` of the picture."""
        x0, y0, x1, y1 = self.box
        field = _noise(self.size, wide, wide if high is None else high, self.seed * 31 + salt)
        return field[y0:y1, x0:x1]


@lru_cache(maxsize=48)
def _noise(size: int, wide: float, high: float, seed: int) -> Array:
    columns, rows = max(2, round(1 / wide)), max(2, round(1 / high))
    values = np.random.default_rng(seed).uniform(-1, 1, (rows + 3, columns + 3))
    coarse = Image.fromarray(values.astype(np.float32))
    inner = (1.0, 1.0, 1.0 + columns, 1.0 + rows)
    smooth = coarse.resize((size, size), Image.Resampling.BICUBIC, box=inner)
    return np.asarray(smooth, dtype=np.float32)


@dataclass(frozen=True)
class Surface:
    """Colour (height, width, 3), 0 to 1, and relief (height, width) in pixels."""

    colour: Array
    relief: Array


Material = Callable[[Window], Surface]


def rgb(colour: str) -> Array:
    """'#rrggbb' as three numbers from 0 to 1."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return np.array(parts, np.float32)


def blend(low: Array, high: Array, share: Array) -> Array:
    """Mix two colours (or pictures) by a mask of (height, width)."""
    return np.asarray(low + (high - low) * share[..., None], np.float32)


def smoothstep(low: float, high: float, value: Array) -> Array:
    """0 below `low`, 1 above `high`, an S in between."""
    t = np.clip((value - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def plain(colour: str, grain: float = 0.012, relief: float = 0.12) -> Material:
    """Cotton: one colour, fine grain, slightly uneven."""

    def make(window: Window) -> Surface:
        fine = window.noise(1.6 / window.size)
        tone = 1 + grain * fine + 0.018 * window.noise(0.11, salt=1)
        return Surface(rgb(colour) * tone[..., None], fine * relief)

    return make


def stripes(
    colours: Sequence[str], period: float, share: float = 0.5, slope: float = 0.0
) -> Material:
    """Two colours in bands; slope 0 is horizontal, large is vertical."""

    def make(window: Window) -> Surface:
        base = plain(colours[0])(window)
        x, y = window.grid()
        along = (y + x * slope) / np.float32(np.hypot(1, slope)) / np.float32(period)
        along = along + 0.02 * window.noise(0.2, salt=5)
        wave = np.abs(along - np.floor(along) - 0.5) * 2
        edge = 1.5 / (window.size * period)
        band = smoothstep(1 - share - edge, 1 - share + edge, wave)
        return Surface(blend(base.colour, rgb(colours[1]), band), base.relief)

    return make


def checks(ground: str, bands: Sequence[tuple[str, float, float]], period: float) -> Material:
    """Woven checks. Each band is its colour, where it lies in the period, and its width."""

    def make(window: Window) -> Surface:
        base = plain(ground)(window)
        colour, relief = base.colour, base.relief
        x, y = window.grid()
        bend = 0.004 * window.noise(0.25, salt=7)
        for tint, at, wide in bands:
            for axis in (x + bend, y + bend):
                phase = np.mod(axis / period - at, 1.0)
                inside = smoothstep(wide / 2 + 0.02, wide / 2 - 0.02, np.minimum(phase, 1 - phase))
                colour = blend(colour, rgb(tint), inside * 0.58)
        return Surface(colour, relief)

    return make


def denim(colour: str, fade: float = 0.3, faded: str = "#c9d6e4") -> Material:
    """Blue twill: diagonal weave, slubs, and wear."""

    def make(window: Window) -> Surface:
        x, y = window.grid()
        twill = np.sin((x - 1.6 * y) * np.float32(window.size * 1.5), dtype=np.float32)
        slub = window.noise(0.004, 0.035) + 0.6 * window.noise(0.02, 0.003, 2)
        worn = np.clip(0.5 + 0.5 * window.noise(0.13, salt=3), 0, 1) * fade * 0.4
        tone = 1 + 0.05 * twill + 0.055 * slub + 0.05 * window.noise(1.5 / window.size, salt=4)
        base = blend(rgb(colour) * np.ones((1, 1, 3), np.float32), rgb(faded), worn)
        relief = np.asarray(0.12 * twill + 0.2 * slub, np.float32)
        return Surface(base * tone[..., None], relief)

    return make


def knit(colour: str, gauge: float = 0.011, cables: float = 0.0) -> Material:
    """Stocking stitch: columns of small Vs, with ribs when `cables` is their spacing."""

    def make(window: Window) -> Surface:
        x, y = window.grid()
        column = np.abs(np.mod(x / gauge, 1.0) - 0.5) * 2
        row = np.mod(y / gauge * 1.25 + column * 0.7, 1.0)
        stitch = np.sin(np.pi * row) * np.sqrt(np.clip(1 - column * 0.9, 0, 1))
        relief = stitch * np.float32(window.size * gauge * 0.22)
        tone = 0.84 + 0.2 * stitch + 0.03 * window.noise(0.01)
        if cables:
            rib = np.cos(2 * np.pi * x / cables)
            relief, tone = relief + rib * 2.2, tone + 0.07 * rib
        return Surface(rgb(colour) * tone[..., None], relief)

    return make


def leather(colour: str, grain: float = 1.0) -> Material:
    """Hide: pebbled relief and cloudy colour."""

    def make(window: Window) -> Surface:
        fine, coarse = window.noise(0.0035, salt=1), window.noise(0.006)
        pebble = np.asarray(np.abs(coarse) + 0.6 * np.abs(fine), np.float32)
        tone = 1 + 0.05 * window.noise(0.1, salt=2) + 0.03 * pebble
        return Surface(rgb(colour) * tone[..., None], pebble * np.float32(0.55 * grain))

    return make


def dotted(ground: str, dot: str, period: float, radius: float = 0.22) -> Material:
    """Polka dots in staggered rows."""

    def make(window: Window) -> Surface:
        base = plain(ground)(window)
        x, y = window.grid()
        row = np.floor(y / period)
        u = np.mod(x / period + 0.5 * np.mod(row, 2), 1.0) - 0.5
        v = np.mod(y / period, 1.0) - 0.5
        edge = 1.2 / (window.size * period)
        spot = smoothstep(radius + edge, radius - edge, np.hypot(u, v))
        return Surface(blend(base.colour, rgb(dot), spot), base.relief)

    return make


def floral(ground: str, petals: Sequence[str], period: float = 0.085) -> Material:
    """Scattered five-petalled flowers with leaves, one to a jittered cell."""

    def make(window: Window) -> Surface:
        base = plain(ground)(window)
        colour = base.colour
        x, y = window.grid()
        for layer, tint in enumerate(petals):
            u, v = x / period + layer * 0.37, y / period + layer * 0.61
            column, row = np.floor(u), np.floor(v)
            dice = np.abs(np.sin(column * 12.9898 + row * 78.233 + layer * 37.7) * 43758.547)
            dice = dice - np.floor(dice)
            u, v = u - column - 0.35 - 0.3 * dice, v - row - 0.65 + 0.3 * dice
            angle, away = np.arctan2(v, u), np.hypot(u, v)
            edge = 0.23 + 0.07 * np.cos(5 * angle + 6 * dice)
            bloom = smoothstep(edge + 0.03, edge - 0.03, away)
            shade = 0.75 + 0.35 * smoothstep(0.0, 0.25, away)
            colour = blend(colour, rgb(tint) * shade[..., None], bloom * (dice > 0.25))
            colour = blend(colour, rgb("#f2d06b"), smoothstep(0.07, 0.04, away) * (dice > 0.25))
        return Surface(colour, base.relief)

    return make


def fading(top: str, bottom: str, y0: float, y1: float) -> Material:
    """One colour running into another from y0 down to y1: glass, lenses, cosmetics."""

    def make(window: Window) -> Surface:
        _, y = window.grid()
        colour = blend(
            rgb(top) * np.ones((1, 1, 3), np.float32), rgb(bottom), smoothstep(y0, y1, y)
        )
        return Surface(colour, np.zeros_like(y))

    return make


def tube(colour: str, x0: float, x1: float, contrast: float = 1.0) -> Material:
    """A shiny upright cylinder between x0 and x1: dark edges, a bright band left of the middle."""

    def make(window: Window) -> Surface:
        x, _ = window.grid()
        across = np.clip((x - x0) / (x1 - x0), 0, 1)
        stops = np.array([0, 0.08, 0.2, 0.3, 0.42, 0.62, 0.82, 0.93, 1], np.float32)
        tones = np.array([0.45, 0.72, 1.12, 1.42, 1.1, 0.86, 0.66, 0.9, 0.55], np.float32)
        tone = np.interp(across, stops, tones).astype(np.float32)
        tone = 1 + (tone - 1) * contrast
        dark = rgb(colour) * np.minimum(tone, 1)[..., None]
        lit = blend(dark, np.ones(3, np.float32), np.clip(tone - 1, 0, 1) * 0.9)
        return Surface(lit, np.zeros_like(across))

    return make
