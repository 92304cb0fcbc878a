"""Labelled photos to train on: a CSV beside its photos, or simply a folder of folders."""

import csv
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog_ai.training.photos import PhotoError, Photos
from catalog_ai.training.taxonomy import Row, Taxonomy, encode_row

SPLITS = (("train", 0.7), ("val", 0.85), ("test", 1.0))
FOLDER_COLUMN = "article"


@dataclass(frozen=True)
class Manifest:
    """One collection: where its photos are and what is known about each."""

    photos: Path
    rows: list[Row]  # each has `file` and `split`
    negative: bool = False  # photos of none of the labels


@dataclass(frozen=True)
class Examples:
    """N photos of several manifests with their targets, in order."""

    manifests: list[Manifest]
    truth: NDArray[np.int8]  # (N, labels)
    mask: NDArray[np.uint8]  # (N, labels)
    split: NDArray[np.str_]  # (N,)

    @property
    def files(self) -> list[tuple[Path, str]]:
        return [(one.photos, row["file"]) for one in self.manifests for row in one.rows]

    @property
    def source(self) -> NDArray[np.integer]:
        """(N,) number of the manifest a photo is from."""
        return np.repeat(range(len(self.manifests)), [len(one.rows) for one in self.manifests])


def load_manifest(path: Path, *, negative: bool = False) -> Manifest:
    """Read a CSV or a folder of folders (a folder's name is the label of the photos in it).

    Photos of a CSV are in the zip archive or folder of the CSV's name, else in the CSV's folder.

    Raises:
        PhotoError: there are no photos, the CSV has no `file` column, or a photo without a split,
            which its bytes would tell, is not there.
    """
    if path.suffix.lower() != ".csv":
        photos = Photos(path)
        rows: list[Row] = [
            {"file": name, FOLDER_COLUMN: Path(name).parent.name} for name in photos.list_names()
        ]
    else:
        rows = read_csv(path)
        photos = Photos(_find_photos(path))
    if not rows or "file" not in rows[0]:
        raise PhotoError(f"{path} names no photos; a CSV needs a `file` column.")
    refuse_missing(photos, [row for row in rows if not row.get("split")])
    return Manifest(photos.path, [_split_row(row, photos) for row in rows], negative)


def read_csv(path: Path) -> list[Row]:
    """The rows of a CSV; cells that a short line lacks are empty.

    Raises:
        PhotoError: there is no such file, or it is no CSV.
    """
    if not path.is_file():
        raise PhotoError(f"There is no file {path}.")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return list(_read_lines(path, csv.DictReader(file, restval="")))
    except UnicodeDecodeError as error:
        raise PhotoError(f"{path} is no text in UTF-8.") from error
    except csv.Error as error:
        raise PhotoError(f"{path} is no CSV: {error}.") from error


def _read_lines(path: Path, reader: "csv.DictReader[str]") -> Iterator[Row]:
    for row in reader:
        line = f"{path}, line {reader.line_num}"
        if None in row:  # a comma in a name, say: its labels would be another's
            raise PhotoError(f"{line}, has more cells than the first line has names.")
        if any("\0" in cell for cell in row.values()):
            raise PhotoError(f"{line}, has a null character.")
        yield row


def _find_photos(path: Path) -> Path:
    candidates = (path.with_suffix(".zip"), path.with_suffix(""), path.parent)
    return next(candidate for candidate in candidates if candidate.exists())


def _split_row(row: Row, photos: Photos) -> Row:
    """A row without a split gets one from its photo's bytes: copies stay on one side."""
    if row.get("split"):
        return row
    digest = hashlib.sha256(photos.read(row["file"])).digest()
    share = int.from_bytes(digest[:4], "big") / 2**32
    return {**row, "split": next(name for name, limit in SPLITS if share < limit)}


def refuse_missing(photos: Photos, rows: Sequence[Row]) -> None:
    """
    Raises:
        PhotoError: a photo that the rows name is not there.
    """
    missing = [row["file"] for row in rows if photos.find_mark(row["file"]) is None]
    if missing:
        first = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
        raise PhotoError(f"{photos.path} lacks {len(missing)} of {len(rows)} photos: {first}")


def digest_photos(files: Sequence[tuple[Path, str]]) -> str:
    """Tells these photos in this order from others, by their names and `Photos.find_mark`."""
    digest, opened = hashlib.sha256(), {path: Photos(path) for path in {path for path, _ in files}}
    for path, name in files:
        digest.update(f"{name}\0{opened[path].find_mark(name)}\0".encode())
    return digest.hexdigest()


def encode_manifests(taxonomy: Taxonomy, manifests: Sequence[Manifest]) -> Examples:
    """Targets of all photos of all manifests."""
    pairs = [
        encode_row(taxonomy, row, negative=one.negative) for one in manifests for row in one.rows
    ]
    return Examples(
        list(manifests),
        np.stack([truth for truth, _ in pairs]),
        np.stack([mask for _, mask in pairs]),
        np.array([row["split"] for one in manifests for row in one.rows]),
    )
