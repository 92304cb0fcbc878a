"""Shoes with laces, seen from the side with the toe to the right."""

from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, denim, leather, plain
from shop_demo.drawings.shapes import ellipse, ribbon, trace

GROUND = ellipse(0.5, 0.675, 0.41, 0.022)
COLLAR = [(0.135, 0.4, 1), (0.2, 0.375), (0.3, 0.365), (0.385, 0.335, 1), (0.36, 0.43), (0.25, 0.47), (0.15, 0.45)]
UPPER = [
    (0.11, 0.62, 1),
    (0.105, 0.54),
    (0.13, 0.4, 1),
    (0.17, 0.44),
    (0.26, 0.465),
    (0.345, 0.43),
    (0.4, 0.335, 1),
    (0.47, 0.395),
    (0.6, 0.475),
    (0.74, 0.515),
    (0.86, 0.545),
    (0.905, 0.6),
    (0.9, 0.63, 1),
]


def draw_laces(
    canvas: Canvas, start: tuple[float, float], stop: tuple[float, float], rows: int, colour: str, width: float = 0.016
) -> None:
    """Laces across the instep between two ends of it, with their eyelets."""
    for row in range(rows):
        share = row / max(rows - 1, 1)
        x = start[0] + (stop[0] - start[0]) * share
        y = start[1] + (stop[1] - start[1]) * share
        canvas.piece(ellipse(x - 0.047, y + 0.057, 0.0085, 0.0085), "#b9b6b0", puff=0.006, gloss=0.5)
        lace = trace([(x - 0.047, y + 0.057), (x - 0.02, y + 0.016), (x + 0.018, y - 0.004)], False)
        canvas.piece(ribbon(lace, width), plain(colour, 0.03), puff=0.008, drop=0.008, edge=0.3)
    x, y = start
    for loop in ([(x, y), (x - 0.05, y - 0.03), (x - 0.085, y + 0.02), (x - 0.02, y + 0.02)],
                 [(x, y), (x + 0.06, y - 0.02), (x + 0.075, y + 0.035), (x + 0.01, y + 0.02)]):
        canvas.piece(ribbon(trace(loop, False), width * 0.7), plain(colour, 0.03), puff=0.006, drop=0.008)


def draw_sneaker(canvas: Canvas, cloth: Material, trim: str, sole: str = "#f1efe8", lace: str = "#f6f5f1") -> None:
    """A low canvas sneaker with a rubber toe cap."""
    canvas.ground(GROUND, 0.4)
    canvas.piece(COLLAR, plain("#3a3633"), puff=0.02)
    tongue = [(0.33, 0.42, 1), (0.385, 0.305, 1), (0.425, 0.3), (0.48, 0.38, 1), (0.44, 0.46, 1)]
    canvas.piece(tongue, cloth, puff=0.02)
    canvas.piece(UPPER, cloth, puff=0.06, drape=(0.12, 0.06, 0.005), gloss=0.05, drop=0.006)
    canvas.piece([(0.74, 0.512, 1), (0.83, 0.53), (0.9, 0.585), (0.915, 0.635, 1), (0.735, 0.64, 1), (0.715, 0.57)], plain(sole), puff=0.045, gloss=0.2, drop=0.006)
    canvas.piece([(0.106, 0.6, 1), (0.106, 0.54), (0.131, 0.4, 1), (0.168, 0.44, 1), (0.165, 0.53), (0.172, 0.62, 1)], trim, puff=0.02, drop=0.004)
    quarter = trace([(0.345, 0.44), (0.4, 0.5), (0.47, 0.63)], False)
    canvas.seam(quarter, 0.35)
    canvas.stitch(quarter - (0.01, 0), "#e8e4da")
    canvas.stitch([(0.18, 0.455), (0.26, 0.482), (0.34, 0.452)], "#e8e4da")
    draw_laces(canvas, (0.43, 0.355), (0.645, 0.487), 6, lace)
    draw_rubber_sole(canvas, sole, trim)


