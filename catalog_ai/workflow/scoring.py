"""What the confidences of one image say: the policy's verdict and the figures kept on the row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog_ai.inference.bundle import Bundle
from catalog_ai.policy import Thresholds, Verdict, decide
from catalog_ai.targets import ProductTarget

MIN_SCORE = 0.01  # scores below are not worth a byte of the shop's database


@dataclass(frozen=True)
class Scored:
    """One image's verdict and scores; the likeliest label is one that can file a product."""

    verdict: Verdict
    scores: dict[str, float]  # label -> confidence, likeliest first
    top_label: str
    top_confidence: float


class Scorer:
    """A target's thresholds laid out for a whole chunk: nearly all labels are far below theirs."""

    def __init__(
        self, target: ProductTarget, bundle: Bundle, thresholds: Mapping[str, Thresholds]
    ) -> None:
        self.target, self.thresholds = target, thresholds
        self.labels = bundle.labels
        self._ids = [label.id for label in self.labels]
        filing = [at for at, label in enumerate(self.labels) if label.facet in target.facets]
        least = [thresholds[self.labels[at].id] for at in filing]
        self._filing = np.array(filing, np.intp)
        self._least = np.array([min(pair.auto, pair.review) for pair in least], np.float64)

    def score(self, confidences: Sequence[NDArray[np.float32]]) -> list[Scored]:
        """Of images one by one: (labels,) `confidences` each, 0-1, in the order of the bundle's."""
        if not confidences:
            return []
        exact = np.stack(confidences).astype(np.float64)
        filing = exact[:, self._filing]
        tops = self._filing[filing.argmax(axis=1)].tolist()
        reached = filing >= self._least
        rounded = exact.round(4)
        each = zip(exact, rounded, tops, reached, strict=True)
        return [self._score_one(*one) for one in each]

    def _score_one(
        self,
        exact: NDArray[np.float64],
        rounded: NDArray[np.float64],
        top: int,
        reached: NDArray[np.bool],
    ) -> Scored:
        kept = np.flatnonzero(exact >= MIN_SCORE)
        ranked = kept[np.argsort(-exact[kept], kind="stable")]
        names = [self._ids[at] for at in ranked.tolist()]
        return Scored(
            verdict=self._decide(exact, self._filing[reached]),
            scores=dict(zip(names, rounded[ranked].tolist(), strict=True)),
            top_label=self.labels[top].id,
            top_confidence=float(exact[top]),
        )

    def _decide(self, exact: NDArray[np.float64], reached: NDArray[np.intp]) -> Verdict:
        """The policy's word; it need not be asked about labels that it would drop."""
        return decide(
            exact[reached].tolist(),
            [self.labels[at] for at in reached.tolist()],
            self.thresholds,
            self.target.facets,
            single_valued=self.target.category_field.single_valued,
        )
