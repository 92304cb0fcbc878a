"""Sunglasses, belts and ties."""

import math
from functools import partial

import numpy as np

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, dotted, fading, leather, plain, stripes
from shop_demo.drawings.shapes import Points, box, ellipse, ribbon, trace

# One lens in a box from -1 to 1 (as thousandths), the side towards the temple first.
ROUND_LENS = "-1000,-500 -400,-1000 600,-950 1000,-300 700,750 0,1050 -800,600"
SQUARE_LENS = "-1000,-850 0,-1000 1000,-800 900,600 300,1000 -400,1000 -900,550"


def draw_lens(
    canvas: Canvas, shape: Points, frame: Material, lens: tuple[str, str], thick: float
) -> None:
    """A tinted lens with a glint, and its rim."""
    tint = fading(*lens, 0.42, 0.63)
    canvas.piece(shape, tint, puff=0.03, gloss=0.5, shine=30, opacity=0.96, edge=0.3)
    middle = shape.mean(axis=0)
    canvas.glow((shape - middle) * (0.35, 0.55) + middle - (0.035, 0.02), "#ffffff", 0.25, 0.02)
    loop = np.vstack([shape, shape[:2]])
    canvas.piece(ribbon(loop, thick), frame, puff=0.01, gloss=0.55, drop=0.004)


def draw_sunglasses(
    canvas: Canvas, frame: str, lens: tuple[str, str], thick: float = 0.022, square: bool = False
) -> None:
    """Sunglasses turned to the right, both temples open towards the back left."""
    canvas.ground(ellipse(0.56, 0.655, 0.3, 0.014), 0.22)
    material = plain(frame, 0.004, 0)
    far = trace("860,440 620,385 440,375 360,410", False)
    canvas.piece(ribbon(far, thick * 0.8), material, puff=0.008, gloss=0.3)
    outline = trace(SQUARE_LENS if square else ROUND_LENS)
    for x, wide in ((0.49, 0.135), (0.765, 0.115)):
        draw_lens(canvas, outline * (wide, 0.105) + (x, 0.52), material, lens, thick)
    bridge = trace("610,485 635,465 660,485", False)
    canvas.piece(ribbon(bridge, thick), material, puff=0.01, gloss=0.5)
    temple = trace("362,455 300,440 170,420 100,440 75,500", False)
    near = ribbon(temple, thick * 1.5, thick * 0.9)
    canvas.piece(near, material, puff=0.012, gloss=0.5, drop=0.01)
    canvas.piece(ellipse(0.345, 0.453, 0.007, 0.007), "#d5d2c8", puff=0.004, gloss=0.6)


def draw_belt(canvas: Canvas, hide: Material, lining: str, metal: str, thread: str = "") -> None:
    """A buckled belt standing in a loop."""
    canvas.ground(ellipse(0.5, 0.63, 0.39, 0.05), 0.3, 0.02)
    back = np.vstack(
        [ellipse(0.5, 0.45, 0.39, 0.1, 180, 360), ellipse(0.5, 0.54, 0.39, 0.1, 360, 180)]
    )
    canvas.piece(back, plain(lining), puff=0.02, edge=0.35)
    canvas.glow(back, "#000000", 0.22, 0.02)
    front = np.vstack([ellipse(0.5, 0.45, 0.4, 0.1, 180, 0), ellipse(0.5, 0.56, 0.4, 0.1, 0, 180)])
    canvas.piece(front, hide, puff=0.025, gloss=0.25, drop=0.008)
    for radius_y, y in ((0.1, 0.463), (0.1, 0.547)):
        if thread:
            canvas.stitch(ellipse(0.5, y, 0.396, radius_y, 172, 8), thread, 0.008)
    tail = np.vstack(
        [ellipse(0.5, 0.456, 0.402, 0.1, 80, 14), ellipse(0.5, 0.566, 0.402, 0.1, 14, 80)]
    )
    canvas.piece(tail, hide, puff=0.022, gloss=0.25, drop=0.012)
    for angle in (66, 58, 50, 42):
        x, y = (
            0.5 + 0.402 * math.cos(math.radians(angle)),
            0.512 + 0.1 * math.sin(math.radians(angle)),
        )
        canvas.piece(ellipse(x, y, 0.007, 0.009), "#120e0c", puff=0)
    canvas.piece(
        box(0.35, 0.532, 0.5, 0.678, 0.02),
        plain(metal, 0.004, 0),
        cut=[box(0.378, 0.558, 0.474, 0.652, 0.01)],
        puff=0.012,
        gloss=0.9,
        shine=8,
        drop=0.012,
    )
    canvas.piece(
        ribbon(trace("360,606 500,603", False), 0.014),
        plain(metal, 0.004, 0),
        puff=0.008,
        gloss=0.9,
        drop=0.008,
    )
    canvas.piece(box(0.285, 0.53, 0.32, 0.665, 0.006), hide, puff=0.012, gloss=0.2, drop=0.01)


