"""Running shoes."""

from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, dotted, leather, plain
from shop_demo.drawings.footwear import draw_laces
from shop_demo.drawings.light import View
from shop_demo.drawings.shapes import ellipse, ribbon, trace

UPPER = (
    "120,620! 95,540 108,430 125,335! 150,325 190,380 270,428 350,395 412,290! "
    "490,350 610,440 740,495 860,530 925,590 915,640!"
)
# Heel counter, toe bumper, lace stay, and two straps from the laces down to the sole.
OVERLAYS = (
    "120,620! 96,540 108,430 124,338! 165,345 185,420 250,500 300,560 330,625!",
    "760,503! 860,528 925,588 917,640! 620,640! 700,610 755,570",
    "355,400! 415,300! 490,355 680,480! 640,520 560,500 470,445 400,440",
    "650,478! 700,490! 665,630! 590,630!",
    "470,450! 530,485! 470,630! 390,630!",
)
WAVES = (
    "300,600 390,560 480,590 590,540 650,490",
    "300,560 390,520 480,550 590,500 650,470",
)
WEDGE = (
    "70,565! 130,590 250,610 420,622 650,625 850,600 945,560! 955,600 920,660 860,690 "
    "640,705 520,690 400,715 120,725! 60,680 62,610"
)


def draw_wedge(canvas: Canvas, accent: str, dark: str) -> None:
    """The foam sole: white, a coloured heel with grooves, a dark forefoot and tread."""
    canvas.piece(WEDGE, plain("#f3f3f1"), puff=0.04, gloss=0.15, drop=0.01)
    heel = "70,640! 200,640 330,650 430,680 390,712 120,722! 66,690"
    canvas.piece(heel, plain(accent), puff=0.02, gloss=0.2, drop=0.004)
    canvas.piece("560,660! 720,650 930,600! 915,655 860,680 650,692", plain(dark), puff=0.012)
    for step in range(6):
        x = 0.12 + step * 0.045
        canvas.line([(x, 0.66), (x + 0.02, 0.7)], 0.01, dark, 0.7)
    canvas.line("75,612 250,640 600,652 940,590", 0.008, dark, 0.7)
    canvas.line("100,724 400,714 520,692 640,704 870,686", 0.014, "#2a2a2c", 0.95)


def draw_runner(
    canvas: Canvas, mesh: Material, overlay: str, accent: str, dark: str = "#2a2c30"
) -> None:
    """A running shoe: mesh, glossy overlays, two waves on the side, a thick sole."""
    canvas.view = View(10, 1.15, 0.9, mirrored=True)
    canvas.ground(ellipse(0.5, 0.71, 0.4, 0.025), 0.4)
    lining = "130,340! 200,330 300,330 400,290! 370,420 250,450 150,420"
    canvas.piece(lining, plain("#2c2c30"), puff=0.03)
    canvas.piece("345,400! 385,255! 430,245 505,350! 450,440!", plain(overlay), puff=0.03)
    canvas.piece(UPPER, mesh, puff=0.07, drop=0.006)
    for shape in OVERLAYS:
        canvas.piece(shape, leather(overlay, 0.3), puff=0.022, gloss=0.3, drop=0.008)
    for wave in WAVES:
        band = ribbon(trace(wave, False), 0.022, 0.012)
        canvas.piece(band, plain(accent), puff=0.008, gloss=0.3, drop=0.006)
    clip = "112,470! 160,460 190,520 175,560 108,560!"
    canvas.piece(clip, plain(accent), puff=0.015, gloss=0.3, drop=0.005)
    draw_laces(canvas, (0.43, 0.32), (0.63, 0.445), 6, "#f2f2f2", 0.018, bow=False)
    draw_wedge(canvas, accent, dark)


def weave_mesh(ground: str, hole: str) -> Material:
    """Air mesh: a fine grid of holes."""
    return dotted(ground, hole, 0.011, 0.28)


DRAWINGS = (
    make_drawing(
        "White and blue running shoe",
        "Sports Shoes",
        "White",
        "79.00",
        partial(
            draw_runner, mesh=weave_mesh("#d5d8dc", "#9aa0a8"), overlay="#f1f2f3", accent="#2458ab"
        ),
    ),
    make_drawing(
        "Silver and orange running shoe",
        "Sports Shoes",
        "Silver",
        "82.00",
        partial(
            draw_runner, mesh=weave_mesh("#eceded", "#c5c8cc"), overlay="#b9bdc3", accent="#e3762b"
        ),
    ),
    make_drawing(
        "Black and red running shoe",
        "Sports Shoes",
        "Black",
        "85.00",
        partial(
            draw_runner,
            mesh=weave_mesh("#4a4a4f", "#26262a"),
            overlay="#1d1d20",
            accent="#cc2a2f",
            dark="#1b1b1d",
        ),
    ),
)
