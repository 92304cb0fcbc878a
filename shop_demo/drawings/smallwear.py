"""Caps, socks, scarves and earrings."""

from functools import partial

import numpy as np

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, checks, knit, plain, stripes
from shop_demo.drawings.shapes import Points, ellipse, ribbon, trace


def draw_cap(canvas: Canvas, cloth: Material, brim: Material, badge: str) -> None:
    """A baseball cap, three quarters from the front, its peak to the right."""
    canvas.ground(ellipse(0.5, 0.7, 0.34, 0.02), 0.3)
    crown = (
        "130,630! 120,500 180,360 310,270 460,255 600,310 690,430 715,585! 600,600 420,660 250,675"
    )
    canvas.piece(crown, cloth, puff=0.11, drape=(0.1, 0.1, 0.007))
    for line in (
        "450,258 600,360 655,595",
        "450,258 300,360 270,665",
        "450,258 240,310 150,420",
    ):
        canvas.seam(line, 0.35)
    for x, y in ((0.4, 0.36), (0.58, 0.41), (0.22, 0.43)):
        canvas.piece(ellipse(x, y, 0.011, 0.011), "#2a2a2c", puff=0.003)
    peak = "360,655! 500,595 640,565 715,570! 830,610 895,680 850,705 700,700 500,725 400,715"
    canvas.piece(peak, brim, puff=0.05, gloss=0.05, drop=0.02)
    for grow in (0.018, 0.036, 0.054):
        canvas.stitch(
            [
                (0.43, 0.7 - grow),
                (0.6, 0.69 - grow),
                (0.75, 0.685 - grow * 0.8),
                (0.86 - grow, 0.672 - grow * 0.2),
            ],
            "#cfcfcf",
            0.006,
            0.0018,
        )
    canvas.piece(ellipse(0.45, 0.256, 0.024, 0.015), cloth, puff=0.014, drop=0.005)
    canvas.piece(
        "430,520! 500,400! 570,500! 530,500 500,455 470,520",
        badge,
        puff=0.008,
        drop=0.004,
    )


def sock_outline(dx: float, dy: float) -> Points:
    """One ankle sock, toe to the lower right."""
    return trace(
        "240,130! 440,110! 460,300 475,450 560,570 700,700 740,800 680,870 570,850 "
        "400,730 280,630 235,500 245,300"
    ) + (dx, dy)


def draw_socks(canvas: Canvas, cloth: Material, cuff: str, tips: str) -> None:
    """A pair of socks, one on the other."""
    for dx, dy in ((0.14, -0.01), (0.0, 0.02)):
        sock = sock_outline(dx, dy)
        canvas.piece(sock, cloth, puff=0.05, drape=(0.09, 0.06, 0.008), drop=0.012)
        toe = "665,670! 725,740 738,800 680,868 575,852! 600,760"
        heel = "242,520! 280,630 370,705! 380,620 330,540"
        for patch in (toe, heel):
            canvas.piece(trace(patch) + (dx, dy), knit(tips, 0.007), puff=0.02, edge=0.15)
        band = "238,130! 442,110! 448,200! 240,220!"
        canvas.piece(trace(band) + (dx, dy), knit(cuff, 0.01, 0.012), puff=0.02, drop=0.005)


def draw_scarf(canvas: Canvas, wool: Material, fringe: str) -> None:
    """A scarf looped once, its ends crossing and fringed."""
    ends = ((0.52, 0.46, 0.31, 0.85), (0.46, 0.46, 0.69, 0.85))
    for x0, y0, x1, y1 in ends:
        band = trace([(x0, y0 - 0.06), ((x0 + x1) / 2 + 0.01, (y0 + y1) / 2), (x1, y1)], False)
        for step in np.linspace(-0.075, 0.075, 13):
            canvas.line(
                [(x1 + step, y1 - 0.02), (x1 + step * 1.15 + (x1 - 0.5) * 0.1, y1 + 0.075)],
                0.008,
                fringe,
            )
        canvas.piece(
            ribbon(band, 0.15, 0.19), wool, puff=0.04, drape=(0.04, 0.12, 0.012), drop=0.016
        )
    outer, inner = ellipse(0.49, 0.29, 0.255, 0.235), ellipse(0.49, 0.26, 0.12, 0.105)
    rays = [
        ellipse(0.49, 0.28, r, r * 0.9, 200 + i * 25, 330 + i * 25)
        for i, r in enumerate((0.15, 0.18, 0.21))
    ]
    rays += [ellipse(0.49, 0.28, r, r * 0.9, 20, 150) for r in (0.16, 0.2)]
    canvas.piece(
        outer, wool, cut=[inner], puff=0.06, folds=canvas.crease(rays, 0.03, -0.03), drop=0.016
    )
    knot = "400,440 470,400 560,410 600,480 540,555 450,550"
    canvas.piece(knot, wool, puff=0.05, drape=(0.04, 0.04, 0.012), drop=0.018)


