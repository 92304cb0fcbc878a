"""Jackets."""

from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, denim, leather, plain
from shop_demo.drawings.garment import (
    DRAPE,
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
    """A denim jacket, open over a white T-shirt."""
    cut = ZIPPED
    draw_back_neck(canvas, cut, plain("#33445e"))
    draw_torso(canvas, cut, cloth)
    draw_welt(canvas, cut, cloth)
    draw_cuffs(canvas, cloth, SLEEVE)
    tee = "450,150! 500,190 550,150! 560,845! 440,845!"
    canvas.piece(tee, plain("#f0efec"), puff=0.03, drape=DRAPE)
    yoke = trace("560,315 720,315", False)
    panels = (trace("605,370 585,760", False), trace("665,370 640,760", False))
    edge = trace("553,170 564,820", False)
    flap = trace("580,325! 670,325! 670,355! 625,375! 580,355!")
    for turned in (False, True):
        for line in (yoke, *panels):
            side = flip(line) if turned else line
            canvas.seam(side, 0.35)
            canvas.stitch(side + (0.005, 0.004), thread)
        canvas.stitch(flip(edge) if turned else edge, thread)
        canvas.piece(flip(flap) if turned else flap, cloth, puff=0.012, drop=0.01)
        draw_buttons(canvas, 0.375 if turned else 0.625, [0.358], "#b58a52", 0.007)
        collar = lapel() + (0.02, 0.0)
        canvas.piece(flip(collar) if turned else collar, cloth, puff=0.022, drop=0.016)
    draw_buttons(canvas, 0.427, [0.27 + 0.09 * step for step in range(6)], "#b58a52", 0.008)


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
