"""Keeps warm worker processes alive on one host, and reconciles the rows with the queue."""

import logging
import os
import signal
import subprocess
import sys
import time
from types import FrameType

from django.conf import settings as django_settings
from django.db import OperationalError, close_old_connections
from redis.exceptions import RedisError

from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import BundleError
from catalog_ai.workflow.follow import follow_budgets
from catalog_ai.workflow.reconcile import reconcile

logger = logging.getLogger(__name__)

RECONCILE_EVERY = 30.0  # seconds
RESTART_AFTER = 2.0  # seconds: a worker that dies at once must not spin
GRACE = 60.0  # seconds: a worker stops by itself in less, see worker.py


def count_bulk_workers() -> int:
    """As many as this process may use cores: one inference thread each is the fastest."""
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)


class Supervisor:
    """One upload worker and `bulk` bulk workers, each a process of its own."""

    def __init__(self, bulk: int) -> None:
        settings = get_settings()
        self.queues = [settings.UPLOAD_QUEUE, *[settings.BULK_QUEUE] * bulk]
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        self.started: dict[int, float] = {}
        self.stopping = False

    def run(self) -> None:
        """Start the workers and look after them until SIGTERM or SIGINT."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        last = 0.0
        while not self.stopping:
            self._start_missing()
            if time.monotonic() - last > RECONCILE_EVERY:
                last = time.monotonic()
                self._reconcile()
            time.sleep(0.5)
        self._shut_down()

    def _start_missing(self) -> None:
        for slot, queue in enumerate(self.queues):
            process = self.processes.get(slot)
            if process is not None and process.poll() is None:
                continue
            if process is not None and time.monotonic() - self.started[slot] < RESTART_AFTER:
                continue
            if process is not None:
                logger.error("worker on %s ended with %s: restarting", queue, process.returncode)
            self.processes[slot] = self._spawn(queue)
            self.started[slot] = time.monotonic()

    def _spawn(self, queue: str) -> "subprocess.Popen[bytes]":
        # In its own process group, so that a Ctrl-C in the terminal reaches the supervisor only.
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": django_settings.SETTINGS_MODULE,
            # Whatever the shop's own manage.py made importable must be so in the worker.
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        }
        command = [sys.executable, "-m", "django", "catalog_ai_worker", "--queue", queue]
        return subprocess.Popen(command, env=environment, start_new_session=True)

    def _reconcile(self) -> None:
        close_old_connections()
        try:
            done = reconcile()
            follow_budgets()
        except (RedisError, OperationalError, BundleError):
            logger.warning("reconcile will be tried again", exc_info=True)
            return
        if done.resent or done.taken_back or done.given_up or done.expansions:
            logger.info("reconciled: %s", done)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _shut_down(self) -> None:
        """Warm shutdown: each worker finishes what it has in hand; the slow ones are killed."""
        running = [process for process in self.processes.values() if process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.error("worker %s did not stop in time: killed", process.pid)
                os.killpg(process.pid, signal.SIGKILL)
