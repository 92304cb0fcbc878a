"""Sweaters and hooded sweatshirts."""

from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, knit, plain
from shop_demo.drawings.garment import (
    DRAPE,
    Cut,
    draw_back_neck,
    draw_buttons,
    draw_neck_band,
    draw_sleeves,
    draw_zip,
    fold_body,
)
from shop_demo.drawings.mannequin import draw_hair, draw_hands, draw_head, draw_hips
from shop_demo.drawings.shapes import box, ellipse, flip, mirror, ribbon, trace, turn
from shop_demo.drawings.weaves import argyle, bands

VEE = Cut(0.072, 0.15, 0.265, 0.19, 0.04, 0.46, 0.19, 0.175, 0.175, 0.86, True)
HOODED = Cut(0.072, 0.06, 0.262, 0.195, 0.045, 0.47, 0.2, 0.188, 0.185, 0.865)
SLEEVE = (0.86, 0.67)
WORN_SLEEVE = (0.785, 0.8)


def draw_welt(canvas: Canvas, cut: Cut, rib: Material) -> None:
    """The ribbed edge at the bottom."""
    low, wide = cut.bottom, cut.hem
    welt = [
        (0.5, low - 0.022),
        (0.5 + wide + 0.003, low - 0.036, 1),
        (0.5 + wide * 0.96, low + 0.022, 1),
        (0.5, low + 0.034),
    ]
    canvas.piece(mirror(welt), rib, puff=0.018, drop=0.004)


def draw_cuffs(canvas: Canvas, rib: Material, sleeve: tuple[float, float]) -> None:
    """The ribbed edges at the wrists."""
    x, y = sleeve
    lean = 24 if sleeve == SLEEVE else 12
    cuff = turn(box(x - 0.043, y - 0.035, x + 0.043, y + 0.02, 0.01), -lean, (x, y))
    for side in (cuff, flip(cuff)):
        canvas.piece(side, rib, puff=0.016, drop=0.004)


def draw_torso(
    canvas: Canvas,
    cut: Cut,
    cloth: Material,
    gloss: float = 0.0,
    sleeve: tuple[float, float] = SLEEVE,
    arms: Material | None = None,
) -> None:
    """Body and long sleeves, which may be of another cloth."""
    draw_sleeves(canvas, cut, arms or cloth, sleeve, 0.044, (0.05, 0.035, 0.011))
    folds = fold_body(canvas, cut)
    canvas.piece(cut.outline(), cloth, puff=0.06, drape=DRAPE, folds=folds, drop=0.014, gloss=gloss)


def draw_shirt_collar(canvas: Canvas, cut: Cut, shirt: str) -> None:
    """What shows of a shirt in the neck of a V-neck sweater."""
    y = cut.top
    inner = [(0.5 - cut.neck, y, 1), (0.5 + cut.neck, y, 1), (0.5, y + cut.neck_drop + 0.02, 1)]
    canvas.piece(inner, plain(shirt), puff=0.02)
    canvas.seam([(0.5, y + 0.06), (0.5, y + cut.neck_drop)], 0.3)
    draw_buttons(canvas, 0.5, [y + 0.1], "#c9c9c6", 0.006)
    leaf = trace([(0.5, y + 0.06, 1), (0.44, y - 0.022, 1), (0.418, y, 1), (0.462, y + 0.105, 1)])
    for side in (leaf, flip(leaf)):
        canvas.piece(side, plain(shirt), puff=0.014, drop=0.01)


def draw_sweater(canvas: Canvas, wool: Material, rib: Material, cut: Cut, shirt: str = "") -> None:
    """A knitted pullover on the mannequin, or over a shirt a sleeveless one."""
    draw_back_neck(canvas, cut, rib, label=False)
    draw_hips(canvas, cut.bottom)
    draw_head(canvas, cut.top)
    draw_hair(canvas, cut.top, "#2b211d")
    draw_hands(canvas, WORN_SLEEVE)
    draw_torso(canvas, cut, wool, sleeve=WORN_SLEEVE, arms=plain(shirt) if shirt else None)
    if shirt:
        draw_armholes(canvas, cut, rib)
        draw_shirt_collar(canvas, cut, shirt)
    draw_welt(canvas, cut, rib)
    if not shirt:
        draw_cuffs(canvas, rib, WORN_SLEEVE)
    draw_neck_band(canvas, cut, rib, 0.026)


def draw_armholes(canvas: Canvas, cut: Cut, rib: Material) -> None:
    """The ribbed edges of a sleeveless pullover."""
    edge = trace(
        [
            (0.496 + cut.shoulder, cut.top + cut.slope),
            (0.49 + cut.shoulder, (cut.top + cut.armpit) / 2),
            (0.5 + cut.chest, cut.armpit),
        ],
        False,
    )
    for side in (edge, flip(edge)):
        canvas.piece(ribbon(side, 0.022), rib, puff=0.01)


