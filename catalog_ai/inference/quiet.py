"""The runtime's greeting on standard error, kept out of what commands print; all else stays."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

GREETING = b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU."


@contextmanager
def hide_greeting() -> Iterator[None]:
    """Leave the runtime's greeting out of what is written to standard error meanwhile.

    The runtime has no setting for it and writes past Python, so file descriptor 2 leads into a
    file, and what came there is passed on afterwards. Not where other threads run: a process that
    one of them starts meanwhile would keep that file. There the greeting stays, once a process.
    """
    file, kept = _prepare() if threading.active_count() == 1 else (None, -1)
    if file is None:
        yield
        return
    with file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            _pass_on(file)


def _prepare() -> tuple[IO[bytes] | None, int]:
    """A file, and a second descriptor of standard error; no file where either cannot be had."""
    try:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    except OSError:
        return None, -1
    try:
        return file, os.dup(2)
    except OSError:
        file.close()
        return None, -1


def _pass_on(file: IO[bytes]) -> None:
    file.seek(0)
    for line in file:
        if line.rstrip() != GREETING:
            os.write(2, line)
