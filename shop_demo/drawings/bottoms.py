"""Jeans and trousers."""

from dataclasses import dataclass
from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, denim, leather, plain
from shop_demo.drawings.garment import draw_buttons
from shop_demo.drawings.shapes import Array, Points, box, ellipse, flip, mirror, trace


@dataclass(frozen=True)
class Leg:
    """The right half of a pair of trousers; widths from the middle, heights from the top."""

    top: float = 0.07
    waist: float = 0.15
    hip: float = 0.195
    crotch: float = 0.38
    knee: float = 0.2
    ankle: float = 0.205
    inner: float = 0.085
    bottom: float = 0.94

    def outline(self) -> Points:
        """The right leg with its half of the seat."""
        mid = (self.crotch + self.bottom) / 2
        return trace(
            [
                (0.5, self.top + 0.008, 1),
                (0.5 + self.waist, self.top, 1),
                (0.5 + self.hip * 0.96, self.top + 0.11),
                (0.5 + self.hip, self.crotch * 0.8 + self.top * 0.2),
                (0.5 + self.knee, mid),
                (0.5 + self.ankle, self.bottom, 1),
                (0.5 + self.inner, self.bottom + 0.006, 1),
                (0.5 + self.inner * 0.72, mid),
                (0.502, self.crotch, 1),
                (0.5, self.crotch - 0.01, 1),
            ]
        )


WORN = Leg(0.1, 0.145, 0.185, 0.4, 0.2, 0.225, 0.1, 0.91)


def fold_legs(canvas: Canvas, leg: Leg, deep: float = -0.014) -> Array:
    """Creases from the crotch, behind the knee and over the ankle."""
    knee, wide = (leg.crotch + leg.bottom) / 2, leg.knee
    right = [
        [
            (0.505, leg.crotch - 0.01),
            (0.56, leg.crotch - 0.035),
            (0.5 + leg.hip, leg.crotch - 0.075),
        ],
        [(0.505, leg.crotch + 0.005), (0.57, leg.crotch + 0.01), (0.62, leg.crotch - 0.01)],
        [(0.53, knee - 0.02), (0.5 + wide * 0.7, knee + 0.01), (0.5 + wide, knee - 0.01)],
        [(0.5 + wide, knee + 0.05), (0.5 + wide * 0.55, knee + 0.07)],
        [(0.5 + leg.inner, leg.bottom - 0.09), (0.5 + leg.ankle * 0.7, leg.bottom - 0.07)],
        [(0.5 + leg.ankle, leg.bottom - 0.05), (0.5 + leg.inner * 1.4, leg.bottom - 0.03)],
    ]
    left = [flip(trace(line, closed=False)) + (0.0, 0.011) for line in right]
    return canvas.crease([*right, *left], 0.024, deep)


def draw_legs(canvas: Canvas, leg: Leg, cloth: Material, inside: str) -> None:
    """Both legs, with the back of the waistband behind them where nobody wears them."""
    if inside:
        canvas.piece(ellipse(0.5, leg.top + 0.006, leg.waist * 0.97, 0.016), inside, puff=0.01)
    folds = fold_legs(canvas, leg)
    right = leg.outline()
    for side in (flip(right), right):
        canvas.piece(side, cloth, puff=0.045, drape=(0.05, 0.14, 0.008), folds=folds, drop=0.008)
    canvas.seam([(0.5, leg.top + 0.01), (0.5, leg.crotch)], 0.3)
    hem = [(0.5 + leg.inner, leg.bottom - 0.018), (0.5 + leg.ankle, leg.bottom - 0.022)]
    for line in (trace(hem, False), flip(trace(hem, False))):
        canvas.seam(line, 0.25)


def draw_waistband(canvas: Canvas, leg: Leg, cloth: Material, loops: bool = True) -> None:
    """Waistband with belt loops and a button."""
    w, y = leg.waist + 0.003, leg.top
    band = trace(
        [
            (0.5 - w, y, 1),
            (0.5, y + 0.016),
            (0.5 + w, y, 1),
            (0.5 + w + 0.004, y + 0.035, 1),
            (0.5, y + 0.052),
            (0.5 - w - 0.004, y + 0.035, 1),
        ]
    )
    canvas.piece(band, cloth, puff=0.012, drop=0.006)
    if loops:
        for x in (-0.09, -0.045, 0.045, 0.09):
            canvas.piece(
                box(0.496 + x, y + 0.005, 0.504 + x, y + 0.056, 0.002),
                cloth,
                puff=0.004,
                drop=0.004,
            )


