"""Jeans and trousers, worn by the mannequin from the waist down."""

from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, denim, leather, plain
from shop_demo.drawings.garment import draw_buttons
from shop_demo.drawings.legs import SLIM, WORN, Leg, draw_legs, draw_pockets, draw_waistband
from shop_demo.drawings.mannequin import SKIN
from shop_demo.drawings.shapes import box, ellipse, flip, mirror, trace


def draw_wearer(canvas: Canvas, leg: Leg, tee: str, shoe: str) -> None:
    """What shows of the one who wears them: a pair of shoes now, the hem of a shirt later."""
    x, y = 0.5 + (leg.ankle + leg.inner) / 2, leg.bottom
    shoe_shape = trace(
        [
            (x - 0.05, y - 0.03),
            (x + 0.05, y - 0.03),
            (x + 0.072, y + 0.03),
            (x + 0.05, y + 0.058),
            (x - 0.02, y + 0.058),
            (x - 0.045, y + 0.03),
        ]
    )
    canvas.ground(
        box(0.5 - leg.ankle - 0.05, y + 0.04, 0.5 + leg.ankle + 0.05, y + 0.06), 0.3, 0.015
    )
    for side in (shoe_shape, flip(shoe_shape)):
        canvas.piece(side, leather(shoe), puff=0.04, gloss=0.15)
        middle = float(side[:, 0].mean())
        for step in range(3):
            canvas.line(
                [
                    (middle - 0.02, y + 0.006 + step * 0.012),
                    (middle + 0.02, y + 0.006 + step * 0.012),
                ],
                0.005,
                tee,
            )


def draw_forearms(canvas: Canvas, leg: Leg, sleeve: str) -> None:
    """Arms that hang beside the hips: a sleeve that ends above the hand, or a bare arm."""
    x = 0.5 + leg.waist + 0.075
    y = leg.top
    arm = trace(
        [
            (x - 0.03, -0.03, 1),
            (x + 0.045, -0.03, 1),
            (x + 0.056, y + 0.09),
            (x + 0.068, y + 0.14),
            (x + 0.066, y + 0.2),
            (x + 0.046, y + 0.238),
            (x + 0.024, y + 0.23),
            (x + 0.014, y + 0.175, 1),
            (x + 0.0, y + 0.19),
            (x - 0.008, y + 0.15),
            (x + 0.01, y + 0.09),
        ]
    )
    cuff = [(x - 0.036, -0.03, 1), (x + 0.05, -0.03, 1), (x + 0.064, leg.top + 0.075, 1)]
    cuff.append((x - 0.016, leg.top + 0.08, 1))
    for side in (arm, flip(arm)):
        canvas.piece(side, SKIN, puff=0.03)
    if sleeve:
        for side in (trace(cuff), flip(cuff)):
            canvas.piece(side, plain(sleeve), puff=0.03, drape=(0.04, 0.03, 0.01), drop=0.006)


def draw_whiskers(canvas: Canvas, leg: Leg) -> None:
    """The worn lines and patches of jeans: at the hips, on the thighs and at the knees."""
    knee = (leg.crotch + leg.bottom) / 2
    thigh = ellipse(0.5 + leg.hip * 0.52, knee - 0.14, 0.035, 0.1)
    shin = ellipse(0.5 + leg.ankle * 0.75, knee + 0.1, 0.03, 0.08)
    for patch in (thigh, flip(thigh)):
        canvas.glow(patch, "#e6eef6", 0.42, 0.035)
    for patch in (shin, flip(shin)):
        canvas.glow(patch, "#e6eef6", 0.2, 0.03)
    for step in range(4):
        y = leg.crotch - 0.05 + step * 0.022
        ray = [(0.52, y + 0.01), (0.5 + leg.hip * 0.5, y - 0.005), (0.5 + leg.hip * 0.9, y - 0.035)]
        for line in (trace(ray, False), flip(trace(ray, False))):
            canvas.line(line, 0.007, "#e6eef6", 0.2, 0.003)


def draw_hem_of_shirt(canvas: Canvas, leg: Leg, tee: str) -> None:
    """The lower part of the shirt that hangs over the waistband."""
    wide, low = leg.waist + 0.022, leg.top + 0.055
    shape = mirror(
        [
            (0.5, -0.03),
            (0.5 + wide * 0.96, -0.03, 1),
            (0.5 + wide, low - 0.03),
            (0.5 + wide + 0.006, low, 1),
            (0.5, low + 0.014),
        ]
    )
    lines = [
        [(0.5 + wide, 0.02), (0.55, 0.06)],
        [(0.5 - wide, 0.03), (0.44, 0.075)],
        [(0.5 + wide, 0.07), (0.58, 0.09)],
    ]
    canvas.piece(
        shape,
        plain(tee),
        puff=0.05,
        drape=(0.05, 0.08, 0.012),
        folds=canvas.crease(lines, 0.024, -0.014),
        drop=0.014,
    )
    canvas.seam([(0.5 - wide, low - 0.016), (0.5, low - 0.003), (0.5 + wide, low - 0.016)], 0.2)


