"""Fixtures that every test may use."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from catalog_ai.targets import get_targets


@pytest.fixture(autouse=True)
def media(tmp_path: Path) -> Iterator[Path]:
    """Uploads of a test go to a folder of its own."""
    before = settings.MEDIA_ROOT
    settings.MEDIA_ROOT = tmp_path / "media"
    yield settings.MEDIA_ROOT
    settings.MEDIA_ROOT = before


@pytest.fixture
def target():  # type: ignore[no-untyped-def]
    """The demo shop's target: M2M categories, made where missing."""
    return get_targets()["shop_demo.product"]
