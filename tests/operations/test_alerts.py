"""The alert rules ask for nothing that /metrics does not say."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from prometheus_client.parser import text_string_to_metric_families

from catalog_ai.workflow import worker
from tests.operations.people import TOKEN, send_token

RULES = Path(__file__).resolve().parents[2] / "deploy/prometheus/catalog_ai.rules.yml"
WANTED = re.compile(r"\b(catalog_ai_[a-z_]+)(?:\{([^}]*)\})?")


@pytest.mark.django_db
def test_every_metric_and_label_of_the_rules_exists(
    client: Client, live_queues: Any, settings: Any
) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "METRICS_TOKEN": TOKEN}
    queue = live_queues["catalog_ai"]
    worker.LimitedWorker([queue], connection=queue.connection).register_birth()
    answer = client.get(reverse("catalog_ai_operations:metrics"), headers=send_token())
    said = [
        (sample.name, sample.labels)
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    ]
    expressions = re.findall(r"expr: (.+?)\n +for:", RULES.read_text(), re.S)
    wanted = [pair for text in expressions for pair in WANTED.findall(text)]
    assert len(expressions) == 7 and len(wanted) >= 7
    for name, labels in wanted:
        asked = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        assert any(name == one and asked.items() <= found.items() for one, found in said), name


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_the_rules_alert_when_they_should() -> None:
    command = ["promtool", "test", "rules", str(RULES.with_name("catalog_ai.test.yml"))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.mark.django_db
@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_promtool_finds_nothing_wrong_with_the_metrics(
    client: Client, live_queues: Any, settings: Any
) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "METRICS_TOKEN": TOKEN}
    answer = client.get(reverse("catalog_ai_operations:metrics"), headers=send_token())
    command = ["promtool", "check", "metrics"]
    done = subprocess.run(command, input=answer.content, capture_output=True)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