def draw_jeans(
    canvas: Canvas, cloth: Material, leg: Leg = WORN, thread: str = "#c98a3c", tee: str = "#e6e6e3"
) -> None:
    """Five-pocket jeans, front view, worn lighter on the thighs."""
    draw_wearer(canvas, leg, tee, "#3a2f2a")
    draw_legs(canvas, leg, cloth, "")
    draw_whiskers(canvas, leg)
    draw_waistband(canvas, leg, cloth)
    draw_pockets(canvas, leg, thread)
    draw_buttons(canvas, 0.505, [leg.top + 0.033], "#b98b52", 0.009)
    for side in (1, -1):
        hem = [
            (0.5 + side * leg.inner, leg.bottom - 0.016),
            (0.5 + side * leg.ankle, leg.bottom - 0.02),
        ]
        canvas.stitch(hem, thread)
    draw_forearms(canvas, leg, "")
    draw_hem_of_shirt(canvas, leg, tee)


def draw_worn_belt(canvas: Canvas, leg: Leg, hide: str) -> None:
    """A leather belt through the loops."""
    wide, y = leg.waist, leg.top
    band = [
        (0.5, y + 0.022),
        (0.5 + wide, y + 0.007, 1),
        (0.502 + wide, y + 0.03, 1),
        (0.5, y + 0.046),
    ]
    canvas.piece(mirror(band), leather(hide), puff=0.01, gloss=0.2)
    buckle = box(0.482, y + 0.014, 0.518, y + 0.05, 0.004)
    hole = box(0.489, y + 0.022, 0.51, y + 0.042)
    canvas.piece(buckle, "#c9c6bf", cut=[hole], puff=0.006, gloss=0.6)


def draw_pressed_crease(canvas: Canvas, leg: Leg) -> None:
    """The ironed line down the middle of each leg."""
    foot = (0.5 + (leg.ankle + leg.inner) / 2, leg.bottom - 0.01)
    crease = trace([(0.59, leg.top + 0.16), (0.6, leg.crotch + 0.2), foot], False)
    for line in (crease, flip(crease)):
        canvas.line(line, 0.006, "#ffffff", 0.16, 0.003)
        canvas.line(line + (0.006, 0), 0.006, "#000000", 0.2, 0.003)


def draw_trousers(
    canvas: Canvas, cloth: Material, leg: Leg = WORN, belt: str = "", shirt: str = "#dfe6ef"
) -> None:
    """Chinos or suit trousers over a tucked-in shirt."""
    draw_wearer(canvas, leg, "#1d1a19", "#2a211d")
    wide, low = leg.waist, leg.top + 0.02
    tucked = [(0.5, -0.03), (0.52 + wide, -0.03, 1), (0.496 + wide, low, 1), (0.5, low + 0.01)]
    canvas.piece(mirror(tucked), plain(shirt), puff=0.04, drape=(0.03, 0.06, 0.014))
    draw_legs(canvas, leg, cloth, "")
    draw_pockets(canvas, leg, "")
    draw_waistband(canvas, leg, cloth)
    if belt:
        draw_worn_belt(canvas, leg, belt)
    else:
        draw_buttons(canvas, 0.503, [leg.top + 0.033], "#6b6256", 0.008)
    draw_pressed_crease(canvas, leg)
    draw_forearms(canvas, leg, shirt)


DRAWINGS = (
    make_drawing(
        "Indigo straight jeans",
        "Jeans",
        "Blue",
        "59.00",
        partial(draw_jeans, cloth=denim("#2e4a72")),
        True,
    ),
    make_drawing(
        "Light wash jeans",
        "Jeans",
        "Blue",
        "55.00",
        partial(draw_jeans, cloth=denim("#7f9fc4", 0.5)),
        True,
    ),
    make_drawing(
        "Black slim jeans",
        "Jeans",
        "Black",
        "62.00",
        partial(draw_jeans, cloth=denim("#33363d", 0.3, "#9aa3ad"), leg=SLIM, thread="#8d8f94"),
        True,
    ),
    make_drawing(
        "Charcoal suit trousers",
        "Trousers",
        "Grey",
        "69.00",
        partial(draw_trousers, cloth=plain("#3d4046"), belt="#1d1a19"),
        True,
    ),
    make_drawing(
        "Beige chinos",
        "Trousers",
        "Beige",
        "49.00",
        partial(draw_trousers, cloth=plain("#c2a878")),
        True,
    ),
)
