"""Backpacks and sports bags."""

from functools import partial

from shop_demo.drawings.bags import STEEL
from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, plain
from shop_demo.drawings.shapes import box, ellipse, flip, mirror, ribbon, trace


def draw_backpack(canvas: Canvas, cloth: Material, panel: Material, accent: str) -> None:
    """A school rucksack from the front."""
    canvas.ground(ellipse(0.5, 0.905, 0.28, 0.02), 0.42)
    loop = trace("430,130 445,70 500,55 555,70 570,130", False)
    canvas.piece(ribbon(loop, 0.026), panel, puff=0.012)
    for side in (0, 1):
        strap = trace("300,200 190,340 160,560 200,780", False)
        strap = flip(strap) if side else strap
        canvas.piece(ribbon(strap, 0.05, 0.03), panel, puff=0.02)
    body = trace(mirror("500,100 660,125 755,250 790,550 790,820 720,900 500,910"))
    canvas.piece(body, cloth, puff=0.09, drape=(0.12, 0.09, 0.012), gloss=0.05)
    canvas.piece(
        mirror("500,170 635,200 690,320 700,500 500,520"),
        cloth,
        puff=0.05,
        drape=(0.1, 0.08, 0.008),
        drop=0.01,
    )
    rim = trace(
        "285,500 310,320 365,200 500,170 635,200 690,320 715,500",
        False,
    )
    canvas.line(rim, 0.014, accent, 0.95)
    canvas.stitch(rim, "#d8d8d8", 0.0035, 0.006)
    pocket = mirror("500,550 690,545 725,600 735,820 690,870 500,875")
    canvas.piece(pocket, panel, puff=0.06, drape=(0.11, 0.08, 0.01), drop=0.02)
    zip_line = trace("290,625 500,605 710,625", False)
    canvas.line(zip_line, 0.014, accent, 0.95)
    canvas.stitch(zip_line, "#d8d8d8", 0.0035, 0.006)
    canvas.piece(box(0.685, 0.62, 0.7, 0.69, 0.006), STEEL, puff=0.006, gloss=0.6, drop=0.008)
    canvas.piece(box(0.44, 0.35, 0.56, 0.4, 0.008), accent, puff=0.008, drop=0.005)
    for x in (0.222, 0.778):
        canvas.seam([(x + (0.5 - x) * 0.12, 0.3), (x, 0.55), (x, 0.85)], 0.3)


def draw_duffel(canvas: Canvas, cloth: Material, trim: Material) -> None:
    """A sports holdall: long, zipped along the top, two short handles."""
    canvas.ground(ellipse(0.5, 0.725, 0.42, 0.02), 0.42)
    for lift in (0.03, 0.0):
        arch = trace(
            "355,450 375,310 430,265 570,265 625,310 645,450",
            False,
        )
        canvas.piece(ribbon(arch - (0.0, lift), 0.03), trim, puff=0.012)
    body = mirror("500,375 740,380 830,420 900,560 925,700 870,730 500,735")
    canvas.piece(body, cloth, puff=0.08, drape=(0.14, 0.1, 0.014), gloss=0.06)
    for end in (trace("790,400 850,430 910,580 920,700 860,728 780,730 815,560"),):
        for side in (end, flip(end)):
            canvas.piece(side, trim, puff=0.04, drape=(0.08, 0.08, 0.008), drop=0.006)
    zip_line = trace("220,425 500,410 780,425", False)
    canvas.line(zip_line, 0.016, "#1a1a1c", 0.9)
    canvas.stitch(zip_line, "#c9c9c9", 0.0035, 0.006)
    canvas.piece(
        box(0.38, 0.51, 0.62, 0.7, 0.02), cloth, puff=0.04, drape=(0.1, 0.08, 0.008), drop=0.012
    )
    for x in (0.355, 0.645):
        canvas.piece(
            ribbon(trace([(x, 0.41), (x, 0.73)], False), 0.032), trim, puff=0.01, drop=0.008
        )
    canvas.piece(box(0.43, 0.245, 0.57, 0.29, 0.02), trim, puff=0.02, drop=0.008)
    canvas.piece(box(0.45, 0.55, 0.55, 0.585, 0.006), "#d9d9d9", puff=0.004)


DRAWINGS = (
    make_drawing(
        "Black backpack",
        "Backpacks",
        "Black",
        "49.00",
        partial(
            draw_backpack,
            cloth=plain("#2a2a2d", 0.05),
            panel=plain("#222225", 0.05),
            accent="#8f9296",
        ),
    ),
    make_drawing(
        "Blue backpack",
        "Backpacks",
        "Blue",
        "52.00",
        partial(
            draw_backpack,
            cloth=plain("#2c4f8c", 0.05),
            panel=plain("#1f2b45", 0.05),
            accent="#e08a2d",
        ),
    ),
    make_drawing(
        "Red backpack",
        "Backpacks",
        "Red",
        "52.00",
        partial(
            draw_backpack,
            cloth=plain("#a82a2e", 0.05),
            panel=plain("#2b2b2e", 0.05),
            accent="#d6d6d6",
        ),
    ),
    make_drawing(
        "Navy sports holdall",
        "Duffel Bag",
        "Navy Blue",
        "55.00",
        partial(draw_duffel, cloth=plain("#26324f", 0.05), trim=plain("#18191d", 0.05)),
    ),
)
