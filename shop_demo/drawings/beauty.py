"""Perfume, lipstick, nail polish and deodorant."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import fading, plain, tube
from shop_demo.drawings.shapes import box, ellipse, mirror, trace


def draw_reflection(canvas: Canvas, width: float, bottom: float) -> None:
    """The contact shadow under something that stands on a glossy table."""
    canvas.ground(ellipse(0.5, bottom + 0.006, width, 0.013), 0.5, 0.012)
    canvas.ground(box(0.5 - width * 0.9, bottom, 0.5 + width * 0.9, bottom + 0.05), 0.12, 0.02)


def draw_lettering(canvas: Canvas, x: float, y: float, width: float, ink: str) -> None:
    """A maker's name too small to read: short bars of uneven length."""
    at = x - width / 2
    for share in (0.18, 0.08, 0.13, 0.2, 0.1, 0.16):
        canvas.line([(at, y), (at + width * share * 0.8, y)], 0.011, ink, 0.9)
        at += width * share * 1.15
    canvas.line([(x - width * 0.3, y + 0.03), (x + width * 0.3, y + 0.03)], 0.005, ink, 0.8)


@dataclass(frozen=True)
class Flask:
    """A scent bottle: its left edge and shoulder, half its cap's width and the cap's top."""

    left: float
    top: float
    cap: float
    rise: float


TALL = Flask(0.31, 0.3, 0.09, 0.16)
SLIM = Flask(0.33, 0.26, 0.07, 0.13)
WIDE = Flask(0.24, 0.42, 0.16, 0.26)
BOXY = Flask(0.28, 0.34, 0.2, 0.2)


def draw_perfume(canvas: Canvas, juice: tuple[str, str], cap: str, flask: Flask) -> None:
    """A glass flask of scent with a metal collar and a cap."""
    bottom, top, left = 0.88, flask.top, flask.left
    draw_reflection(canvas, 0.5 - left, bottom)
    collar = box(0.455, top - 0.06, 0.545, top + 0.02)
    canvas.piece(collar, tube("#c9c9c6", 0.455, 0.545), puff=0.004, gloss=0.5)
    lid = box(0.5 - flask.cap, flask.rise, 0.5 + flask.cap, top - 0.045, 0.01)
    canvas.piece(lid, tube(cap, 0.5 - flask.cap, 0.5 + flask.cap), puff=0.012, gloss=0.35)
    glass = box(left, top, 1 - left, bottom, 0.03)
    canvas.piece(glass, plain("#e9eff1", 0.003, 0), puff=0.02, gloss=0.3, edge=0.5)
    middle = np.array([0.5, (top + bottom) / 2])
    inner = (glass - middle) * (0.88, 0.9) + middle + (0, 0.006)
    tint = fading(*juice, top + 0.05, bottom)
    canvas.piece(inner, tint, puff=0.03, gloss=0.35, edge=0.35, opacity=0.93)
    shine = box(left + 0.05, top + 0.06, left + 0.08, bottom - 0.06, 0.015)
    canvas.glow(shine, "#ffffff", 0.55, 0.012)
    canvas.line([(0.5, top), (0.503, bottom - 0.05)], 0.006, "#ffffff", 0.4, 0.002)
    draw_lettering(canvas, 0.5, (top + bottom) / 2, 0.15, "#4c4a48")


def draw_lipstick(canvas: Canvas, shade: str, case: str, metal: str = "#d5b565") -> None:
    """An open lipstick, wound out, its cap beside it."""
    canvas.ground(ellipse(0.44, 0.876, 0.11, 0.013), 0.45, 0.012)
    canvas.ground(ellipse(0.645, 0.876, 0.09, 0.013), 0.45, 0.012)
    bullet = trace("395,500! 395,310 420,235 460,200 484,225 487,500!")
    canvas.piece(bullet, tube(shade, 0.395, 0.487, 0.7), puff=0.02, gloss=0.25)
    canvas.piece(
        "405,330! 425,240 460,203 477,240 460,320 430,360",
        plain(shade, 0.004, 0),
        puff=0.01,
        gloss=0.3,
    )
    canvas.piece(box(0.382, 0.45, 0.5, 0.62, 0.006), tube(metal, 0.382, 0.5), puff=0.006)
    canvas.piece(
        box(0.365, 0.6, 0.517, 0.875, 0.01), tube(case, 0.365, 0.517), puff=0.006, gloss=0.1
    )
    canvas.piece(box(0.365, 0.6, 0.517, 0.622, 0.004), tube(metal, 0.365, 0.517), puff=0.004)
    canvas.piece(box(0.57, 0.52, 0.72, 0.875, 0.014), tube(case, 0.57, 0.72), puff=0.01, gloss=0.1)
    canvas.piece(box(0.57, 0.845, 0.72, 0.866, 0.003), tube(metal, 0.57, 0.72), puff=0.003)


