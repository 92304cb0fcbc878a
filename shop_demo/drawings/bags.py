"""Handbags, backpacks, wallets, clutches and duffel bags."""

from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, leather, plain
from shop_demo.drawings.shapes import box, ellipse, flip, mirror, ribbon, trace

BRASS = "#cfae62"
STEEL = "#c6c8cb"


def draw_buckle(canvas: Canvas, x: float, y: float, metal: str, radius: float = 0.018) -> None:
    """A metal ring, seen from the front."""
    hole = ellipse(x, y, radius * 0.6, radius * 0.6)
    canvas.piece(ellipse(x, y, radius, radius), metal, cut=[hole], puff=0.006, gloss=0.8, drop=0.005)


def draw_handles(canvas: Canvas, hide: Material, top: float, rise: float, spread: float, metal: str) -> None:
    """Two arched handles, one behind the bag and one before it."""
    for shift, base in ((0.012, top), (0.0, top + 0.09)):
        arch = trace(
            [(0.5 - spread, base), (0.5 - spread * 0.93, top - rise * 0.55 - shift), (0.5, top - rise - shift),
             (0.5 + spread * 0.93, top - rise * 0.55 - shift), (0.5 + spread, base)], False,
        )
        canvas.piece(ribbon(arch, 0.026), hide, puff=0.012, gloss=0.2, drop=0.01)
    for x in (0.5 - spread, 0.5 + spread):
        canvas.piece(box(x - 0.02, top + 0.07, x + 0.02, top + 0.15, 0.012), hide, puff=0.01, drop=0.008)
        draw_buckle(canvas, x, top + 0.075, metal)


def draw_tote(canvas: Canvas, hide: Material, trim: Material, metal: str = BRASS) -> None:
    """A roomy handbag with two handles."""
    canvas.ground(ellipse(0.5, 0.845, 0.36, 0.02), 0.42)
    body = trace(mirror([(0.5, 0.375), (0.78, 0.37, 1), (0.84, 0.6), (0.87, 0.8), (0.845, 0.845, 1), (0.5, 0.855)]))
    canvas.piece(box(0.25, 0.355, 0.75, 0.42, 0.02), plain("#3b332e"), puff=0.02)
    folds = canvas.crease([[(0.33, 0.4), (0.3, 0.6), (0.33, 0.75)], [(0.68, 0.4), (0.72, 0.58), (0.66, 0.72)], [(0.5, 0.4), (0.48, 0.52)]], 0.05, -0.02)
    canvas.piece(body, hide, puff=0.07, gloss=0.22, drape=(0.12, 0.12, 0.008), folds=folds)
    canvas.piece([(0.13, 0.76, 1), (0.5, 0.775), (0.87, 0.76, 1), (0.868, 0.82), (0.845, 0.847, 1), (0.5, 0.857), (0.155, 0.847, 1), (0.132, 0.82)], trim, puff=0.03, gloss=0.2, drop=0.006)
    canvas.stitch([(0.135, 0.772), (0.5, 0.787), (0.865, 0.772)], "#d9c7a0")
    canvas.stitch([(0.225, 0.388), (0.5, 0.392), (0.775, 0.388)], "#d9c7a0")
    draw_handles(canvas, trim, 0.39, 0.25, 0.17, metal)
    canvas.piece(box(0.47, 0.5, 0.53, 0.525, 0.006), metal, puff=0.008, gloss=0.7, drop=0.006)


def draw_satchel(canvas: Canvas, hide: Material, metal: str = BRASS) -> None:
    """A structured handbag with a flap and one handle."""
    canvas.ground(ellipse(0.5, 0.83, 0.36, 0.02), 0.42)
    arch = trace([(0.33, 0.37), (0.345, 0.22), (0.5, 0.15), (0.655, 0.22), (0.67, 0.37)], False)
    canvas.piece(ribbon(arch, 0.036), hide, puff=0.018, gloss=0.3)
    canvas.piece(mirror([(0.5, 0.34), (0.75, 0.345), (0.82, 0.42), (0.86, 0.78), (0.83, 0.835), (0.5, 0.84)]), hide, puff=0.06, gloss=0.25)
    flap = mirror([(0.5, 0.335), (0.76, 0.34), (0.815, 0.4), (0.82, 0.55), (0.74, 0.63), (0.5, 0.655)])
    canvas.piece(flap, hide, puff=0.05, gloss=0.3, drop=0.018)
    canvas.stitch([(0.195, 0.54), (0.265, 0.612), (0.5, 0.637), (0.735, 0.612), (0.805, 0.54)], "#e2cfa6")
    canvas.piece(box(0.455, 0.6, 0.545, 0.69, 0.012), metal, puff=0.014, gloss=0.7, drop=0.01)
    canvas.piece(ellipse(0.5, 0.648, 0.014, 0.014), "#8d7437", puff=0.008, gloss=0.6)
    for x in (0.33, 0.67):
        draw_buckle(canvas, x, 0.375, metal, 0.024)


