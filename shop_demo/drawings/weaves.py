"""Patterns knitted into wool: argyle diamonds and bands of several colours."""

from collections.abc import Sequence

import numpy as np

from shop_demo.drawings.fabric import Material, Surface, Window, blend, knit, rgb, smoothstep
from shop_demo.drawings.shapes import Array

GAUGE = 0.008


def shade_stitches(ground: str, window: Window) -> tuple[Surface, Array]:
    """Plain stitches of the ground colour, and how light each pixel is against it."""
    base = knit(ground, GAUGE)(window)
    level = max(float(rgb(ground).mean()), 0.01)
    return base, np.asarray(base.colour.mean(axis=2) / level, np.float32)[..., None]


def argyle(
    ground: str, diamonds: tuple[str, str], line: str = "#e9e3d4", period: float = 0.085
) -> Material:
    """Columns of diamonds in two colours, crossed by thin lines."""

    def make(window: Window) -> Surface:
        base, light = shade_stitches(ground, window)
        x, y = window.grid()
        across, down = (x - 0.5) / period, y / (period * 1.5)
        column = np.floor(across + 0.5)
        away = np.abs(across - column) * 2 + np.abs(down - np.floor(down) - 0.5) * 2
        inside = smoothstep(1.03, 0.97, away)
        colour = base.colour
        for parity, tint in enumerate(diamonds):
            here = np.asarray(np.mod(column, 2) == parity, np.float32)
            colour = blend(colour, rgb(tint) * light, inside * here)
        for slope in (1, -1):
            off = np.abs(np.mod(across + slope * down, 1.0) - 0.5)
            colour = blend(colour, rgb(line), smoothstep(0.035, 0.02, off) * np.float32(0.8))
        return Surface(colour, base.relief)

    return make


def bands(colours: Sequence[str], height: float) -> Material:
    """Knitted stripes that repeat a list of colours, each `height` of the picture tall."""

    def make(window: Window) -> Surface:
        base, light = shade_stitches(colours[0], window)
        _, y = window.grid()
        row = np.floor((y + 0.006 * window.noise(0.2)) / height)
        palette = np.stack([rgb(colour) for colour in colours])
        return Surface(palette[np.mod(row, len(colours)).astype(int)] * light, base.relief)

    return make
