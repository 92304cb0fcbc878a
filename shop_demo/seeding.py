"""Fills the demo shop: with the project's own drawings, or with photos that a user names."""

import io
from collections.abc import Iterable, Iterator
from decimal import Decimal

from django.core.files.base import ContentFile
from PIL import Image

from shop_demo.drawings import DRAWINGS, ODDITIES, render_drawing
from shop_demo.models import Product
from shop_demo.photos import Photo


def draw_photos() -> Iterator[Photo]:
    """The demo's own drawings, three things that are no fashion, and one damaged file."""
    for drawing in (*DRAWINGS, *ODDITIES):
        data = encode_jpeg(render_drawing(drawing))
        price = Decimal(str(drawing.price))
        yield Photo(f"{drawing.title} (drawing)", f"{drawing.slug}.jpg", data, price)
    whole = encode_jpeg(render_drawing(DRAWINGS[0]))
    yield Photo("A damaged picture (drawing)", "damaged.jpg", whole[: len(whole) // 3], Decimal(1))


def encode_jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.convert("RGB").save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def seed_products(photos: Iterable[Photo], limit: int | None = None) -> int:
    """Make a product of each photo that the shop does not have yet; how many were made.

    Each save goes through the upload hook, as a person's would: nothing here knows of models.
    """
    known = set(Product.objects.values_list("title", "price"))
    made = 0
    for photo in photos:
        if limit is not None and made >= limit:
            break
        if (photo.title, photo.price) in known:
            continue
        product = Product(title=photo.title[:200], price=photo.price)
        product.image.save(photo.name, ContentFile(photo.data), save=False)
        product.save()
        made += 1
    return made
