"""Dresses and women's tops."""

from functools import partial

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import Material, dotted, floral, plain
from shop_demo.drawings.shapes import mirror, ribbon, trace, flip

BODICE = [(0.5, 0.2), (0.565, 0.185), (0.585, 0.1, 1), (0.64, 0.1, 1), (0.635, 0.19), (0.665, 0.255, 1), (0.64, 0.34), (0.615, 0.42, 1), (0.5, 0.432)]


def draw_dress(canvas: Canvas, cloth: Material, sash: str, flare: float = 0.3, bottom: float = 0.92, sleeves: bool = False) -> None:
    """A dress with a fitted bodice, a belt and a full skirt."""
    back = mirror([(0.5, 0.14), (0.585, 0.102, 1), (0.6, 0.2), (0.5, 0.25)])
    canvas.piece(back, cloth, puff=0.01)
    canvas.glow(back, "#000000", 0.38, 0.012)
    if sleeves:
        cap = trace([(0.615, 0.1, 1), (0.68, 0.125), (0.74, 0.235, 1), (0.66, 0.275, 1), (0.62, 0.2)])
        for side in (cap, flip(cap)):
            canvas.piece(side, cloth, puff=0.04, drape=(0.04, 0.04, 0.01))
    skirt = mirror([(0.5, 0.42), (0.613, 0.412, 1), (0.5 + flare * 0.72, 0.62), (0.5 + flare, bottom - 0.03, 1), (0.5 + flare * 0.62, bottom - 0.002), (0.5 + flare * 0.3, bottom - 0.012), (0.5, bottom + 0.006)])
    rays = []
    for step in range(-4, 5):
        foot = 0.5 + step * flare * 0.22
        rays.append([(foot, bottom + 0.03), (0.5 + (foot - 0.5) * 0.7, 0.66), (0.5 + step * 0.024, 0.45)])
    canvas.piece(skirt, cloth, puff=0.06, folds=canvas.crease(rays, 0.034, -0.026), drape=(0.05, 0.3, 0.009))
    pinch = [[(0.66, 0.27), (0.6, 0.31), (0.55, 0.3)], [(0.34, 0.27), (0.4, 0.31), (0.45, 0.3)], [(0.62, 0.4), (0.56, 0.36)], [(0.38, 0.4), (0.44, 0.36)]]
    canvas.piece(mirror(BODICE), cloth, puff=0.06, folds=canvas.crease(pinch, 0.02, -0.014), drop=0.008)
    edge = trace([(0.415, 0.102), (0.435, 0.185), (0.5, 0.202), (0.565, 0.185), (0.585, 0.102)], False)
    canvas.piece(ribbon(edge, 0.012), sash, puff=0.006)
    canvas.piece(mirror([(0.5, 0.408), (0.619, 0.395, 1), (0.615, 0.435, 1), (0.5, 0.45)]), plain(sash), puff=0.014, drop=0.008)
    hem = trace([(0.5 - flare + 0.004, bottom - 0.05), (0.5, bottom - 0.02), (0.5 + flare - 0.004, bottom - 0.05)], False)
    canvas.seam(hem, 0.18)


def draw_sheath(canvas: Canvas, cloth: Material) -> None:
    """A plain sleeveless sheath dress."""
    back = mirror([(0.5, 0.12), (0.58, 0.085, 1), (0.59, 0.15), (0.5, 0.2)])
    canvas.piece(back, cloth, puff=0.01)
    canvas.glow(back, "#000000", 0.4, 0.012)
    body = mirror([(0.5, 0.165), (0.56, 0.14), (0.58, 0.083, 1), (0.645, 0.095, 1), (0.64, 0.19), (0.675, 0.26, 1), (0.645, 0.42), (0.685, 0.6), (0.69, 0.78), (0.675, 0.92, 1), (0.5, 0.93)])
    lines = [[(0.67, 0.27), (0.6, 0.31), (0.56, 0.3)], [(0.33, 0.27), (0.4, 0.31), (0.44, 0.3)], [(0.645, 0.43), (0.56, 0.46)], [(0.355, 0.43), (0.44, 0.46)], [(0.68, 0.64), (0.58, 0.68), (0.5, 0.67)], [(0.32, 0.66), (0.42, 0.7)]]
    canvas.piece(body, cloth, puff=0.07, folds=canvas.crease(lines, 0.026, -0.016), drape=(0.07, 0.3, 0.01), gloss=0.04)
    for x in (0.44, 0.56):
        canvas.seam([(x, 0.33), (x + (0.5 - x) * 0.1, 0.45), (x, 0.62)], 0.22)
    canvas.seam([(0.33, 0.895), (0.5, 0.905), (0.67, 0.895)], 0.2)


DRAWINGS = (
    make_drawing("Floral summer dress", "Dresses", "White", "64.00", partial(draw_dress, cloth=floral("#f4efe9", ["#c8455f", "#e79aa6", "#6f9a6b"], 0.07), sash="#c8455f"), True),
    make_drawing("Red belted dress", "Dresses", "Red", "69.00", partial(draw_dress, cloth=plain("#ad2430"), sash="#2a2224", sleeves=True), True),
    make_drawing("Polka-dot dress", "Dresses", "Navy Blue", "66.00", partial(draw_dress, cloth=dotted("#243056", "#f3f1ea", 0.042), sash="#f3f1ea"), True),
    make_drawing("Little black dress", "Dresses", "Black", "75.00", partial(draw_sheath, cloth=plain("#232226")), True),
)
