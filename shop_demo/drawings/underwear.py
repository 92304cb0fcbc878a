"""Bras, briefs and trunks."""

from functools import partial

import numpy as np

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, dotted, knit, plain
from shop_demo.drawings.mannequin import draw_arms, draw_bust
from shop_demo.drawings.shapes import Points, box, ellipse, flip, mirror, ribbon, trace


def fit_bust(points: Points) -> Points:
    """From the size of a bra alone to its size on the mannequin."""
    return (points - (0.5, 0.56)) * (0.62, 0.6) + (0.5, 0.59)


def draw_bra(canvas: Canvas, lace: Material, trim: str) -> None:
    """A bra on the mannequin."""
    draw_bust(canvas)
    strap = trace("615,420 660,270 655,200", False)
    wing = trace("730,520! 780,510 800,530! 800,610! 770,655 700,660!")
    cup = trace(
        "508,560! 540,470 605,380! 640,380! 720,460 770,540 750,640 660,700 570,680 515,620"
    )
    for turned in (False, True):
        parts = [
            fit_bust(flip(part) if turned else part) for part in (wing, ribbon(strap, 0.024), cup)
        ]
        canvas.piece(parts[0], lace, puff=0.03)
        canvas.piece(parts[1], trim, puff=0.008, drop=0.004)
        canvas.piece(parts[2], lace, puff=0.12, edge=0.2, gloss=0.08, shine=6, drop=0.008)
        edge = trace("508,560 540,470 605,380", False)
        under = trace("515,620 570,682 660,702 750,642", False)
        for line in (edge, under):
            canvas.piece(ribbon(fit_bust(flip(line) if turned else line), 0.012), trim, puff=0.006)
    canvas.piece(fit_bust(box(0.482, 0.56, 0.518, 0.635, 0.008)), lace, puff=0.01)
    canvas.piece(ellipse(0.5, 0.58, 0.01, 0.008), trim, puff=0.008, drop=0.004)
    draw_arms(canvas)


BRIEFS = "500,320 830,295! 865,420! 740,500 620,640 575,720! 500,735"
TRUNKS = "500,300 830,295! 875,500 900,680! 560,720! 500,580!"


def draw_briefs(
    canvas: Canvas, cloth: Material, band: str, letters: str, legs: bool = False
) -> None:
    """Briefs, or trunks, which have legs."""
    folds = canvas.crease(["840,420 700,450 580,580", "160,420 300,460 420,580"], 0.03, -0.014)
    shape = mirror(TRUNKS if legs else BRIEFS)
    canvas.piece(shape, cloth, puff=0.06, folds=folds, drape=(0.1, 0.1, 0.006))
    low = 600 if legs else 700
    canvas.seam(f"425,370 400,500 430,620 500,{low} 570,620 600,500 575,370", 0.4)
    canvas.glow(ellipse(0.49, 0.5, 0.06, 0.08), "#ffffff", 0.1, 0.04)
    waist = trace("168,285! 500,310 832,285! 842,360! 500,387 158,360!")
    canvas.piece(waist, knit(band, 0.006), puff=0.02, drop=0.006)
    for x in np.linspace(0.27, 0.73, 9):
        y = 0.325 + 0.02 * (1 - abs(x - 0.5) * 2)
        canvas.line([(x, y), (x + 0.022, y)], 0.018, letters, 0.9)


DRAWINGS = (
    make_drawing(
        "Black bra",
        "Bra",
        "Black",
        "26.00",
        partial(draw_bra, lace=plain("#252428"), trim="#1a191c"),
        True,
    ),
    make_drawing(
        "Pink dotted bra",
        "Bra",
        "Pink",
        "27.00",
        partial(draw_bra, lace=dotted("#eaa7b6", "#fbeff1", 0.03), trim="#cf6f86"),
        True,
    ),
    make_drawing(
        "Navy briefs",
        "Briefs",
        "Navy Blue",
        "12.00",
        partial(draw_briefs, cloth=plain("#28365c"), band="#c9ccd2", letters="#28365c"),
    ),
    make_drawing(
        "White briefs",
        "Briefs",
        "White",
        "11.00",
        partial(draw_briefs, cloth=plain("#eceded"), band="#e2e3e4", letters="#8a8d92"),
    ),
    make_drawing(
        "Red briefs",
        "Briefs",
        "Red",
        "12.00",
        partial(draw_briefs, cloth=plain("#a8242e"), band="#232326", letters="#e9e9e6"),
    ),
    make_drawing(
        "Grey trunks",
        "Trunk",
        "Grey",
        "15.00",
        partial(draw_briefs, cloth=plain("#8a8d92"), band="#26262a", letters="#e9e9e6", legs=True),
    ),
)
