"""Products with the same photo: the same bytes, or embeddings that are nearly the same."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db.models import QuerySet
from numpy.typing import NDArray

from catalog_ai.models import Classification
from catalog_ai.workflow.health.alike import find_alike

State = Classification.State
JUDGED = (State.FILED, State.REVIEW, State.UNIDENTIFIED, State.REVIEWED)
PAGE = 5_000
SAME = 1.0  # likeness of the same bytes
MOST = 0.9999  # ... and at most of others, whatever rounding says

# Products by key with their likeness to the first of them, which is the oldest.
Duplicates = dict[str, float]


@dataclass
class Vectors:
    """Embeddings of one model version and length, in a file: a million take half a gigabyte."""

    numbers: int
    file: Any
    photos: list[int] = field(default_factory=list)  # place of each vector's photo

    def read(self) -> NDArray[np.float16]:
        """(photos, numbers), from the disk and not in memory."""
        self.file.flush()
        shape = (len(self.photos), self.numbers)
        return np.memmap(self.file, dtype="<f2", mode="r", shape=shape)


def find_duplicates(target: str) -> list[Duplicates]:
    """Groups of products whose latest results are of the same photo, oldest product first.

    Only embeddings of the same model version compare. Every member is like the first one.
    """
    keys: list[str] = []
    digests: list[int] = []
    stores: dict[tuple[str, int], Vectors] = {}
    with ExitStack() as files:
        for place, (key, digest, version, vector) in enumerate(_read_photos(target)):
            keys.append(key)
            digests.append(hash(digest))  # 64 bits tell a million photos apart
            if vector is not None:
                kind = (version, len(vector) // 2)
                if kind not in stores:
                    file = files.enter_context(tempfile.TemporaryFile())
                    stores[kind] = Vectors(kind[1], file)
                stores[kind].file.write(vector)
                stores[kind].photos.append(place)
        copies = _find_copies(np.array(digests, np.int64))
        return [
            {keys[place]: likeness for place, likeness in group.items()}
            for group in _gather(copies, _find_likes(stores, copies))
        ]


def _read_photos(target: str) -> Iterator[tuple[str, str, str, Any]]:
    """(product, digest, model version, vector or None) of the latest results, oldest first."""
    rows: QuerySet[Classification, tuple[Any, ...]] = (
        Classification.objects.filter(target=target, is_current=True, state__in=JUDGED)
        .order_by("pk")
        .values_list("pk", "object_id", "image_digest", "model_version", "embedding__vector")
    )
    page = list(rows[:PAGE])
    while page:
        for _pk, *photo in page:
            yield tuple(photo)
        page = list(rows.filter(pk__gt=page[-1][0])[:PAGE])


def _find_copies(digests: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each photo the place of the first one with the same bytes."""
    if not len(digests):
        return np.zeros(0, np.int64)
    _unique, firsts, inverse = np.unique(digests, return_index=True, return_inverse=True)
    copies = firsts[inverse]
    unknown = digests == hash("")  # nobody knows these files
    copies[unknown] = np.flatnonzero(unknown)
    return copies


def _find_likes(
    stores: dict[tuple[str, int], Vectors], copies: NDArray[np.int64]
) -> dict[int, dict[int, float]]:
    """For each photo the later ones that are nearly the same; copies of a photo are left out."""
    likes: dict[int, dict[int, float]] = {}
    for store in stores.values():
        places = np.array(store.photos, np.int64)
        originals = np.flatnonzero(copies[places] == places)
        vectors = store.read()
        if len(originals) < len(places):
            vectors = vectors[originals]
        for one, other, likeness in find_alike(vectors):
            first, second = places[originals[one]], places[originals[other]]
            likes.setdefault(int(first), {})[int(second)] = min(likeness, MOST)
    return likes


def _gather(
    copies: NDArray[np.int64], likes: dict[int, dict[int, float]]
) -> Iterator[dict[int, float]]:
    """Groups around their first photo: a chain of likes makes no group of unlike photos."""
    same: dict[int, list[int]] = {}
    for place in np.flatnonzero(copies != np.arange(len(copies))):
        same.setdefault(int(copies[place]), []).append(int(place))
    taken: set[int] = set()
    for first in sorted({*same, *likes}):
        if first in taken:
            continue
        group = {first: SAME} | dict.fromkeys(same.get(first, ()), SAME)
        for other, likeness in likes.get(first, {}).items():
            if other not in taken:
                taken.add(other)
                group |= dict.fromkeys([other, *same.get(other, ())], likeness)
        taken.add(first)
        if len(group) > 1:
            yield group
