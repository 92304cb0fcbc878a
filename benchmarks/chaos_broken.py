"""Proof that benchmarks/chaos.py can fail: CHAOS_BREAK=NAME takes one guarantee away.

    CHAOS_BREAK=claim python benchmarks/chaos.py --rows 200 --faults 60 --workers 2

With `claim` that reported lost 33, stuck 31, where the same run unbroken reports 0, 0 and 0.

The workers read it too, so that the whole shop is broken alike.
"""

import os
from collections.abc import Callable, Collection

from django.apps import AppConfig


def break_claim() -> None:
    """Every job judges and stores its rows, whoever has had them."""
    from catalog_ai.models import Classification
    from catalog_ai.workflow import chunks, store

    def take(ids: Collection[int], *, fresh: bool) -> list[Classification]:
        return list(Classification.objects.filter(pk__in=ids).select_related("run__created_by"))

    chunks.claim = take  # type: ignore[attr-defined] # it is theirs by import
    store.lock_leased = lambda rows: {row.pk for row in rows}  # type: ignore[attr-defined]


BREAKS: dict[str, Callable[[], None]] = {
    "claim": break_claim,
}


class BrokenConfig(AppConfig):
    name = "benchmarks"

    def ready(self) -> None:
        BREAKS[os.environ["CHAOS_BREAK"]]()
