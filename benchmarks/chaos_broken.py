"""Proof that benchmarks/chaos.py can fail: CHAOS_BREAK=NAME takes one guarantee away.

    CHAOS_BREAK=claim python benchmarks/chaos.py --rows 300 --faults 100 --workers 2

The workers read it too, so that the whole shop is broken alike.
"""

import os
from collections.abc import Callable, Collection

from django.apps import AppConfig


def break_claim() -> None:
    """Every job judges and stores its rows, whoever has had them."""
    from catalog_ai.models import Classification
    from catalog_ai.workflow import jobs, store

    def take(ids: Collection[int], *, fresh: bool) -> list[Classification]:
        return list(Classification.objects.filter(pk__in=ids).select_related("run__created_by"))

    jobs.claim = take
    store.lock_leased = lambda rows: {row.pk for row in rows}


def break_blame() -> None:
    """Whatever happens is the image's fault."""
    from catalog_ai.workflow import jobs, reconcile
    from catalog_ai.workflow.claim import Blame, put_back

    def blame_image(rows: object, error: str, blame: Blame) -> list[int]:
        return put_back(rows, error, Blame.IMAGE)  # type: ignore[arg-type]

    jobs.put_back = reconcile.put_back = blame_image  # type: ignore[assignment]


BREAKS: dict[str, Callable[[], None]] = {
    "claim": break_claim,
    "blame": break_blame,
}


class BrokenConfig(AppConfig):
    name = "benchmarks"

    def ready(self) -> None:
        BREAKS[os.environ["CHAOS_BREAK"]]()
