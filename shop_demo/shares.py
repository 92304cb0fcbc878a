"""How often what happens in a shop: what the products of a block are drawn by."""

import random
from collections.abc import Mapping
from typing import Any

from catalog_ai.models import Classification, Suggestion

State, Reason = Classification.State, Classification.Reason
Said = Suggestion.State

AUTO, REVIEW = 0.9, 0.1  # thresholds
# Confidences at most; a copy's is up to DROP lower, so that hardly two are the same.
DROP = 0.05
SURE, UNSURE = (AUTO / (1 - DROP), 1.0), (REVIEW / (1 - DROP), AUTO)
ASKED = 0.05  # the share of certain results that is audited
WITHOUT_PHOTO = 0.2  # of the products that were never looked at
WAITING_EVERY = 5  # one product in five waits for a person
# Shares: came one by one; were judged twice; by the old model only.
UPLOADED, AGAIN, OLD = 0.02, 0.3, 0.05
WAITING = {State.UNIDENTIFIED.value: 0.1, State.REVIEW.value: 0.9}
OTHERS: dict[str, int] = {  # of the products that wait for nobody
    State.FILED.value: 69,
    State.REVIEWED.value: 22,
    State.REJECTED.value: 3,
    State.FAILED.value: 1,
    "": 5,  # never looked at
}
REASONS = {
    Reason.LOW_CONFIDENCE.value: 60,
    Reason.SEVERAL_CLOSE.value: 15,
    Reason.DISAGREES.value: 12,
    Reason.UNMAPPED.value: 6,
    Reason.NOT_PERMITTED.value: 2,
    Reason.AUDIT.value: 5,
}
# Confidences by the reason for asking; only what would have filed itself contradicts or is audited.
BOUNDS = {
    Reason.UNIDENTIFIED: (0.02, REVIEW),
    Reason.LOW_CONFIDENCE: UNSURE,
    Reason.SEVERAL_CLOSE: UNSURE,
}
# What people say of what they are asked, and of audits.
RIGHT = {Said.APPROVED: 80, Said.CORRECTED: 12, Said.REJECTED: 8}
RIGHT_OF_AUDITS = {Said.APPROVED: 98, Said.CORRECTED: 1, Said.REJECTED: 1}


def draw(chance: random.Random, weights: Mapping[Any, float]) -> Any:
    """One of the keys, as often as its weight says."""
    return chance.choices(list(weights), list(weights.values()))[0]
