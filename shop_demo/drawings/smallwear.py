"""Caps, socks, scarves, earrings, bras and briefs."""

from functools import partial

import numpy as np

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, checks, dotted, knit, plain, stripes
from shop_demo.drawings.shapes import Points, box, ellipse, flip, mirror, ribbon, trace


def draw_cap(canvas: Canvas, cloth: Material, brim: Material, badge: str) -> None:
    """A baseball cap, three quarters from the front, its peak to the right."""
    canvas.ground(ellipse(0.5, 0.7, 0.34, 0.02), 0.3)
    crown = [(0.13, 0.63, 1), (0.12, 0.5), (0.18, 0.36), (0.31, 0.27), (0.46, 0.255), (0.6, 0.31), (0.69, 0.43), (0.715, 0.585, 1), (0.6, 0.6), (0.42, 0.66), (0.25, 0.675)]
    canvas.piece(crown, cloth, puff=0.11, drape=(0.1, 0.1, 0.007))
    for line in ([(0.45, 0.258), (0.6, 0.36), (0.655, 0.595)], [(0.45, 0.258), (0.3, 0.36), (0.27, 0.665)], [(0.45, 0.258), (0.24, 0.31), (0.15, 0.42)]):
        canvas.seam(line, 0.35)
    for x, y in ((0.4, 0.36), (0.58, 0.41), (0.22, 0.43)):
        canvas.piece(ellipse(x, y, 0.011, 0.011), "#2a2a2c", puff=0.003)
    peak = [(0.36, 0.655, 1), (0.5, 0.595), (0.64, 0.565), (0.715, 0.57, 1), (0.83, 0.61), (0.895, 0.68), (0.85, 0.705), (0.7, 0.7), (0.5, 0.725), (0.4, 0.715)]
    canvas.piece(peak, brim, puff=0.05, gloss=0.05, drop=0.02)
    for grow in (0.018, 0.036, 0.054):
        canvas.stitch([(0.43, 0.7 - grow), (0.6, 0.69 - grow), (0.75, 0.685 - grow * 0.8), (0.86 - grow, 0.672 - grow * 0.2)], "#cfcfcf", 0.006, 0.0018)
    canvas.piece(ellipse(0.45, 0.256, 0.024, 0.015), cloth, puff=0.014, drop=0.005)
    canvas.piece([(0.43, 0.52, 1), (0.5, 0.4, 1), (0.57, 0.5, 1), (0.53, 0.5), (0.5, 0.455), (0.47, 0.52)], badge, puff=0.008, drop=0.004)


def sock_outline(dx: float, dy: float) -> Points:
    """One ankle sock, toe to the lower right."""
    return trace([(0.24, 0.13, 1), (0.44, 0.11, 1), (0.46, 0.3), (0.475, 0.45), (0.56, 0.57), (0.7, 0.7), (0.74, 0.8), (0.68, 0.87), (0.57, 0.85), (0.4, 0.73), (0.28, 0.63), (0.235, 0.5), (0.245, 0.3)]) + (dx, dy)


def draw_socks(canvas: Canvas, cloth: Material, cuff: str, tips: str) -> None:
    """A pair of socks, one on the other."""
    for dx, dy in ((0.14, -0.01), (0.0, 0.02)):
        sock = sock_outline(dx, dy)
        canvas.piece(sock, cloth, puff=0.05, drape=(0.09, 0.06, 0.008), drop=0.012)
        toe = [(0.665, 0.67, 1), (0.725, 0.74), (0.738, 0.8), (0.68, 0.868), (0.575, 0.852, 1), (0.6, 0.76)]
        heel = [(0.242, 0.52, 1), (0.28, 0.63), (0.37, 0.705, 1), (0.38, 0.62), (0.33, 0.54)]
        for patch in (toe, heel):
            canvas.piece(trace(patch) + (dx, dy), knit(tips, 0.007), puff=0.02, edge=0.15)
        band = [(0.238, 0.13, 1), (0.442, 0.11, 1), (0.448, 0.2, 1), (0.24, 0.22, 1)]
        canvas.piece(trace(band) + (dx, dy), knit(cuff, 0.01, 0.012), puff=0.02, drop=0.005)


