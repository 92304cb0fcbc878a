"""Heels, flip-flops and sandals."""

from functools import partial

import numpy as np

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, dotted, floral, leather, plain, stripes
from shop_demo.drawings.shapes import ellipse, ribbon, trace, turn

FOOT = [(0.1, 0.5), (0.13, 0.435), (0.24, 0.42), (0.42, 0.45), (0.6, 0.425), (0.76, 0.42), (0.88, 0.455), (0.915, 0.52), (0.87, 0.575), (0.74, 0.6), (0.56, 0.585), (0.38, 0.575), (0.22, 0.58), (0.13, 0.56)]


def draw_pump(canvas: Canvas, hide: Material, lining: str = "#d9c2a4", heel: str = "", open_toe: bool = False) -> None:
    """A court shoe on a high heel."""
    canvas.ground(ellipse(0.74, 0.775, 0.17, 0.014), 0.4)
    canvas.ground(ellipse(0.165, 0.775, 0.05, 0.01), 0.4)
    canvas.piece([(0.14, 0.36, 1), (0.24, 0.395), (0.4, 0.49), (0.56, 0.625, 1), (0.44, 0.63), (0.26, 0.53), (0.15, 0.44)], plain(lining), puff=0.02)
    stem = [(0.118, 0.44, 1), (0.27, 0.51, 1), (0.215, 0.6), (0.19, 0.77, 1), (0.158, 0.77, 1), (0.155, 0.62), (0.13, 0.52)]
    canvas.piece(stem, heel or hide, puff=0.02, gloss=0.3)
    upper = [(0.12, 0.47, 1), (0.112, 0.4), (0.135, 0.325, 1), (0.17, 0.41), (0.3, 0.525), (0.46, 0.62), (0.54, 0.615), (0.6, 0.585, 1), (0.72, 0.645), (0.84, 0.695), (0.905, 0.74), (0.885, 0.765, 1), (0.62, 0.768), (0.5, 0.74), (0.36, 0.65), (0.24, 0.555)]
    canvas.piece(upper, hide, puff=0.05, gloss=0.5, shine=22, drop=0.004)
    if open_toe:
        canvas.piece([(0.84, 0.705, 1), (0.905, 0.74), (0.885, 0.765, 1), (0.82, 0.765), (0.81, 0.735)], plain(lining), puff=0.01)
    canvas.piece([(0.24, 0.557, 1), (0.36, 0.655), (0.5, 0.743), (0.62, 0.768), (0.89, 0.766, 1), (0.88, 0.778, 1), (0.61, 0.781), (0.49, 0.757), (0.35, 0.668)], "#3b2a22", puff=0.006)
    canvas.piece([(0.156, 0.764, 1), (0.192, 0.764, 1), (0.192, 0.78, 1), (0.156, 0.78, 1)], "#2a211d", puff=0.006)


def draw_strappy_heel(canvas: Canvas, hide: Material, sole: str = "#b98a5a") -> None:
    """A heeled sandal with straps over toes and ankle."""
    canvas.ground(ellipse(0.7, 0.775, 0.2, 0.014), 0.4)
    canvas.ground(ellipse(0.19, 0.775, 0.06, 0.01), 0.4)
    canvas.piece([(0.12, 0.47, 1), (0.29, 0.52, 1), (0.235, 0.62), (0.235, 0.77, 1), (0.165, 0.77, 1), (0.155, 0.6)], hide, puff=0.025, gloss=0.3)
    for line in ([(0.14, 0.27), (0.26, 0.24), (0.37, 0.29)], [(0.66, 0.6), (0.74, 0.58), (0.82, 0.62)]):
        canvas.piece(ribbon(trace(line, False), 0.028), hide, puff=0.01)
    bed = [(0.11, 0.45, 1), (0.2, 0.47), (0.34, 0.56), (0.5, 0.685), (0.62, 0.725), (0.8, 0.72), (0.91, 0.745, 1), (0.88, 0.775, 1), (0.6, 0.775), (0.48, 0.745), (0.34, 0.64), (0.23, 0.545), (0.12, 0.49, 1)]
    canvas.piece(bed, leather(sole, 0.4), puff=0.02, gloss=0.1)
    straps = (
        [(0.56, 0.745), (0.6, 0.64), (0.7, 0.585), (0.79, 0.62), (0.83, 0.735)],
        [(0.64, 0.755), (0.7, 0.655), (0.8, 0.64), (0.88, 0.75)],
        [(0.3, 0.59), (0.36, 0.46), (0.46, 0.44), (0.6, 0.6), (0.66, 0.7)],
        [(0.13, 0.47), (0.12, 0.36), (0.14, 0.27), (0.25, 0.33), (0.37, 0.29)],
        [(0.37, 0.29), (0.42, 0.4), (0.46, 0.44)],
    )
    for line in straps:
        canvas.piece(ribbon(trace(line, False), 0.034), hide, puff=0.014, gloss=0.35, drop=0.008)
    canvas.piece(ellipse(0.26, 0.333, 0.024, 0.024), "#d8cfae", cut=[ellipse(0.26, 0.333, 0.013, 0.013)], gloss=0.8)


