"""A batch of the review queue for one reviewer alone, for a while."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

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
    from catalog_ai.workflow.permissions import Actor

LEASE = timedelta(minutes=15)
LEASED = 25  # cards in a batch


def take_batch(chosen: QueueFilter, reviewer: "Actor", size: int = LEASED) -> int:
    """Take the first free cards of a filter for one reviewer; how many that were.

    The UPDATE asks again whether a card is free: of two who reach for it at once, one gets it.

    Raises:
        NotPermitted: the reviewer may not review.
    """
    require(reviewer, REVIEW)
    whole = replace(chosen, mine="", after="")
    free = order_queue(review_queue(whole).filter(is_free()), whole, few=finds_few(whole))
    wanted = list(free.values_list("pk", flat=True)[:size])
    return (
        Classification.objects.filter(pk__in=wanted, state__in=Classification.WAITING)
        .filter(is_free())
        .update(assigned_to=as_user(reviewer), assigned_until=timezone.now() + LEASE)
    )


def renew_batch(reviewer: "Actor") -> int:
    """Whoever goes on working keeps the cards; how many those are."""
    until = timezone.now() + LEASE
    taken = select_waiting().filter(taken_by(reviewer))
    return taken.update(assigned_until=until)


def give_back_batch(reviewer: "Actor") -> int:
    """Let others have the cards that are left; how many those were."""
    taken = select_waiting().filter(taken_by(reviewer))
    return taken.update(assigned_to=None, assigned_until=None)