def draw_pockets(canvas: Canvas, leg: Leg, thread: str) -> None:
    """Curved front pockets and the fly, seamed and stitched."""
    y, w = leg.top + 0.045, leg.waist
    pocket = trace(
        [(0.5 + w * 0.5, y), (0.5 + w * 0.62, y + 0.05), (0.5 + leg.hip * 0.93, y + 0.075)], False
    )
    for line in (pocket, flip(pocket)):
        canvas.seam(line, 0.5)
        if thread:
            canvas.stitch(line + (0, 0.007), thread)
    fly = trace([(0.528, y), (0.528, y + 0.1), (0.503, y + 0.14)], False)
    canvas.seam(fly, 0.25)
    if thread:
        canvas.stitch(fly, thread)
        canvas.stitch(fly - (0.006, 0), thread)
        side = trace([(0.5 + w - 0.01, y), (0.5 + leg.hip - 0.012, leg.crotch - 0.06)], False)
        canvas.stitch(side, thread)
        canvas.stitch(flip(side), thread)


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
    thigh = ellipse(0.595, (leg.crotch + leg.bottom) / 2 - 0.12, 0.035, 0.13)
    for patch in (thigh, flip(thigh)):
        canvas.glow(patch, "#dfe8f2", 0.3, 0.05)
    draw_waistband(canvas, leg, cloth)
    draw_pockets(canvas, leg, thread)
    draw_buttons(canvas, 0.505, [leg.top + 0.033], "#b98b52", 0.009)
    for side in (1, -1):
        hem = [
            (0.5 + side * leg.inner, leg.bottom - 0.016),
            (0.5 + side * leg.ankle, leg.bottom - 0.02),
        ]
        canvas.stitch(hem, thread)
    draw_hem_of_shirt(canvas, leg, tee)


def draw_trousers(
    canvas: Canvas, cloth: Material, leg: Leg = WORN, belt: str = "", shirt: str = "#dfe6ef"
) -> None:
    """Chinos or suit trousers, with a pressed crease."""
    draw_wearer(canvas, leg, "#1d1a19", "#2a211d")
    tucked = mirror(
        [
            (0.5, -0.03),
            (0.5 + leg.waist + 0.02, -0.03, 1),
            (0.5 + leg.waist - 0.004, leg.top + 0.02, 1),
            (0.5, leg.top + 0.03),
        ]
    )
    canvas.piece(tucked, plain(shirt), puff=0.04, drape=(0.03, 0.06, 0.014))
    draw_legs(canvas, leg, cloth, "")
    draw_pockets(canvas, leg, "")
    draw_waistband(canvas, leg, cloth)
    if belt:
        canvas.piece(
            [
                (0.5 - leg.waist, leg.top + 0.007, 1),
                (0.5, leg.top + 0.022),
                (0.5 + leg.waist, leg.top + 0.007, 1),
                (0.502 + leg.waist, leg.top + 0.03, 1),
                (0.5, leg.top + 0.046),
                (0.498 - leg.waist, leg.top + 0.03, 1),
            ],
            leather(belt),
            puff=0.01,
            gloss=0.2,
        )
        canvas.piece(
            box(0.482, leg.top + 0.014, 0.518, leg.top + 0.05, 0.004),
            "#c9c6bf",
            cut=[box(0.489, leg.top + 0.022, 0.51, leg.top + 0.042)],
            puff=0.006,
            gloss=0.6,
        )
    else:
        draw_buttons(canvas, 0.503, [leg.top + 0.033], "#6b6256", 0.008)
    crease = trace(
        [
            (0.59, leg.top + 0.16),
            (0.6, leg.crotch + 0.2),
            (0.5 + (leg.ankle + leg.inner) / 2, leg.bottom - 0.01),
        ],
        False,
    )
    for line in (crease, flip(crease)):
        canvas.line(line, 0.006, "#ffffff", 0.16, 0.003)
        canvas.line(line + (0.006, 0), 0.006, "#000000", 0.2, 0.003)


SLIM = Leg(0.1, 0.14, 0.178, 0.4, 0.175, 0.185, 0.095, 0.91)


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
        partial(draw_jeans, cloth=denim("#2b2d33", 0.1), leg=SLIM, thread="#5a5a60"),
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
