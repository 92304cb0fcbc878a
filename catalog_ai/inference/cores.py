"""How many processor cores this process may keep busy."""

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

CONTROL_GROUPS = Path("/sys/fs/cgroup")
OWN_GROUPS = Path("/proc/self/cgroup")
FIRST_VERSION = ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
SECOND_VERSION = ["cpu.max"]
UNLIMITED = ("-1", "max")


def count_cores() -> int:
    """The cores that it may run on, or fewer where its processor time is limited; 1 at least.

    A container started with `--cpus 2`, or a systemd unit with `CPUQuota=200%`, may run on every
    core of its host but gets the time of two: more workers would only take memory and wait. A part
    of a core counts as one.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, math.ceil(min(cores or 1, find_quota())))


def find_quota(own: Path = OWN_GROUPS, mounted: Path = CONTROL_GROUPS) -> float:
    """Seconds of processor time a second that control groups leave this process; `inf`: no limit.

    Every group above its own limits it too. In a container its group's path may be the host's,
    which is not to be seen there: the topmost group that is mounted is then its own.

    Source: the Linux kernel's documentation, "Control Group v2" (CPU interface files) and "CFS
    Bandwidth Control" (the first version).
    """
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return math.inf  # no Linux, or one without control groups
    return min((quota for line in lines for quota in _list_quotas(line, mounted)), default=math.inf)


def _list_quotas(line: str, mounted: Path) -> Iterator[float]:
    """Limits of the group that a line of /proc/self/cgroup names, and of those above it."""
    _, controllers, path = line.split(":", 2)
    if not controllers:
        top, names = mounted, SECOND_VERSION
    elif "cpu" in controllers.split(","):
        top, names = mounted / "cpu", FIRST_VERSION
    else:
        return
    group = PurePosixPath(path)
    for one in (group, *group.parents):
        folder = top / one.relative_to("/")
        try:
            quota, period = " ".join((folder / name).read_text() for name in names).split()
        except OSError:
            continue  # not to be seen from here, or without limits
        if quota not in UNLIMITED:
            yield int(quota) / int(period)
