"""Taking entries of the ledger back: suggestions, rows and products as they were before them."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import cast

from django.db import models
from django.utils import timezone

from catalog_ai.errors import ProductGone
from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.models.signatures import Signature
from catalog_ai.targets import Change, ProductTarget, get_target
from catalog_ai.workflow.filing import write_decided
from catalog_ai.workflow.locks import lock_classifications
from catalog_ai.workflow.mirror import mirror_to_products
from catalog_ai.workflow.moves import BACKWARD, Move, load_shared_moves, take_out


class Reversal:
    """Entries that are taken back in one transaction: read, locked and written together.

    With `at_once` the categories too are written by `save`: only where the shop's targets can.
    """

    def __init__(
        self,
        entries: Sequence[Decision],
        action: Decision.Action,
        batch: uuid.UUID,
        signature: Signature,
        *,
        at_once: bool = False,
    ) -> None:
        self.action, self.batch, self.signature = action, batch, signature
        self.at_once, self.now = at_once, timezone.now()
        self.rows = lock_classifications({entry.classification_id for entry in entries})
        self.suggestions = {
            one.pk: one for one in Suggestion.objects.filter(classification__in=self.rows)
        }
        self.cards: dict[int, list[Suggestion]] = defaultdict(list)  # by classification
        for suggestion in self.suggestions.values():
            self.cards[suggestion.classification_id].append(suggestion)
        self.later = _load_standing({entry.suggestion_id for entry in entries})
        self.reverted = set(
            Decision.objects.filter(reverts__in=[entry.pk for entry in entries]).values_list(
                "reverts", flat=True
            )
        )
        self.moves = load_shared_moves(self.cards)
        self.products: dict[int, models.Model] = {}  # by the row they belong to
        # Where all is written at once: their categories, and those that they are to have.
        self.present: dict[int, set[str]] = {}
        self.planned: dict[int, set[str]] = {}
        self._load_products()
        self.written: list[Decision] = []

    def _load_products(self) -> None:
        for target, rows in _group_by_target(list(self.rows.values())).items():
            keys = [row.object_id for row in rows]
            load = target.load_for_lists if self.at_once else target.load_products
            products = load(keys)
            present = target.list_categories(products) if self.at_once else {}
            for row in rows:
                if (product := products.get(row.object_id)) is not None:
                    self.products[row.pk] = product
                if row.object_id in present:
                    self.present[row.pk] = self.planned[row.pk] = present[row.object_id]

    def revert(self, entry: Decision) -> bool:
        """Take one entry back; False where that is too late.

        Raises:
            ProductGone: the product was deleted. ShopRefused: the shop's own code raised. The
            entry is as it was, and its product has to be taken up anew (`forget`).
        """
        row = self.rows.get(entry.classification_id)
        suggestion = self.suggestions.get(cast("int", entry.suggestion_id))
        if row is None or suggestion is None or not row.is_current:
            return False
        if suggestion.state != entry.state_after or self._has_later(entry):
            return False
        if row.pk not in self.products:
            raise ProductGone
        target, product = get_target(row.target), self.products[row.pk]
        now = self.planned[row.pk] if self.at_once else target.get_categories(product)
        single = target.category_field.single_valued
        if single and not _is_last_word(entry, now):
            return False
        moves, card = self._list_moves(row.pk), self.cards[row.pk]
        then = take_out(entry, suggestion, card, moves, now, single=single)
        then &= now | self._find_existing(target, then - now)  # others were deleted since
        if self.at_once:
            self.planned[row.pk] = then
        elif then != now:
            write_decided(target, product, then)
        before = row.state
        self._restore(row, suggestion, entry)
        self.reverted.add(entry.pk)
        self._write_down(entry, row, suggestion, before, now, then)
        return True

    def _find_existing(self, target: ProductTarget, keys: set[str]) -> set[str]:
        """Those of the categories that the shop still has."""
        return set(target.get_category_names(keys)) if keys else set()

    def forget(self, entry: Decision) -> None:
        """Read the entry's product again: what was tried on it is not in the database."""
        row = self.rows[entry.classification_id]
        fresh = get_target(row.target).load_products([row.object_id])
        if row.object_id in fresh:
            self.products[row.pk] = fresh[row.object_id]

    def save(self) -> None:
        """Write what was taken back: a bounded few statements."""
        rows = [self.rows[pk] for pk in {entry.classification_id for entry in self.written}]
        self._save_states(rows)
        Decision.objects.bulk_create(self.written)
        for target, members in _group_by_target(rows).items():
            if self.at_once:
                target.set_categories_at_once(self._list_changes(members))
            self._mirror(target, [row for row in members if row.is_current])

    def _list_changes(self, rows: Sequence[Classification]) -> list[Change]:
        changed = [row.pk for row in rows if self.planned[row.pk] != self.present[row.pk]]
        return [Change(self.products[pk], self.present[pk], self.planned[pk]) for pk in changed]

    def _save_states(self, rows: Sequence[Classification]) -> None:
        suggestions: dict[str, list[int]] = defaultdict(list)
        for pk in {cast("int", entry.suggestion_id) for entry in self.written}:
            suggestions[self.suggestions[pk].state].append(pk)
        for state, pks in suggestions.items():
            Suggestion.objects.filter(pk__in=pks).update(state=state)
        states: dict[tuple[str, datetime | None], list[int]] = defaultdict(list)
        for row in rows:
            states[row.state, row.reviewed_at].append(row.pk)
        for (state, reviewed_at), pks in states.items():
            changed = Classification.objects.filter(pk__in=pks)
            changed.update(state=state, reviewed_at=reviewed_at)

    def _mirror(self, target: ProductTarget, rows: Sequence[Classification]) -> None:
        products = {row.object_id: self.products[row.pk] for row in rows if row.pk in self.products}
        cards = (one for row in rows for one in self.cards[row.pk])
        mirror_to_products(target, rows, products, cards)

    def _has_later(self, entry: Decision) -> bool:
        """Whether the entry was taken back already, or a later one on its suggestion stands."""
        later = self.later[cast("int", entry.suggestion_id)]
        return entry.pk in self.reverted or any(
            pk > entry.pk and pk not in self.reverted for pk in later
        )

    def _list_moves(self, pk: int) -> list[Move]:
        """What changed the product of a row, in order, as far as it stands by now."""
        moves = sorted(self.moves.get(pk, ()))
        return [one._replace(is_back=one.is_back or one.pk in self.reverted) for one in moves]

    def _restore(self, row: Classification, suggestion: Suggestion, entry: Decision) -> None:
        rolled_back = Suggestion.State.ROLLED_BACK
        if self.action == Decision.Action.ROLL_BACK:
            suggestion.state = rolled_back
            if row.state == Classification.State.FILED:  # else people have work or words on it
                row.state = Classification.State.ROLLED_BACK
        else:
            # A suggestion that the entry itself brought about has no state to go back to.
            suggestion.state = entry.state_before or rolled_back
            self._open(row, entry.classification_before)

    def _open(self, row: Classification, before: str) -> None:
        """Put a row back to its state `before`, save for what others did on its card meanwhile."""
        state, said = Classification.State, {one.state for one in self.cards[row.pk]}
        decided = not said.isdisjoint(Suggestion.BY_PERSON)
        if Suggestion.State.PENDING in said:
            row.state = state.REVIEW
        elif before == state.REVIEW or (before == state.FILED and decided):
            row.state = state.REVIEWED
        elif before == state.REVIEWED and not decided and Suggestion.State.APPLIED in said:
            row.state = state.FILED
        else:
            row.state = before
        is_closed = row.state == state.REVIEWED and decided
        row.reviewed_at = (row.reviewed_at or self.now) if is_closed else None

    def _write_down(
        self,
        entry: Decision,
        row: Classification,
        suggestion: Suggestion,
        before: str,
        now: set[str],
        then: set[str],
    ) -> None:
        self.written.append(
            Decision(
                classification_id=row.pk,
                suggestion_id=suggestion.pk,
                action=self.action,
                batch=self.batch,
                label=suggestion.label,
                state_before=entry.state_after,
                state_after=suggestion.state,
                classification_before=before,
                classification_after=row.state,
                categories_before=sorted(now),
                categories_after=sorted(then),
                reverts_id=entry.pk,
                **self.signature,
            )
        )


def _load_standing(suggestions: set[int | None]) -> dict[int, list[int]]:
    """Ids of the entries that stand, by suggestion."""
    entries = Decision.objects.filter(
        suggestion__in=[pk for pk in suggestions if pk], reverted_by__isnull=True
    ).exclude(action__in=BACKWARD)
    standing: dict[int, list[int]] = defaultdict(list)
    for suggestion, pk in entries.values_list("suggestion_id", "pk"):
        standing[suggestion].append(pk)
    return standing


def _is_last_word(entry: Decision, now: set[str]) -> bool:
    """Whether the one category is where the entry left it; else somebody has filed it elsewhere."""
    return entry.categories_before == entry.categories_after or now == set(entry.categories_after)


def _group_by_target(rows: Sequence[Classification]) -> dict[ProductTarget, list[Classification]]:
    groups: dict[ProductTarget, list[Classification]] = defaultdict(list)
    for row in rows:
        groups[get_target(row.target)].append(row)
    return groups
