"""A block of products with results as a shop has them after some months: the pattern to copy.

Ids are given here, in the order of the products, so that a copy of the first so many products and
of all that belongs to them is a shift of ids.
"""

import math
import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
from django.db import models
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog_ai.inference.bundle import Label
from catalog_ai.models import Classification, Decision, Embedding, Run, Suggestion
from catalog_ai.targets import get_target
from catalog_ai.workflow.mirror import mirror_current
from shop_demo import backdrop
from shop_demo.models import Product

State, Reason = Classification.State, Classification.Reason
Action, Said = Decision.Action, Suggestion.State
Filing = Product.categories.through

COLOURS = ("Black", "Blue", "Brown", "Green", "Grey", "Navy", "Pink", "Red", "White", "Yellow")
AUTO, REVIEW = 0.9, 0.1  # thresholds
# Confidences at most; a copy's is up to DROP lower, so that hardly two are the same.
DROP = 0.05
SURE, UNSURE = (AUTO / (1 - DROP), 1.0), (REVIEW / (1 - DROP), AUTO)
ASKED = 0.05  # the share of certain results that is audited
WITHOUT_PHOTO = 0.2  # of the products that were never looked at
WAITING_EVERY = 5  # one product in five waits for a person
# Shares: came one by one; were judged twice; by the old model only; ...
UPLOADED, AGAIN, OLD, UNIDENTIFIED = 0.02, 0.3, 0.05, 0.1
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
HELD = (State.FILED, State.ROLLED_BACK)  # what the model filed
# What people say of what they are asked, and of audits.
RIGHT = {Said.APPROVED: 80, Said.CORRECTED: 12, Said.REJECTED: 8}
RIGHT_OF_AUDITS = {Said.APPROVED: 98, Said.CORRECTED: 1, Said.REJECTED: 1}
ACTIONS = {
    Said.APPROVED.value: Action.APPROVE,
    Said.CORRECTED.value: Action.CORRECT,
    Said.REJECTED.value: Action.REJECT,
}
ERRORS = {
    State.REJECTED.value: ("damaged", "The picture is damaged or cut off."),
    State.FAILED.value: ("failed", "The worker stopped."),
}


@dataclass
class Rows:
    """Rows of one model, the id of the first one, and how many belong to the first n products."""

    model: type[models.Model]
    first: int
    rows: list[Any] = field(default_factory=list)
    through: list[int] = field(default_factory=lambda: [0])

    @classmethod
    def start(cls, model: type[models.Model]) -> "Rows":
        """With ids behind those that the database has."""
        return cls(model, (model._base_manager.aggregate(last=models.Max("pk"))["last"] or 0) + 1)

    def add(self, **values: Any) -> Any:
        row = self.model(pk=self.first + len(self.rows), **values)
        self.rows.append(row)
        return row

    def count(self, products: int) -> int:
        """Rows of so many products, of as many blocks as they fill."""
        whole, rest = divmod(products, len(self.through) - 1)
        return whole * self.through[-1] + self.through[rest]


