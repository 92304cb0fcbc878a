"""Photos that a user names for the demo shop; no Django in here."""

import hashlib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path, PurePosixPath

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif")


@dataclass(frozen=True)
class Photo:
    """One product to be: its title, file name, bytes and price."""

    title: str
    name: str
    data: bytes
    price: Decimal


def read_photos(source: Path) -> Iterator[Photo]:
    """Every picture in a folder (and its folders) or a zip archive.

    Raises:
        FileNotFoundError: there is no such folder or archive, or it holds no picture.
        zipfile.BadZipFile: the archive is damaged.
    """
    if not source.exists():
        raise FileNotFoundError(f"There is no folder or archive {source}.")
    if not source.is_dir() and not zipfile.is_zipfile(source):
        raise FileNotFoundError(f"{source} is neither a folder of pictures nor a zip archive.")
    files = _read_folder(source) if source.is_dir() else _read_archive(source)
    found = False
    for name, data in files:
        found = True
        # The bytes make up the price: the same photo always costs the same.
        cents = int(hashlib.sha256(data).hexdigest()[:4], 16) % 9000 + 500
        title = PurePosixPath(name).stem.replace("_", " ").replace("-", " ")
        yield Photo(title, PurePosixPath(name).name, data, Decimal(cents) / 100)
    if not found:
        raise FileNotFoundError(f"{source} holds no picture ({', '.join(SUFFIXES)}).")


def _read_folder(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() in SUFFIXES and file.is_file():
            yield file.name, file.read_bytes()


def _read_archive(archive: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as members:
        for name in sorted(members.namelist()):
            if name.lower().endswith(SUFFIXES):
                yield name, members.read(name)
