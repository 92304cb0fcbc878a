"""Vital signs tell what is stuck, and nothing else."""

import hashlib
import json
import logging
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from catalog_ai.inference.bundle import SHIPPED_BUNDLE
from catalog_ai.models import Classification, Run
from catalog_ai.workflow import vital_signs
from catalog_ai.workflow.enqueue import finish_if_done
from catalog_ai.workflow.plans import has_state
from catalog_ai.workflow.queue_status import QueueStatus
from catalog_ai.workflow.store import Judged, store_results
from catalog_ai.workflow.vital_signs import (
    check_leases,
    check_model,
    check_progress,
    check_redis,
    examine,
    find_outage,
)
from tests.factories import claim_one, make_classification, make_result, make_run, make_unjudged

pytestmark = pytest.mark.django_db


def make_queued(minutes: int, **fields: Any) -> Classification:
    row = make_classification(run=make_run(**fields), state="queued", is_current=False)
    past = timezone.now() - timedelta(minutes=minutes)
    Classification.objects.filter(pk=row.pk).update(created_at=past)
    return row


def test_nothing_queued_is_well() -> None:
    assert check_progress().ok


def test_an_upload_that_waits_for_long_is_stuck_whatever_else_goes_on() -> None:
    make_queued(20, source=Run.Source.UPLOAD)
    make_classification(state="filed", finished_at=timezone.now())
    assert not check_progress().ok


def test_a_long_run_is_stuck_only_where_nothing_ends() -> None:
    make_queued(20)
    assert not check_progress().ok
    make_classification(state="filed", finished_at=timezone.now())
    assert check_progress().ok


def test_a_paused_run_is_not_stuck() -> None:
    make_queued(20, state=Run.State.PAUSED)
    assert check_progress().ok


def test_a_lease_left_behind_is_told() -> None:
    past = timezone.now() - timedelta(seconds=60)
    row = make_classification(state="running", is_current=False, lease_expires_at=past)
    assert check_leases().ok  # the next pass takes it back
    past -= timedelta(seconds=120)
    Classification.objects.filter(pk=row.pk).update(lease_expires_at=past)
    assert not check_leases().ok


def test_a_model_damaged_after_the_start_is_told(settings: Any, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    shutil.copytree(SHIPPED_BUNDLE, bundle)
    settings.CATALOG_AI = {**settings.CATALOG_AI, "BUNDLE": bundle}
    assert check_model().ok
    before = hashlib.sha256((bundle / "model.tflite").read_bytes())
    with (bundle / "model.tflite").open("ab") as file:
        file.write(b"x")
    assert hashlib.sha256((bundle / "model.tflite").read_bytes()).digest() != before.digest()
    assert not check_model().ok


def test_what_keeps_a_queue_from_being_worked_on_is_found(monkeypatch: Any) -> None:
    def say(status: QueueStatus) -> None:
        monkeypatch.setattr(vital_signs, "get_queue_status", lambda: status)

    say(QueueStatus(reachable=False))
    assert find_outage() == find_outage(uploads=True) == check_redis(QueueStatus(reachable=False))
    say(QueueStatus(True, 5, 0, workers=1, bulk_workers=0, upload_workers=1))
    runs = find_outage()
    assert runs is not None and runs.mend == "python manage.py catalog_ai_worker"
    assert find_outage(uploads=True) is None
    say(QueueStatus(True, 0, 5, workers=1, bulk_workers=1, upload_workers=0))
    uploads = find_outage(uploads=True)
    assert uploads is not None and uploads.name == "upload_workers"
    assert find_outage() is None


def test_every_sign_has_a_title_and_only_a_bad_one_a_command() -> None:
    for sign in examine():
        assert sign.title != sign.name
        assert not (sign.ok and sign.mend)


def test_the_command_prints_json_and_fails_while_no_worker_runs(
    live_queues: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("catalog_ai_status", "--json")
    assert ended.value.code == 1
    body = json.loads(capsys.readouterr().out)
    assert not body["ok"]
    assert {check["name"] for check in body["checks"] if not check["ok"]} == {
        "bulk_workers",
        "upload_workers",
    }


def test_a_stored_chunk_leaves_one_line_with_its_facts(
    target: Any, caplog: pytest.LogCaptureFixture
) -> None:
    product = make_unjudged()
    row = claim_one(target, product)
    with caplog.at_level(logging.INFO, logger="catalog_ai"):
        store_results([Judged(row, row.image_name, make_result())])
    (line,) = [one for one in caplog.records if "results stored" in one.getMessage()]
    assert (line.run, line.target) == (row.run_id, "shop_demo.product")
    assert line.classifications == [row.pk]
    assert line.outcomes == {"unidentified": 1}
    assert line.seconds >= 0


def test_the_end_of_a_run_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    run = make_run(total=1, filed=1)
    with caplog.at_level(logging.INFO, logger="catalog_ai"):
        finish_if_done([run.pk])
        finish_if_done([run.pk])
    assert [one.runs for one in caplog.records if hasattr(one, "runs")] == [[run.pk]]


def test_leases_that_ran_out_are_found_by_their_index() -> None:
    running = has_state([Classification.State.RUNNING])
    rows = Classification.objects.filter(running, lease_expires_at__lt=timezone.now())
    if connection.vendor == "sqlite":  # PostgreSQL reads a small table without one
        assert "catalog_ai_cls_lease" in rows.explain()
