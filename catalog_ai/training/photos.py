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
        self._infos = {info.filename: info for info in self._zip.infolist()}
        self._members = {Path(name).name: name for name in self._infos}

    def read(self, name: str) -> bytes:
        """The bytes of one photo.

        Raises:
            FileNotFoundError: the collection has no such photo.
        """
        if self._zip is None:
            return (self.path / name).read_bytes()
        if (member := self._find_member(name)) is None:
            raise FileNotFoundError(f"{self.path} has no photo {name}.")
        return self._zip.read(member)

    def find_mark(self, name: str) -> tuple[int, int] | None:
        """What tells a photo from another one of its name; None if there is no such photo.

        Its size in bytes, and in an archive its checksum: nothing is read for it.
        """
        if self._zip is None:
            path = self.path / name
            return (path.stat().st_size, 0) if path.is_file() else None
        member = self._find_member(name)
        return (member.file_size, member.CRC) if member else None

    def _find_member(self, name: str) -> zipfile.ZipInfo | None:
        if name in self._infos:
            return self._infos[name]
        return self._infos.get(self._members.get(Path(name).name, ""))

    def list_names(self) -> Iterator[str]:
        """Names of all photos, sorted, folders included."""
        if self._zip is not None:
            names = self._zip.namelist()
        else:
            names = [str(p.relative_to(self.path)) for p in self.path.rglob("*") if p.is_file()]
        return iter(sorted(name for name in names if Path(name).suffix.lower() in SUFFIXES))
