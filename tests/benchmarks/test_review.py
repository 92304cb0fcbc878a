"""The benchmark of the review queue drives a browser over a few cards and prints its figures."""

from pathlib import Path

import pytest

from tests.benchmarks.running import run_benchmark

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_cards_are_decided_by_keyboard_and_timed(tmp_path: Path) -> None:
    figures = run_benchmark("review", tmp_path, "--products", "120", "--decisions", "4")
    assert figures["products"] == 120
    assert figures["decisions"] == 4
    assert 0 < figures["server_ms_p50"] <= figures["server_ms_p95"]
    assert figures["card_to_card_ms_p50"] > 0 and figures["queue_page_ms"] > 0
