"""The memory and the processor time of a supervisor's processes, from /proc (Linux)."""

import os
import statistics
import threading
from pathlib import Path


class MemoryWatch(threading.Thread):
    """Looks every `every` seconds at the workers of a supervisor and at their jobs' children, which
    costs what is measured beside it a little of the processor.

    `workers` and `children` hold, for each look, the most that one process of the kind had, in
    megabytes; `peak` the most that any of them ever had.
    """

    def __init__(self, supervisor: int, every: float = 0.5) -> None:
        super().__init__(daemon=True)
        self.supervisor, self.every = supervisor, every
        self.workers: list[float] = []
        self.children: list[float] = []
        self.peak = 0.0
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(self.every):
            self._look()

    def _look(self) -> None:
        workers = list_children(self.supervisor)
        children = [child for worker in workers for child in list_children(worker)]
        for pids, seen in ((workers, self.workers), (children, self.children)):
            if sizes := [read_memory(pid, "VmRSS") for pid in pids]:
                seen.append(max(sizes))
        peaks = [read_memory(pid, "VmHWM") for pid in (*workers, *children)]
        self.peak = max([self.peak, *peaks])


def summarise(seen: list[float]) -> dict[str, float]:
    """Medians of the first, middle and last tenth of the looks."""
    tenth, middle = max(1, len(seen) // 10), len(seen) // 2
    parts = {
        "start": seen[:tenth],
        "middle": seen[middle : middle + tenth],
        "end": seen[-tenth:],
    }
    return {name: round(statistics.median(part or [0.0]), 1) for name, part in parts.items()}


def list_children(pid: int) -> list[int]:
    """Process ids right below one; none where it has ended."""
    files = Path(f"/proc/{pid}/task").glob("*/children")
    try:
        return [int(child) for file in files for child in file.read_text().split()]
    except OSError:
        return []


def read_processor(pid: int) -> float:
    """Seconds of processor time, of a process and of its children that have ended; 0 if it has."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    ticks = stat.rsplit(")", 1)[1].split()[11:15]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def read_memory(pid: int, field: str) -> float:
    """Megabytes of VmRSS (now) or VmHWM (the most so far); 0 where the process has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    line = next((one for one in status.splitlines() if one.startswith(field)), f"{field}: 0 kB")
    return int(line.split()[1]) / 1024
