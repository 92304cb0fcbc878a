"""Sweaters, hooded sweatshirts and jackets."""

from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, denim, knit, leather, plain, stripes
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
from shop_demo.drawings.shapes import Points, box, ellipse, flip, mirror, ribbon, trace

CREW = Cut(neck=0.075, neck_drop=0.05, shoulder=0.195, bottom=0.8, hem=0.2, chest=0.22, waist=0.215)
VEE = Cut(neck=0.075, neck_drop=0.17, shoulder=0.195, bottom=0.8, hem=0.2, chest=0.22, waist=0.215, vee=True)
ZIPPED = Cut(neck=0.08, neck_drop=0.04, shoulder=0.2, bottom=0.79, hem=0.205, chest=0.23, waist=0.225)
SLEEVE = (0.805, 0.72)


def draw_ribs(canvas: Canvas, cut: Cut, rib: Material, cuffs: bool = True) -> None:
    """The ribbed welt at the bottom and at the wrists."""
    low, wide = cut.bottom, cut.hem
    welt = trace(mirror([(0.5, low - 0.022), (0.5 + wide + 0.003, low - 0.036, 1), (0.5 + wide * 0.96, low + 0.022, 1), (0.5, low + 0.034)]))
    canvas.piece(welt, rib, puff=0.018, drop=0.004)
    if cuffs:
        x, y = SLEEVE
        cuff = trace([(x + 0.046, y - 0.052, 1), (x + 0.05, y + 0.008, 1), (x - 0.034, y + 0.026, 1), (x - 0.049, y - 0.036, 1)])
        for side in (cuff, flip(cuff)):
            canvas.piece(side, rib, puff=0.016, drop=0.004)


def draw_torso(canvas: Canvas, cut: Cut, cloth: Material, sleeve: Material, gloss: float = 0.0) -> None:
    """Body and long sleeves."""
    draw_sleeves(canvas, cut, sleeve, SLEEVE, 0.044, (0.05, 0.035, 0.011))
    folds = fold_body(canvas, cut)
    canvas.piece(cut.outline(), cloth, puff=0.06, drape=DRAPE, folds=folds, drop=0.014, gloss=gloss)


def draw_sweater(canvas: Canvas, wool: Material, rib: Material, cut: Cut = CREW) -> None:
    """A knitted pullover."""
    draw_back_neck(canvas, cut, rib)
    draw_torso(canvas, cut, wool, wool)
    draw_ribs(canvas, cut, rib)
    draw_neck_band(canvas, cut, rib, 0.026)


def draw_pocket(canvas: Canvas, cloth: Material) -> None:
    """The front pouch of a hooded sweatshirt."""
    pouch = mirror([(0.5, 0.585), (0.59, 0.585, 1), (0.655, 0.7, 1), (0.655, 0.765, 1), (0.5, 0.772)])
    canvas.piece(pouch, cloth, puff=0.025, drop=0.014)
    for side in ([(0.59, 0.587), (0.655, 0.7)], [(0.41, 0.587), (0.345, 0.7)]):
        canvas.stitch(side, "#d9d9d9", 0.006, 0.002)


def draw_hoodie(canvas: Canvas, cloth: Material, inside: Material, cord: str, zipped: str = "") -> None:
    """A hooded sweatshirt, the hood lying open behind the neck."""
    cut = Cut(neck=0.085, neck_drop=0.07, top=0.2, armpit=0.41, shoulder=0.2, bottom=0.82, hem=0.205, chest=0.225, waist=0.22)
    hood = mirror([(0.5, 0.045), (0.59, 0.065), (0.655, 0.145), (0.635, 0.25), (0.58, 0.29), (0.5, 0.33)])
    canvas.piece(hood, cloth, puff=0.07, drape=(0.08, 0.06, 0.01))
    opening = mirror([(0.5, 0.085), (0.565, 0.105), (0.6, 0.165), (0.575, 0.24), (0.5, 0.315)])
    canvas.piece(opening, inside, puff=0.02, edge=0.35)
    canvas.glow(opening, "#000000", 0.4, 0.025)
    draw_torso(canvas, cut, cloth, cloth)
    lip = trace([(0.5, 0.325), (0.43, 0.285), (0.375, 0.2), (0.41, 0.095)], False)
    for side in (lip, flip(lip)):
        canvas.piece(ribbon(side, 0.045, 0.03), cloth, puff=0.03, drop=0.012)
    if zipped:
        draw_zip(canvas, trace([(0.5, 0.31), (0.5, 0.82)], False), zipped)
    draw_pocket(canvas, cloth)
    if zipped:
        draw_zip(canvas, trace([(0.5, 0.58), (0.5, 0.82)], False), zipped)
    low = Cut(hem=cut.hem, bottom=cut.bottom)
    draw_ribs(canvas, low, knit("#777777", 0.009) if not cord else cloth)
    for x, sway in ((0.455, -0.012), (0.545, 0.01)):
        line = trace([(x, 0.3), (x + sway, 0.38), (x + sway * 0.4, 0.46)], False)
        canvas.piece(ribbon(line, 0.011), cord, puff=0.006, drop=0.01)
        canvas.piece(ellipse(x, 0.3, 0.008, 0.008), "#c9c9c9", puff=0.004, gloss=0.6)


