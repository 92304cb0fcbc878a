"""A block of products with results as a shop has them after some months: the pattern to copy.

Ids are given here, in the order of the products, so that a copy of the first so many products and
of all that belongs to them is a shift of ids.
"""

import math
import random
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import models
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog_ai.inference.bundle import Label
from catalog_ai.models import Classification, Decision, Embedding, Run
from catalog_ai.targets import get_target
from catalog_ai.workflow.mirror import mirror_current
from catalog_ai.workflow.queue import measure_uncertainty
from shop_demo import backdrop, shares
from shop_demo.models import Product
from shop_demo.rows import start_tables
from shop_demo.shares import draw
from shop_demo.verdicts import Verdicts

State, Reason = Classification.State, Classification.Reason

COLOURS = ("Black", "Blue", "Brown", "Green", "Grey", "Navy", "Pink", "Red", "White", "Yellow")
HELD = (State.FILED, State.ROLLED_BACK)  # what the model filed
ERRORS = {
    State.REJECTED.value: ("damaged", "The picture is damaged or cut off."),
    State.FAILED.value: ("failed", "The worker stopped."),
}


class Block:
    """Products and all that belongs to them; `save` writes them."""

    def __init__(self, size: int, *, embeddings: bool = False) -> None:
        self.chance = random.Random(size)  # noqa: S311 - no secret, and the same each time
        self.labels = backdrop.choose_labels()
        self.looks = backdrop.choose_looks()
        self.runs = backdrop.make_runs()
        self.embeddings: list[Embedding] | None = [] if embeddings else None
        self.tables = start_tables()
        self.verdicts = Verdicts(self.tables, self.labels, self.chance)
        for number in range(size):
            self._add_product(number)
            for table in self.tables.values():
                table.through.append(len(table.rows))

    def save(self) -> None:
        """Write the rows, then their moments: on adding, Django sets the present one."""
        for table in self.tables.values():
            table.model._base_manager.bulk_create(table.rows, batch_size=500)
        Embedding.objects.bulk_create(self.embeddings or [], batch_size=500)
        results = self._written(Classification)
        results.update(created_at=F("finished_at"))
        self._written(Run).update(created_at=F("finished_at") - timedelta(minutes=1))
        of_decision = results.filter(pk=OuterRef("classification_id"))
        moments = of_decision.values(at=Coalesce("reviewed_at", "finished_at"))
        self._written(Decision).update(created_at=Subquery(moments))
        mirror_current(get_target(backdrop.TARGET), list(results.filter(is_current=True)))

    def _written(self, model: type[models.Model]) -> "models.QuerySet[Any]":
        # The base manager, for decisions refuse to be changed through their own.
        return model._base_manager.filter(pk__gte=self.tables[model].first)

    def _add_product(self, number: int) -> None:
        # The n-th label is n times as rare as the first.
        label = draw(self.chance, {label.id: 1 / (n + 1) for n, label in enumerate(self.labels)})
        label = next(one for one in self.labels if one.id == label)
        photo = f"products/crowd-{number % backdrop.PHOTOS}.jpg"
        product = self.tables[Product].add(image=photo, price=self.chance.randint(5, 250))
        product.title = f"{self.chance.choice(COLOURS)} {label.name} {product.pk}"
        if number % shares.WAITING_EVERY:
            state = draw(self.chance, shares.OTHERS)
        else:
            state = draw(self.chance, shares.WAITING)
        if state:
            self._judge(product, label, str(state))
        elif self.chance.random() < shares.WITHOUT_PHOTO:
            product.image = ""

    def _judge(self, product: Any, label: Label, state: str) -> None:
        run, chance = self.runs[backdrop.WHOLE], self.chance.random()
        if chance < shares.UPLOADED:
            run = self._add_upload(state)
        elif chance < shares.UPLOADED + shares.OLD:
            run = self.runs[backdrop.FIRST]
        elif chance < shares.UPLOADED + shares.OLD + shares.AGAIN:
            old = draw(self.chance, {State.FILED: 2, State.SUPERSEDED: 1})
            first = self.runs[backdrop.FIRST]
            self._add_result(product, first, label, str(old), is_current=False)
            weights = (weight for _days, _source, weight in backdrop.RUNS)
            run = self.runs[draw(self.chance, dict(enumerate(weights)))]
        if run.rolled_back_at and state == State.FILED:
            state = State.ROLLED_BACK.value
        self._add_result(product, run, label, state, is_current=state != State.FAILED)

    def _add_upload(self, state: str) -> Any:
        finished = timezone.now() - timedelta(days=self.chance.uniform(0.5, 110))
        counted = {"total": 1, backdrop.COUNTERS[state]: 1}
        source = Run.Source.UPLOAD
        return self.tables[Run].add(**backdrop.describe_run(source, finished), **counted)

    def _add_result(
        self, product: Any, run: Run, label: Label, state: str, *, is_current: bool
    ) -> None:
        assert run.finished_at is not None  # noqa: S101 - all these runs have ended
        row = self.tables[Classification].add(
            run_id=run.pk,
            target=run.target,
            object_id=str(product.pk),
            image_name=product.image.name,
            image_digest=f"{self.chance.getrandbits(256):064x}",
            model_version=run.model_version,
            preset=run.preset,
            is_current=is_current,
            state=state,
            error_code=ERRORS.get(state, ("", ""))[0],
            error=ERRORS.get(state, ("", ""))[1],
            finished_at=run.finished_at - timedelta(minutes=self.chance.uniform(1, 50)),
            attempts=1,
        )
        if state not in ERRORS:
            self._fill(row, label, float(product.price))
            self.verdicts.add(row, label, product)

    def _fill(self, row: Any, label: Label, value: float) -> None:
        """The confidences, and what follows from them."""
        if row.state == State.UNIDENTIFIED:
            row.reason = Reason.UNIDENTIFIED
        elif row.state not in HELD:
            row.reason = draw(self.chance, shares.REASONS)
        bounds = shares.BOUNDS.get(row.reason, shares.SURE)
        confidence = round(self.chance.uniform(*bounds), 4)
        row.top_label, row.top_confidence = label.id, confidence
        rest = {look.id: round(self.chance.uniform(0.01, 0.99), 4) for look in self.looks}
        row.scores = {
            label.id: confidence,
            self.verdicts.find_next(label).id: confidence / 2,
        } | rest
        row.uncertainty, row.value = measure_uncertainty(confidence, row.state), value
        if row.state == State.REVIEWED:
            since = timezone.now() - row.finished_at
            row.reviewed_at = row.finished_at + since * self.chance.random()
        if self.embeddings is not None:
            numbers = np.array([self.chance.gauss(0, 1) for _ in range(256)], np.float32)
            vector = Embedding.pack(numbers / np.float32(math.sqrt(float(numbers @ numbers))))
            self.embeddings.append(Embedding(classification_id=row.pk, vector=vector))
