"""A photo's file is read to its end, to the limit and no further, from whatever storage."""

import io
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage

from catalog_ai.conf import get_settings
from catalog_ai.workflow.reading import read_limited
from shop_demo.models import Product

KIB = 1024


class Stream(io.RawIOBase):
    """What comes over a network: it can be read once, and tells no size."""

    def __init__(self, data: bytes) -> None:
        self.data = io.BytesIO(data)

    def read(self, size: int = -1) -> bytes:
        return self.data.read(size)


def make_image(data: bytes) -> Any:
    return Product(image=default_storage.save("products/a.jpg", ContentFile(data))).image


@pytest.fixture(params=["file", "stream"])
def storage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, media: Path) -> None:
    def open_stream(storage: Any, name: str, mode: str = "rb") -> Any:
        return File(Stream(Path(storage.path(name)).read_bytes()), name)  # type: ignore[arg-type]

    if request.param == "stream":
        monkeypatch.setattr(FileSystemStorage, "_open", open_stream)


@pytest.mark.parametrize("more", [-1, 0, 1, 100])
def test_no_more_is_read_than_tells_that_it_is_too_large(
    storage: None, more: int, settings: Any
) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "MAX_UPLOAD_BYTES": 40 * KIB}
    data = bytes(range(256)) * 200
    data = data[: 40 * KIB + more]
    assert read_limited(make_image(data)) == data[: 40 * KIB + 1]


def test_an_empty_file_has_no_bytes(storage: None) -> None:
    assert read_limited(make_image(b"")) == b""


def test_no_room_is_made_for_the_largest_file_that_may_be(media: Path) -> None:
    image = make_image(bytes(40 * KIB))
    tracemalloc.start()
    assert len(read_limited(image)) == 40 * KIB
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 400 * KIB < get_settings().MAX_UPLOAD_BYTES