class Block:
    """Products and all that belongs to them; `save` writes them."""

    # In the order of their foreign keys.
    MODELS: tuple[type[models.Model], ...] = (
        Product,
        Filing,
        Run,
        Classification,
        Suggestion,
        Decision,
    )

    def __init__(self, size: int, *, embeddings: bool = False) -> None:
        self.chance = random.Random(size)  # noqa: S311 - no secret, and the same each time
        self.labels = backdrop.choose_labels()
        self.labels_by_id = {label.id: label for label in self.labels}
        self.looks = backdrop.choose_looks()
        self.categories = backdrop.make_categories(self.labels)
        self.reviewers = backdrop.make_reviewers()
        self.runs = backdrop.make_runs()
        self.embeddings: list[Embedding] | None = [] if embeddings else None
        self.tables = {model: Rows.start(model) for model in self.MODELS}
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

    def _draw(self, weights: Mapping[Any, float]) -> Any:
        return self.chance.choices(list(weights), list(weights.values()))[0]

    def _add_product(self, number: int) -> None:
        # The n-th label is n times as rare as the first.
        label = self._draw({label.id: 1 / (n + 1) for n, label in enumerate(self.labels)})
        label = next(one for one in self.labels if one.id == label)
        photo = f"products/crowd-{number % backdrop.PHOTOS}.jpg"
        product = self.tables[Product].add(image=photo, price=self.chance.randint(5, 250))
        product.title = f"{self.chance.choice(COLOURS)} {label.name} {product.pk}"
        if number % WAITING_EVERY:
            state = self._draw(OTHERS)
        else:
            state = self._draw({State.UNIDENTIFIED: UNIDENTIFIED, State.REVIEW: 1 - UNIDENTIFIED})
        if state:
            self._judge(product, label, str(state))
        elif self.chance.random() < WITHOUT_PHOTO:
            product.image = ""

    def _judge(self, product: Any, label: Label, state: str) -> None:
        run, chance = self.runs[backdrop.WHOLE], self.chance.random()
        if chance < UPLOADED:
            run = self._add_upload(state)
        elif chance < UPLOADED + OLD:
            run = self.runs[backdrop.FIRST]
        elif chance < UPLOADED + OLD + AGAIN:
            old = self._draw({State.FILED: 2, State.SUPERSEDED: 1})
            first = self.runs[backdrop.FIRST]
            self._add_result(product, first, label, str(old), is_current=False)
            weights = (weight for _days, _source, weight in backdrop.RUNS)
            run = self.runs[self._draw(dict(enumerate(weights)))]
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
            self._suggest(row, label, product)

    def _fill(self, row: Any, label: Label, value: float) -> None:
        """The confidences, and what follows from them."""
        if row.state == State.UNIDENTIFIED:
            row.reason = Reason.UNIDENTIFIED
        elif row.state not in HELD:
            row.reason = self._draw(REASONS)
        bounds = BOUNDS.get(row.reason, SURE)
        confidence = round(self.chance.uniform(*bounds), 4)
        row.top_label, row.top_confidence = label.id, confidence
        rest = {look.id: round(self.chance.uniform(0.01, 0.99), 4) for look in self.looks}
        row.scores = {label.id: confidence, self._next(label).id: confidence / 2} | rest
        row.uncertainty, row.value = round(1 - confidence, 4), value
        if row.state == State.REVIEWED:
            since = timezone.now() - row.finished_at
            row.reviewed_at = row.finished_at + since * self.chance.random()
        if self.embeddings is not None:
            numbers = np.array([self.chance.gauss(0, 1) for _ in range(256)], np.float32)
            vector = Embedding.pack(numbers / np.float32(math.sqrt(float(numbers @ numbers))))
            self.embeddings.append(Embedding(classification_id=row.pk, vector=vector))

    def _suggest(self, row: Any, label: Label, product: Any) -> None:
        if row.state == State.UNIDENTIFIED:
            return
        said = {
            State.FILED: Said.APPLIED,
            State.ROLLED_BACK: Said.ROLLED_BACK,
            State.REVIEW: Said.PENDING,
            State.SUPERSEDED: Said.SUPERSEDED,
        }.get(row.state) or self._draw(RIGHT_OF_AUDITS if row.reason == Reason.AUDIT else RIGHT)
        suggestion = self._add_suggestion(row, label, row.top_confidence, said)
        if row.is_current and row.reason == Reason.DISAGREES and said == Said.PENDING:
            self._file(product, self._next(label))
        if said in {Said.APPLIED, Said.APPROVED, Said.ROLLED_BACK}:
            suggestion.category = str(self.categories[label.id].pk)
            if row.is_current and said != Said.ROLLED_BACK:
                self._file(product, label)
        if said not in {Said.PENDING, Said.SUPERSEDED}:
            self._decide(row, suggestion, product)
        elif self.chance.random() < 0.5:
            self._add_suggestion(row, self._next(label), row.top_confidence / 2, said)

    def _next(self, label: Label) -> Label:
        return self.labels[self.labels.index(label) - 1]

    def _file(self, product: Any, label: Label) -> None:
        category = self.categories[label.id]
        self.tables[Filing].add(product_id=product.pk, category_id=category.pk)

    def _add_suggestion(self, row: Any, label: Label, confidence: float, said: str) -> Any:
        audit = row.reason == Reason.AUDIT and label.id == row.top_label
        return self.tables[Suggestion].add(
            classification_id=row.pk,
            label=label.id,
            facet=label.facet,
            confidence=confidence,
            auto_threshold=AUTO,
            review_threshold=REVIEW,
            state=said,
            audit=audit,
            asked_chance=ASKED if audit else 1.0,
        )

    def _decide(self, row: Any, suggestion: Any, product: Any) -> None:
        """What the ledger has on a suggestion that was filed or that a person decided."""
        said = suggestion.state
        if said in {Said.APPLIED, Said.ROLLED_BACK}:
            applied = self._record(row, suggestion, Action.APPLY, None)
            if said == Said.ROLLED_BACK:
                boss = self.reviewers[0]
                self._record(row, suggestion, Action.ROLL_BACK, boss, reverts_id=applied.pk)
            return
        person = self.chance.choice(self.reviewers)
        self._record(row, suggestion, ACTIONS[said], person)
        if said == Said.CORRECTED:
            own = self._next(self.labels_by_id[suggestion.label])
            made = self.tables[Suggestion].add(
                classification_id=row.pk,
                source=Suggestion.Source.PERSON,
                category=str(self.categories[own.id].pk),
                state=Said.APPROVED,
            )
            self._record(row, made, Action.CORRECT, person)
            if row.is_current:
                self._file(product, own)

    def _record(self, row: Any, suggestion: Any, action: str, person: Any, **more: Any) -> Any:
        by_person = action not in {Action.APPLY, Action.ROLL_BACK}
        before: dict[str, str] = {Action.APPLY: "", Action.ROLL_BACK: Said.APPLIED}
        held = action != Action.ROLL_BACK and suggestion.category
        return self.tables[Decision].add(
            classification_id=row.pk,
            suggestion_id=suggestion.pk,
            action=action,
            actor=person,
            actor_name=person.get_username() if person else "",
            batch=uuid.UUID(int=self.chance.getrandbits(128), version=4),
            label=suggestion.label,
            state_before=before.get(action, Said.PENDING),
            state_after=Said.APPLIED if action == Action.APPLY else suggestion.state,
            classification_before=State.REVIEW if by_person else State.RUNNING,
            classification_after=State.FILED if action == Action.APPLY else row.state,
            categories_after=[suggestion.category] if held else [],
            **more,
        )
