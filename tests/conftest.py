"""Fixtures that every test may use."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django_rq
import pytest
from django.conf import settings
from redis import Redis

from catalog_ai.targets import get_targets


@pytest.fixture(autouse=True)
def media(tmp_path: Path) -> Iterator[Path]:
    """Uploads of a test go to a folder of its own."""
    before = settings.MEDIA_ROOT
    settings.MEDIA_ROOT = tmp_path / "media"
    yield settings.MEDIA_ROOT
    settings.MEDIA_ROOT = before


@pytest.fixture
def target() -> Any:
    """The demo shop's target: M2M categories, made where missing."""
    return get_targets()["shop_demo.product"]


@pytest.fixture
def live_queues(redis_url: str) -> Iterator[dict[str, Any]]:
    """The two queues on a real Redis, empty before and after."""
    Redis.from_url(redis_url).flushdb()
    yield {name: django_rq.get_queue(name) for name in settings.RQ_QUEUES}
    Redis.from_url(redis_url).flushdb()


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The Redis of the test run: REDIS_URL, or the embedded one that tests/settings.py starts."""
    return os.environ["REDIS_URL"]


@pytest.fixture
def unique_name() -> str:
    return uuid.uuid4().hex
