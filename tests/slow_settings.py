"""Settings of a worker process whose storage takes half a second an image."""

import time

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from tests.worker_settings import *  # noqa: F403
from tests.worker_settings import STORAGES

SECONDS = 0.5


class SlowStorage(FileSystemStorage):
    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        time.sleep(SECONDS)
        return super()._open(name, mode)


STORAGES["default"] = {"BACKEND": "tests.slow_settings.SlowStorage"}