def draw_flip_flop(canvas: Canvas, bed: Material, strap: str, edge: str) -> None:
    """A rubber flip-flop from above and the side, the toe to the right."""
    foot = turn(trace(FOOT), 9)
    canvas.ground(foot + (0.0, 0.06), 0.3, 0.02)
    for step in range(4):
        canvas.piece(foot + (0.0, 0.04 - step * 0.01), edge if step % 2 else "#f4f2ee", puff=0.008, edge=0.3)
    canvas.piece(foot, bed, puff=0.012, edge=0.12)
    canvas.glow(turn(ellipse(0.25, 0.5, 0.09, 0.05), 9), "#000000", 0.12, 0.03)
    toe = np.array([[0.76, 0.51]])
    for knots in ([(0.36, 0.44), (0.45, 0.37), (0.6, 0.385), (0.745, 0.5)], [(0.4, 0.585), (0.5, 0.5), (0.62, 0.47), (0.745, 0.51)]):
        band = turn(ribbon(trace(knots, False), 0.052, 0.026), 9)
        canvas.piece(band, plain(strap), puff=0.02, gloss=0.3, drop=0.02)
    x, y = turn(toe, 9)[0]
    canvas.piece(ellipse(float(x) - 0.01, float(y), 0.02, 0.016), strap, puff=0.012, gloss=0.4, drop=0.01)


def draw_sandal(canvas: Canvas, hide: Material, bed: str = "#6d4a30", sole: str = "#2a211c") -> None:
    """A flat sandal with broad straps."""
    foot = turn(trace(FOOT), 8)
    canvas.ground(foot + (0.0, 0.07), 0.3, 0.02)
    for step in range(5):
        canvas.piece(foot + (0.0, 0.05 - step * 0.01), sole, puff=0.008, edge=0.3)
    canvas.piece(foot, leather(bed), puff=0.014, edge=0.2)
    loops = (
        ([(0.54, 0.385), (0.6, 0.3), (0.69, 0.34), (0.7, 0.6)], 0.1),
        ([(0.37, 0.4), (0.43, 0.29), (0.54, 0.31), (0.54, 0.585)], 0.085),
        ([(0.14, 0.42), (0.12, 0.31), (0.26, 0.3), (0.37, 0.42), (0.43, 0.5)], 0.05),
    )
    for knots, width in loops:
        band = turn(trace(knots, False), 8)
        canvas.piece(ribbon(band, width), hide, puff=0.025, gloss=0.18, drop=0.018)
        for side in (-1, 1):
            canvas.stitch(band + (side * width * 0.36, 0.0), "#c9b08a")
    canvas.piece(ellipse(0.63, 0.46, 0.026, 0.02), "#c8c2b2", cut=[ellipse(0.63, 0.46, 0.014, 0.01)], gloss=0.8, drop=0.006)


DRAWINGS = (
    make_drawing("Black stiletto pump", "Heels", "Black", "72.00", partial(draw_pump, hide=leather("#1f1d20", 0.2))),
    make_drawing("Red patent pump", "Heels", "Red", "75.00", partial(draw_pump, hide=plain("#b3202c", 0.004, 0))),
    make_drawing("Nude peep-toe heel", "Heels", "Beige", "69.00", partial(draw_pump, hide=plain("#cda98a", 0.004, 0), open_toe=True)),
    make_drawing("Black strappy heel", "Heels", "Black", "66.00", partial(draw_strappy_heel, hide=leather("#27211f", 0.4))),
    make_drawing("Blue flip-flop", "Flip Flops", "Blue", "12.00", partial(draw_flip_flop, bed=plain("#2f6fc0"), strap="#173d78", edge="#173d78")),
    make_drawing("Striped flip-flop", "Flip Flops", "Red", "13.00", partial(draw_flip_flop, bed=stripes(("#f0ede6", "#c0392f"), 0.05, 0.4, 4.0), strap="#2a2a2e", edge="#2a2a2e")),
    make_drawing("Floral flip-flop", "Flip Flops", "Pink", "13.00", partial(draw_flip_flop, bed=floral("#f6d3dd", ["#d9437a", "#f4f0e6"], 0.09), strap="#d9437a", edge="#b43563")),
    make_drawing("Dotted flip-flop", "Flip Flops", "Yellow", "12.00", partial(draw_flip_flop, bed=dotted("#f2cf3e", "#ffffff", 0.045), strap="#e07b28", edge="#e07b28")),
    make_drawing("Brown leather sandal", "Sandals", "Brown", "49.00", partial(draw_sandal, hide=leather("#5b3822"))),
    make_drawing("Black sandal", "Sandals", "Black", "44.00", partial(draw_sandal, hide=leather("#222124"), bed="#3c3734")),
)
