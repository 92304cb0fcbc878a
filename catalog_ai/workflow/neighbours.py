"""The approved products that look most like one that waits: how people decided on its likes."""

from dataclasses import dataclass

import numpy as np
from django.db import models
from django.db.models import Exists, OuterRef
from numpy.typing import NDArray

from catalog_ai.models import Classification, Embedding, Suggestion

LABELS = 3  # of the likeliest labels of the product, approved products are looked at
POOL = 1_500  # of each label, the newest ones
SHOWN = 6
# The least cosine that is shown: four of five pairs of photos that are at least so alike show the
# same article type. Measured with the shipped model: docs/training.md, "Judging a model".
ALIKE = 0.6

Pair = tuple[int, bytes | memoryview]


@dataclass(frozen=True)
class Neighbour:
    """An approved product and how alike its photo is: cosine of the embeddings, -1 to 1."""

    row: Classification
    likeness: float


def find_nearest_approved(
    row: Classification, facets: tuple[str, ...], count: int = SHOWN
) -> list[Neighbour]:
    """Approved products whose photos are most alike and at least ALIKE, the likest first.

    Compared are the newest products that people approved or filed themselves, where the model
    gave one of the likeliest labels of this one; `facets` are those that file products. Only
    photos judged by the same model version compare.
    """
    own = Embedding.objects.filter(classification=row).first()
    if own is None:
        return []
    labels = sorted(
        (label for label in row.scores if label.partition(":")[0] in facets),
        key=lambda label: -row.scores[label],
    )
    pairs = [pair for label in labels[:LABELS] for pair in _load_pool(row, label)]
    ranked = _rank(own.as_array(), pairs)[:count]
    nearest = [(pk, likeness) for pk, likeness in ranked if likeness >= ALIKE]
    rows = Classification.objects.prefetch_related("suggestions").in_bulk([pk for pk, _ in nearest])
    return [Neighbour(rows[pk], likeness) for pk, likeness in nearest if pk in rows]


def _load_pool(row: Classification, label: str) -> "models.QuerySet[Embedding, Pair]":
    """(classification id, vector) of the newest approved products of a likeliest label."""
    approved = Suggestion.objects.filter(
        classification=OuterRef("pk"), state=Suggestion.State.APPROVED
    )
    rows = Classification.objects.filter(
        Exists(approved),
        target=row.target,
        state=Classification.State.REVIEWED,
        is_current=True,
        top_label=label,
        model_version=row.model_version,
    ).exclude(object_id=row.object_id)
    newest = rows.order_by("-pk").values("pk")[:POOL]
    return Embedding.objects.filter(classification__in=newest).values_list(
        "classification_id", "vector"
    )


def _rank(own: NDArray[np.float32], pairs: list[Pair]) -> list[tuple[int, float]]:
    """Ids with their cosines, the likest first; all vectors have length 1."""
    if not pairs:
        return []
    vectors = np.stack([Embedding.unpack(vector) for _, vector in pairs])
    likeness = vectors @ own
    order = np.argsort(-likeness, kind="stable")
    return [(pairs[at][0], float(likeness[at])) for at in order]