def draw_backpack(canvas: Canvas, cloth: Material, panel: Material, accent: str) -> None:
    """A school rucksack from the front."""
    canvas.ground(ellipse(0.5, 0.905, 0.28, 0.02), 0.42)
    loop = trace([(0.43, 0.13), (0.445, 0.07), (0.5, 0.055), (0.555, 0.07), (0.57, 0.13)], False)
    canvas.piece(ribbon(loop, 0.026), panel, puff=0.012)
    for side in (0, 1):
        strap = trace([(0.3, 0.2), (0.19, 0.34), (0.16, 0.56), (0.2, 0.78)], False)
        strap = flip(strap) if side else strap
        canvas.piece(ribbon(strap, 0.05, 0.03), panel, puff=0.02)
    body = trace(mirror([(0.5, 0.1), (0.66, 0.125), (0.755, 0.25), (0.79, 0.55), (0.79, 0.82), (0.72, 0.9), (0.5, 0.91)]))
    canvas.piece(body, cloth, puff=0.09, drape=(0.12, 0.09, 0.012), gloss=0.05)
    canvas.piece(mirror([(0.5, 0.17), (0.635, 0.2), (0.69, 0.32), (0.7, 0.5), (0.5, 0.52)]), cloth, puff=0.05, drape=(0.1, 0.08, 0.008), drop=0.01)
    rim = trace([(0.285, 0.5), (0.31, 0.32), (0.365, 0.2), (0.5, 0.17), (0.635, 0.2), (0.69, 0.32), (0.715, 0.5)], False)
    canvas.line(rim, 0.014, accent, 0.95)
    canvas.stitch(rim, "#d8d8d8", 0.0035, 0.006)
    pocket = mirror([(0.5, 0.55), (0.69, 0.545), (0.725, 0.6), (0.735, 0.82), (0.69, 0.87), (0.5, 0.875)])
    canvas.piece(pocket, panel, puff=0.06, drape=(0.11, 0.08, 0.01), drop=0.02)
    zip_line = trace([(0.29, 0.625), (0.5, 0.605), (0.71, 0.625)], False)
    canvas.line(zip_line, 0.014, accent, 0.95)
    canvas.stitch(zip_line, "#d8d8d8", 0.0035, 0.006)
    canvas.piece(box(0.685, 0.62, 0.7, 0.69, 0.006), STEEL, puff=0.006, gloss=0.6, drop=0.008)
    canvas.piece(box(0.44, 0.35, 0.56, 0.4, 0.008), accent, puff=0.008, drop=0.005)
    for x in (0.222, 0.778):
        canvas.seam([(x + (0.5 - x) * 0.12, 0.3), (x, 0.55), (x, 0.85)], 0.3)


def draw_wallet(canvas: Canvas, hide: Material, thread: str, accent: str = "") -> None:
    """A folded wallet, slightly open at the right."""
    canvas.ground(box(0.15, 0.7, 0.86, 0.735, 0.01), 0.3)
    canvas.piece([(0.15, 0.315, 1), (0.855, 0.295, 1), (0.87, 0.31), (0.872, 0.7), (0.855, 0.715, 1), (0.15, 0.72, 1)], hide, puff=0.02)
    for step in range(2):
        y = 0.307 + step * 0.006
        canvas.line([(0.17, y + 0.02), (0.85, y)], 0.004, "#d6c4a2", 0.7)
    front = [(0.135, 0.335), (0.15, 0.322, 1), (0.845, 0.322, 1), (0.86, 0.337), (0.86, 0.715), (0.845, 0.73, 1), (0.15, 0.73, 1), (0.135, 0.715)]
    canvas.piece(front, hide, puff=0.035, gloss=0.16, shine=10, drape=(0.3, 0.2, 0.006), drop=0.012)
    if accent:
        canvas.piece(box(0.136, 0.46, 0.859, 0.53), plain(accent), puff=0.01)
    rim = trace([(0.155, 0.342, 1), (0.84, 0.342, 1), (0.84, 0.71, 1), (0.155, 0.71, 1), (0.155, 0.342, 1)], False)
    canvas.stitch(rim, thread, 0.009)
    canvas.glow(box(0.135, 0.33, 0.16, 0.72), "#ffffff", 0.14, 0.012)
    canvas.glow(box(0.66, 0.6, 0.78, 0.65, 0.008), "#000000", 0.2, 0.004)


