"""A deleted product: nothing of it is left to do, and nothing of its history is lost."""

from django.db import transaction
from django.utils import timezone

from catalog_ai.models import Classification, Suggestion
from catalog_ai.models.causes import Cause
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.ends import count_ends

State = Classification.State


def withdraw_product(target: ProductTarget, key: str) -> None:
    """Cancel what is queued of a product and take it out of the review queue.

    A row that a worker or a cancelled run has in hand is left to it: the worker finds the product
    gone. Nothing is waited for here, as a delete of many products comes back for each of them.
    """
    rows = Classification.objects.filter(target=target.key, object_id=key)
    with transaction.atomic():
        for row in rows.filter(state=State.QUEUED).select_for_update(skip_locked=True):
            ended = rows.filter(pk=row.pk, state=State.QUEUED).update(
                state=State.CANCELLED,
                finished_at=timezone.now(),
                **Classification.error_fields(Cause("product_deleted")),
            )
            if ended:
                count_ends(row.run_id, [State.CANCELLED])
        Suggestion.objects.filter(classification__in=rows, state=Suggestion.State.PENDING).update(
            state=Suggestion.State.SUPERSEDED
        )
        rows.filter(is_current=True, state__in=Classification.WAITING).update(
            state=State.SUPERSEDED
        )
        rows.filter(is_current=True).update(is_current=False)
