"""T-shirts."""

from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, plain, stripes
from shop_demo.drawings.garment import (
    DRAPE,
    Cut,
    draw_back_neck,
    draw_hem,
    draw_neck_band,
    draw_sleeves,
    fold_body,
)
from shop_demo.drawings.shapes import ellipse

TEE = Cut()


def draw_tshirt(
    canvas: Canvas, cloth: Material, band: Material, cut: Cut = TEE, motif: str = "", ink: str = ""
) -> None:
    """A short-sleeved T-shirt, laid flat."""
    draw_back_neck(canvas, cut, band)
    draw_sleeves(canvas, cut, cloth, (0.82, 0.385), 0.062)
    folds = fold_body(canvas, cut)
    canvas.piece(cut.outline(), cloth, puff=0.05, drape=DRAPE, folds=folds, drop=0.012)
    draw_neck_band(canvas, cut, band)
    draw_hem(canvas, cut)
    if motif:
        draw_motif(canvas, motif, ink)


def draw_motif(canvas: Canvas, motif: str, ink: str) -> None:
    """A print on the chest."""
    if motif == "sun":
        canvas.line(ellipse(0.5, 0.44, 0.075, 0.075), 0.012, ink)
        for step in range(5):
            y = 0.41 + step * 0.022
            canvas.line([(0.43 + step * 0.006, y), (0.57 - step * 0.006, y)], 0.009, ink)
    elif motif == "bars":
        for step, width in enumerate((0.2, 0.16, 0.18, 0.1)):
            y = 0.36 + step * 0.04
            canvas.line([(0.5 - width / 2, y), (0.5 + width / 2, y)], 0.018, ink, 0.9)
    elif motif == "peaks":
        for x, high in ((0.44, 0.1), (0.54, 0.14), (0.6, 0.07)):
            canvas.line(
                [(x - high * 0.7, 0.5), (x, 0.5 - high, 1), (x + high * 0.7, 0.5)], 0.012, ink
            )


DRAWINGS = (
    make_drawing(
        "Navy crew-neck T-shirt",
        "Tshirts",
        "Navy Blue",
        "14.90",
        partial(draw_tshirt, cloth=plain("#26324f"), band=plain("#1f2942")),
        True,
    ),
    make_drawing(
        "Red printed T-shirt",
        "Tshirts",
        "Red",
        "16.90",
        partial(
            draw_tshirt, cloth=plain("#b8252e"), band=plain("#a01d27"), motif="sun", ink="#f3e9d2"
        ),
        True,
    ),
    make_drawing(
        "Striped T-shirt",
        "Tshirts",
        "White",
        "18.50",
        partial(
            draw_tshirt, cloth=stripes(("#f1efe9", "#35507c"), 0.055, 0.42), band=plain("#35507c")
        ),
        True,
    ),
    make_drawing(
        "Grey mountain T-shirt",
        "Tshirts",
        "Grey",
        "16.90",
        partial(
            draw_tshirt, cloth=plain("#8f9399"), band=plain("#7d8187"), motif="peaks", ink="#23324a"
        ),
        True,
    ),
    make_drawing(
        "Green slogan T-shirt",
        "Tshirts",
        "Green",
        "15.90",
        partial(
            draw_tshirt, cloth=plain("#3d7a52"), band=plain("#356b48"), motif="bars", ink="#f0ead8"
        ),
        True,
    ),
)