def draw_rubber_sole(canvas: Canvas, sole: str, trim: str) -> None:
    """A flat moulded sole with a coloured line."""
    shape = [(0.095, 0.6, 1), (0.3, 0.612), (0.6, 0.615), (0.8, 0.607), (0.925, 0.6, 1), (0.925, 0.635), (0.88, 0.67, 1), (0.5, 0.672), (0.115, 0.67, 1), (0.092, 0.64)]
    canvas.piece(shape, plain(sole), puff=0.02, gloss=0.1, drop=0.008)
    canvas.line([(0.096, 0.622), (0.3, 0.633), (0.6, 0.636), (0.8, 0.628), (0.925, 0.62)], 0.008, trim)
    canvas.line([(0.105, 0.662), (0.5, 0.665), (0.89, 0.662)], 0.012, "#5b5751", 0.55, 0.002)


def draw_runner(canvas: Canvas, mesh: Material, overlay: str, accent: str, sole: str = "#f3f3f1") -> None:
    """A running shoe: mesh, overlays, a thick wedge sole."""
    canvas.ground(GROUND, 0.4)
    canvas.piece(COLLAR, plain("#2c2c30"), puff=0.03)
    canvas.piece([(0.33, 0.42, 1), (0.375, 0.3, 1), (0.42, 0.295), (0.49, 0.39, 1), (0.44, 0.46, 1)], plain(overlay), puff=0.03)
    canvas.piece(UPPER, mesh, puff=0.06, gloss=0.05, drop=0.006)
    overlays = (
        [(0.107, 0.62, 1), (0.105, 0.54), (0.13, 0.4, 1), (0.19, 0.45), (0.26, 0.5), (0.33, 0.62, 1)],
        [(0.79, 0.53, 1), (0.87, 0.552), (0.907, 0.6), (0.9, 0.63, 1), (0.66, 0.63, 1), (0.74, 0.59)],
        [(0.36, 0.43, 1), (0.4, 0.345, 1), (0.47, 0.4), (0.65, 0.5, 1), (0.6, 0.535), (0.47, 0.47)],
    )
    for shape in overlays:
        canvas.piece(shape, leather(overlay, 0.4), puff=0.025, gloss=0.18, drop=0.006)
    for step in range(3):
        x = 0.38 + step * 0.065
        swoosh = trace([(x, 0.62), (x + 0.03, 0.54), (x + 0.09, 0.45 + step * 0.025)], False)
        canvas.piece(ribbon(swoosh, 0.026, 0.016), plain(accent), puff=0.008, gloss=0.25, drop=0.005)
    draw_laces(canvas, (0.425, 0.35), (0.61, 0.47), 5, "#f2f2f2")
    wedge = [(0.075, 0.575, 1), (0.2, 0.6), (0.4, 0.612), (0.65, 0.615), (0.85, 0.59), (0.93, 0.575, 1), (0.935, 0.62), (0.88, 0.66, 1), (0.5, 0.668), (0.11, 0.672, 1), (0.07, 0.63)]
    canvas.piece(wedge, plain(sole), puff=0.03, gloss=0.12, drop=0.01)
    canvas.piece([(0.085, 0.62, 1), (0.25, 0.63), (0.42, 0.645, 1), (0.25, 0.662), (0.1, 0.665, 1)], accent, puff=0.012)
    for step in range(12):
        x = 0.13 + step * 0.064
        canvas.line([(x, 0.655), (x + 0.01, 0.672)], 0.012, "#4b4a48", 0.8)


