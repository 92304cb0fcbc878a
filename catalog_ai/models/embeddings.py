"""Embeddings: the network's 256 numbers for one image, for visual search."""

import numpy as np
from django.db import models
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from catalog_ai.models.classifications import Classification


class Embedding(models.Model):
    """The L2-normalised embedding of a classified image, as little-endian float16."""

    classification = models.OneToOneField(
        Classification, on_delete=models.CASCADE, primary_key=True, related_name="embedding"
    )
    vector = models.BinaryField(_("vector"))

    class Meta:
        verbose_name = _("embedding")
        verbose_name_plural = _("embeddings")

    def __str__(self) -> str:
        return str(self.pk)

    @staticmethod
    def pack(vector: NDArray[np.float32]) -> bytes:
        """Bytes to store: float16 keeps cosine similarity to about three decimals."""
        return vector.astype("<f2").tobytes()

    def as_array(self) -> NDArray[np.float32]:
        """The vector, shape (256,), float32."""
        return self.unpack(self.vector)

    @staticmethod
    def unpack(vector: bytes | memoryview) -> NDArray[np.float32]:
        """Stored bytes back to numbers."""
        return np.frombuffer(bytes(vector), dtype="<f2").astype(np.float32)
