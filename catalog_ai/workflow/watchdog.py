"""The last bound: a job's process that does not come back from C code is ended from inside.

Python's signals wait for the C code, and a Python thread for the interpreter lock. The watchdog of
faulthandler needs neither, and says in the log where the process hung.
"""

import faulthandler
from collections.abc import Iterator
from contextlib import contextmanager

from catalog_ai.workflow.limits import is_child


@contextmanager
def end_process_after(seconds: float) -> Iterator[None]:
    """End this process, if it is a job's own, when the block takes longer than `seconds`."""
    if not is_child():
        yield
        return
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
