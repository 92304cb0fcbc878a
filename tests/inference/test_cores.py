"""As many workers as the time on the cores that this process is given."""

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog_ai.inference.cores import CONTROL_GROUPS, count_cores, find_quota

COUNT = "from catalog_ai.inference.cores import count_cores; print(count_cores())"
FIRST = "4:memory:/shop\n3:cpu,cpuacct:{}\n1:cpuset:/other\n0::/\n"
SECOND = "0::{}\n"


def write_first(folder: Path, quota: int, period: int = 100_000) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    (folder / "cpu.cfs_period_us").write_text(f"{period}\n")


def write_second(folder: Path, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cpu.max").write_text(f"{text}\n")


def find_in(tmp_path: Path, own: str) -> float:
    (tmp_path / "own").write_text(own)
    return find_quota(tmp_path / "own", tmp_path)


def test_without_control_groups_nothing_is_limited(tmp_path: Path) -> None:
    assert find_quota(tmp_path / "none", tmp_path) == math.inf
    assert find_in(tmp_path, SECOND.format("/")) == math.inf  # a host's topmost group has no limit


def test_the_time_of_a_container(tmp_path: Path) -> None:
    write_second(tmp_path, "250000 100000")
    assert find_in(tmp_path, SECOND.format("/")) == 2.5


def test_every_group_above_limits_too(tmp_path: Path) -> None:
    write_second(tmp_path / "shop.slice", "300000 200000")
    write_second(tmp_path / "shop.slice/worker.service", "max 100000")
    assert find_in(tmp_path, SECOND.format("/shop.slice/worker.service")) == 1.5
    write_second(tmp_path / "shop.slice/worker.service", "50000 100000")
    assert find_in(tmp_path, SECOND.format("/shop.slice/worker.service")) == 0.5


def test_the_first_version_of_control_groups(tmp_path: Path) -> None:
    write_first(tmp_path / "cpu", -1)
    assert find_in(tmp_path, FIRST.format("/")) == math.inf
    write_first(tmp_path / "cpu/shop", 150_000, 50_000)
    assert find_in(tmp_path, FIRST.format("/shop")) == 3.0


def test_a_container_that_is_told_its_group_by_the_name_it_has_on_the_host(tmp_path: Path) -> None:
    write_first(tmp_path / "cpu", 200_000)
    assert find_in(tmp_path, FIRST.format("/docker/1f2e")) == 2.0


@pytest.fixture
def half_a_core() -> Iterator[Path]:
    """The file that a process writes its id into to be given half a core's time."""
    is_first = (CONTROL_GROUPS / "cpu").exists()
    group = CONTROL_GROUPS / ("cpu" if is_first else "") / f"catalog-ai-{os.getpid()}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no control group can be made here: {error}")
    try:
        if is_first:
            (group / "cpu.cfs_quota_us").write_text("50000")
        else:
            (group / "cpu.max").write_text("50000 100000")
        yield group / "cgroup.procs"
    except OSError as error:
        pytest.skip(f"processor time cannot be limited here: {error}")
    finally:
        group.rmdir()


def count_in_a_process(join: str = "") -> int:
    ended = subprocess.run(
        [sys.executable, "-c", join + COUNT], capture_output=True, text=True, check=True
    )
    return int(ended.stdout)


def test_a_process_with_half_a_core_counts_one(half_a_core: Path) -> None:
    join = f"import os; open({str(half_a_core)!r}, 'w').write(str(os.getpid())); "
    assert count_in_a_process(join) == 1


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen here")
def test_a_process_on_one_core_counts_one() -> None:
    choose = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))]); "
    assert count_in_a_process(choose) == 1
    assert 1 <= count_cores() <= (os.cpu_count() or 1)
