"""Photos by name from a folder or a zip archive, read where they lie."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"}


class PhotoError(Exception):
    """A collection of photos that cannot be used. The message says why."""


class Photos:
    """One folder or zip archive. Reading by name; a zip also serves names without its folders."""

    def __init__(self, path: Path) -> None:
        """
        Raises:
            PhotoError: there is neither a folder nor a zip archive at `path`.
        """
        self.path = Path(path)
        self._zip: zipfile.ZipFile | None = None
        if self.path.is_dir():
            return
        if not zipfile.is_zipfile(self.path):
            raise PhotoError(f"{path} is neither a folder of photos nor a zip archive.")
        self._zip = zipfile.ZipFile(self.path)
        self._members = {Path(name).name: name for name in self._zip.namelist()}

    def read(self, name: str) -> bytes:
        """The bytes of one photo.

        Raises:
            FileNotFoundError: the collection has no such photo.
        """
        if self._zip is None:
            return (self.path / name).read_bytes()
        try:
            return self._zip.read(name)
        except KeyError:
            member = self._members.get(Path(name).name)
        if member is None:
            raise FileNotFoundError(f"{self.path} has no photo {name}.")
        return self._zip.read(member)

    def list_names(self) -> Iterator[str]:
        """Names of all photos, sorted, folders included."""
        if self._zip is not None:
            names = self._zip.namelist()
        else:
            names = [str(p.relative_to(self.path)) for p in self.path.rglob("*") if p.is_file()]
        return iter(sorted(name for name in names if Path(name).suffix.lower() in SUFFIXES))