def draw_derby(canvas: Canvas, hide: Material, sole: str = "#2b211c", laced: bool = True) -> None:
    """A leather dress shoe, laced or slipped on, with a stacked heel."""
    canvas.ground(GROUND, 0.4)
    canvas.piece([(0.13, 0.44, 1), (0.24, 0.415), (0.36, 0.4, 1), (0.33, 0.47), (0.22, 0.49)], plain("#6b4a35"), puff=0.02)
    upper = [(0.115, 0.635, 1), (0.108, 0.56), (0.125, 0.44, 1), (0.19, 0.48), (0.3, 0.475), (0.39, 0.395, 1), (0.48, 0.455), (0.6, 0.52), (0.76, 0.555), (0.89, 0.585), (0.932, 0.625), (0.925, 0.645, 1)]
    canvas.piece(upper, hide, puff=0.07, gloss=0.42, shine=24, drape=(0.2, 0.08, 0.004), drop=0.004)
    canvas.seam([(0.71, 0.54), (0.73, 0.59), (0.715, 0.645)], 0.4)
    canvas.stitch([(0.72, 0.545), (0.74, 0.59), (0.725, 0.64)], "#3a2d26")
    facing = [(0.33, 0.46, 1), (0.392, 0.397, 1), (0.48, 0.457), (0.585, 0.515, 1), (0.55, 0.565), (0.44, 0.545)]
    canvas.piece(facing, hide, puff=0.03, gloss=0.35, drop=0.007)
    canvas.seam([(0.44, 0.548), (0.4, 0.59), (0.38, 0.64)], 0.35)
    if laced:
        draw_laces(canvas, (0.43, 0.415), (0.53, 0.475), 4, "#1f1a18", 0.009)
    else:
        strap = trace([(0.43, 0.56), (0.47, 0.5), (0.53, 0.475)], False)
        canvas.piece(ribbon(strap, 0.03), hide, puff=0.01, gloss=0.4, drop=0.008)
        canvas.piece(ellipse(0.47, 0.505, 0.018, 0.018), "#c9c4b4", cut=[ellipse(0.47, 0.505, 0.01, 0.01)], gloss=0.8)
    canvas.piece([(0.1, 0.625, 1), (0.35, 0.64), (0.65, 0.642), (0.945, 0.632, 1), (0.93, 0.655), (0.8, 0.664), (0.5, 0.657), (0.36, 0.652, 1), (0.1, 0.65, 1)], sole, puff=0.01, gloss=0.2)
    canvas.piece([(0.1, 0.645, 1), (0.335, 0.65, 1), (0.325, 0.685, 1), (0.108, 0.685, 1)], sole, puff=0.015, gloss=0.2)


DRAWINGS = (
    make_drawing("Navy canvas sneaker", "Casual Shoes", "Navy Blue", "45.00", partial(draw_sneaker, cloth=plain("#2a3b63", 0.05), trim="#c23b3b")),
    make_drawing("White leather sneaker", "Casual Shoes", "White", "64.00", partial(draw_sneaker, cloth=leather("#eceae5", 0.5), trim="#3f7d5a")),
    make_drawing("Black canvas sneaker", "Casual Shoes", "Black", "45.00", partial(draw_sneaker, cloth=plain("#26262a", 0.05), trim="#1b1b1e")),
    make_drawing("Denim sneaker", "Casual Shoes", "Blue", "48.00", partial(draw_sneaker, cloth=denim("#54759f"), trim="#8a5a34", lace="#efe6d6")),
    make_drawing("Blue running shoe", "Sports Shoes", "Blue", "79.00", partial(draw_runner, mesh=plain("#d9dde2", 0.08), overlay="#1f4f9c", accent="#c9d0d8")),
    make_drawing("Black and red running shoe", "Sports Shoes", "Black", "85.00", partial(draw_runner, mesh=plain("#3a3a3e", 0.08), overlay="#1d1d20", accent="#cc2a2f")),
    make_drawing("Black leather derby", "Formal Shoes", "Black", "99.00", partial(draw_derby, hide=leather("#232224", 0.4), sole="#161515")),
    make_drawing("Tan derby", "Formal Shoes", "Tan", "105.00", partial(draw_derby, hide=leather("#9a5b2c", 0.4))),
    make_drawing("Brown monk shoe", "Formal Shoes", "Brown", "110.00", partial(draw_derby, hide=leather("#54301f", 0.4), laced=False)),
)