def draw_clutch(canvas: Canvas, cloth: Material, metal: str) -> None:
    """An evening clutch with a metal frame and kiss clasp."""
    canvas.ground(ellipse(0.5, 0.685, 0.4, 0.018), 0.4)
    rays = [[(0.5 + s * 0.11, 0.4), (0.5 + s * 0.125, 0.66)] for s in range(-3, 4)]
    canvas.piece(mirror([(0.5, 0.365), (0.86, 0.37), (0.89, 0.42), (0.9, 0.64), (0.87, 0.69), (0.5, 0.695)]), cloth, puff=0.06, gloss=0.35, shine=9, folds=canvas.crease(rays, 0.03, -0.018))
    canvas.piece(box(0.11, 0.345, 0.89, 0.39, 0.015), metal, puff=0.016, gloss=0.8, drop=0.01)
    for x in (0.483, 0.517):
        canvas.piece(ellipse(x, 0.335, 0.02, 0.02), metal, puff=0.02, gloss=0.9, drop=0.006)


def draw_duffel(canvas: Canvas, cloth: Material, trim: Material) -> None:
    """A sports holdall."""
    canvas.ground(ellipse(0.5, 0.755, 0.4, 0.02), 0.42)
    arch = trace([(0.3, 0.72), (0.33, 0.4), (0.42, 0.24), (0.58, 0.24), (0.67, 0.4), (0.7, 0.72)], False)
    back = arch - (0.0, 0.025)
    canvas.piece(ribbon(back, 0.032), trim, puff=0.01)
    canvas.piece(mirror([(0.5, 0.36), (0.78, 0.365), (0.885, 0.44), (0.905, 0.6), (0.87, 0.74), (0.5, 0.76)]), cloth, puff=0.1, drape=(0.14, 0.1, 0.012), gloss=0.06)
    for line in ([(0.2, 0.375), (0.175, 0.56), (0.19, 0.745)], [(0.8, 0.375), (0.825, 0.56), (0.81, 0.745)]):
        canvas.seam(line, 0.4)
    canvas.line([(0.22, 0.405), (0.5, 0.395), (0.78, 0.405)], 0.016, "#1a1a1c", 0.9)
    canvas.stitch([(0.22, 0.405), (0.5, 0.395), (0.78, 0.405)], "#c9c9c9", 0.0035, 0.006)
    canvas.piece(box(0.36, 0.52, 0.64, 0.71, 0.03), cloth, puff=0.04, drape=(0.1, 0.08, 0.008), drop=0.012)
    canvas.piece(ribbon(arch, 0.034), trim, puff=0.012, drop=0.01)
    canvas.piece(box(0.43, 0.225, 0.57, 0.275, 0.02), trim, puff=0.02, drop=0.008)


DRAWINGS = (
    make_drawing("Brown leather tote", "Handbags", "Brown", "119.00", partial(draw_tote, hide=leather("#7a4826"), trim=leather("#4d2c18"))),
    make_drawing("Black handbag", "Handbags", "Black", "99.00", partial(draw_tote, hide=leather("#262427"), trim=leather("#1a191b"), metal=STEEL)),
    make_drawing("Red satchel", "Handbags", "Red", "109.00", partial(draw_satchel, hide=leather("#a3242c"))),
    make_drawing("Teal satchel", "Handbags", "Teal", "109.00", partial(draw_satchel, hide=leather("#2b6f73"))),
    make_drawing("Black backpack", "Backpacks", "Black", "49.00", partial(draw_backpack, cloth=plain("#2a2a2d", 0.05), panel=plain("#222225", 0.05), accent="#8f9296")),
    make_drawing("Blue backpack", "Backpacks", "Blue", "52.00", partial(draw_backpack, cloth=plain("#2c4f8c", 0.05), panel=plain("#1f2b45", 0.05), accent="#e08a2d")),
    make_drawing("Red backpack", "Backpacks", "Red", "52.00", partial(draw_backpack, cloth=plain("#a82a2e", 0.05), panel=plain("#2b2b2e", 0.05), accent="#d6d6d6")),
    make_drawing("Brown leather wallet", "Wallets", "Brown", "29.00", partial(draw_wallet, hide=leather("#64371f"), thread="#c79a63")),
    make_drawing("Black wallet", "Wallets", "Black", "29.00", partial(draw_wallet, hide=leather("#232224"), thread="#5b5b5f")),
    make_drawing("Tan wallet", "Wallets", "Tan", "31.00", partial(draw_wallet, hide=leather("#a8672f"), thread="#edd2a4")),
    make_drawing("Red wallet", "Wallets", "Red", "27.00", partial(draw_wallet, hide=leather("#a1252d"), thread="#e7b9b0", accent="#7a1a22")),
    make_drawing("Silver evening clutch", "Clutches", "Silver", "45.00", partial(draw_clutch, cloth=plain("#a9aab0", 0.03), metal="#d8d9dc")),
    make_drawing("Purple satin clutch", "Clutches", "Purple", "45.00", partial(draw_clutch, cloth=plain("#5b2a6b", 0.01), metal=BRASS)),
    make_drawing("Navy sports holdall", "Duffel Bag", "Navy Blue", "55.00", partial(draw_duffel, cloth=plain("#26324f", 0.05), trim=plain("#18191d", 0.05))),
)
