"""Limits of time inside a worker's child: a stop that was asked for, and a lease that runs out."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rq.timeouts import JobTimeoutException

STOP_AFTER = 10.0  # seconds that a child which is asked to stop may go on with what it has in hand
CLOCK = signal.SIGUSR2  # SIGALRM is rq's own, for the limit of the whole job


BUSY = 0.1  # share of its lease that a process must have computed, or it was held up from outside


class StopNow(Exception):
    """The time to finish what was in hand is over."""


class LeaseOver(JobTimeoutException):
    """The rows in hand belong to somebody else by now. `busy`: the process used the time."""

    def __init__(self, busy: bool) -> None:
        super().__init__("The rows in hand belong to somebody else by now.")
        self.busy = busy


class _State:
    """Of this process."""

    stopping = False


def enter_child() -> None:
    """In a worker's child, before its job: a SIGTERM asks it to stop after the part in hand."""
    _State.stopping = False
    signal.signal(signal.SIGTERM, _ask_to_stop)


def is_stopping() -> bool:
    """Whether this process was asked to stop."""
    return _State.stopping


def _ask_to_stop(number: int, frame: FrameType | None) -> None:
    _State.stopping = True
    signal.signal(CLOCK, _stop_now)
    _strike_after(STOP_AFTER)


def _stop_now(number: int, frame: FrameType | None) -> None:
    raise StopNow


def _strike_after(seconds: float) -> threading.Timer:
    """Signal this process's main thread in `seconds`, as long as that is not cancelled."""
    timer = threading.Timer(seconds, os.kill, (os.getpid(), CLOCK))
    timer.daemon = True
    timer.start()
    return timer


@contextmanager
def run_clock(seconds: float) -> Iterator[None]:
    """Raise LeaseOver inside, once it has taken `seconds`.

    Only the main thread can be interrupted; elsewhere (a web server's thread) nothing is limited.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    started = time.process_time()

    def end_lease(number: int, frame: FrameType | None) -> None:
        raise LeaseOver(busy=time.process_time() - started > BUSY * seconds)

    if not _State.stopping:
        signal.signal(CLOCK, end_lease)
    timer = _strike_after(seconds)
    try:
        yield
    finally:
        timer.cancel()
        if not _State.stopping:
            # A signal that was on its way must not end the process.
            signal.signal(CLOCK, signal.SIG_IGN)
