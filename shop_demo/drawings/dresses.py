"""Dresses and women's tops."""

from functools import partial

from shop_demo.drawings.canvas import Canvas, Outline
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, dotted, floral, plain
from shop_demo.drawings.shapes import flip, mirror, ribbon, trace

BODICE = "500,200 565,185 585,100! 640,100! 635,190 665,255! 640,340 615,420! 500,432"


def draw_full_skirt(canvas: Canvas, cloth: Material, flare: float, bottom: float) -> None:
    """A skirt that falls from the waist in folds."""
    outline = mirror(
        [
            (0.5, 0.42),
            (0.613, 0.412, 1),
            (0.5 + flare * 0.72, 0.62),
            (0.5 + flare, bottom - 0.03, 1),
            (0.5 + flare * 0.62, bottom - 0.002),
            (0.5 + flare * 0.3, bottom - 0.012),
            (0.5, bottom + 0.006),
        ]
    )
    rays: list[Outline] = []
    for step in range(-4, 5):
        foot = step * flare * 0.22
        waist = (0.5 + step * 0.024, 0.45)
        rays.append([(0.5 + foot, bottom + 0.03), (0.5 + foot * 0.7, 0.66), waist])
    folds = canvas.crease(rays, 0.034, -0.026)
    canvas.piece(outline, cloth, puff=0.06, folds=folds, drape=(0.05, 0.3, 0.009))
    left, right, low = 0.504 - flare, 0.496 + flare, bottom - 0.05
    canvas.seam([(left, low), (0.5, bottom - 0.02), (right, low)], 0.18)


def draw_dress(
    canvas: Canvas,
    cloth: Material,
    sash: str,
    flare: float = 0.3,
    bottom: float = 0.92,
    sleeves: bool = False,
) -> None:
    """A dress with a fitted bodice, a belt and a full skirt."""
    back = mirror("500,140 585,102! 600,200 500,250")
    canvas.piece(back, cloth, puff=0.01)
    canvas.glow(back, "#000000", 0.38, 0.012)
    if sleeves:
        cap = trace("615,100! 680,125 740,235! 660,275! 620,200")
        for side in (cap, flip(cap)):
            canvas.piece(side, cloth, puff=0.04, drape=(0.04, 0.04, 0.01))
    draw_full_skirt(canvas, cloth, flare, bottom)
    bust = ["660,270 600,310 550,300", "340,270 400,310 450,300"]
    waist = ["620,400 560,360", "380,400 440,360"]
    pinch = canvas.crease([*bust, *waist], 0.02, -0.014)
    canvas.piece(mirror(BODICE), cloth, puff=0.06, folds=pinch, drop=0.008)
    edge = trace("415,102 435,185 500,202 565,185 585,102", False)
    canvas.piece(ribbon(edge, 0.012), sash, puff=0.006)
    belt = mirror("500,408 619,395! 615,435! 500,450")
    canvas.piece(belt, plain(sash), puff=0.014, drop=0.008)


def draw_sheath(canvas: Canvas, cloth: Material) -> None:
    """A plain sleeveless sheath dress."""
    back = mirror("500,120 580,85! 590,150 500,200")
    canvas.piece(back, cloth, puff=0.01)
    canvas.glow(back, "#000000", 0.4, 0.012)
    body = mirror(
        "500,165 560,140 580,83! 645,95! 640,190 675,260! 645,420 685,600 690,780 675,920! 500,930"
    )
    lines = [
        "670,270 600,310 560,300",
        "330,270 400,310 440,300",
        "645,430 560,460",
        "355,430 440,460",
        "680,640 580,680 500,670",
        "320,660 420,700",
    ]
    canvas.piece(
        body,
        cloth,
        puff=0.07,
        folds=canvas.crease(lines, 0.026, -0.016),
        drape=(0.07, 0.3, 0.01),
        gloss=0.04,
    )
    for x in (0.44, 0.56):
        canvas.seam([(x, 0.33), (x + (0.5 - x) * 0.1, 0.45), (x, 0.62)], 0.22)
    canvas.seam("330,895 500,905 670,895", 0.2)


DRAWINGS = (
    make_drawing(
        "Floral summer dress",
        "Dresses",
        "White",
        "64.00",
        partial(
            draw_dress,
            cloth=floral("#f4efe9", ["#c8455f", "#e79aa6", "#6f9a6b"], 0.07),
            sash="#c8455f",
        ),
        True,
    ),
    make_drawing(
        "Red belted dress",
        "Dresses",
        "Red",
        "69.00",
        partial(draw_dress, cloth=plain("#ad2430"), sash="#2a2224", sleeves=True),
        True,
    ),
    make_drawing(
        "Polka-dot dress",
        "Dresses",
        "Navy Blue",
        "66.00",
        partial(draw_dress, cloth=dotted("#243056", "#f3f1ea", 0.042), sash="#f3f1ea"),
        True,
    ),
    make_drawing(
        "Little black dress",
        "Dresses",
        "Black",
        "75.00",
        partial(draw_sheath, cloth=plain("#232226")),
        True,
    ),
)
