"""One product of the demo shop and how to draw it."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from PIL import Image

from shop_demo.drawings.canvas import Canvas


@dataclass(frozen=True)
class Drawing:
    """A product of the shop. `kind` is its article type as the photo catalogue spells it."""

    slug: str
    title: str
    kind: str
    colour: str
    price: Decimal
    draw: Callable[[Canvas], None]
    portrait: bool = False


def render_drawing(drawing: Drawing, size: int = 600) -> Image.Image:
    """Draw a product, `size` pixels high; the same product gives the same pixels every time."""
    canvas = Canvas(size, zlib.crc32(drawing.slug.encode()) % 100_000)
    drawing.draw(canvas)
    return canvas.image(drawing.portrait)


def make_drawing(
    title: str,
    kind: str,
    colour: str,
    price: str,
    draw: Callable[[Canvas], None],
    portrait: bool = False,
) -> Drawing:
    """A product whose slug is its title."""
    slug = "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())
    return Drawing(slug, title, kind, colour, Decimal(price), draw, portrait)
