"""What an entry of the ledger changed of a product, where several labels may mean one category."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from catalog_ai.models import Decision, Suggestion

BACKWARD = (Decision.Action.UNDO, Decision.Action.ROLL_BACK)


class Move(NamedTuple):
    """What an entry changed about its product, and whether that was taken back."""

    pk: int
    put_in: set[str]
    taken_out: set[str]
    is_back: bool


def load_shared_moves(cards: Mapping[int, Sequence[Suggestion]]) -> dict[int, list[Move]]:
    """By classification, of cards with several labels of one category.

    There the entry of one label may have changed the product, and that of another be the last.
    """
    shared = [pk for pk, card in cards.items() if _shares_category(card)]
    moves: dict[int, list[Move]] = defaultdict(list)
    if not shared:
        return moves
    entries = Decision.objects.filter(classification__in=shared).exclude(action__in=BACKWARD)
    for owner, pk, before, after, back in entries.values_list(
        "classification_id", "pk", "categories_before", "categories_after", "reverted_by"
    ):
        put_in, taken_out = set(after) - set(before), set(before) - set(after)
        moves[owner].append(Move(pk, put_in, taken_out, back is not None))
    return moves


def _shares_category(card: Sequence[Suggestion]) -> bool:
    categories = [suggestion.category for suggestion in card if suggestion.category]
    return len(set(categories)) < len(categories)


def take_out(
    entry: Decision,
    suggestion: Suggestion,
    card: Sequence[Suggestion],
    moves: Sequence[Move],
    now: set[str],
    *,
    single: bool,
) -> set[str]:
    """The present categories (`now`) with the entry's own change taken out.

    Only what the entry added or removed is touched: whatever was done to the product otherwise
    stays as it is, and so does what another label of the card holds as well. `moves` are the
    card's, in order; `single`: a product has one category at most.
    """
    before, after = set(entry.categories_before), set(entry.categories_after)
    added, removed = after - before, before - after
    own = {suggestion.category}
    if entry.action == Decision.Action.APPLY:
        added &= own  # the model's entries tell of all labels together
    for move in moves:
        if move.is_back and entry.state_after in Suggestion.HOLDING:
            added |= move.put_in & own
        if not move.is_back and entry.state_before in Suggestion.HOLDING:
            removed |= move.taken_out & own
    others = [one for one in card if one.pk != suggestion.pk]
    kept = now - (added - {one.category for one in others if one.state in Suggestion.HOLDING})
    if not single:
        return kept | removed
    # The former category comes back with the last label that holds the one in its place.
    return kept or removed or _find_replaced(moves, suggestion.category)


def _find_replaced(moves: Sequence[Move], category: str) -> set[str]:
    """What gave way to a category by an entry that is back already."""
    return next((one.taken_out for one in moves if one.is_back and category in one.put_in), set())
