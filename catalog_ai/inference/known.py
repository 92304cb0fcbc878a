"""Whether a picture shows anything that the bundle has labels for: no class says so by itself."""

import numpy as np
from numpy.typing import NDArray

from catalog_ai.inference.parts import Known, Label

Floats = NDArray[np.float32]


class KnownGate:
    """The chance that a picture shows something known, from all levels of its likeliest label.

    A strange picture may reach one label by accident, but seldom its group and department too.
    """

    def __init__(self, labels: tuple[Label, ...], facet: str, parents: float) -> None:
        """`parents` is how much a parent's logit counts beside the label's own."""
        places = {label.id: at for at, label in enumerate(labels)}
        self.rows = np.array([at for at, one in enumerate(labels) if one.facet == facet], np.intp)
        self._mix = np.zeros((len(labels), len(self.rows)), np.float32)
        for column, row in enumerate(self.rows):
            self._mix[row, column] = 1
            above = labels[row].parent
            while above:
                self._mix[places[above], column] = parents
                above = labels[places[above]].parent

    def score(self, logits: Floats) -> Floats:
        """(N,) the best sum over a label and its parents, from (N, labels) logits."""
        return np.asarray((logits @ self._mix).max(axis=1), np.float32)


def make_gate(labels: tuple[Label, ...], known: Known) -> KnownGate:
    """The gate that a bundle describes."""
    return KnownGate(labels, known.facet, known.parents)
