"""Fills the demo shop: with the project's own drawings, or with photos that a user names."""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path, PurePosixPath

from django.core.files.base import ContentFile
from PIL import Image

from shop_demo.drawings import DRAWINGS, ODDITIES, render_drawing
from shop_demo.models import Product

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif")


@dataclass(frozen=True)
class Photo:
    """One product to be: its title, file name, bytes and price."""

    title: str
    name: str
    data: bytes
    price: Decimal


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


def read_photos(source: Path) -> Iterator[Photo]:
    """Every picture in a folder (and its folders) or a zip archive.

    Raises:
        FileNotFoundError: there is no such folder or archive, or it holds no picture.
        zipfile.BadZipFile: the archive is damaged.
    """
    if not source.exists():
        raise FileNotFoundError(f"There is no folder or archive {source}.")
    files = _read_folder(source) if source.is_dir() else _read_archive(source)
    found = False
    for name, data in files:
        found = True
        # The bytes make up the price: the same photo always costs the same.
        cents = int(hashlib.sha256(data).hexdigest()[:4], 16) % 9000 + 500
        title = PurePosixPath(name).stem.replace("_", " ").replace("-", " ")
        yield Photo(title, PurePosixPath(name).name, data, Decimal(cents) / 100)
    if not found:
        raise FileNotFoundError(f"{source} holds no picture ({', '.join(SUFFIXES)}).")


def _read_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in SUFFIXES and file.is_file():
            yield file.name, file.read_bytes()


def _read_archive(archive: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as members:
        for name in sorted(members.namelist()):
            if name.lower().endswith(SUFFIXES):
                yield name, members.read(name)


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
