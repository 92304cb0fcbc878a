"""The benchmark of rolling back runs end to end on a few products and prints what it promises."""

from pathlib import Path

import pytest

from tests.benchmarks.running import run_benchmark

pytestmark = [pytest.mark.slow, pytest.mark.redis]


def test_rolling_back_at_once_is_compared_with_one_by_one(tmp_path: Path) -> None:
    figures = run_benchmark("rollback", tmp_path, "--products", "60", "--repeat", "1")
    assert figures["database"] == "sqlite"
    assert figures["products"] == 60
    at_once = figures["at_once_per_computing_second"]
    one_by_one = figures["one_by_one_per_computing_second"]
    assert at_once > 0 and one_by_one > 0
    assert figures["at_once_over_one_by_one"] == pytest.approx(at_once / one_by_one, rel=0.05)
    assert figures["at_once_per_second"] > 0 and figures["one_by_one_per_second"] > 0
    assert not (tmp_path / "stage").exists()
