"""Things that are no fashion at all, to show how the shop treats a stray photo."""

from shop_demo.drawings.canvas import Canvas
from shop_demo.drawings.drawing import make_drawing
from shop_demo.drawings.fabric import leather, plain
from shop_demo.drawings.shapes import Points, ellipse, mirror, ribbon, trace, turn


def draw_plant(canvas: Canvas) -> None:
    """A potted plant with broad leaves."""
    canvas.ground(ellipse(0.5, 0.9, 0.2, 0.02), 0.45)
    leaf = trace("500,620! 565,470 560,300 500,120! 440,300 435,470")
    for number, degrees in enumerate((-78, 76, -52, 54, -30, 30, 8, -10)):
        green = ("#2f6b36", "#3f8545", "#357a3f", "#4b9350")[number % 4]
        shape = turn(leaf, degrees, (0.5, 0.64))
        canvas.piece(shape, leather(green, 0.3), puff=0.035, gloss=0.15, drop=0.012)
        vein = turn(trace("500,600 500,160", False), degrees, (0.5, 0.64))
        canvas.line(vein, 0.006, "#a9d08c", 0.7, 0.001)
    canvas.piece(
        mirror("500,680 670,680! 630,880 600,905! 500,910"),
        plain("#b9603a", 0.03),
        puff=0.08,
    )
    canvas.piece(
        mirror("500,625 685,620! 685,695! 500,705"),
        plain("#c26a42", 0.03),
        puff=0.03,
        drop=0.015,
    )


def draw_teapot(canvas: Canvas) -> None:
    """A glazed teapot with a blue band."""
    canvas.ground(ellipse(0.48, 0.79, 0.27, 0.022), 0.45)
    grip = trace("250,430 120,400 90,550 150,670 280,680", False)
    glaze = plain("#e9e6da", 0.006, 0.02)
    canvas.piece(ribbon(grip, 0.04), glaze, puff=0.02, gloss=0.4)
    spout = "700,520! 800,500 860,360 910,330! 950,350! 900,500 820,640 700,690!"
    canvas.piece(spout, glaze, puff=0.04, gloss=0.4)
    body = ellipse(0.48, 0.57, 0.27, 0.22)
    canvas.piece(body, glaze, puff=0.14, gloss=0.5, shine=26)
    canvas.piece(
        ribbon(ellipse(0.48, 0.5, 0.255, 0.1, 170, 10)[::-1], 0.05),
        plain("#2c5fa3", 0.004, 0),
        puff=0.01,
        gloss=0.3,
    )
    canvas.piece(
        mirror("480,315 560,330 600,370! 480,400", 0.48),
        glaze,
        puff=0.04,
        gloss=0.5,
        drop=0.012,
    )
    canvas.piece(
        ellipse(0.48, 0.3, 0.03, 0.03), plain("#2c5fa3", 0.004, 0), puff=0.03, gloss=0.6, drop=0.006
    )


def pentagon(x: float, y: float, radius: float, degrees: float) -> Points:
    """A five-sided patch."""
    return turn(ellipse(x, y, radius, radius, -90, 198)[::18], degrees, (x, y))


def draw_football(canvas: Canvas) -> None:
    """A football with black patches."""
    canvas.ground(ellipse(0.5, 0.865, 0.24, 0.025), 0.5)
    canvas.piece(ellipse(0.5, 0.5, 0.36, 0.36), leather("#f0efec", 0.5), puff=0.0, edge=0.1)
    canvas.piece(pentagon(0.5, 0.5, 0.12, 0), leather("#1d1d20", 0.4), puff=0.01)
    middle = (0.5, 0.5)
    for step in range(5):
        canvas.seam(turn(trace("500,380 500,270", False), step * 72, middle), 0.7)
        canvas.seam(turn(trace("500,270 590,205", False), step * 72, middle), 0.7)
        canvas.seam(turn(trace("500,270 410,205", False), step * 72, middle), 0.7)
        patch = trace("550,155! 590,205! 705,255! 760,260! 660,180")
        canvas.piece(turn(patch, step * 72, middle), leather("#1d1d20", 0.4), puff=0.01)
    canvas.glow(ellipse(0.62, 0.66, 0.26, 0.24), "#000000", 0.4, 0.1)
    canvas.glow(ellipse(0.38, 0.34, 0.14, 0.12), "#ffffff", 0.5, 0.06)


DRAWINGS = (
    make_drawing("Potted plant", "", "Green", "15.00", draw_plant),
    make_drawing("Teapot", "", "White", "24.00", draw_teapot),
    make_drawing("Football", "", "White", "20.00", draw_football),
)
