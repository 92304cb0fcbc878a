"""Long-sleeved shirts, worn by the mannequin."""

from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, checks, plain
from shop_demo.drawings.garment import (
    DRAPE,
    Cut,
    draw_back_neck,
    draw_buttons,
    draw_hem,
    draw_sleeves,
    fold_body,
)
from shop_demo.drawings.mannequin import draw_hair, draw_hands, draw_head, draw_hips
from shop_demo.drawings.shapes import box, flip, trace

CUT = Cut(0.064, 0.06, 0.262, 0.19, 0.04, 0.46, 0.192, 0.178, 0.186, 0.87)
CUFF = (0.785, 0.79)


def draw_front(canvas: Canvas, cloth: Material, button: str) -> None:
    """Placket, buttons, pocket and collar."""
    placket = box(0.487, CUT.top + 0.055, 0.515, CUT.bottom + 0.008)
    canvas.piece(placket, cloth, puff=0.008, edge=0.25, drop=0.006)
    draw_buttons(canvas, 0.501, [0.345 + 0.085 * step for step in range(7)], button)
    pocket = "558,435! 640,435! 640,515! 599,532! 558,515!"
    canvas.piece(pocket, cloth, puff=0.008, edge=0.3, drop=0.005)
    leaf = trace("500,322! 436,238! 412,256 405,285! 450,366!")
    for side in (leaf, flip(leaf)):
        canvas.piece(side, cloth, puff=0.02, edge=0.2, drop=0.014)


def draw_shirt(
    canvas: Canvas, cloth: Material, button: str = "#f4f1e8", jeans: str = "#2f3e58"
) -> None:
    """A long-sleeved shirt with collar, placket and cuffs, worn over jeans."""
    draw_back_neck(canvas, CUT, cloth, label=False)
    draw_hips(canvas, CUT.bottom, jeans)
    draw_head(canvas, CUT.top)
    draw_hair(canvas, CUT.top, "#2b211d")
    draw_hands(canvas, CUFF)
    draw_sleeves(canvas, CUT, cloth, CUFF, 0.044, (0.05, 0.035, 0.011))
    folds = fold_body(canvas, CUT)
    canvas.piece(CUT.outline(), cloth, puff=0.05, drape=DRAPE, folds=folds, drop=0.014)
    draw_front(canvas, cloth, button)
    draw_hem(canvas, CUT)


DRAWINGS = (
    make_drawing(
        "White Oxford shirt",
        "Shirts",
        "White",
        "39.00",
        partial(draw_shirt, cloth=plain("#eef0f2"), jeans="#23272f"),
    ),
    make_drawing(
        "Blue gingham shirt",
        "Shirts",
        "Blue",
        "42.00",
        partial(draw_shirt, cloth=checks("#eaf0f7", [("#2f62ab", 0.25, 0.5)], 0.03)),
    ),
    make_drawing(
        "Red plaid shirt",
        "Shirts",
        "Red",
        "44.00",
        partial(
            draw_shirt,
            cloth=checks("#a8323a", [("#1d2230", 0.2, 0.3), ("#efe3cf", 0.65, 0.08)], 0.075),
        ),
    ),
)
