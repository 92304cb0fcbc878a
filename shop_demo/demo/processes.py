"""Child processes of the demo: each with a log, all of them stopped in the end."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

GRACE = 20.0  # seconds to stop by itself


@dataclass
class Child:
    """A running part of the demo."""

    name: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def read_tail(self, lines: int = 15) -> str:
        """The last lines it wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


def start_child(name: str, command: list[str], folder: Path, env: dict[str, str]) -> Child:
    """Start a part in a process group of its own, its output in a log file."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=env, start_new_session=True
        )
    return Child(name, process, log)


def stop_children(children: list[Child]) -> None:
    """Stop one after the other, last started first, and kill the groups of those that do not.

    A worker that ends still has something to tell Redis: that it is gone.
    """
    deadline = time.monotonic() + GRACE
    for child in reversed(children):
        if child.process.poll() is None:
            child.process.terminate()
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()