def draw_pocket(canvas: Canvas, cloth: Material) -> None:
    """The front pouch of a hooded sweatshirt."""
    pouch = mirror("500,660 580,660! 640,755! 640,830! 500,838")
    canvas.piece(pouch, cloth, puff=0.025, drop=0.014)
    for side in ("580,662 640,755", "420,662 360,755"):
        canvas.stitch(side, "#d9d9d9", 0.006, 0.002)


def draw_hood(canvas: Canvas, cloth: Material, inside: Material) -> None:
    """A hood put up round the mannequin's head; its front edges come with `draw_hood_front`."""
    back = mirror("500,8 590,22 642,95 636,200 600,262 560,300! 500,310")
    canvas.piece(back, cloth, puff=0.06, drape=(0.07, 0.05, 0.01))
    hollow = mirror("500,42 565,58 600,120 592,205 545,290 500,300")
    canvas.piece(hollow, inside, puff=0.02)
    canvas.glow(hollow, "#000000", 0.45, 0.02)
    draw_head(canvas, HOODED.top, scale=0.86)


def draw_hood_front(canvas: Canvas, cloth: Material, cord: str) -> None:
    """The rolled edges of the hood, crossing at the throat, and the cord's ends."""
    lip = trace("478,345 545,292 596,205 604,118 562,52 500,34", False)
    for side in (lip, flip(lip)):
        canvas.piece(ribbon(side, 0.05, 0.03), cloth, puff=0.03, drop=0.012)
    for x, sway in ((0.462, -0.01), (0.54, 0.01)):
        end = trace([(x, 0.35), (x + sway, 0.42), (x + sway * 0.4, 0.5)], False)
        canvas.piece(ribbon(end, 0.011), cord, puff=0.006, drop=0.01)
        canvas.piece(ellipse(x, 0.35, 0.008, 0.008), "#c9c9c9", puff=0.004, gloss=0.6)


def draw_hoodie(
    canvas: Canvas, cloth: Material, inside: Material, cord: str, zipped: str = ""
) -> None:
    """A hooded sweatshirt on the mannequin."""
    draw_hips(canvas, HOODED.bottom, "#2b3445")
    draw_hood(canvas, cloth, inside)
    draw_hands(canvas, WORN_SLEEVE)
    draw_torso(canvas, HOODED, cloth, sleeve=WORN_SLEEVE)
    draw_pocket(canvas, cloth)
    if zipped:
        draw_zip(canvas, trace("500,345 500,880", False), zipped)
    draw_welt(canvas, HOODED, cloth)
    draw_cuffs(canvas, cloth, WORN_SLEEVE)
    draw_hood_front(canvas, cloth, cord)


DRAWINGS = (
    make_drawing(
        "Green V-neck sweater",
        "Sweaters",
        "Green",
        "54.00",
        partial(
            draw_sweater, wool=knit("#2f6b4a", 0.01), rib=knit("#2a5f42", 0.008, 0.014), cut=VEE
        ),
    ),
    make_drawing(
        "Navy slipover",
        "Sweaters",
        "Navy Blue",
        "46.00",
        partial(
            draw_sweater,
            wool=knit("#27335a", 0.01),
            rib=knit("#202a4b", 0.008, 0.014),
            cut=VEE,
            shirt="#dfe8f3",
        ),
    ),
    make_drawing(
        "Burgundy slipover",
        "Sweaters",
        "Burgundy",
        "46.00",
        partial(
            draw_sweater,
            wool=knit("#5b2438", 0.01),
            rib=knit("#4b1d2e", 0.008, 0.014),
            cut=VEE,
            shirt="#e9edf2",
        ),
    ),
    make_drawing(
        "Striped V-neck sweater",
        "Sweaters",
        "Grey",
        "56.00",
        partial(
            draw_sweater,
            wool=bands(("#5a5f68", "#b9bdc4", "#5a5f68", "#8a3040"), 0.04),
            rib=knit("#5a5f68", 0.008, 0.014),
            cut=VEE,
        ),
    ),
    make_drawing(
        "Argyle slipover",
        "Sweaters",
        "Multi",
        "49.00",
        partial(
            draw_sweater,
            wool=argyle("#26262a", ("#8a8f98", "#b23a3a")),
            rib=knit("#26262a", 0.008, 0.014),
            cut=VEE,
            shirt="#e9edf2",
        ),
    ),
    make_drawing(
        "Grey hooded sweatshirt",
        "Sweatshirts",
        "Grey",
        "45.00",
        partial(draw_hoodie, cloth=plain("#8e9197", 0.05), inside=plain("#77797f"), cord="#efefec"),
    ),
    make_drawing(
        "Navy zipped hoodie",
        "Sweatshirts",
        "Navy Blue",
        "49.00",
        partial(
            draw_hoodie,
            cloth=plain("#2a375c", 0.04),
            inside=plain("#8e9197"),
            cord="#f1f1ee",
            zipped="#1d2742",
        ),
    ),
)
