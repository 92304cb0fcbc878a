"""A person's verdicts: approve, reject, correct, dismiss. Each is one row in the ledger.

All raise NotPermitted where the actor may not review.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction

from catalog_ai.errors import CatalogAIError
from catalog_ai.models import Decision
from catalog_ai.workflow.correct_one import correct_product
from catalog_ai.workflow.decide_one import decide_product, dismiss_product, group_by_card
from catalog_ai.workflow.permissions import REVIEW, require

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor


@dataclass
class Reviewed:
    """What a call did. `batch` names it for undo; `errors` are sentences for people."""

    batch: uuid.UUID = field(default_factory=uuid.uuid4)
    done: int = 0
    already_decided: int = 0
    errors: list[str] = field(default_factory=list)


def approve(suggestion_ids: Collection[int], actor: "Actor") -> Reviewed:
    """File the products under these suggestions; those decided meanwhile are left and counted."""
    require(actor, REVIEW)
    return _decide_each(suggestion_ids, actor, Decision.Action.APPROVE)


def reject(suggestion_ids: Collection[int], actor: "Actor") -> Reviewed:
    """Say that these suggestions are wrong; one the model had filed is taken back."""
    require(actor, REVIEW)
    return _decide_each(suggestion_ids, actor, Decision.Action.REJECT)


def _decide_each(ids: Collection[int], actor: "Actor", action: Decision.Action) -> Reviewed:
    """Decide suggestions product by product: one refusal must not undo the others."""
    reviewed = Reviewed()
    cards = group_by_card(ids)
    reviewed.already_decided += len(set(ids)) - sum(map(len, cards.values()))
    for owner, members in cards.items():
        try:
            with transaction.atomic():
                done = decide_product(owner, members, actor, action, reviewed.batch)
        except CatalogAIError as refused:
            reviewed.errors.append(str(refused))
            continue
        reviewed.done += done
        reviewed.already_decided += len(members) - done
    return reviewed


def correct(classification_id: int, category_keys: Collection[str], actor: "Actor") -> Reviewed:
    """File the product under the person's own categories instead of the suggested ones.

    A key can also be an offer of `category_search`, whose category is then made.

    What the model had filed is taken out; categories the shop gave otherwise stay (except where
    a product can have one only).

    Raises:
        UnknownCategory: a key names no category of the shop. ProductGone: it was deleted.
        ShopRefused: the shop's own code raised.
    """
    require(actor, REVIEW)
    reviewed = Reviewed()
    with transaction.atomic():
        done = correct_product(classification_id, category_keys, actor, reviewed.batch)
    reviewed.done, reviewed.already_decided = int(done), int(not done)
    return reviewed


def dismiss(classification_ids: Collection[int], actor: "Actor") -> Reviewed:
    """None of the suggestions is right: reject them and leave the product as it is."""
    require(actor, REVIEW)
    reviewed = Reviewed()
    for pk in classification_ids:
        with transaction.atomic():
            done = dismiss_product(pk, actor, reviewed.batch)
        reviewed.done += done
        reviewed.already_decided += not done
    return reviewed
