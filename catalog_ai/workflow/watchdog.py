"""The last bound: a job's process that does not come back from C code is ended from inside.

Python's signals wait for the C code, and a Python thread for the interpreter lock. The watchdog of
faulthandler needs neither, and says in the log where the process hung.
"""

import faulthandler
from collections.abc import Iterator
from contextlib import contextmanager

_in_child = False


def enter_child() -> None:
    """This process is a job's own and may be ended; a web server or a test never is."""
    global _in_child
    _in_child = True


@contextmanager
def end_process_after(seconds: float) -> Iterator[None]:
    """End this process, if it is a job's own, when the block takes longer than `seconds`."""
    if not _in_child:
        yield
        return
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
