"""The demo shop with short leases and a storage that holds pictures which kill whoever opens them.

Only for benchmarks/chaos.py. What is poisonous is the storage, so that the product's own code is
the one that ships.
"""

import errno
import os
import random
import resource
import signal
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from shop_demo.settings import *  # noqa: F403
from shop_demo.settings import INSTALLED_APPS, VAR_DIR

POISON = ("crash", "endless", "memory")


FAULTS = VAR_DIR / "storage-faults"  # files named after a fault; each strikes one picture, once


class PoisonousStorage(FileSystemStorage):
    """Files by their name: a crash in native code, a picture without end, one of all memory."""

    def _open(self, name: str, mode: str = "rb") -> File:  # type: ignore[type-arg]
        fault = take_fault()
        if fault == "away":
            raise ConnectionResetError("the storage hung up")
        if fault == "refuse":
            raise PermissionError(errno.EACCES, "the storage refused")
        if fault == "cut":
            data = (Path(self.location) / name).read_bytes()
            # Anywhere, as a transfer breaks off: cut twice alike, a file is what it seems to be.
            return ContentFile(data[: random.randrange(len(data) * 3 // 4)])  # noqa: S311
        kind = Path(name).name.partition("-")[0]
        if kind == "crash":
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            os.kill(os.getpid(), signal.SIGSEGV)
        while kind == "endless":
            pass
        if kind == "memory":
            raise MemoryError
        opened: File[Any] = super()._open(name, mode)  # type: ignore[misc] # not in the stubs
        return opened


def take_fault() -> str:
    """A fault that waits, for this process alone; empty where none does."""
    for waiting in FAULTS.glob("*"):
        try:
            waiting.unlink()
        except FileNotFoundError:
            continue  # another process was as quick
        return waiting.name.partition("-")[0]
    return ""


if "CHAOS_BREAK" in os.environ:
    INSTALLED_APPS = [*INSTALLED_APPS, "benchmarks.chaos_broken.BrokenConfig"]

STORAGES = {
    "default": {"BACKEND": "benchmarks.chaos_settings.PoisonousStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CATALOG_AI = {
    "TARGETS": ["shop_demo.targets.ShopProductTarget"],
    "BUNDLE": Path(__file__).resolve().parent.parent / "tests/data/tiny_bundle/int8",
    "CHUNK_SIZE": 16,
    "LEASE_SECONDS": 4,
    "JOB_TIMEOUT": 30,  # longer than a lease, as by default
    "STOP_UNIDENTIFIED_PERCENT": 100,
    "STOP_CONTRADICTING_PERCENT": 100,
}
LOGGING = {"version": 1, "disable_existing_loggers": True}
