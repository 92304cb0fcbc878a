"""The shop's mannequin: an egg-headed figure that wears tops and underwear."""

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.fabric import denim, plain
from shop_demo.drawings.shapes import ellipse, flip, mirror, trace

SKIN = "#d3a47f"


def draw_head(canvas: Canvas, top: float, tone: str = SKIN, scale: float = 1.0) -> None:
    """A featureless head on a neck that ends below `top`, the height of the collar."""
    skin = plain(tone, 0.004, 0.0)
    neck = mirror(
        [
            (0.5, top - 0.1),
            (0.5 + 0.045 * scale, top - 0.1, 1),
            (0.5 + 0.048 * scale, top - 0.03),
            (0.5 + 0.09 * scale, top + 0.035, 1),
            (0.5, top + 0.12),
        ]
    )
    canvas.piece(neck, skin, puff=0.05)
    canvas.glow(ellipse(0.5, top - 0.05, 0.05 * scale, 0.03), "#5b3a26", 0.3, 0.02)
    middle = top - 0.035 - 0.1 * scale
    head = mirror(
        [
            (0.5, middle - 0.115 * scale),
            (0.5 + 0.062 * scale, middle - 0.085 * scale),
            (0.5 + 0.083 * scale, middle),
            (0.5 + 0.058 * scale, middle + 0.08 * scale),
            (0.5, middle + 0.118 * scale),
        ]
    )
    canvas.piece(head, skin, puff=0.08, gloss=0.12, shine=10, drop=0.008)


def draw_hair(
    canvas: Canvas, top: float, colour: str, scale: float = 1.0, long: bool = False
) -> None:
    """A wig: short, or down to the shoulders (draw the head after the back of it)."""
    middle = top - 0.035 - 0.1 * scale
    low = 0.02 if not long else 0.0
    cap = mirror(
        [
            (0.5, middle - 0.135 * scale),
            (0.5 + 0.07 * scale, middle - 0.11 * scale),
            (0.5 + 0.096 * scale, middle - 0.02),
            (0.5 + 0.086 * scale, middle + low, 1),
            (0.5 + 0.068 * scale, middle - 0.05 * scale),
            (0.5, middle - 0.075 * scale),
        ]
    )
    canvas.piece(cap, plain(colour, 0.05), puff=0.04, drape=(0.012, 0.08, 0.004), gloss=0.12)


def draw_hands(canvas: Canvas, cuff: tuple[float, float], tone: str = SKIN) -> None:
    """Mittens of hands that look out of the cuffs, thumbs inwards."""
    shape = trace("-28,-25 30,-32 42,10 46,50 36,92 16,108 -2,98 -8,62! -22,74 -32,48 -24,10")
    hand = shape + cuff
    for side in (hand, flip(hand)):
        canvas.piece(side, plain(tone, 0.004, 0.0), puff=0.03)


def draw_hips(canvas: Canvas, y: float, cloth: str = "#3a506f", wide: float = 0.175) -> None:
    """Jeans below the garment, cut off by the picture's edge."""
    leg = trace(
        [
            (0.5, y - 0.05, 1),
            (0.5 + wide, y - 0.05, 1),
            (0.5 + wide * 1.04, 1.03, 1),
            (0.512, 1.03, 1),
            (0.5, y + 0.09, 1),
        ]
    )
    for side in (leg, flip(leg)):
        canvas.piece(side, denim(cloth), puff=0.05, drape=(0.05, 0.06, 0.008))
    canvas.seam([(0.5, y), (0.5, y + 0.09)], 0.4)


def draw_bust(canvas: Canvas, tone: str = SKIN, hair: str = "#2c1d17") -> None:
    """Head, shoulders and waist, for underwear. The arms come after what it wears."""
    locks = mirror("500,30 570,50 605,140 610,270 635,380 570,420 500,360")
    canvas.piece(locks, plain(hair, 0.06), puff=0.05, drape=(0.014, 0.2, 0.006), gloss=0.15)
    torso = mirror(
        "500,325 540,325 630,360 685,395 660,520 640,640 605,800 625,920 665,1030! 500,1030"
    )
    canvas.piece(torso, plain(tone, 0.004, 0.0), puff=0.08, edge=0.3)
    draw_head(canvas, 0.335, tone, 0.92)
    draw_hair(canvas, 0.335, hair, 0.95)
    for x in (0.46, 0.54):
        bone = trace([(x, 0.4), (0.5 + (x - 0.5) * 3.2, 0.382), (x, 0.41)])
        canvas.glow(bone, "#8a5a3c", 0.3, 0.012)
    canvas.glow(ellipse(0.5, 0.9, 0.009, 0.016), "#7a4d33", 0.5, 0.006)


def draw_arms(canvas: Canvas, tone: str = SKIN) -> None:
    """Bare arms at the sides of the bust."""
    arm = trace("640,372 695,392 725,470 740,660 780,860 800,1030! 735,1030! 690,800 670,600")
    for side in (arm, flip(arm)):
        canvas.piece(side, plain(tone, 0.004, 0.0), puff=0.06, edge=0.3)
