"""Heels, flip-flops and sandals."""

from functools import partial

import numpy as np

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, dotted, floral, leather, plain, stripes
from shop_demo.drawings.light import View
from shop_demo.drawings.shapes import ellipse, ribbon, trace, turn

FOOT = (
    "100,500 130,435 240,420 420,450 600,425 760,420 880,455 915,520 870,575 "
    "740,600 560,585 380,575 220,580 130,560"
)


def draw_pump(
    canvas: Canvas, hide: Material, lining: str = "#d9c2a4", heel: str = "", open_toe: bool = False
) -> None:
    """A court shoe on a high heel."""
    canvas.ground(ellipse(0.74, 0.775, 0.17, 0.014), 0.4)
    canvas.ground(ellipse(0.165, 0.775, 0.05, 0.01), 0.4)
    canvas.piece(
        "140,360! 240,395 400,490 560,625! 440,630 260,530 150,440",
        plain(lining),
        puff=0.02,
    )
    stem = "118,440! 270,510! 215,600 190,770! 158,770! 155,620 130,520"
    canvas.piece(stem, heel or hide, puff=0.02, gloss=0.3)
    upper = (
        "120,470! 112,400 135,325! 170,410 300,525 460,620 540,615 600,585! "
        "720,645 840,695 905,740 885,765! 620,768 500,740 360,650 240,555"
    )
    canvas.piece(upper, hide, puff=0.05, gloss=0.5, shine=22, drop=0.004)
    if open_toe:
        canvas.piece(
            "840,705! 905,740 885,765! 820,765 810,735",
            plain(lining),
            puff=0.01,
        )
    canvas.piece(
        ("240,557! 360,655 500,743 620,768 890,766! 880,778! 610,781 490,757 350,668"),
        "#3b2a22",
        puff=0.006,
    )
    canvas.piece(
        "156,764! 192,764! 192,780! 156,780!",
        "#2a211d",
        puff=0.006,
    )


def draw_strappy_heel(canvas: Canvas, hide: Material, sole: str = "#b98a5a") -> None:
    """A heeled sandal with straps over toes and ankle."""
    canvas.ground(ellipse(0.7, 0.775, 0.2, 0.014), 0.4)
    canvas.ground(ellipse(0.19, 0.775, 0.06, 0.01), 0.4)
    canvas.piece(
        "120,470! 290,520! 235,620 235,770! 165,770! 155,600",
        hide,
        puff=0.025,
        gloss=0.3,
    )
    for line in (
        "140,270 260,240 370,290",
        "660,600 740,580 820,620",
    ):
        canvas.piece(ribbon(trace(line, False), 0.028), hide, puff=0.01)
    bed = (
        "110,450! 200,470 340,560 500,685 620,725 800,720 910,745! 880,775! "
        "600,775 480,745 340,640 230,545 120,490!"
    )
    canvas.piece(bed, leather(sole, 0.4), puff=0.02, gloss=0.1)
    straps = (
        "560,745 600,640 700,585 790,620 830,735",
        "640,755 700,655 800,640 880,750",
        "300,590 360,460 460,440 600,600 660,700",
        "130,470 120,360 140,270 250,330 370,290",
        "370,290 420,400 460,440",
    )
    for line in straps:
        canvas.piece(ribbon(trace(line, False), 0.034), hide, puff=0.014, gloss=0.35, drop=0.008)
    canvas.piece(
        ellipse(0.26, 0.333, 0.024, 0.024),
        "#d8cfae",
        cut=[ellipse(0.26, 0.333, 0.013, 0.013)],
        gloss=0.8,
    )


def draw_flip_flop(canvas: Canvas, bed: Material, strap: str, edge: str) -> None:
    """A rubber flip-flop from above and the side, the toe to the right."""
    canvas.view = View(18, 1.35, 0.85)
    foot = turn(trace(FOOT), 9)
    canvas.ground(foot + (0.0, 0.06), 0.3, 0.02)
    for step in range(4):
        canvas.piece(
            foot + (0.0, 0.04 - step * 0.01), edge if step % 2 else "#f4f2ee", puff=0.008, edge=0.3
        )
    canvas.piece(foot, bed, puff=0.012, edge=0.12)
    canvas.glow(turn(ellipse(0.25, 0.5, 0.09, 0.05), 9), "#000000", 0.12, 0.03)
    toe = np.array([[0.76, 0.51]])
    for knots in (
        "360,440 450,370 600,385 745,500",
        "400,585 500,500 620,470 745,510",
    ):
        band = turn(ribbon(trace(knots, False), 0.052, 0.026), 9)
        canvas.piece(band, plain(strap), puff=0.02, gloss=0.3, drop=0.02)
    x, y = turn(toe, 9)[0]
    canvas.piece(
        ellipse(float(x) - 0.01, float(y), 0.02, 0.016), strap, puff=0.012, gloss=0.4, drop=0.01
    )


