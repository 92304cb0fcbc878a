"""Jackets."""

from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, denim, leather, plain
from shop_demo.drawings.garment import (
    Cut,
    draw_back_neck,
    draw_buttons,
    draw_zip,
)
from shop_demo.drawings.layers import SLEEVE, draw_cuffs, draw_torso, draw_welt
from shop_demo.drawings.shapes import Points, box, flip, ribbon, trace

ZIPPED = Cut(0.082, 0.04, 0.14, 0.205, 0.05, 0.38, 0.22, 0.215, 0.205, 0.8)


def lapel() -> Points:
    """Half of a turned-down jacket collar."""
    return trace("505,225! 562,118! 600,128 632,195! 585,255!")


def draw_jacket(
    canvas: Canvas,
    cloth: Material,
    lining: str,
    teeth: str,
    gloss: float = 0.0,
    biker: bool = False,
) -> None:
    """A zipped jacket with a collar, side pockets and ribbed ends."""
    cut = ZIPPED
    draw_back_neck(canvas, cut, plain(lining))
    draw_torso(canvas, cut, cloth, gloss)
    draw_welt(canvas, cut, cloth)
    draw_cuffs(canvas, cloth, SLEEVE)
    line = trace("500,160 500,820", False)
    draw_zip(canvas, line, "#1c1c1e", teeth)
    for side in (lapel(), flip(lapel())):
        canvas.piece(side, cloth, puff=0.022, drop=0.016, gloss=gloss)
    pocket = trace("585,560 640,700", False)
    for side in (pocket, flip(pocket)):
        canvas.piece(ribbon(side, 0.026), cloth, puff=0.01, drop=0.008, gloss=gloss)
        canvas.seam(side, 0.5)
    if biker:
        draw_zip(canvas, trace("560,360 660,330", False), "#1c1c1e", teeth)
        for seam in ("600,155 630,240 690,300", "400,155 370,240 310,300"):
            canvas.seam(seam, 0.4)
    canvas.piece(box(0.492, 0.2, 0.508, 0.24, 0.004), teeth, puff=0.005, gloss=0.6, drop=0.005)


def draw_trucker(canvas: Canvas, cloth: Material, thread: str) -> None:
    """A denim jacket."""
    cut = ZIPPED
    draw_back_neck(canvas, cut, plain("#33445e"))
    draw_torso(canvas, cut, cloth)
    draw_welt(canvas, cut, cloth)
    draw_cuffs(canvas, cloth, SLEEVE)
    for x in (0.48, 0.52):
        canvas.stitch([(x, 0.17), (x, 0.8)], thread)
    draw_buttons(canvas, 0.5, [0.24 + 0.09 * step for step in range(7)], "#b58a52", 0.009)
    yoke = trace("520,315 720,315", False)
    flap = trace("565,325! 660,325! 660,355! 612.5,375! 565,355!")
    panel = trace("580,370 545,760", False)
    panel_2 = trace("645,370 620,760", False)
    for turned in (False, True):
        parts = [flip(part) if turned else part for part in (yoke, panel, panel_2)]
        for part in parts:
            canvas.seam(part, 0.35)
            canvas.stitch(part + (0.005, 0.004), thread)
        canvas.piece(flip(flap) if turned else flap, cloth, puff=0.012, drop=0.01)
        draw_buttons(canvas, 0.3875 if turned else 0.6125, [0.358], "#b58a52", 0.007)
        canvas.piece(flip(lapel()) if turned else lapel(), cloth, puff=0.022, drop=0.016)


DRAWINGS = (
    make_drawing(
        "Black leather jacket",
        "Jackets",
        "Black",
        "159.00",
        partial(
            draw_jacket,
            cloth=leather("#26252a", 0.6),
            lining="#4a3030",
            teeth="#d0d0cc",
            gloss=0.3,
            biker=True,
        ),
    ),
    make_drawing(
        "Olive bomber jacket",
        "Jackets",
        "Olive",
        "89.00",
        partial(
            draw_jacket, cloth=plain("#55583a", 0.03), lining="#c2662a", teeth="#c9b26a", gloss=0.08
        ),
    ),
    make_drawing(
        "Denim jacket",
        "Jackets",
        "Blue",
        "79.00",
        partial(draw_trucker, cloth=denim("#46648f", 0.4), thread="#c98a3c"),
    ),
)
