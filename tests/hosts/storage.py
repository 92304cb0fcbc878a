"""A storage that is reached over HTTP only, as a bucket is: there is no common folder."""

import io
import urllib.error
import urllib.request
from urllib.parse import quote

from django.core.files.base import File
from django.core.files.storage import Storage

TIMEOUT = 5.0  # seconds


class HttpStorage(Storage):
    """Reads files below an address; nothing can be written."""

    def __init__(self, base: str) -> None:
        self.base = base

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        try:
            with urllib.request.urlopen(self.url(name), timeout=TIMEOUT) as answer:  # noqa: S310
                return File(io.BytesIO(answer.read()), name)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404:
                    raise FileNotFoundError(name) from error
                raise

    def url(self, name: str | None) -> str:
        return f"{self.base}/{quote(name or '')}"
