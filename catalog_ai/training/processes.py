"""A training process a core: how many, where they meet, when they end, what memory they keep."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from catalog_ai.inference.cores import count_cores

FEWEST = 16  # photos of a batch in one process: of fewer, batch norm learns too little
# What glibc's allocator is told by the environment (mallopt(3)). A step needs again what the last
# one gave back: to get it from the system each time takes a fifth of all training.
ALLOCATION = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 32),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 33),
    "MALLOC_TOP_PAD_": str(1 << 28),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}


def count_processes(batch: int) -> int:
    """One a core, while each has photos enough."""
    return max(1, min(count_cores(), batch // FEWEST))


@contextmanager
def keep_memory() -> Iterator[None]:
    """Processes that are started within keep their memory; what the user has set stands."""
    before = dict(os.environ)
    os.environ.update(ALLOCATION | before)
    try:
        yield
    finally:
        for name in ALLOCATION.keys() - before.keys():
            del os.environ[name]


def find_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def end_with_parent() -> None:
    """Heed the signal that PyTorch has this process sent when the one that started it is gone.

    What a shell runs in the background ignores it, and so would we: to write over what the next
    run, which goes on from here, has kept.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
