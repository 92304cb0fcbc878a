"""Loading a network prints nothing, and hides nothing that is printed meanwhile."""

import os
import subprocess
import sys
import tempfile
import threading

import pytest

from catalog_ai.inference.bundle import SHIPPED_BUNDLE
from catalog_ai.inference.quiet import GREETING, hide_greeting

LINES = GREETING + b"\nERROR: something is wrong\nwithout an end"


def test_a_process_that_loads_the_model_prints_nothing() -> None:
    code = (
        "from pathlib import Path; from catalog_ai.inference.classifier import load_classifier; "
        f"load_classifier(Path({str(SHIPPED_BUNDLE)!r}))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert ended.stdout + ended.stderr == b""


def test_what_else_is_written_meanwhile_is_passed_on() -> None:
    # In a process of its own: beside threads that other tests leave, nothing is diverted.
    code = f"""
import os
from catalog_ai.inference.quiet import hide_greeting
try:
    with hide_greeting():
        os.write(2, {LINES!r})
        raise RuntimeError
except RuntimeError:
    os.write(2, b"!")
"""
    ended = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, check=True)
    assert ended.stderr == b"ERROR: something is wrong\nwithout an end!"


def test_beside_other_threads_nothing_is_diverted(capfd: pytest.CaptureFixture[str]) -> None:
    ended = threading.Event()
    other = threading.Thread(target=ended.wait)
    other.start()
    try:
        with hide_greeting():
            os.write(2, LINES)
            assert capfd.readouterr().err == LINES.decode()
    finally:
        ended.set()
        other.join()


def test_without_standard_error_the_model_loads_all_the_same() -> None:
    code = "import os; os.close(2); from catalog_ai.inference.quiet import hide_greeting\n"
    code += "with hide_greeting(): print('inside')"
    ended = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True)
    assert ended.stdout == b"inside\n"


def test_with_no_room_for_a_file_nothing_is_diverted(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OSError

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with hide_greeting():
        os.write(2, LINES)
    assert capfd.readouterr().err == LINES.decode()