def draw_nail_polish(canvas: Canvas, lacquer: str, cap: str = "#1d1c1e") -> None:
    """A bottle of nail polish with its tall cap."""
    draw_reflection(canvas, 0.15, 0.875)
    canvas.piece(
        "437,120! 563,120! 585,520! 415,520!",
        tube(cap, 0.415, 0.585),
        puff=0.014,
        gloss=0.3,
    )
    canvas.piece(box(0.43, 0.515, 0.57, 0.55), tube("#d8d8d6", 0.43, 0.57), puff=0.004)
    glass = trace(mirror("500,540 570,545 645,600 665,700 660,850 630,876! 500,878"))
    canvas.piece(glass, tube("#eceff0", 0.335, 0.665, 0.4), puff=0.02, edge=0.4)
    inner = (glass - (0.5, 0.7)) * (0.9, 0.9) + (0.5, 0.703)
    canvas.piece(inner, tube(lacquer, 0.35, 0.65, 0.75), puff=0.02, gloss=0.3)
    canvas.glow(box(0.375, 0.62, 0.4, 0.83, 0.012), "#ffffff", 0.6, 0.008)
    draw_lettering(canvas, 0.5, 0.72, 0.14, "#ffffff")


def draw_deodorant(canvas: Canvas, can: str, cap: str, accent: str) -> None:
    """An aerosol can."""
    draw_reflection(canvas, 0.12, 0.925)
    canvas.piece(
        mirror("500,80 560,85 590,110 600,270! 500,275"),
        tube(cap, 0.4, 0.6),
        puff=0.01,
        gloss=0.15,
    )
    canvas.piece(
        mirror("500,262 600,260! 625,310 625,900 610,925! 500,930"),
        tube(can, 0.375, 0.625),
        puff=0.01,
        gloss=0.1,
    )
    canvas.piece(box(0.376, 0.895, 0.624, 0.915), tube("#c9c9c9", 0.376, 0.624), puff=0.003)
    canvas.piece(
        trace("377,620! 460,560 550,620 623,540! 623,720! 540,780 450,720 377,790!"),
        tube(accent, 0.376, 0.624),
        puff=0.0,
        edge=0,
    )
    draw_lettering(canvas, 0.5, 0.42, 0.17, "#ffffff")
    canvas.line("470,480 470,520", 0.02, accent)


DRAWINGS = (
    make_drawing(
        "Amber eau de parfum",
        "Perfume and Body Mist",
        "Gold",
        "59.00",
        partial(draw_perfume, juice=("#f1cf86", "#d99c3b"), cap="#c8a451", flask=BOXY),
        True,
    ),
    make_drawing(
        "Blue cologne",
        "Perfume and Body Mist",
        "Blue",
        "49.00",
        partial(draw_perfume, juice=("#a9d2ec", "#2f74ba"), cap="#a9acb2", flask=TALL),
        True,
    ),
    make_drawing(
        "Rose perfume",
        "Perfume and Body Mist",
        "Pink",
        "55.00",
        partial(draw_perfume, juice=("#f9dfe3", "#eba9b5"), cap="#d8d5d0", flask=SLIM),
        True,
    ),
    make_drawing(
        "Green cologne",
        "Perfume and Body Mist",
        "Green",
        "45.00",
        partial(draw_perfume, juice=("#d9ecb8", "#8cbf5a"), cap="#2b2b2d", flask=WIDE),
        True,
    ),
    make_drawing(
        "Red lipstick",
        "Lipstick",
        "Red",
        "19.00",
        partial(draw_lipstick, shade="#b01c2c", case="#232224"),
        True,
    ),
    make_drawing(
        "Rose lipstick",
        "Lipstick",
        "Pink",
        "19.00",
        partial(draw_lipstick, shade="#c4606f", case="#b7babf", metal="#d3d5d8"),
        True,
    ),
    make_drawing(
        "Red nail polish",
        "Nail Polish",
        "Red",
        "8.00",
        partial(draw_nail_polish, lacquer="#a91426"),
        True,
    ),
    make_drawing(
        "Mint nail polish",
        "Nail Polish",
        "Green",
        "8.00",
        partial(draw_nail_polish, lacquer="#4fae92", cap="#b4b7bb"),
        True,
    ),
    make_drawing(
        "Plum nail polish",
        "Nail Polish",
        "Purple",
        "8.00",
        partial(draw_nail_polish, lacquer="#5b2245"),
        True,
    ),
    make_drawing(
        "Fresh body spray",
        "Deodorant",
        "Blue",
        "6.50",
        partial(draw_deodorant, can="#2465a8", cap="#d5d7da", accent="#59c3df"),
        True,
    ),
    make_drawing(
        "Spice body spray",
        "Deodorant",
        "Black",
        "6.50",
        partial(draw_deodorant, can="#242427", cap="#1c1c1e", accent="#d26a1f"),
        True,
    ),
)
