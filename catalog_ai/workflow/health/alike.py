"""Vectors that are nearly the same, found without comparing each with each. No rows, no Django."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Cosine of two embeddings. docs/how-to/catalogue-health.md has what was measured on photos: the
# same picture saved again or resized lies above, other pictures of other products below.
ALIKE = 0.997
BANDS = 8
LEAST_BITS, MOST_BITS = 6, 20
CHUNK = 8_192  # vectors read at once
ENTRIES = 2**22  # of a block of likenesses, 16 MB

Pair = tuple[int, int, float]


def find_alike(vectors: NDArray[np.float16], likeness: float = ALIKE) -> Iterator[Pair]:
    """(earlier, later, cosine) of vectors of length 1, shape (n, numbers), that are alike.

    Only vectors on the same side of a band's random planes are compared, in eight bands: of pairs
    with a cosine of 0.997 about one in a thousand is missed, of likelier ones fewer. Of a crowd
    in which all are alike, each but the first is named once or more, not each pair.
    """
    number = len(vectors)
    if number < 2:
        return
    bits = min(max(LEAST_BITS, round(math.log2(number)) - 2), MOST_BITS)
    mean = _find_mean(vectors)
    chance = np.random.default_rng(number)
    for _band in range(BANDS):
        planes = chance.standard_normal((vectors.shape[1], bits)).astype(np.float32)
        codes = _encode(vectors, mean, planes)
        for members in _group(codes):
            yield from _compare(vectors, members, likeness)


def _read(vectors: NDArray[np.float16], members: Any) -> NDArray[np.float32]:
    return np.asarray(vectors[members], np.float32)


def _find_mean(vectors: NDArray[np.float16]) -> NDArray[np.float32]:
    """Planes through the middle of the crowd divide it into more even parts."""
    total = np.zeros(vectors.shape[1], np.float32)
    for start in range(0, len(vectors), CHUNK):
        total += _read(vectors, slice(start, start + CHUNK)).sum(axis=0)
    return (total / len(vectors)).astype(np.float32)


def _encode(
    vectors: NDArray[np.float16], mean: NDArray[np.float32], planes: NDArray[np.float32]
) -> NDArray[np.int64]:
    """On which side of each plane a vector lies, as one number."""
    weights = 1 << np.arange(planes.shape[1], dtype=np.int64)
    codes = np.empty(len(vectors), np.int64)
    for start in range(0, len(vectors), CHUNK):
        part = slice(start, start + CHUNK)
        codes[part] = ((_read(vectors, part) - mean) @ planes > 0) @ weights
    return codes


def _group(codes: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Places with the same code, in order, where there are two or more."""
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        if end - start > 1:
            yield order[start:end]


def _compare(
    vectors: NDArray[np.float16], members: NDArray[np.int64], likeness: float
) -> Iterator[Pair]:
    """Pairs among the members. Whoever is like an earlier one is not asked for its own likes."""
    left = members
    while len(left) > 1:
        size = max(1, ENTRIES // len(left))
        rest = _read(vectors, left)
        found = rest[:size] @ rest.T
        found[np.tril_indices(len(found), 0, len(left))] = 0  # itself and those before
        taken = np.zeros(len(left), bool)
        for row in np.flatnonzero((found >= likeness).any(axis=1)):
            if taken[row]:
                continue
            for column in np.flatnonzero(found[row] >= likeness):
                taken[column] = True
                yield int(left[row]), int(left[column]), float(found[row, column])
        taken[:size] = True
        left = left[~taken]
