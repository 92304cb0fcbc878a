"""rq's worker with what this work needs: limits for each job's child, and rows taken back at once.

One queue a worker: with two, a worker killed at the wrong moment loses the job it had popped.
"""

import gc
import logging
import os
import resource
import signal
import time
from typing import Any

import django_rq
from django.db import DatabaseError, InterfaceError, connections
from rq import Worker, worker_registration

from catalog_ai.conf import get_settings
from catalog_ai.workflow import limits, worker_models
from catalog_ai.workflow.claim import HOLDER, Blame
from catalog_ai.workflow.jobs import warm_up
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.reconcile import take_back_held

logger = logging.getLogger(__name__)

LOOK_EVERY = 10  # seconds between looks at a child that is at work
KILL_AFTER = limits.STOP_AFTER + 5  # seconds after a stop: C code that does not return is killed
OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LARGE = 512 * 1024  # KiB at its peak: an ordinary child takes a quarter of it


def run_worker(queue_name: str) -> None:
    """Work on one queue until told to stop.

    The parent imports all code and checks the bundle; each job's child inherits both and
    builds its own interpreter, so a picture that crashes native code takes down one child only.
    """
    warm_up()
    queue = django_rq.get_queue(queue_name)
    worker = LimitedWorker(
        [queue],
        connection=queue.connection,
        serializer=queue.serializer,
        worker_ttl=60,
        job_monitoring_interval=LOOK_EVERY,
    )
    # What is here now lives as long as the worker: no child need look through it again.
    gc.collect()
    gc.freeze()
    # A connection must not be shared across the fork.
    connections.close_all()
    worker.work(with_scheduler=False, logging_level="WARNING")


class LimitedWorker(Worker):
    """Stops within KILL_AFTER + LOOK_EVERY seconds, and leaves no row behind with its child."""

    max_connection_wait_time = 5.0  # rq's minute would outlast most outages of Redis
    kill_at: float | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.newest_run = worker_models.find_newest_run()

    def serialize(self) -> dict[str, Any]:
        """What Redis knows of this worker: its model too, and which runs are older than it."""
        own = {
            worker_models.FIELD: get_bundle().model_version,
            worker_models.NEWEST_RUN: self.newest_run,
        }
        return {**super().serialize(), **own}

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """A Redis that lost its data does not know this worker any more: it says so again."""
        if pipeline is None and not self.connection.hexists(self.key, worker_models.FIELD):
            self.connection.hset(self.key, mapping=self.serialize())
            worker_registration.register(self)
        super().heartbeat(timeout, pipeline)

    def setup_work_horse_signals(self) -> None:
        """In the child, before its job."""
        super().setup_work_horse_signals()
        limits.enter_child()
        limit_memory(get_settings().JOB_MEMORY_MB)

    def handle_warm_shutdown_request(self) -> None:
        """Pass the stop on: the child finishes what it has in hand, not the whole job."""
        super().handle_warm_shutdown_request()
        self.kill_at = time.monotonic() + KILL_AFTER
        if self.horse_pid:
            self.kill_horse(signal.SIGTERM)

    def wait_for_horse(self) -> Any:
        """Wait for the child; what it held when it died is taken back at once."""
        if self.kill_at is not None and time.monotonic() > self.kill_at:
            self.kill_horse()
        ended = super().wait_for_horse()
        if ended[1] != os.EX_OK:
            stopping = self.kill_at is not None
            take_back_from_child(Blame.WORKER if stopping else find_blame_of_death(*ended[1:]))
        return ended

    def teardown(self) -> None:
        """A worker that lost Redis waits for its child all the same."""
        if self.horse_pid and not self.is_horse:
            self.wait_for_horse()
        super().teardown()


def find_blame_of_death(status: int | None, usage: resource.struct_rusage | None) -> Blame:
    """Whether the image that a child had in hand, alone, is the plausible cause of its death.

    Code that crashes ends by other signals than these: they come from a person or a service
    manager, or from a kernel short of memory, which takes the largest process.
    """
    if status is None or usage is None:
        return Blame.WORKER
    from_outside = os.WIFSIGNALED(status) and os.WTERMSIG(status) in OUTSIDE
    return Blame.WORKER if from_outside and usage.ru_maxrss < LARGE else Blame.IMAGE


def take_back_from_child(blame: Blame) -> None:
    """Queue the rows of a child that died; where the database is away, their lease runs out."""
    try:
        take_back_held(HOLDER, blame)
    except (DatabaseError, InterfaceError):
        logger.warning("the rows of a dead worker return with their lease", exc_info=True)
    finally:
        connections.close_all()


def limit_memory(megabytes: int) -> None:
    """Let this process allocate no more; 0 sets no limit. Works on Linux.

    RLIMIT_DATA and not RLIMIT_AS: address space also counts libraries and files that are mapped
    but take no memory, half a gigabyte before the first picture.
    """
    if not megabytes:
        return
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    wanted = megabytes * 2**20
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, hard))