def draw_scarf(canvas: Canvas, wool: Material, fringe: str) -> None:
    """A scarf looped once, its ends crossing and fringed."""
    ends = ((0.52, 0.46, 0.31, 0.85), (0.46, 0.46, 0.69, 0.85))
    for x0, y0, x1, y1 in ends:
        band = trace([(x0, y0 - 0.06), ((x0 + x1) / 2 + 0.01, (y0 + y1) / 2), (x1, y1)], False)
        for step in np.linspace(-0.075, 0.075, 13):
            canvas.line([(x1 + step, y1 - 0.02), (x1 + step * 1.15 + (x1 - 0.5) * 0.1, y1 + 0.075)], 0.008, fringe)
        canvas.piece(ribbon(band, 0.15, 0.19), wool, puff=0.04, drape=(0.04, 0.12, 0.012), drop=0.016)
    outer, inner = ellipse(0.49, 0.29, 0.255, 0.235), ellipse(0.49, 0.26, 0.12, 0.105)
    rays = [ellipse(0.49, 0.28, r, r * 0.9, 200 + i * 25, 330 + i * 25) for i, r in enumerate((0.15, 0.18, 0.21))]
    rays += [ellipse(0.49, 0.28, r, r * 0.9, 20, 150) for r in (0.16, 0.2)]
    canvas.piece(outer, wool, cut=[inner], puff=0.06, folds=canvas.crease(rays, 0.03, -0.03), drop=0.016)
    knot = [(0.4, 0.44), (0.47, 0.4), (0.56, 0.41), (0.6, 0.48), (0.54, 0.555), (0.45, 0.55)]
    canvas.piece(knot, wool, puff=0.05, drape=(0.04, 0.04, 0.012), drop=0.018)


def draw_earrings(canvas: Canvas, metal: str, stone: str, hoop: bool = False) -> None:
    """A pair of earrings."""
    for x, y in ((0.34, 0.36), (0.63, 0.42)):
        hook = trace([(x, y), (x + 0.005, y - 0.09), (x + 0.05, y - 0.12), (x + 0.075, y - 0.05)], False)
        canvas.piece(ribbon(hook, 0.012), metal, puff=0.006, gloss=0.8, shine=8)
        canvas.ground(ellipse(x + 0.02, y + 0.22, 0.08, 0.08), 0.1, 0.04)
        if hoop:
            canvas.piece(ellipse(x, y + 0.13, 0.105, 0.13), metal, cut=[ellipse(x, y + 0.125, 0.08, 0.105)], puff=0.014, gloss=0.8, shine=8)
            continue
        canvas.piece(ellipse(x, y + 0.035, 0.034, 0.034), metal, puff=0.015, gloss=0.8, shine=8)
        canvas.piece(ellipse(x, y + 0.035, 0.02, 0.02), stone, puff=0.015, gloss=0.9)
        drop = trace([(x, y + 0.075, 1), (x + 0.062, y + 0.19), (x + 0.045, y + 0.265), (x, y + 0.29), (x - 0.045, y + 0.265), (x - 0.062, y + 0.19)])
        canvas.piece(drop, metal, puff=0.016, gloss=0.8, shine=8)
        inner = (drop - (x, y + 0.205)) * 0.72 + (x, y + 0.208)
        canvas.piece(inner, plain(stone, 0.004, 0), puff=0.03, gloss=0.9, edge=0.4)
        canvas.glow(ellipse(x - 0.015, y + 0.18, 0.01, 0.022), "#ffffff", 0.8, 0.006)


def draw_bra(canvas: Canvas, lace: Material, trim: str) -> None:
    """A bra from the front."""
    strap = trace([(0.615, 0.42), (0.66, 0.27), (0.665, 0.13)], False)
    wing = trace([(0.73, 0.52, 1), (0.83, 0.5), (0.9, 0.52, 1), (0.89, 0.62, 1), (0.78, 0.655), (0.7, 0.66, 1)])
    back = trace([(0.665, 0.14), (0.74, 0.22), (0.83, 0.4), (0.87, 0.52)], False)
    cup = trace([(0.508, 0.56, 1), (0.54, 0.47), (0.605, 0.38, 1), (0.64, 0.38, 1), (0.72, 0.46), (0.77, 0.54), (0.75, 0.64), (0.66, 0.7), (0.57, 0.68), (0.515, 0.62)])
    for turned in (False, True):
        parts = [flip(part) if turned else part for part in (ribbon(back, 0.02), wing, ribbon(strap, 0.024), cup)]
        canvas.piece(parts[0], trim, puff=0.008)
        canvas.piece(parts[1], lace, puff=0.03)
        canvas.piece(parts[2], trim, puff=0.008, drop=0.004)
        canvas.piece(parts[3], lace, puff=0.12, edge=0.2, gloss=0.08, shine=6, drop=0.008)
        edge = trace([(0.508, 0.56), (0.54, 0.47), (0.605, 0.38)], False)
        under = trace([(0.515, 0.62), (0.57, 0.682), (0.66, 0.702), (0.75, 0.642)], False)
        for line in (edge, under):
            canvas.piece(ribbon(flip(line) if turned else line, 0.014), trim, puff=0.006)
    canvas.piece(box(0.482, 0.56, 0.518, 0.635, 0.008), lace, puff=0.01)
    canvas.piece(ellipse(0.5, 0.575, 0.012, 0.01), trim, puff=0.008, drop=0.004)