def draw_tie(canvas: Canvas, silk: Material, back: str) -> None:
    """A tie with its narrow end rolled up and laid to the right."""
    tail = trace("430,170 560,200 700,270 790,330", False)
    canvas.piece(ribbon(tail, 0.05, 0.075), silk, puff=0.02, gloss=0.12, drop=0.01)
    canvas.piece("775,290! 830,325! 812,372! 760,360!", silk, puff=0.012)
    blade = "385,190! 455,190! 475,500 512,830! 437,925! 352,840! 365,500"
    canvas.piece(blade, silk, puff=0.03, gloss=0.14, shine=8, drape=(0.06, 0.3, 0.005), drop=0.012)
    for turn_no in range(3):
        size = 1 - turn_no * 0.27
        canvas.piece(
            ellipse(0.43, 0.16 + turn_no * 0.004, 0.085 * size, 0.06 * size),
            silk if turn_no < 2 else plain(back),
            puff=0.022,
            gloss=0.1,
            drop=0.012,
            edge=0.4,
        )
    canvas.piece(
        "375,170! 430,200 475,175! 465,235 380,235",
        silk,
        puff=0.02,
        drop=0.01,
    )


DRAWINGS = (
    make_drawing(
        "Tortoise sunglasses",
        "Sunglasses",
        "Brown",
        "59.00",
        partial(draw_sunglasses, frame="#4a2c1a", lens=("#3d2a1f", "#b58c63")),
    ),
    make_drawing(
        "Black square sunglasses",
        "Sunglasses",
        "Black",
        "65.00",
        partial(
            draw_sunglasses, frame="#19191b", lens=("#1e2126", "#6f7682"), square=True, thick=0.03
        ),
    ),
    make_drawing(
        "Gold aviator sunglasses",
        "Sunglasses",
        "Gold",
        "79.00",
        partial(draw_sunglasses, frame="#bb9a4d", lens=("#2f4238", "#8aa08c"), thick=0.012),
    ),
    make_drawing(
        "Red sunglasses",
        "Sunglasses",
        "Red",
        "49.00",
        partial(draw_sunglasses, frame="#a8222b", lens=("#2b2d33", "#9096a0"), square=True),
    ),
    make_drawing(
        "Black leather belt",
        "Belts",
        "Black",
        "35.00",
        partial(draw_belt, hide=leather("#222124"), lining="#3a3431", metal="#c2c5c9"),
    ),
    make_drawing(
        "Brown leather belt",
        "Belts",
        "Brown",
        "35.00",
        partial(
            draw_belt, hide=leather("#5a331d"), lining="#a77b50", metal="#c9b072", thread="#c79a63"
        ),
    ),
    make_drawing(
        "Tan belt",
        "Belts",
        "Tan",
        "33.00",
        partial(
            draw_belt, hide=leather("#a8692f"), lining="#c79a68", metal="#bfc2c5", thread="#f0dcb4"
        ),
    ),
    make_drawing(
        "White belt",
        "Belts",
        "White",
        "29.00",
        partial(draw_belt, hide=leather("#e4e1da"), lining="#b23038", metal="#c2c5c9"),
    ),
    make_drawing(
        "Navy dotted tie",
        "Ties",
        "Navy Blue",
        "25.00",
        partial(draw_tie, silk=dotted("#232f52", "#c9d2e6", 0.022, 0.16), back="#1a2340"),
        True,
    ),
    make_drawing(
        "Striped silk tie",
        "Ties",
        "Maroon",
        "27.00",
        partial(draw_tie, silk=stripes(("#6b1f2c", "#d6c9a6"), 0.06, 0.22, 0.9), back="#4f1620"),
        True,
    ),
    make_drawing(
        "Silver tie",
        "Ties",
        "Grey",
        "24.00",
        partial(draw_tie, silk=plain("#a4a7ad", 0.03), back="#85888f"),
        True,
    ),
)
