"""Bytes to scores: the one way an image is judged, in jobs, pages, API and evaluation. No rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog_ai.conf import get_settings
from catalog_ai.inference.classifier import Classifier
from catalog_ai.inference.images import ImageLimits, ImageRejected, decode_for, digest_image
from catalog_ai.workflow.models_in_use import get_classifier


@dataclass(frozen=True)
class ImageResult:
    """What became of one image: scores and embedding, or the reason it was refused."""

    digest: str
    confidences: NDArray[np.float32] | None = None  # (labels,), 0-1
    embedding: NDArray[np.float32] | None = None  # (256,), L2-normalised
    rejected: ImageRejected | None = None


def classify_images(
    blobs: Sequence[bytes],
    classifier: Classifier,
    limits: ImageLimits,
    batch_size: int = 8,
    digests: Sequence[str] | None = None,
) -> list[ImageResult]:
    """Judge encoded images, one result each, in order. A bad image never stops the others.

    `digests` are the images' own, from a caller that has made them already.
    """
    results: list[ImageResult | None] = [None] * len(blobs)
    digests = digests or [digest_image(blob) for blob in blobs]
    batch: list[tuple[int, NDArray[np.uint8]]] = []
    for index, blob in enumerate(blobs):
        try:
            pixels = decode_for(classifier.bundle.input, blob, limits)
        except ImageRejected as rejected:
            results[index] = ImageResult(digests[index], rejected=rejected)
            continue
        batch.append((index, pixels))
        if len(batch) == batch_size:
            _infer(batch, classifier, digests, results)
            batch = []
    if batch:
        _infer(batch, classifier, digests, results)
    return [result for result in results if result is not None]


def _infer(
    batch: list[tuple[int, NDArray[np.uint8]]],
    classifier: Classifier,
    digests: Sequence[str],
    results: list[ImageResult | None],
) -> None:
    predictions = classifier.classify(np.stack([pixels for _, pixels in batch]))
    for row, (index, _) in enumerate(batch):
        results[index] = ImageResult(
            digests[index], predictions.confidences[row], predictions.embeddings[row]
        )


def classify_upload(data: bytes) -> ImageResult:
    """Judge one image that belongs to no product; nothing is stored."""
    return classify_images([data], get_classifier(), get_settings().image_limits)[0]
