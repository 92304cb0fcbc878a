"""The speed benchmarks run end to end on a handful of photos and print what they promise."""

from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.running import run_benchmark

RATIOS = {"product_over_ceiling", "product_over_naive", "product_over_keras"}
FACTS = {"photos", "side", "processes", "database"}

pytestmark = [pytest.mark.slow, pytest.mark.redis]


def run_speed(name: str, tmp_path: Path, *arguments: str) -> dict[str, Any]:
    return run_benchmark(name, tmp_path, "--processes", "1", *arguments)


def test_the_product_is_compared_with_the_ceiling_and_the_naive_design(tmp_path: Path) -> None:
    figures = run_speed("pipeline", tmp_path, "--count", "24", "--repeat", "1")
    assert set(figures) >= FACTS | RATIOS | {"ceiling_ips", "product_ips", "naive_ips"}
    assert figures["photos"] == 24
    assert figures["database"] == "sqlite"
    assert figures["product_over_keras"] is None
    ratio = figures["product_ips"] / figures["ceiling_ips"]
    assert figures["product_over_ceiling"] == pytest.approx(ratio, rel=0.05)
    assert set(figures["stages"]) == {"claim", "read", "decode", "infer", "store", "queue"}
    assert figures["peak_rss_mb"] > 0
    assert not (tmp_path / "stage").exists()


def test_memory_is_told_at_the_start_the_middle_and_the_end(tmp_path: Path) -> None:
    figures = run_speed("pipeline", tmp_path, "--memory", "--count", "300")
    assert set(figures["workers_rss_mb"]) == {"start", "middle", "end"}
    assert min(figures["workers_rss_mb"].values()) > 10


def test_speed_is_told_for_each_number_of_processes(tmp_path: Path) -> None:
    figures = run_speed("pipeline", tmp_path, "--scaling", "--count", "24", "--repeat", "1")
    assert set(figures["product_ips_by_processes"]) == {"1"}


def test_uploads_are_timed_while_a_bulk_run_goes_on(tmp_path: Path) -> None:
    figures = run_speed("uploads", tmp_path, "--count", "3000", "--uploads", "2", "--alone", "1")
    assert 0 < figures["p50_s"] <= figures["p95_s"] <= figures["max_s"]
    assert figures["uploads"] == 2
    assert {"bulk_ips_before", "bulk_ips_during"} <= set(figures)
