"""Handbags, wallets and clutches."""

from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, leather, plain
from shop_demo.drawings.shapes import box, ellipse, mirror, ribbon, trace

BRASS = "#cfae62"


STEEL = "#c6c8cb"


def draw_buckle(canvas: Canvas, x: float, y: float, metal: str, radius: float = 0.018) -> None:
    """A metal ring, seen from the front."""
    hole = ellipse(x, y, radius * 0.6, radius * 0.6)
    canvas.piece(
        ellipse(x, y, radius, radius), metal, cut=[hole], puff=0.006, gloss=0.8, drop=0.005
    )


def draw_handles(
    canvas: Canvas, hide: Material, top: float, rise: float, spread: float, metal: str
) -> None:
    """Two arched handles, one behind the bag and one before it."""
    for shift, base in ((0.012, top), (0.0, top + 0.09)):
        arch = trace(
            [
                (0.5 - spread, base),
                (0.5 - spread * 0.93, top - rise * 0.55 - shift),
                (0.5, top - rise - shift),
                (0.5 + spread * 0.93, top - rise * 0.55 - shift),
                (0.5 + spread, base),
            ],
            False,
        )
        canvas.piece(ribbon(arch, 0.026), hide, puff=0.012, gloss=0.2, drop=0.01)
    for x in (0.5 - spread, 0.5 + spread):
        canvas.piece(
            box(x - 0.02, top + 0.07, x + 0.02, top + 0.15, 0.012), hide, puff=0.01, drop=0.008
        )
        draw_buckle(canvas, x, top + 0.075, metal)


def draw_tote(canvas: Canvas, hide: Material, trim: Material, metal: str = BRASS) -> None:
    """A roomy handbag with two handles."""
    canvas.ground(ellipse(0.5, 0.845, 0.36, 0.02), 0.42)
    body = trace(mirror("500,375 780,370! 840,600 870,800 845,845! 500,855"))
    canvas.piece(box(0.25, 0.355, 0.75, 0.42, 0.02), plain("#3b332e"), puff=0.02)
    folds = canvas.crease(
        [
            "330,400 300,600 330,750",
            "680,400 720,580 660,720",
            "500,400 480,520",
        ],
        0.05,
        -0.02,
    )
    canvas.piece(body, hide, puff=0.07, gloss=0.22, drape=(0.12, 0.12, 0.008), folds=folds)
    canvas.piece(
        "130,760! 500,775 870,760! 868,820 845,847! 500,857 155,847! 132,820",
        trim,
        puff=0.03,
        gloss=0.2,
        drop=0.006,
    )
    canvas.stitch("135,772 500,787 865,772", "#d9c7a0")
    canvas.stitch("225,388 500,392 775,388", "#d9c7a0")
    draw_handles(canvas, trim, 0.39, 0.25, 0.17, metal)
    canvas.piece(box(0.47, 0.5, 0.53, 0.525, 0.006), metal, puff=0.008, gloss=0.7, drop=0.006)


def draw_satchel(canvas: Canvas, hide: Material, metal: str = BRASS) -> None:
    """A structured handbag with a flap and one handle."""
    canvas.ground(ellipse(0.5, 0.83, 0.36, 0.02), 0.42)
    arch = trace("330,370 345,220 500,150 655,220 670,370", False)
    canvas.piece(ribbon(arch, 0.036), hide, puff=0.018, gloss=0.3)
    canvas.piece(
        mirror("500,340 750,345 820,420 860,780 830,835 500,840"),
        hide,
        puff=0.06,
        gloss=0.25,
    )
    flap = mirror("500,335 760,340 815,400 820,550 740,630 500,655")
    canvas.piece(flap, hide, puff=0.05, gloss=0.3, drop=0.018)
    canvas.stitch("195,540 265,612 500,637 735,612 805,540", "#e2cfa6")
    canvas.piece(box(0.455, 0.6, 0.545, 0.69, 0.012), metal, puff=0.014, gloss=0.7, drop=0.01)
    canvas.piece(ellipse(0.5, 0.648, 0.014, 0.014), "#8d7437", puff=0.008, gloss=0.6)
    for x in (0.33, 0.67):
        draw_buckle(canvas, x, 0.375, metal, 0.024)


