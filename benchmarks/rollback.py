"""Rolls runs back at once and one by one, in turns, and prints what each took, as JSON.

    python benchmarks/rollback.py [--products 5000] [--repeat 3]

On SQLite in a temporary folder, or on an empty DATABASE_URL. One by one is what a shop gets whose
own code hears of each category that is taken out: a listener that does nothing is enough. Every
fifth product was filed under two labels. Computing time is this process's and, where PostgreSQL is
on this machine, that of its backend: what other work on the machine takes is not in it.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.stage import forget, open_stage  # noqa: E402 # first: it sets the environment up

from django.contrib.auth import get_user_model  # isort: skip
from django.db import connection  # isort: skip
from django.db.models.signals import m2m_changed  # isort: skip
from django.utils import timezone  # isort: skip

from benchmarks.computing import read_computed  # isort: skip
from catalog_ai.models import Classification, Decision, Run, Suggestion  # isort: skip
from catalog_ai.workflow.models_in_use import get_bundle  # isort: skip
from catalog_ai.workflow.rollback import Step, continue_rollback, start_rollback  # isort: skip
from shop_demo.models import Category, Product  # isort: skip

TARGET = "shop_demo.product"
SCORES = 12  # labels of a result that are kept


def fill(products: int) -> Run:
    """A finished run that filed so many new products by itself."""
    bundle = get_bundle()
    labels = [label.id for label in bundle.labels_of("article")]
    run = Run.objects.create(
        target=TARGET,
        source=Run.Source.COMMAND,
        preset="balanced",
        model_version=bundle.model_version,
        apply_automatically=True,
        collected=True,
        state=Run.State.DONE,
        finished_at=timezone.now(),
        total=products,
        filed=products,
    )
    file_suggestions(add_suggestions(add_results(run, products, labels), labels))
    return run


def add_results(run: Run, products: int, labels: list[str]) -> list[Classification]:
    """New products with a result each."""
    made = Product.objects.bulk_create(
        [Product(title=f"Product {number}", image=f"{number}.jpg") for number in range(products)]
    )
    return Classification.objects.bulk_create(
        Classification(
            run=run,
            target=TARGET,
            object_id=str(product.pk),
            image_name=str(product.image),
            image_digest=f"{product.pk:064x}",
            model_version=run.model_version,
            preset=run.preset,
            is_current=True,
            state=Classification.State.FILED,
            scores={label: 0.0123 for label in labels[:SCORES]},
            top_label=labels[number % len(labels)],
            top_confidence=0.97,
            finished_at=timezone.now(),
        )
        for number, product in enumerate(made)
    )


def add_suggestions(rows: list[Classification], labels: list[str]) -> list[Suggestion]:
    """The label that each result was filed under; every fifth was filed under a second one."""
    keys = {label: Category.objects.get_or_create(name=label)[0].pk for label in labels}
    filed = [
        (row, labels[(number + place) % len(labels)])
        for number, row in enumerate(rows)
        for place in range(1 if number % 5 else 2)
    ]
    return Suggestion.objects.bulk_create(
        Suggestion(
            classification=row,
            label=label,
            facet="article",
            confidence=0.97,
            state=Suggestion.State.APPLIED,
            category=str(keys[label]),
        )
        for row, label in filed
    )


def file_suggestions(suggestions: list[Suggestion]) -> None:
    """The products' categories and the ledger's entries, as filing them writes both."""
    filed: dict[str, set[str]] = {}
    for one in suggestions:
        filed.setdefault(one.classification.object_id, set()).add(one.category)
    through: Any = Product.categories.through
    through.objects.bulk_create(
        through(product_id=key, category_id=category)
        for key, categories in filed.items()
        for category in categories
    )
    Decision.objects.bulk_create(
        Decision(
            classification=one.classification,
            suggestion=one,
            action=Decision.Action.APPLY,
            label=one.label,
            state_after=one.state,
            classification_after=one.classification.state,
            categories_after=sorted(filed[one.classification.object_id]),
        )
        for one in suggestions
    )


@contextmanager
def shop_that_listens() -> Iterator[None]:
    """A shop's own code hears of each change of categories."""

    def listen(**_: Any) -> None: ...

    through = Product.categories.through
    m2m_changed.connect(listen, sender=through)
    try:
        yield
    finally:
        m2m_changed.disconnect(listen, sender=through)


def measure(run: Run) -> dict[str, float]:
    """Labels a second by the clock and of computing."""
    boss = get_user_model()._default_manager.filter(is_superuser=True).get()
    rollback = start_rollback(run, boss)
    start, computed = time.perf_counter(), read_computed()
    while continue_rollback(rollback.pk) == Step.MORE:
        pass
    seconds, computing = time.perf_counter() - start, read_computed() - computed
    rollback.refresh_from_db()
    assert (rollback.taken_back, rollback.done) == (rollback.total, rollback.total)
    assert not Product.categories.through.objects.exists()
    return {"clock": rollback.done / seconds, "computing": rollback.done / computing}


def compare(products: int, repeat: int) -> dict[str, Any]:
    """Both ways in turns, so that whatever else runs on the machine meets both; the medians."""
    users = get_user_model()._default_manager
    taken: dict[str, list[dict[str, float]]] = {"at_once": [], "one_by_one": []}
    for _ in range(repeat):
        for way, found in taken.items():
            users.create_superuser("benchmark")  # type: ignore[attr-defined]
            run = fill(products)
            if way == "at_once":
                found.append(measure(run))
            else:
                with shop_that_listens():
                    found.append(measure(run))
            forget()
    at_once, one_by_one = (
        {name: statistics.median(one[name] for one in found) for name in ("computing", "clock")}
        for found in taken.values()
    )
    return {
        "database": connection.vendor,
        "products": products,
        "at_once_per_computing_second": round(at_once["computing"]),
        "one_by_one_per_computing_second": round(one_by_one["computing"]),
        "at_once_per_second": round(at_once["clock"]),
        "one_by_one_per_second": round(one_by_one["clock"]),
        "at_once_over_one_by_one": round(at_once["computing"] / one_by_one["computing"], 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--products", type=int, default=5_000)
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with open_stage():
        print(json.dumps(compare(options.products, options.repeat), indent=2))


if __name__ == "__main__":
    main()