def draw_briefs(canvas: Canvas, cloth: Material, band: str, letters: str, leg: float = 0.0) -> None:
    """Briefs, or trunks when `leg` is the length of their legs."""
    if leg:
        shape = mirror([(0.5, 0.3), (0.83, 0.295, 1), (0.875, 0.5), (0.9, 0.56 + leg, 1), (0.56, 0.6 + leg, 1), (0.5, 0.58, 1)])
    else:
        shape = mirror([(0.5, 0.32), (0.83, 0.295, 1), (0.865, 0.42, 1), (0.74, 0.5), (0.62, 0.64), (0.575, 0.72, 1), (0.5, 0.735)])
    folds = canvas.crease([[(0.84, 0.42), (0.7, 0.45), (0.58, 0.58)], [(0.16, 0.42), (0.3, 0.46), (0.42, 0.58)]], 0.03, -0.014)
    canvas.piece(shape, cloth, puff=0.06, folds=folds, drape=(0.1, 0.1, 0.006))
    pouch = trace([(0.425, 0.37), (0.4, 0.5), (0.43, 0.62), (0.5, 0.7 if not leg else 0.6), (0.57, 0.62), (0.6, 0.5), (0.575, 0.37)], False)
    canvas.seam(pouch, 0.4)
    canvas.glow(ellipse(0.49, 0.5, 0.06, 0.08), "#ffffff", 0.1, 0.04)
    waist = trace([(0.168, 0.285, 1), (0.5, 0.31), (0.832, 0.285, 1), (0.842, 0.36, 1), (0.5, 0.387), (0.158, 0.36, 1)])
    canvas.piece(waist, knit(band, 0.006), puff=0.02, drop=0.006)
    for x in np.linspace(0.27, 0.73, 9):
        canvas.line([(x, 0.325 + 0.02 * (1 - abs(x - 0.5) * 2)), (x + 0.022, 0.325 + 0.02 * (1 - abs(x - 0.5) * 2))], 0.018, letters, 0.9)


DRAWINGS = (
    make_drawing("Black baseball cap", "Caps", "Black", "18.00", partial(draw_cap, cloth=plain("#242427", 0.05), brim=plain("#202023", 0.05), badge="#e9e9e6")),
    make_drawing("Green baseball cap", "Caps", "Green", "18.00", partial(draw_cap, cloth=plain("#27724a", 0.05), brim=plain("#27724a", 0.05), badge="#f2e9d0")),
    make_drawing("Red cap with navy peak", "Caps", "Red", "19.00", partial(draw_cap, cloth=plain("#b02a2f", 0.05), brim=plain("#22304f", 0.05), badge="#f4f1e8")),
    make_drawing("Grey sports socks", "Socks", "Grey", "7.00", partial(draw_socks, cloth=knit("#9b9da1", 0.006), cuff="#6f7277", tips="#5b5e63")),
    make_drawing("Black socks", "Socks", "Black", "7.00", partial(draw_socks, cloth=knit("#2b2b2e", 0.006), cuff="#232326", tips="#3a3a3e")),
    make_drawing("Striped socks", "Socks", "Navy Blue", "8.00", partial(draw_socks, cloth=stripes(("#27365a", "#d9d2c2"), 0.07, 0.35), cuff="#27365a", tips="#b23a3a")),
    make_drawing("Checked wool scarf", "Scarves", "Red", "28.00", partial(draw_scarf, wool=checks("#9d2a30", [("#1f2230", 0.2, 0.3), ("#e6dcc6", 0.7, 0.08)], 0.09), fringe="#9d2a30"), True),
    make_drawing("Grey knitted scarf", "Scarves", "Grey", "26.00", partial(draw_scarf, wool=knit("#8b8e93", 0.012, 0.03), fringe="#8b8e93"), True),
    make_drawing("Gold drop earrings", "Earrings", "Gold", "39.00", partial(draw_earrings, metal="#cfa94f", stone="#7c1d3a")),
    make_drawing("Silver drop earrings", "Earrings", "Silver", "35.00", partial(draw_earrings, metal="#c3c5c9", stone="#24549c")),
    make_drawing("Gold hoop earrings", "Earrings", "Gold", "29.00", partial(draw_earrings, metal="#cfa94f", stone="#cfa94f", hoop=True)),
    make_drawing("Black bra", "Bra", "Black", "26.00", partial(draw_bra, lace=plain("#252428"), trim="#1a191c")),
    make_drawing("Pink dotted bra", "Bra", "Pink", "27.00", partial(draw_bra, lace=dotted("#eaa7b6", "#fbeff1", 0.03), trim="#cf6f86")),
    make_drawing("Navy briefs", "Briefs", "Navy Blue", "12.00", partial(draw_briefs, cloth=plain("#28365c"), band="#c9ccd2", letters="#28365c")),
    make_drawing("White briefs", "Briefs", "White", "11.00", partial(draw_briefs, cloth=plain("#eceded"), band="#e2e3e4", letters="#8a8d92")),
    make_drawing("Red briefs", "Briefs", "Red", "12.00", partial(draw_briefs, cloth=plain("#a8242e"), band="#232326", letters="#e9e9e6")),
    make_drawing("Grey trunks", "Trunk", "Grey", "15.00", partial(draw_briefs, cloth=plain("#8a8d92"), band="#26262a", letters="#e9e9e6", leg=0.12)),
)
