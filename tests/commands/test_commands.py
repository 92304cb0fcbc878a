"""The management commands say what they did, and what they cannot do, in words."""

import importlib
import io
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils.translation import override
from redis.exceptions import ConnectionError as RedisConnectionError

from catalog_ai.models import Classification, DaySummary, ErrorBudget, HealthCheck, Run
from catalog_ai.workflow.supervisor import Supervisor
from tests.factories import make_image_bytes, make_product, make_unjudged

pytestmark = pytest.mark.django_db


def run(name: str, *arguments: str) -> str:
    output = io.StringIO()
    call_command(name, *arguments, stdout=output)
    return output.getvalue()


def test_categorize_starts_a_run_over_a_product_model() -> None:
    make_unjudged()
    assert "1 products queued" in run("categorize", "shop_demo.product", "--preset", "strict")
    started = Run.objects.latest("pk")
    assert (started.preset, started.source, started.total) == ("strict", "command", 1)


def test_a_product_model_may_be_written_as_in_its_target() -> None:
    make_unjudged()
    assert "1 products queued" in run("categorize", "shop_demo.Product")
    assert "shop_demo.product" in run("check_catalogue", "shop_demo.Product")


def test_commands_speak_the_language_of_the_shop() -> None:
    make_unjudged()
    with override("de"):
        assert "bisher 1 Produkte abgeschickt" in run("categorize", "shop_demo.product")
        assert "Nichts zu tun" in run("categorize", "shop_demo.product")
        for command in (["categorize", "no.such"], ["catalog_ai_worker", "--queue", "x"]):
            with pytest.raises(CommandError, match="Nennen|keine Warteschlange"):
                run(*command)


def test_categorize_says_where_nothing_is_to_be_done_and_makes_no_run() -> None:
    make_product()  # the upload hook has queued it
    before = Run.objects.count()
    assert "Nothing to do" in run("categorize", "shop_demo.product")
    assert Run.objects.count() == before


@pytest.mark.parametrize("arguments", [[], ["no.such"]])
def test_categorize_names_the_product_models(arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="shop_demo.product"):
        run("categorize", *arguments)


@pytest.mark.redis
def test_reconcile_queues_what_was_never_seen(live_queues: Any) -> None:
    make_unjudged()
    text = run("reconcile_classifications", "--missing")
    assert "resent" in text
    assert Classification.objects.filter(run__source="command").count() == 1


def test_reconcile_says_so_when_redis_is_down(settings: Any) -> None:
    make_product()
    Classification.objects.update(created_at="2026-01-01T00:00:00Z")
    dead = {"URL": "redis://127.0.0.1:1/0"}
    settings.RQ_QUEUES = {name: {**options, **dead} for name, options in settings.RQ_QUEUES.items()}
    with pytest.raises(CommandError, match="Nothing is lost"):
        run("reconcile_classifications")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("evaluate_classifier", ["--images", "no-such.zip", "--labels", "no-such.csv"]),
        ("benchmark_papers", ["--data", "no-such-folder"]),
        ("seed_demo", ["--photos", "no-such-folder"]),
    ],
)
def test_a_path_that_is_not_there_is_told(name: str, arguments: list[str]) -> None:
    with pytest.raises(CommandError, match="no-such"):
        run(name, *arguments)


def test_photos_of_a_folder_become_products(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(CommandError, match="holds no picture"):
        run("seed_demo", "--photos", str(tmp_path))
    (tmp_path / "red_shirt.png").write_bytes(make_image_bytes())
    assert "1 products added" in run("seed_demo", "--photos", str(tmp_path))
    assert "0 products added" in run("seed_demo", "--photos", str(tmp_path))


def test_a_worker_for_a_queue_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="no queue nonsense"):
        run("catalog_ai_worker", "--queue", "nonsense")


def test_a_number_of_workers_below_none_is_refused() -> None:
    with pytest.raises(CommandError, match="--bulk"):
        run("catalog_ai_worker", "--bulk=-3")


def test_a_worker_says_so_when_redis_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(name: str) -> None:
        raise RedisConnectionError("refused")

    monkeypatch.setattr("catalog_ai.management.commands.catalog_ai_worker.run_worker", connect)
    with pytest.raises(CommandError, match="Redis cannot be reached"):
        run("catalog_ai_worker", "--queue", "catalog_ai")


def test_a_worker_says_what_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Supervisor, "run", lambda self: None)
    assert "3 for runs" in run("catalog_ai_worker", "--bulk=3")


TALKING_TO_THE_DATABASE = [
    ["categorize", "shop_demo.product"],
    ["check_catalogue"],
    ["follow_budgets"],
    ["reconcile_classifications"],
    ["sweep_thumbnails"],
    ["update_statistics"],
]


@pytest.mark.parametrize("arguments", TALKING_TO_THE_DATABASE)
def test_a_migration_that_was_forgotten_is_told(arguments: list[str]) -> None:
    make_product()
    with connection.cursor() as cursor:
        for model in (Run, HealthCheck, ErrorBudget, Classification, DaySummary):
            table = model._meta.db_table
            cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_of_tomorrow")
    with pytest.raises(CommandError, match="manage.py migrate"):
        run(*arguments)


def test_status_tells_a_forgotten_migration_and_an_address_that_is_none(
    settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.RQ_QUEUES = {name: {"URL": "localhost:6379"} for name in settings.RQ_QUEUES}
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {Run._meta.db_table} RENAME TO run_of_tomorrow")
    with pytest.raises(SystemExit):
        call_command("catalog_ai_status")
    said = capsys.readouterr().out
    assert "NOT redis" in said
    assert "NOT progress: The database lacks tables or columns" in said


def test_a_preset_that_is_none_is_told_the_presets() -> None:
    with pytest.raises(CommandError, match=r"'Strict'.*'?balanced'?") as refused:
        run("categorize", "shop_demo.product", "--preset", "Strict")
    assert "Preset." not in str(refused.value)


def test_training_without_its_packages_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keras", None)
    (tmp_path / "shirts").mkdir()
    (tmp_path / "shirts" / "one.png").write_bytes(make_image_bytes())
    arguments = ["--data", str(tmp_path), "--out", str(tmp_path / "out")]
    with pytest.raises(CommandError, match=r"catalog-ai\[train\]"):
        run("train_classifier", *arguments)


def test_cron_without_its_queue_is_refused(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "CRON_QUEUE": "nowhere"}
    monkeypatch.delitem(sys.modules, "catalog_ai.cron", raising=False)
    with pytest.raises(ImproperlyConfigured, match="nowhere"):
        importlib.import_module("catalog_ai.cron")
