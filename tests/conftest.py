"""Fixtures that every test may use."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django_rq
import pytest
from django.conf import settings
from django.core.cache import cache
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from redis import Redis

from catalog_ai.targets import get_targets
from shop_demo.demo.redis import EmbeddedRedis

# A busy machine is no failure: no example has a time limit, nor has making one up.
hypothesis_settings.register_profile(
    "patient", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("patient")


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """Uploads of a test go to a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"  # through pytest-django: storages are told of it
    return Path(settings.MEDIA_ROOT)


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """A request in another language leaves it on for its thread: the next test is in English."""
    yield
    translation.deactivate()


@pytest.fixture
def empty_cache() -> Iterator[None]:
    """No figure or throttle of another test, and none for the next."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def no_uploads(settings: Any) -> None:
    """A product is saved and nothing more."""
    settings.CATALOG_AI = {**settings.CATALOG_AI, "CATEGORIZE_ON_UPLOAD": False}


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
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The Redis of the test run: the one REDIS_URL names, else an embedded one."""
    port = os.environ.get("EMBEDDED_REDIS_PORT")
    server = EmbeddedRedis(tmp_path_factory.mktemp("redis"), int(port)) if port else None
    if server:
        server.start()
    yield os.environ["REDIS_URL"]
    if server:
        server.stop()