def draw_sandal(
    canvas: Canvas, hide: Material, bed: str = "#6d4a30", sole: str = "#2a211c"
) -> None:
    """A flat sandal with broad straps."""
    canvas.view = View(14, 1.3, 0.85, mirrored=True)
    foot = turn(trace(FOOT), 8)
    canvas.ground(foot + (0.0, 0.07), 0.3, 0.02)
    for step in range(5):
        canvas.piece(foot + (0.0, 0.05 - step * 0.01), sole, puff=0.008, edge=0.3)
    canvas.piece(foot, leather(bed), puff=0.014, edge=0.2)
    loops = (
        ("540,385 600,300 690,340 700,600", 0.1),
        ("370,400 430,290 540,310 540,585", 0.085),
        ("165,500 118,420 140,310 260,290 360,410 415,560", 0.05),
    )
    for knots, width in loops:
        band = turn(trace(knots, False), 8)
        canvas.piece(ribbon(band, width), hide, puff=0.025, gloss=0.18, drop=0.018)
        for side in (-1, 1):
            canvas.stitch(band + (side * width * 0.36, 0.0), "#c9b08a")
    canvas.piece(
        ellipse(0.668, 0.5, 0.026, 0.02),
        "#c8c2b2",
        cut=[ellipse(0.668, 0.5, 0.014, 0.01)],
        gloss=0.8,
        drop=0.006,
    )


DRAWINGS = (
    make_drawing(
        "Black stiletto pump",
        "Heels",
        "Black",
        "72.00",
        partial(draw_pump, hide=leather("#1f1d20", 0.2)),
    ),
    make_drawing(
        "Red patent pump",
        "Heels",
        "Red",
        "75.00",
        partial(draw_pump, hide=plain("#b3202c", 0.004, 0)),
    ),
    make_drawing(
        "Nude peep-toe heel",
        "Heels",
        "Beige",
        "69.00",
        partial(draw_pump, hide=plain("#cda98a", 0.004, 0), open_toe=True),
    ),
    make_drawing(
        "Black strappy heel",
        "Heels",
        "Black",
        "66.00",
        partial(draw_strappy_heel, hide=leather("#27211f", 0.4)),
    ),
    make_drawing(
        "Blue flip-flop",
        "Flip Flops",
        "Blue",
        "12.00",
        partial(draw_flip_flop, bed=plain("#2f6fc0"), strap="#173d78", edge="#173d78"),
    ),
    make_drawing(
        "Striped flip-flop",
        "Flip Flops",
        "Red",
        "13.00",
        partial(
            draw_flip_flop,
            bed=stripes(("#b3262d", "#f0ede6"), 0.13, 0.16, -0.32),
            strap="#2a2a2e",
            edge="#2a2a2e",
        ),
    ),
    make_drawing(
        "Floral flip-flop",
        "Flip Flops",
        "Pink",
        "13.00",
        partial(
            draw_flip_flop,
            bed=floral("#f6d3dd", ["#d9437a", "#f4f0e6"], 0.09),
            strap="#d9437a",
            edge="#b43563",
        ),
    ),
    make_drawing(
        "Dotted flip-flop",
        "Flip Flops",
        "Yellow",
        "12.00",
        partial(
            draw_flip_flop, bed=dotted("#f2cf3e", "#ffffff", 0.045), strap="#e07b28", edge="#e07b28"
        ),
    ),
    make_drawing(
        "Brown leather sandal",
        "Sandals",
        "Brown",
        "49.00",
        partial(draw_sandal, hide=leather("#5b3822")),
    ),
    make_drawing(
        "Black sandal",
        "Sandals",
        "Black",
        "44.00",
        partial(draw_sandal, hide=leather("#222124"), bed="#3c3734"),
    ),
)
