"""What the model suggested for a block's results and what people said of it, with the ledger."""

import random
import uuid
from typing import Any

from catalog_ai.inference.bundle import Label
from catalog_ai.models import Classification, Decision, Suggestion
from shop_demo import backdrop, shares
from shop_demo.rows import Filing, Tables
from shop_demo.shares import draw

State, Reason = Classification.State, Classification.Reason
Action, Said = Decision.Action, Suggestion.State

SAID = {  # of the others, a person has spoken
    State.FILED.value: Said.APPLIED,
    State.ROLLED_BACK.value: Said.ROLLED_BACK,
    State.REVIEW.value: Said.PENDING,
    State.SUPERSEDED.value: Said.SUPERSEDED,
}
ACTIONS = {
    Said.APPROVED.value: Action.APPROVE,
    Said.CORRECTED.value: Action.CORRECT,
    Said.REJECTED.value: Action.REJECT,
}


class Verdicts:
    """Adds suggestions, filings and decisions to the tables."""

    def __init__(self, tables: Tables, labels: list[Label], chance: random.Random) -> None:
        self.tables, self.labels, self.chance = tables, labels, chance
        self.labels_by_id = {label.id: label for label in labels}
        self.categories = backdrop.make_categories(labels)
        self.reviewers = backdrop.make_reviewers()

    def add(self, row: Any, label: Label, product: Any) -> None:
        """The suggestions of a judged result, and where they or a person put the product."""
        if row.state == State.UNIDENTIFIED:
            return
        said = SAID.get(row.state) or self._hear(row)
        suggestion = self._add_suggestion(row, label, row.top_confidence, said)
        if row.is_current and row.reason == Reason.DISAGREES and said == Said.PENDING:
            self._file(product, self.find_next(label))
        if said in {Said.APPLIED, Said.APPROVED, Said.ROLLED_BACK}:
            suggestion.category = str(self.categories[label.id].pk)
            if row.is_current and said != Said.ROLLED_BACK:
                self._file(product, label)
        if said not in {Said.PENDING, Said.SUPERSEDED}:
            self._decide(row, suggestion, product)
        elif self.chance.random() < 0.5:
            self._add_suggestion(row, self.find_next(label), row.top_confidence / 2, said)

    def _hear(self, row: Any) -> str:
        """What a person said."""
        is_audit = row.reason == Reason.AUDIT
        return str(draw(self.chance, shares.RIGHT_OF_AUDITS if is_audit else shares.RIGHT))

    def find_next(self, label: Label) -> Label:
        """Another label, for what is unlike the first."""
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
            auto_threshold=shares.AUTO,
            review_threshold=shares.REVIEW,
            state=said,
            audit=audit,
            asked_chance=shares.ASKED if audit else 1.0,
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
            own = self.find_next(self.labels_by_id[suggestion.label])
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
