"""Names of what is kept: two releases share one cache for a while, and memcached takes not all."""

from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

import catalog_ai
from catalog_ai.admin import run_rollback
from catalog_ai.workflow import queue
from catalog_ai.workflow.audits import load_shares
from catalog_ai.workflow.kept import name_kept
from tests.factories import make_classification, make_run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]


@pytest.fixture
def audited(settings: Any) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "AUDIT_SHARE_START": 0.1}


@pytest.fixture
def keep_by_another_release(monkeypatch: pytest.MonkeyPatch) -> Any:
    def keep(*parts: str) -> None:
        with monkeypatch.context() as before:
            before.setattr(catalog_ai, "__version__", "0.0.9")
            cache.set(name_kept(*parts), "of another shape")
        cache.set(".".join(("catalog_ai", *parts)), "of another shape")  # as it was named once

    return keep


def test_a_worker_stores_by_its_own_shares(
    target: Any, audited: None, keep_by_another_release: Any
) -> None:
    keep_by_another_release("audits", target.key)
    assert load_shares(target).find_share("article:tshirts") == 0.1


def test_a_page_counts_its_own_queue(
    target: Any, monkeypatch: pytest.MonkeyPatch, keep_by_another_release: Any
) -> None:
    monkeypatch.setattr(queue, "LONG", 1)
    make_classification()
    keep_by_another_release("queue", target.key)
    assert queue.count_waiting() == 1


def test_memcached_takes_the_name_of_a_preview(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_rollback, "has_live_details", lambda run: False)
    # Any cache of Django's warns of a name that memcached refuses, and here a warning is an error.
    run_rollback.load_preview(make_run(rolled_back_at=timezone.now()))
