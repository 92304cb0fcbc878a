"""A deleted product: nothing of it is left to do, and nothing of its history is lost."""

from django.db import transaction

from catalog_ai.arrays import is_among
from catalog_ai.models import Classification, Suggestion
from catalog_ai.models.causes import Cause
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.ends import cancel_rows

State = Classification.State


def withdraw_product(target: ProductTarget, key: str) -> None:
    """Take a product out of the review queue, and cancel what is queued of it after the commit.

    A row that a worker has in hand is left to it: the worker finds the product gone, as it does
    where this process dies before it has cancelled anything.
    """
    rows = Classification.objects.filter(target=target.key, object_id=key)
    queued = list(rows.filter(state=State.QUEUED).values_list("pk", flat=True))

    def cancel_queued() -> None:
        # By their ids: a product that was made again under this key has a new row.
        still = Classification.objects.filter(is_among("pk", queued), state=State.QUEUED)
        cancel_rows(still, Cause("product_deleted"))

    with transaction.atomic():
        Suggestion.objects.filter(classification__in=rows, state=Suggestion.State.PENDING).update(
            state=Suggestion.State.SUPERSEDED
        )
        rows.filter(is_current=True, state__in=Classification.WAITING).update(
            state=State.SUPERSEDED
        )
        rows.filter(is_current=True).update(is_current=False)
        if queued:
            transaction.on_commit(cancel_queued, robust=True)
