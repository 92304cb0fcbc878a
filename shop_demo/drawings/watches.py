"""Wrist watches."""

import math
from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import leather, plain, tube
from shop_demo.drawings.shapes import box, ellipse, ribbon, trace, turn


def draw_dial(canvas: Canvas, face: str, ink: str, metal: str, radius: float, chrono: bool) -> None:
    """Bezel, dial, hour marks and hands at ten past ten."""
    canvas.piece(
        ellipse(0.5, 0.5, radius, radius), metal, puff=0.02, gloss=0.7, shine=10, drop=0.012
    )
    canvas.piece(ellipse(0.5, 0.5, radius * 0.86, radius * 0.86), metal, puff=0.012, gloss=0.5)
    canvas.piece(
        ellipse(0.5, 0.5, radius * 0.78, radius * 0.78), plain(face, 0.004, 0), puff=0.0, edge=0.5
    )
    if chrono:
        for dx, dy in ((-0.36, 0), (0.36, 0), (0, 0.36)):
            small = ellipse(0.5 + dx * radius, 0.5 + dy * radius, radius * 0.19, radius * 0.19)
            canvas.piece(small, face, puff=0.006, edge=0.6)
            canvas.line(
                [(0.5 + dx * radius, 0.5 + dy * radius), (0.51 + dx * radius, 0.48 + dy * radius)],
                0.004,
                ink,
            )
    for hour in range(60):
        angle = math.radians(hour * 6)
        inner, width = (0.6, 0.012) if hour % 5 == 0 else (0.7, 0.003)
        ends = [
            (0.5 + radius * r * math.sin(angle), 0.5 - radius * r * math.cos(angle))
            for r in (inner, 0.74)
        ]
        canvas.line(ends, width, ink)
    for degrees, length, width in ((306, 0.42, 0.016), (58, 0.62, 0.012), (200, 0.66, 0.004)):
        hand = turn(
            trace([(0.5, 0.5 + radius * 0.1), (0.5, 0.5 - radius * length)], False), degrees
        )
        canvas.piece(ribbon(hand, width, width * 0.5), ink, puff=0.003, drop=0.008)
    canvas.piece(ellipse(0.5, 0.5, 0.014, 0.014), metal, puff=0.006, gloss=0.6)
    canvas.glow(trace("400,360 560,350 420,560"), "#ffffff", 0.13, 0.02)


def draw_band(canvas: Canvas, band: str, sign: int, links: bool) -> None:
    """Half of the strap, upwards for sign -1: steel links or stitched leather."""
    y = [0.5 + sign * reach for reach in (0.17, 0.3, 0.47)]
    strap = [(0.385, y[0], 1), (0.39, y[1]), (0.41, y[2], 1)]
    strap += [(0.59, y[2], 1), (0.61, y[1]), (0.615, y[0], 1)]
    if not links:
        canvas.piece(strap, leather(band), puff=0.03, gloss=0.12)
        for x in (0.402, 0.598):
            line = [(x, y[0]), (x + (0.5 - x) * 0.17, y[2] - sign * 0.01)]
            canvas.stitch(line, "#d9cdb8", 0.009)
        return
    canvas.piece(strap, tube(band, 0.385, 0.615), puff=0.01, gloss=0.2)
    for step in range(9):
        reach = 0.235 + step * 0.027
        half = 0.113 - 0.085 * (reach - 0.17)
        at = 0.5 + sign * reach
        canvas.line([(0.5 - half, at), (0.5 + half, at)], 0.005, "#5b5e63", 0.8)
    for x in (0.455, 0.545):
        canvas.line([(x, y[0]), (0.5 + (x - 0.5) * 0.8, y[2])], 0.004, "#5b5e63", 0.7)


def draw_watch(
    canvas: Canvas,
    band: str,
    face: str,
    ink: str,
    metal: str,
    chrono: bool = False,
    links: bool = False,
) -> None:
    """A wrist watch, upright, the strap running out at the top and the bottom."""
    for sign in (-1, 1):
        draw_band(canvas, band, sign, links)
        low = min(0.5 + sign * 0.17, 0.5 + sign * 0.255)
        for x in (0.375, 0.625):
            lug = box(x - 0.025, low, x + 0.025, low + 0.085, 0.016)
            canvas.piece(lug, metal, puff=0.014, gloss=0.7)
    for dy in (-0.1, 0.0, 0.1) if chrono else (0.0,):
        crown = box(0.71, 0.478 + dy, 0.768 - abs(dy) * 0.25, 0.522 + dy, 0.008)
        canvas.piece(crown, tube(metal, 0.66, 0.8), puff=0.012, gloss=0.5)
    draw_dial(canvas, face, ink, metal, 0.235, chrono)


DRAWINGS = (
    make_drawing(
        "Steel chronograph watch",
        "Watches",
        "Steel",
        "149.00",
        partial(
            draw_watch,
            band="#b9bcc0",
            face="#16181d",
            ink="#f4f4f2",
            metal="#c3c6ca",
            chrono=True,
            links=True,
        ),
        True,
    ),
    make_drawing(
        "Classic watch with brown strap",
        "Watches",
        "Brown",
        "119.00",
        partial(draw_watch, band="#5f3820", face="#f3efe4", ink="#26211c", metal="#c9a85c"),
        True,
    ),
    make_drawing(
        "Black sports watch",
        "Watches",
        "Black",
        "89.00",
        partial(
            draw_watch, band="#1d1d20", face="#1b1c20", ink="#e9e9e6", metal="#3c3e43", chrono=True
        ),
        True,
    ),
    make_drawing(
        "White watch",
        "Watches",
        "White",
        "95.00",
        partial(draw_watch, band="#e9e6e1", face="#fbfaf7", ink="#3f3c39", metal="#d2d3d6"),
        True,
    ),
)
