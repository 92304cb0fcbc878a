"""Parts that tops share: a body, sleeves, collars, buttons, zips and prints."""

from dataclasses import dataclass

import numpy as np

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.fabric import Material
from shop_demo.drawings.shapes import Array, Points, ellipse, flip, trace

DRAPE = (0.06, 0.24, 0.011)


@dataclass(frozen=True)
class Cut:
    """The right half of a top: widths from the middle, heights from the picture's top."""

    neck: float = 0.078
    neck_drop: float = 0.075
    top: float = 0.11
    shoulder: float = 0.195
    slope: float = 0.045
    armpit: float = 0.35
    chest: float = 0.222
    waist: float = 0.208
    hem: float = 0.218
    bottom: float = 0.85
    vee: bool = False

    def outline(self) -> Points:
        """The whole body, closed."""
        half: list[tuple[float, ...]] = [
            (0.5 + self.neck, self.top, 1),
            (0.5 + self.shoulder, self.top + self.slope, 1),
            (0.5 + self.shoulder * 0.98, (self.top + self.slope + self.armpit) / 2),
            (0.5 + self.chest, self.armpit, 1),
            (0.5 + self.waist, (self.armpit + self.bottom) / 2),
            (0.5 + self.hem, self.bottom, 1),
            (0.5 + self.hem * 0.4, self.bottom + 0.012),
            (0.5, self.bottom + 0.012),
        ]
        right = trace(half, closed=False)
        return np.vstack([right, flip(right)[::-1], self.neckline()])

    def neckline(self, grow: float = 0.0) -> Points:
        """The front edge of the neck, left to right, `grow` below and beside itself."""
        low = self.top + self.neck_drop + grow
        side = self.neck + grow
        top = self.top + grow * self.slope / (self.shoulder - self.neck)
        if self.vee:
            knots: list[tuple[float, ...]] = [(0.5, low, 1)]
        else:
            bend = top + (low - top) * 0.68
            knots = [(0.5 - side * 0.72, bend), (0.5, low), (0.5 + side * 0.72, bend)]
        return trace([(0.5 - side, top), *knots, (0.5 + side, top)], closed=False)


def draw_sleeves(
    canvas: Canvas,
    cut: Cut,
    material: Material,
    end: tuple[float, float],
    cuff: float,
    drape: tuple[float, float, float] = (0.06, 0.05, 0.006),
) -> None:
    """Both sleeves; `end` is the middle of the right cuff, `cuff` half its width."""
    shoulder = np.array([0.5 + cut.shoulder, cut.top + cut.slope])
    armpit = np.array([0.5 + cut.chest - 0.006, cut.armpit + 0.012])
    tip = np.array(end)
    along = tip - (shoulder + armpit) / 2
    across = np.array([along[1], -along[0]]) / np.linalg.norm(along)
    outer, inner = tip + across * cuff, tip - across * cuff
    swell = shoulder * 0.45 + outer * 0.55 + across * 0.022
    inside = armpit * 0.5 + inner * 0.5 - across * 0.004
    knots = [
        (*(shoulder + (-0.02, 0.0)), 1),
        (*shoulder,),
        tuple(swell),
        (*outer, 1),
        (*inner, 1),
        tuple(inside),
        (*armpit, 1),
        (*(armpit + (-0.03, -0.02)), 1),
    ]
    right = trace(knots)
    for side in (right, flip(right)):
        canvas.piece(side, material, puff=0.045, drape=drape, edge=0.25)
    hem = np.array([outer - along * 0.06, inner - along * 0.06])
    for line in (hem, flip(hem)):
        canvas.seam(line, 0.22)


def draw_back_neck(canvas: Canvas, cut: Cut, material: Material, label: bool = True) -> None:
    """The inside of the back, seen through the neck, with the maker's label."""
    wide, high = cut.neck + 0.004, max(cut.neck_drop, 0.03) + 0.03
    hole = trace(
        [
            (0.5 - wide, cut.top + 0.002, 1),
            (0.5, cut.top - 0.014),
            (0.5 + wide, cut.top + 0.002, 1),
            (0.5 + wide * 0.84, cut.top + high * 0.7),
            (0.5, cut.top + high),
            (0.5 - wide * 0.84, cut.top + high * 0.7),
        ]
    )
    canvas.piece(hole, material, puff=0.02, edge=0.3)
    canvas.glow(hole, "#000000", 0.38, 0.012)
    if label:
        canvas.piece(
            [
                (0.478, cut.top + 0.004, 1),
                (0.522, cut.top + 0.004, 1),
                (0.522, cut.top + 0.03, 1),
                (0.478, cut.top + 0.03, 1),
            ],
            "#e8e4da",
            puff=0.004,
        )


def draw_neck_band(canvas: Canvas, cut: Cut, material: Material, width: float = 0.02) -> None:
    """The ribbed band that edges the neck."""
    inner, outer = cut.neckline(), cut.neckline(width)
    band = np.vstack([inner, outer[::-1]])
    canvas.piece(band, material, puff=0.01, edge=0.3)
    canvas.seam(outer, 0.2)


def draw_buttons(
    canvas: Canvas, x: float, ys: list[float], colour: str = "#f1ede2", radius: float = 0.0075
) -> None:
    """A row of four-hole buttons."""
    for y in ys:
        canvas.piece(ellipse(x, y, radius, radius), colour, puff=0.006, gloss=0.3, drop=0.004)
        for dx in (-0.25, 0.25):
            canvas.piece(ellipse(x + dx * radius, y, radius * 0.16, radius * 0.16), "#555049")


def draw_zip(canvas: Canvas, line: Points, tape: str, teeth: str = "#c9c9c4") -> None:
    """A zip: its tape and its teeth."""
    canvas.line(line, 0.016, tape, 0.95)
    canvas.stitch(line, teeth, 0.0035, 0.007)


def fold_body(canvas: Canvas, cut: Cut) -> Array:
    """The creases a body hangs in: from the armpits inward and across the waist."""
    low, mid = cut.armpit, (cut.armpit + cut.bottom) / 2
    right = [
        [(0.5 + cut.chest, low), (0.5 + cut.chest * 0.75, low + 0.05), (0.53, low + 0.06)],
        [(0.5 + cut.chest, low + 0.02), (0.5 + cut.chest * 0.6, low + 0.16)],
        [(0.5 + cut.waist, mid), (0.5 + cut.waist * 0.5, mid + 0.045), (0.5, mid + 0.04)],
        [(0.5 + cut.waist, mid + 0.13), (0.5 + cut.waist * 0.4, mid + 0.2)],
    ]
    left = [flip(trace(line, closed=False)) + (0.0, 0.012) for line in right]
    return canvas.crease([*right, *left], 0.026, -0.016)


def draw_hem(canvas: Canvas, cut: Cut, height: float = 0.022) -> None:
    """The sewn hem at the bottom of the body."""
    side = cut.hem - 0.004
    low = cut.bottom - height
    line = trace([(0.5 - side, low), (0.5, low + 0.012), (0.5 + side, low)], closed=False)
    canvas.seam(line, 0.22)