def draw_wallet(canvas: Canvas, hide: Material, thread: str, accent: str = "") -> None:
    """A folded wallet, slightly open at the right."""
    canvas.ground(box(0.15, 0.7, 0.86, 0.735, 0.01), 0.3)
    canvas.piece(
        "150,315! 855,295! 870,310 872,700 855,715! 150,720!",
        hide,
        puff=0.02,
    )
    for step in range(2):
        y = 0.307 + step * 0.006
        canvas.line([(0.17, y + 0.02), (0.85, y)], 0.004, "#d6c4a2", 0.7)
    front = "135,335 150,322! 845,322! 860,337 860,715 845,730! 150,730! 135,715"
    canvas.piece(front, hide, puff=0.035, gloss=0.16, shine=10, drape=(0.3, 0.2, 0.006), drop=0.012)
    if accent:
        canvas.piece(box(0.136, 0.46, 0.859, 0.53), plain(accent), puff=0.01)
    rim = trace(
        "155,342! 840,342! 840,710! 155,710! 155,342!",
        False,
    )
    canvas.stitch(rim, thread, 0.009)
    canvas.glow(box(0.135, 0.33, 0.16, 0.72), "#ffffff", 0.14, 0.012)
    canvas.glow(box(0.66, 0.6, 0.78, 0.65, 0.008), "#000000", 0.2, 0.004)


def draw_clutch(canvas: Canvas, cloth: Material, metal: str) -> None:
    """An evening clutch with a curved flap and a jewelled rim."""
    canvas.ground(ellipse(0.5, 0.645, 0.41, 0.016), 0.4)
    body = mirror("500,400 800,385! 915,625 900,648! 500,655")
    canvas.piece(body, cloth, puff=0.04, gloss=0.3, shine=9)
    flap = trace("200,386! 500,400 800,386! 690,500 500,550 310,500")
    canvas.piece(flap, cloth, puff=0.03, gloss=0.35, shine=9, drop=0.014)
    rim = trace("200,388 310,498 500,548 690,498 800,388", False)
    for grow in (0.0, 0.022, 0.044):
        for x, y in rim[4:-4:2]:
            spot = ellipse(0.5 + (x - 0.5) * (1 - grow), y - grow, 0.0085, 0.0085)
            canvas.piece(spot, metal, puff=0.008, gloss=0.9, drop=0.003)


DRAWINGS = (
    make_drawing(
        "Brown leather tote",
        "Handbags",
        "Brown",
        "119.00",
        partial(draw_tote, hide=leather("#7a4826"), trim=leather("#4d2c18")),
    ),
    make_drawing(
        "Black handbag",
        "Handbags",
        "Black",
        "99.00",
        partial(draw_tote, hide=leather("#262427"), trim=leather("#1a191b"), metal=STEEL),
    ),
    make_drawing(
        "Red satchel", "Handbags", "Red", "109.00", partial(draw_satchel, hide=leather("#a3242c"))
    ),
    make_drawing(
        "Teal satchel", "Handbags", "Teal", "109.00", partial(draw_satchel, hide=leather("#2b6f73"))
    ),
    make_drawing(
        "Brown leather wallet",
        "Wallets",
        "Brown",
        "29.00",
        partial(draw_wallet, hide=leather("#64371f"), thread="#c79a63"),
    ),
    make_drawing(
        "Black wallet",
        "Wallets",
        "Black",
        "29.00",
        partial(draw_wallet, hide=leather("#232224"), thread="#5b5b5f"),
    ),
    make_drawing(
        "Tan wallet",
        "Wallets",
        "Tan",
        "31.00",
        partial(draw_wallet, hide=leather("#a8672f"), thread="#edd2a4"),
    ),
    make_drawing(
        "Red wallet",
        "Wallets",
        "Red",
        "27.00",
        partial(draw_wallet, hide=leather("#a1252d"), thread="#e7b9b0", accent="#7a1a22"),
    ),
    make_drawing(
        "Silver evening clutch",
        "Clutches",
        "Silver",
        "45.00",
        partial(draw_clutch, cloth=plain("#a9aab0", 0.03), metal="#d8d9dc"),
    ),
    make_drawing(
        "Purple satin clutch",
        "Clutches",
        "Purple",
        "45.00",
        partial(draw_clutch, cloth=plain("#5b2a6b", 0.01), metal=BRASS),
    ),
)
