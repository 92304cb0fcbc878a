"""Random audits: which of the certain results a person is asked about all the same, and how many.

Why they are asked before filing and not after: docs/adr/0006-audits.md.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.cache import cache
from django.db.models import Count, Q

from catalog_ai.conf import get_settings
from catalog_ai.models import Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.estimate import find_interval
from catalog_ai.workflow.kept import name_kept
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.plans import filter_unindexed
from catalog_ai.workflow.policies import Budgets, load_budgets

DOUBT = 0.2  # an upper estimate that far above the budget, or farther, gets the whole share
NEWEST = 20_000  # audits that are looked at
KEPT_SECONDS = 60  # shares are that old at most; a chunk is stored several times a second


@dataclass(frozen=True)
class AuditShares:
    """What share of a label's certain results a person is asked about."""

    start: float = 0.0
    least: float = 0.0
    budgets: Budgets = field(default_factory=Budgets)
    tallies: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # label -> audited, wrong

    def find_share(self, label: str) -> float:
        """The share for a label, 0-1."""
        audited, wrong = self.tallies.get(label, (0, 0))
        upper = find_interval(wrong, audited)[1]
        return find_share(upper, self.budgets.get(label), self.start, self.least)

    def picks(self, digest: str, label: str) -> bool:
        """Whether this image is audited for this label; the same answer every time."""
        return draw(digest, label) < self.find_share(label)


def find_share(upper: float, budget: float, start: float, least: float) -> float:
    """least + (start - least) * min(1, (upper - budget) / DOUBT), and never under `least`.

    `upper` is the upper bound of the audited error. With nothing audited it is 1, so the share is
    `start`; once it is within the budget, `least`. All of them are shares, 0-1.
    """
    doubt = min(1.0, max(0.0, upper - budget) / DOUBT)
    return least + (start - least) * doubt


def draw(digest: str, label: str) -> float:
    """A number in [0, 1) that looks random and is always the same for this image and label."""
    hashed = hashlib.sha256(f"{digest} {label}".encode()).digest()
    return int.from_bytes(hashed[:6], "big") / 2**48


def load_shares(target: ProductTarget) -> AuditShares:
    """The shares in force; at most KEPT_SECONDS old."""
    settings = get_settings()
    start, least = settings.AUDIT_SHARE_START, settings.AUDIT_SHARE_LEAST
    if not start:
        return AuditShares()
    key = name_kept("audits", target.key)
    known: tuple[Budgets, dict[str, tuple[int, int]]] | None = cache.get(key)
    if known is None:
        known = load_budgets(target), count_audits(target)
        cache.set(key, known, KEPT_SECONDS)
    return AuditShares(start, min(least, start), *known)


def count_audits(target: ProductTarget) -> dict[str, tuple[int, int]]:
    """(audited, wrong) by label among the newest audits of the model in use; one query."""
    newest = Suggestion.objects.filter(audit=True).order_by("-pk").values("pk")[:NEWEST]
    decided = Suggestion.objects.filter(pk__in=newest, state__in=Suggestion.BY_PERSON)
    # From the audits to their results: the other way round is the whole catalogue, in the midst of
    # storing a chunk.
    own = filter_unindexed(decided, "classification__target", target.key)
    rows = filter_unindexed(own, "classification__model_version", get_bundle().model_version)
    right = Q(state=Suggestion.State.APPROVED)
    counted = (
        rows.order_by()
        .values_list("label")
        .annotate(audited=Count("pk"), wrong=Count("pk", filter=~right))
    )
    return {label: (audited, wrong) for label, audited, wrong in counted}
