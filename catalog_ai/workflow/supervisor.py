"""Keeps warm worker processes alive on one host, and reconciles the rows with the queue."""

import logging
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from types import FrameType

from django.conf import settings as django_settings
from django.db import close_old_connections

from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import BundleError
from catalog_ai.workflow.follow import follow_budgets
from catalog_ai.workflow.outages import is_outage
from catalog_ai.workflow.reconcile import Reconciled, reconcile
from catalog_ai.workflow.statistics import update_summaries
from catalog_ai.workflow.vital_signs import lacks_tables

logger = logging.getLogger(__name__)

RECONCILE_EVERY = 30.0  # seconds
RESTART_AFTER = 2.0  # seconds: a worker that dies at once must not spin
COUNT_EVERY = 60.0  # seconds: the dashboard's figures of large days are so old at most
COUNT_FOR = 5.0  # seconds at a time; the workers are looked after in between
COUNT_SHARE = 20  # a pass that took long is followed by a pause that is longer by this factor
GRACE = 60.0  # seconds: a worker stops by itself in less, see worker.py


class Supervisor:
    """One upload worker and `bulk` bulk workers, each a process of its own."""

    def __init__(self, bulk: int) -> None:
        settings = get_settings()
        self.queues = [settings.UPLOAD_QUEUE, *[settings.BULK_QUEUE] * bulk]
        self.processes: dict[int, subprocess.Popen[bytes]] = {}
        self.started: dict[int, float] = {}
        self.stopping = False
        self.count_at = 0.0  # by the monotonic clock

    def run(self) -> None:
        """Start the workers and look after them until SIGTERM or SIGINT."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        last = 0.0
        try:
            while not self.stopping:
                self._start_missing()
                if time.monotonic() - last > RECONCILE_EVERY:
                    last = time.monotonic()
                    self._reconcile()
                if time.monotonic() > self.count_at:
                    self._count()
                time.sleep(0.5)
        finally:
            self._shut_down()  # or they would work on without anybody to look after them

    def _start_missing(self) -> None:
        for slot, queue in enumerate(self.queues):
            process = self.processes.get(slot)
            if process is not None and process.poll() is None:
                continue
            if process is not None and time.monotonic() - self.started[slot] < RESTART_AFTER:
                continue
            if process is not None:
                facts = {"queue": queue, "worker": process.pid, "exit_code": process.returncode}
                text = "worker on %s ended with %s: restarting"
                logger.error(text, queue, process.returncode, extra=facts)
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
        except Exception as why:  # the workers must not stop for one row that cannot be reconciled
            tell_failure("reconcile", why)
            return
        if done != Reconciled():
            logger.info("reconciled: %s", done, extra=asdict(done))

    def _count(self) -> None:
        """Bring the dashboard's figures up to date; a shop that is new to them at a stretch."""
        close_old_connections()
        started = time.monotonic()
        try:
            done = update_summaries(COUNT_FOR, every=COUNT_EVERY / 2)
        except Exception as why:  # nor for the dashboard's figures
            tell_failure("counting the dashboard's figures", why)
            self.count_at = started + COUNT_EVERY
            return
        took = time.monotonic() - started
        pause = took if done.left else max(COUNT_EVERY, COUNT_SHARE * took)
        self.count_at = time.monotonic() + pause

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
                facts = {"worker": process.pid}
                logger.error("worker %s did not stop in time: killed", process.pid, extra=facts)
                os.killpg(process.pid, signal.SIGKILL)


def tell_failure(what: str, why: Exception) -> None:
    """A line where a service is away, a migration or the model missing; else where it came from."""
    if is_outage(why) or lacks_tables(why) or isinstance(why, BundleError):
        logger.warning("%s failed, and will be tried again: %s", what, " ".join(str(why).split()))
    else:
        logger.error("%s failed, and will be tried again", what, exc_info=why)
