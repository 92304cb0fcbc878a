"""Log lines carry the facts that a person searches by."""

import logging
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog_ai.models import Classification
from catalog_ai.workflow.claim import claim
from catalog_ai.workflow.reconcile import Reconciled, resend_lost, take_back_expired
from catalog_ai.workflow.supervisor import Supervisor
from tests.factories import make_classification, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def row() -> Classification:
    made: Classification = make_classification(
        run=make_run(total=1), state="queued", is_current=False
    )
    return made


def find_line(caplog: pytest.LogCaptureFixture, text: str) -> Any:
    (line,) = [one for one in caplog.records if text in one.getMessage()]
    return line


@pytest.fixture(autouse=True)
def listen(caplog: pytest.LogCaptureFixture) -> Any:
    with caplog.at_level(logging.INFO, logger="catalog_ai"):
        yield


def test_a_claim_and_a_taking_back_name_runs_and_rows(
    row: Classification, caplog: pytest.LogCaptureFixture
) -> None:
    claim([row.pk], fresh=True)
    line = find_line(caplog, "claimed")
    assert (line.runs, line.classifications) == ([row.run_id], [row.pk])
    Classification.objects.update(lease_expires_at="2020-01-01T00:00:00Z")
    take_back_expired(Reconciled())
    line = find_line(caplog, "taken back")
    assert (line.runs, line.classifications) == ([row.run_id], [row.pk])
    assert (line.blame, line.given_up) == ("worker", [])


def test_rows_sent_again_are_named(
    row: Classification, caplog: pytest.LogCaptureFixture, live_queues: Any
) -> None:
    past = timezone.now() - timedelta(minutes=5)
    Classification.objects.update(created_at=past)
    resend_lost(Reconciled())
    assert find_line(caplog, "sent again").classifications == [row.pk]


def test_the_supervisor_says_which_worker_ended_and_how(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    ended.wait()
    supervisor = Supervisor(bulk=0)
    supervisor.processes, supervisor.started = {0: ended}, {0: -100.0}
    monkeypatch.setattr(supervisor, "_spawn", lambda queue: ended)
    supervisor._start_missing()
    line = find_line(caplog, "restarting")
    assert (line.queue, line.worker, line.exit_code) == ("catalog_ai_uploads", ended.pid, 3)
