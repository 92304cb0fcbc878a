"""Taking entries of the ledger back: suggestions, rows and products as they were before them."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import cast

from django.db import models
from django.utils import timezone

from catalog_ai.errors import ProductGone
from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.models.signatures import Signature
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.filing import write_decided
from catalog_ai.workflow.locks import lock_classifications
from catalog_ai.workflow.mirror import mirror_current

HOLDING = (Suggestion.State.APPLIED, Suggestion.State.APPROVED)
BACKWARD = (Decision.Action.UNDO, Decision.Action.ROLL_BACK)


class Reversal:
    """Entries that are taken back in one transaction: read, locked and written together."""

    def __init__(
        self,
        entries: Sequence[Decision],
        action: Decision.Action,
        batch: uuid.UUID,
        signature: Signature,
    ) -> None:
        self.action, self.batch, self.signature = action, batch, signature
        self.rows = lock_classifications({entry.classification_id for entry in entries})
        self.suggestions = {
            one.pk: one for one in Suggestion.objects.filter(classification__in=self.rows)
        }
        self.later = _load_standing({entry.suggestion_id for entry in entries})
        self.reverted = set(
            Decision.objects.filter(reverts__in=entries).values_list("reverts", flat=True)
        )
        self.products = self._load_products()
        self.written: list[Decision] = []

    def _load_products(self) -> dict[int, models.Model]:
        """Products by the row they belong to."""
        keys: dict[str, list[str]] = defaultdict(list)
        for row in self.rows.values():
            keys[row.target].append(row.object_id)
        loaded = {key: get_target(key).load_products(members) for key, members in keys.items()}
        return {
            row.pk: product
            for row in self.rows.values()
            if (product := loaded[row.target].get(row.object_id)) is not None
        }

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
        now = target.get_categories(product)
        if target.category_field.single_valued and not _is_last_word(entry, now):
            return False
        then = self._without(entry, suggestion, now)
        then &= now | target.get_category_names(then - now).keys()  # others were deleted since
        if then != now:
            write_decided(target, product, then)
        before = row.state
        self._restore(row, suggestion, entry)
        self.reverted.add(entry.pk)
        self._write_down(entry, row, suggestion, before, now, then)
        return True

    def forget(self, entry: Decision) -> None:
        """Read the entry's product again: what was tried on it is not in the database."""
        row = self.rows[entry.classification_id]
        fresh = get_target(row.target).load_products([row.object_id])
        if row.object_id in fresh:
            self.products[row.pk] = fresh[row.object_id]

    def save(self) -> None:
        """Write what was taken back: a bounded few statements."""
        changed: dict[str, list[int]] = defaultdict(list)
        for pk in {cast("int", entry.suggestion_id) for entry in self.written}:
            changed[self.suggestions[pk].state].append(pk)
        for state, pks in changed.items():
            Suggestion.objects.filter(pk__in=pks).update(state=state)
        rows = [self.rows[pk] for pk in {entry.classification_id for entry in self.written}]
        Classification.objects.bulk_update(rows, ["state", "reviewed_at"])
        Decision.objects.bulk_create(self.written)
        for target, members in _group_by_target(rows).items():
            mirror_current(target, members)

    def _has_later(self, entry: Decision) -> bool:
        """Whether the entry was taken back already, or a later one on its suggestion stands."""
        later = self.later[cast("int", entry.suggestion_id)]
        return entry.pk in self.reverted or any(
            pk > entry.pk and pk not in self.reverted for pk in later
        )

    def _without(self, entry: Decision, suggestion: Suggestion, now: set[str]) -> set[str]:
        """The present categories with the entry's own change taken out.

        Only what the entry added or removed is touched: whatever was done to the product otherwise
        stays as it is, and so does what another label of the card holds as well.
        """
        before, after = set(entry.categories_before), set(entry.categories_after)
        added = after - before
        if entry.action == Decision.Action.APPLY:
            added &= {suggestion.category}  # the model's entries tell of all labels together
        held = {
            one.category
            for one in self.suggestions.values()
            if one.classification_id == entry.classification_id
            and one.pk != suggestion.pk
            and one.state in HOLDING
        }
        return (now - (added - held)) | (before - after)

    def _restore(self, row: Classification, suggestion: Suggestion, entry: Decision) -> None:
        rolled_back = Suggestion.State.ROLLED_BACK
        if self.action == Decision.Action.ROLL_BACK:
            suggestion.state = rolled_back
            if row.state == Classification.State.FILED:  # else people have work or words on it
                row.state = Classification.State.ROLLED_BACK
        else:
            # A suggestion that the entry itself brought about has no state to go back to.
            suggestion.state = entry.state_before or rolled_back
            row.state, row.reviewed_at = entry.classification_before, None
        if row.state == Classification.State.REVIEW and not self._has_pending(row):
            # Somebody else has decided the rest of the card since.
            row.state, row.reviewed_at = Classification.State.REVIEWED, timezone.now()

    def _has_pending(self, row: Classification) -> bool:
        return any(
            one.classification_id == row.pk and one.state == Suggestion.State.PENDING
            for one in self.suggestions.values()
        )

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
                classification=row,
                suggestion=suggestion,
                action=self.action,
                batch=self.batch,
                label=suggestion.label,
                state_before=entry.state_after,
                state_after=suggestion.state,
                classification_before=before,
                classification_after=row.state,
                categories_before=sorted(now),
                categories_after=sorted(then),
                reverts=entry,
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