def lapel() -> Points:
    """Half of a turned-down jacket collar."""
    return trace([(0.505, 0.2, 1), (0.562, 0.09, 1), (0.6, 0.1), (0.635, 0.17, 1), (0.585, 0.235, 1)])


def draw_jacket(canvas: Canvas, cloth: Material, lining: str, teeth: str, gloss: float = 0.0, biker: bool = False) -> None:
    """A zipped jacket with a collar, side pockets and ribbed ends."""
    cut = ZIPPED
    draw_back_neck(canvas, cut, plain(lining))
    draw_torso(canvas, cut, cloth, cloth, gloss)
    draw_ribs(canvas, cut, cloth)
    line = trace([(0.5, 0.16), (0.5, 0.82)], False)
    draw_zip(canvas, line, "#1c1c1e", teeth)
    for side in (lapel(), flip(lapel())):
        canvas.piece(side, cloth, puff=0.022, drop=0.016, gloss=gloss)
    pocket = trace([(0.585, 0.56), (0.64, 0.7)], False)
    for side in (pocket, flip(pocket)):
        canvas.piece(ribbon(side, 0.026), cloth, puff=0.01, drop=0.008, gloss=gloss)
        canvas.seam(side, 0.5)
    if biker:
        draw_zip(canvas, trace([(0.56, 0.36), (0.66, 0.33)], False), "#1c1c1e", teeth)
        for side in ([(0.6, 0.155), (0.63, 0.24), (0.69, 0.3)], [(0.4, 0.155), (0.37, 0.24), (0.31, 0.3)]):
            canvas.seam(side, 0.4)
    canvas.piece(box(0.492, 0.2, 0.508, 0.24, 0.004), teeth, puff=0.005, gloss=0.6, drop=0.005)


def draw_trucker(canvas: Canvas, cloth: Material, thread: str) -> None:
    """A denim jacket."""
    cut = ZIPPED
    draw_back_neck(canvas, cut, plain("#33445e"))
    draw_torso(canvas, cut, cloth, cloth)
    draw_ribs(canvas, cut, cloth)
    for x in (0.48, 0.52):
        canvas.stitch([(x, 0.17), (x, 0.8)], thread)
    draw_buttons(canvas, 0.5, [0.24 + 0.09 * step for step in range(7)], "#b58a52", 0.009)
    yoke = trace([(0.52, 0.315), (0.72, 0.315)], False)
    flap = trace([(0.565, 0.325, 1), (0.66, 0.325, 1), (0.66, 0.355, 1), (0.6125, 0.375, 1), (0.565, 0.355, 1)])
    panel = trace([(0.58, 0.37), (0.545, 0.76)], False)
    panel_2 = trace([(0.645, 0.37), (0.62, 0.76)], False)
    for turned in (False, True):
        parts = [flip(part) if turned else part for part in (yoke, panel, panel_2)]
        for part in parts:
            canvas.seam(part, 0.35)
            canvas.stitch(part + (0.005, 0.004), thread)
        canvas.piece(flip(flap) if turned else flap, cloth, puff=0.012, drop=0.01)
        draw_buttons(canvas, 0.3875 if turned else 0.6125, [0.358], "#b58a52", 0.007)
        canvas.piece(flip(lapel()) if turned else lapel(), cloth, puff=0.022, drop=0.016)


DRAWINGS = (
    make_drawing("Green cable sweater", "Sweaters", "Green", "54.00", partial(draw_sweater, wool=knit("#2f6b4a", 0.012, 0.035), rib=knit("#2a5f42", 0.008, 0.014)), True),
    make_drawing("Burgundy V-neck sweater", "Sweaters", "Burgundy", "52.00", partial(draw_sweater, wool=knit("#6f2035", 0.01), rib=knit("#611b2e", 0.008, 0.014), cut=VEE), True),
    make_drawing("Striped sweater", "Sweaters", "Multi", "56.00", partial(draw_sweater, wool=stripes(("#8a8f98", "#2d3442"), 0.11, 0.45), rib=knit("#2d3442", 0.008, 0.014)), True),
    make_drawing("Grey hooded sweatshirt", "Sweatshirts", "Grey", "45.00", partial(draw_hoodie, cloth=plain("#8e9197", 0.05), inside=plain("#77797f"), cord="#efefec"), True),
    make_drawing("Navy zipped hoodie", "Sweatshirts", "Navy Blue", "49.00", partial(draw_hoodie, cloth=plain("#2a375c", 0.04), inside=plain("#8e9197"), cord="#f1f1ee", zipped="#1d2742"), True),
    make_drawing("Black leather jacket", "Jackets", "Black", "159.00", partial(draw_jacket, cloth=leather("#26252a", 0.6), lining="#4a3030", teeth="#d0d0cc", gloss=0.3, biker=True), True),
    make_drawing("Olive bomber jacket", "Jackets", "Olive", "89.00", partial(draw_jacket, cloth=plain("#55583a", 0.03), lining="#c2662a", teeth="#c9b26a", gloss=0.08), True),
    make_drawing("Denim jacket", "Jackets", "Blue", "79.00", partial(draw_trucker, cloth=denim("#46648f", 0.4), thread="#c98a3c"), True),
)
