"""A batch of the review queue for one reviewer alone, for a while."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.utils import timezone

from catalog_ai.arrays import is_among
from catalog_ai.models import Classification
from catalog_ai.workflow.permissions import REVIEW, as_user, require
from catalog_ai.workflow.queue import (
    finds_few,
    is_free,
    order_queue,
    review_queue,
    select_waiting,
    taken_by,
)
from catalog_ai.workflow.queue_filter import QueueFilter

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from catalog_ai.workflow.permissions import Actor

LEASE = timedelta(minutes=15)
LEASED = 25  # cards in a batch


def take_batch(chosen: QueueFilter, reviewer: "Actor", size: int = LEASED) -> int:
    """Take the first free cards of a filter for one reviewer; how many that were.

    Of two who reach for a card at once, one gets it, and the other the next one.

    Raises:
        NotPermitted: the reviewer may not review.
    """
    require(reviewer, REVIEW)
    whole = replace(chosen, mine="", after="")
    free = order_queue(review_queue(whole).filter(is_free()), whole, few=finds_few(whole))
    return _assign(free, as_user(reviewer), timezone.now() + LEASE, size)


def renew_batch(reviewer: "Actor") -> int:
    """Whoever goes on working keeps the cards; how many those are."""
    taken = select_waiting().filter(taken_by(reviewer))
    return _assign(taken, as_user(reviewer), timezone.now() + LEASE)


def give_back_batch(reviewer: "Actor") -> int:
    """Let others have the cards that are left; how many those were."""
    return _assign(select_waiting().filter(taken_by(reviewer)), None, None)


def _assign(
    cards: "models.QuerySet[Classification]",
    person: "User | None",
    until: datetime | None,
    size: int | None = None,
) -> int:
    """Write who has the first of these cards; how many those are.

    What is being decided or superseded just now is passed over: whoever waited for one card while
    holding another could meet a deadlock with a worker that retires them.
    """
    with transaction.atomic():
        locked = cards.select_for_update(skip_locked=True)
        pks = list(locked.values_list("pk", flat=True)[:size])
        found = Classification.objects.filter(is_among("pk", pks))
        return found.update(assigned_to=person, assigned_until=until)