def draw_earrings(canvas: Canvas, metal: str, stone: str, hoop: bool = False) -> None:
    """A pair of earrings."""
    for x, y in ((0.34, 0.36), (0.63, 0.42)):
        hook = trace(
            [(x, y), (x + 0.005, y - 0.09), (x + 0.05, y - 0.12), (x + 0.075, y - 0.05)], False
        )
        canvas.piece(ribbon(hook, 0.012), metal, puff=0.006, gloss=0.8, shine=8)
        canvas.ground(ellipse(x + 0.02, y + 0.22, 0.08, 0.08), 0.1, 0.04)
        if hoop:
            canvas.piece(
                ellipse(x, y + 0.13, 0.105, 0.13),
                metal,
                cut=[ellipse(x, y + 0.125, 0.08, 0.105)],
                puff=0.014,
                gloss=0.8,
                shine=8,
            )
            continue
        canvas.piece(ellipse(x, y + 0.035, 0.034, 0.034), metal, puff=0.015, gloss=0.8, shine=8)
        canvas.piece(ellipse(x, y + 0.035, 0.02, 0.02), stone, puff=0.015, gloss=0.9)
        drop = trace(
            [
                (x, y + 0.075, 1),
                (x + 0.062, y + 0.19),
                (x + 0.045, y + 0.265),
                (x, y + 0.29),
                (x - 0.045, y + 0.265),
                (x - 0.062, y + 0.19),
            ]
        )
        canvas.piece(drop, metal, puff=0.016, gloss=0.8, shine=8)
        inner = (drop - (x, y + 0.205)) * 0.72 + (x, y + 0.208)
        canvas.piece(inner, plain(stone, 0.004, 0), puff=0.03, gloss=0.9, edge=0.4)
        canvas.glow(ellipse(x - 0.015, y + 0.18, 0.01, 0.022), "#ffffff", 0.8, 0.006)


DRAWINGS = (
    make_drawing(
        "Black baseball cap",
        "Caps",
        "Black",
        "18.00",
        partial(
            draw_cap, cloth=plain("#242427", 0.05), brim=plain("#202023", 0.05), badge="#e9e9e6"
        ),
    ),
    make_drawing(
        "Green baseball cap",
        "Caps",
        "Green",
        "18.00",
        partial(
            draw_cap, cloth=plain("#27724a", 0.05), brim=plain("#27724a", 0.05), badge="#f2e9d0"
        ),
    ),
    make_drawing(
        "Red cap with navy peak",
        "Caps",
        "Red",
        "19.00",
        partial(
            draw_cap, cloth=plain("#b02a2f", 0.05), brim=plain("#22304f", 0.05), badge="#f4f1e8"
        ),
    ),
    make_drawing(
        "Grey sports socks",
        "Socks",
        "Grey",
        "7.00",
        partial(draw_socks, cloth=knit("#9b9da1", 0.006), cuff="#6f7277", tips="#5b5e63"),
    ),
    make_drawing(
        "Black socks",
        "Socks",
        "Black",
        "7.00",
        partial(draw_socks, cloth=knit("#2b2b2e", 0.006), cuff="#232326", tips="#3a3a3e"),
    ),
    make_drawing(
        "Striped socks",
        "Socks",
        "Navy Blue",
        "8.00",
        partial(
            draw_socks,
            cloth=stripes(("#27365a", "#d9d2c2"), 0.07, 0.35),
            cuff="#27365a",
            tips="#b23a3a",
        ),
    ),
    make_drawing(
        "Checked wool muffler",
        "Mufflers",
        "Red",
        "28.00",
        partial(
            draw_scarf,
            wool=checks("#9d2a30", [("#1f2230", 0.2, 0.3), ("#e6dcc6", 0.7, 0.08)], 0.09),
            fringe="#9d2a30",
        ),
        True,
    ),
    make_drawing(
        "Grey knitted muffler",
        "Mufflers",
        "Grey",
        "26.00",
        partial(draw_scarf, wool=knit("#8b8e93", 0.012, 0.03), fringe="#8b8e93"),
        True,
    ),
    make_drawing(
        "Gold drop earrings",
        "Earrings",
        "Gold",
        "39.00",
        partial(draw_earrings, metal="#cfa94f", stone="#7c1d3a"),
    ),
    make_drawing(
        "Silver drop earrings",
        "Earrings",
        "Silver",
        "35.00",
        partial(draw_earrings, metal="#c3c5c9", stone="#24549c"),
    ),
    make_drawing(
        "Gold hoop earrings",
        "Earrings",
        "Gold",
        "29.00",
        partial(draw_earrings, metal="#cfa94f", stone="#cfa94f", hoop=True),
    ),
)
