"""Sneakers and dress shoes."""

from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, denim, leather, plain
from shop_demo.drawings.light import View
from shop_demo.drawings.shapes import ellipse, ribbon, trace

GROUND = ellipse(0.5, 0.675, 0.41, 0.022)
COLLAR = "135,400! 200,375 300,365 385,335! 360,430 250,470 150,450"
UPPER = (
    "110,620! 105,540 130,400! 170,440 260,465 345,430 400,335! 470,395 "
    "600,475 740,515 860,545 905,600 900,630!"
)


def draw_laces(
    canvas: Canvas,
    start: tuple[float, float],
    stop: tuple[float, float],
    rows: int,
    colour: str,
    width: float = 0.016,
    bow: bool = True,
) -> None:
    """Laces across the instep between two ends of it, with their eyelets."""
    for row in range(rows):
        share = row / max(rows - 1, 1)
        x = start[0] + (stop[0] - start[0]) * share
        y = start[1] + (stop[1] - start[1]) * share
        canvas.piece(
            ellipse(x - 0.047, y + 0.057, 0.0085, 0.0085), "#b9b6b0", puff=0.006, gloss=0.5
        )
        lace = trace([(x - 0.047, y + 0.057), (x - 0.02, y + 0.016), (x + 0.018, y - 0.004)], False)
        canvas.piece(ribbon(lace, width), plain(colour, 0.03), puff=0.008, drop=0.008, edge=0.3)
    if not bow:
        return
    x, y = start
    for loop in (
        [(x, y), (x - 0.05, y - 0.03), (x - 0.085, y + 0.02), (x - 0.02, y + 0.02)],
        [(x, y), (x + 0.06, y - 0.02), (x + 0.075, y + 0.035), (x + 0.01, y + 0.02)],
    ):
        canvas.piece(
            ribbon(trace(loop, False), width * 0.7), plain(colour, 0.03), puff=0.006, drop=0.008
        )


def draw_sneaker(
    canvas: Canvas, cloth: Material, trim: str, sole: str = "#f1efe8", lace: str = "#f6f5f1"
) -> None:
    """A low canvas sneaker with a rubber toe cap."""
    canvas.view = View(7, 1.12, 0.95)
    canvas.ground(GROUND, 0.4)
    canvas.piece(COLLAR, plain("#3a3633"), puff=0.02)
    tongue = "330,420! 385,305! 425,300 480,380! 440,460!"
    canvas.piece(tongue, cloth, puff=0.02)
    canvas.piece(UPPER, cloth, puff=0.06, drape=(0.12, 0.06, 0.005), gloss=0.05, drop=0.006)
    canvas.piece(
        "740,512! 830,530 900,585 915,635! 735,640! 715,570",
        plain(sole),
        puff=0.045,
        gloss=0.2,
        drop=0.006,
    )
    canvas.piece(
        "106,600! 106,540 131,400! 168,440! 165,530 172,620!",
        trim,
        puff=0.02,
        drop=0.004,
    )
    quarter = trace("345,440 400,500 470,630", False)
    canvas.seam(quarter, 0.35)
    canvas.stitch(quarter - (0.01, 0), "#e8e4da")
    canvas.stitch("180,455 260,482 340,452", "#e8e4da")
    draw_laces(canvas, (0.43, 0.355), (0.645, 0.487), 6, lace)
    draw_rubber_sole(canvas, sole, trim)


def draw_rubber_sole(canvas: Canvas, sole: str, trim: str) -> None:
    """A flat moulded sole with a coloured line."""
    shape = "95,600! 300,612 600,615 800,607 925,600! 925,635 880,670! 500,672 115,670! 92,640"
    canvas.piece(shape, plain(sole), puff=0.02, gloss=0.1, drop=0.008)
    canvas.line("96,622 300,633 600,636 800,628 925,620", 0.008, trim)
    canvas.line("105,662 500,665 890,662", 0.012, "#5b5751", 0.55, 0.002)


DERBY = (
    "115,635! 108,560 125,440! 190,480 300,475 390,395! 480,455 600,520 "
    "760,555 890,585 932,625 925,645!"
)


def draw_derby(canvas: Canvas, hide: Material, sole: str = "#2b211c", laced: bool = True) -> None:
    """A leather dress shoe, laced or buckled, with a stacked heel."""
    canvas.view = View(11, 1.18, 0.94, mirrored=True)
    canvas.ground(GROUND, 0.4)
    canvas.piece("130,440! 240,415 360,400! 330,470 220,490", plain("#6b4a35"), puff=0.02)
    canvas.piece(DERBY, hide, puff=0.07, gloss=0.42, shine=24, drape=(0.2, 0.08, 0.004), drop=0.004)
    canvas.seam("710,540 730,590 715,645", 0.4)
    canvas.stitch("720,545 740,590 725,640", "#3a2d26")
    facing = "330,460! 392,397! 480,457 585,515! 550,565 440,545"
    canvas.piece(facing, hide, puff=0.03, gloss=0.35, drop=0.007)
    canvas.seam("440,548 400,590 380,640", 0.35)
    if laced:
        draw_laces(canvas, (0.43, 0.415), (0.53, 0.475), 4, "#1f1a18", 0.009, bow=False)
    else:
        strap = ribbon(trace("430,560 470,500 530,475", False), 0.03)
        canvas.piece(strap, hide, puff=0.01, gloss=0.4, drop=0.008)
        hole = ellipse(0.47, 0.505, 0.01, 0.01)
        canvas.piece(ellipse(0.47, 0.505, 0.018, 0.018), "#c9c4b4", cut=[hole], gloss=0.8)
    welt = "100,625! 350,640 650,642 945,632! 930,655 800,664 500,657 360,652! 100,650!"
    canvas.piece(welt, sole, puff=0.01, gloss=0.2)
    canvas.piece("100,645! 335,650! 325,685! 108,685!", sole, puff=0.015, gloss=0.2)


DRAWINGS = (
    make_drawing(
        "Navy canvas sneaker",
        "Casual Shoes",
        "Navy Blue",
        "45.00",
        partial(draw_sneaker, cloth=plain("#2a3b63", 0.05), trim="#c23b3b"),
    ),
    make_drawing(
        "White leather sneaker",
        "Casual Shoes",
        "White",
        "64.00",
        partial(draw_sneaker, cloth=leather("#eceae5", 0.5), trim="#3f7d5a"),
    ),
    make_drawing(
        "Black canvas sneaker",
        "Casual Shoes",
        "Black",
        "45.00",
        partial(draw_sneaker, cloth=plain("#26262a", 0.05), trim="#1b1b1e"),
    ),
    make_drawing(
        "Denim sneaker",
        "Casual Shoes",
        "Blue",
        "48.00",
        partial(draw_sneaker, cloth=denim("#54759f"), trim="#8a5a34", lace="#efe6d6"),
    ),
    make_drawing(
        "Black leather derby",
        "Formal Shoes",
        "Black",
        "99.00",
        partial(draw_derby, hide=leather("#232224", 0.4), sole="#161515"),
    ),
    make_drawing(
        "Chestnut derby",
        "Formal Shoes",
        "Brown",
        "105.00",
        partial(draw_derby, hide=leather("#7a3f1e", 0.4)),
    ),
    make_drawing(
        "Brown monk shoe",
        "Formal Shoes",
        "Brown",
        "110.00",
        partial(draw_derby, hide=leather("#54301f", 0.4), laced=False),
    ),
)
