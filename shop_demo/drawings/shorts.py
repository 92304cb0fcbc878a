"""Shorts and skirts."""

from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, checks, denim, floral, plain
from shop_demo.drawings.garment import draw_buttons
from shop_demo.drawings.legs import Leg, draw_legs, draw_pockets, draw_waistband
from shop_demo.drawings.shapes import ellipse, flip, mirror, trace


def draw_shorts(
    canvas: Canvas, cloth: Material, cord: str = "", thread: str = "", stripe: str = ""
) -> None:
    """Shorts with a button or a drawcord."""
    leg = Leg(
        top=0.17,
        waist=0.215,
        hip=0.28,
        crotch=0.53,
        knee=0.315,
        ankle=0.33,
        inner=0.05,
        bottom=0.77,
    )
    draw_legs(canvas, leg, cloth, "#4a4a4a")
    draw_waistband(canvas, leg, cloth, loops=not cord)
    if stripe:
        side = trace("725,240 785,400 815,750", False)
        for line in (side, flip(side)):
            canvas.line(line, 0.014, stripe, 0.95)
            canvas.line(line - (0.024, 0), 0.008, stripe, 0.95)
    if cord:
        for x in (0.485, 0.515):
            canvas.line(
                [(x, 0.21), (x + (x - 0.5) * 0.8, 0.27), (x + (x - 0.5) * 1.5, 0.33)], 0.009, cord
            )
    else:
        draw_pockets(canvas, leg, thread)
        draw_buttons(canvas, 0.503, [leg.top + 0.034], "#8a7a5e", 0.01)


def draw_skirt(
    canvas: Canvas, cloth: Material, flare: float = 0.29, bottom: float = 0.8, folds: float = 0.022
) -> None:
    """A skirt with a waistband, pleated more or less."""
    outline = trace(
        mirror(
            [
                (0.5, 0.17),
                (0.64, 0.16, 1),
                (0.5 + flare * 0.78, 0.42),
                (0.5 + flare, bottom - 0.03, 1),
                (0.5 + flare * 0.5, bottom + 0.01),
                (0.5, bottom + 0.02),
            ]
        )
    )
    canvas.piece(ellipse(0.5, 0.168, 0.138, 0.014), "#5a5650", puff=0.01)
    rays = []
    for step in range(-5, 6):
        foot = 0.5 + step * flare * 0.175
        rays.append(
            [(0.5 + step * 0.024, 0.22), (0.5 + (foot - 0.5) * 0.75, 0.5), (foot, bottom + 0.03)][
                ::-1
            ]
        )
    canvas.piece(
        outline, cloth, puff=0.05, folds=canvas.crease(rays, 0.03, -folds), drape=(0.04, 0.3, 0.008)
    )
    band = trace("360,155! 500,172 640,155! 648,205! 500,222 352,205!")
    canvas.piece(band, cloth, puff=0.014, drop=0.006)
    canvas.seam(
        [
            (0.5 - flare + 0.004, bottom - 0.055),
            (0.5, bottom - 0.01),
            (0.5 + flare - 0.004, bottom - 0.055),
        ],
        0.22,
    )


DRAWINGS = (
    make_drawing(
        "Khaki bermuda shorts",
        "Shorts",
        "Khaki",
        "32.00",
        partial(draw_shorts, cloth=plain("#ab9868"), thread="#d8c99c"),
    ),
    make_drawing(
        "Black training shorts",
        "Shorts",
        "Black",
        "24.00",
        partial(draw_shorts, cloth=plain("#232427"), cord="#f2f2f2", stripe="#f2f2f2"),
    ),
    make_drawing(
        "Checked shorts",
        "Shorts",
        "Blue",
        "29.00",
        partial(
            draw_shorts,
            cloth=checks("#e9edf1", [("#41618f", 0.2, 0.35), ("#9b4040", 0.7, 0.08)], 0.075),
        ),
    ),
    make_drawing(
        "Red flared skirt", "Skirts", "Red", "35.00", partial(draw_skirt, cloth=plain("#a8232f"))
    ),
    make_drawing(
        "Denim mini skirt",
        "Skirts",
        "Blue",
        "38.00",
        partial(draw_skirt, cloth=denim("#4d6d97", 0.5), flare=0.29, bottom=0.66, folds=0.004),
    ),
    make_drawing(
        "Floral skirt",
        "Skirts",
        "Pink",
        "36.00",
        partial(draw_skirt, cloth=floral("#f5ecee", ["#cf4f78", "#e88fa8", "#5f8f6a"], 0.075)),
    ),
)
