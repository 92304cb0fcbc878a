"""Parts that jeans, trousers and shorts share: legs, waistband, pockets."""

from dataclasses import dataclass

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.fabric import Material
from shop_demo.drawings.shapes import Array, Points, box, ellipse, flip, trace


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
SLIM = Leg(0.1, 0.14, 0.178, 0.4, 0.175, 0.185, 0.095, 0.91)


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
