"""A product whose photo is replaced leaves the run that has it queued or in hand, for an upload."""

from collections import Counter
from collections.abc import Collection

from django.db import transaction
from django.utils import timezone

from catalog_ai.arrays import is_among
from catalog_ai.models import Classification, Run
from catalog_ai.models.causes import Cause
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.ends import count_ends

State = Classification.State


def take_over(target: ProductTarget, keys: Collection[str]) -> None:
    """Let these products go from all runs but uploads; a worker's result then comes too late.

    Not within a transaction of the shop's: it would hold the run's row to its end.
    """
    rows = Classification.objects.filter(
        is_among("object_id", keys), target=target.key, state__in=Classification.IN_FLIGHT
    ).exclude(run__source=Run.Source.UPLOAD)
    with transaction.atomic():
        found = rows.select_for_update(of=("self",)).order_by("pk")
        owners = dict(found.values_list("pk", "run"))
        Classification.objects.filter(is_among("pk", owners)).update(
            state=State.CANCELLED,
            finished_at=timezone.now(),
            lease_token="",
            lease_expires_at=None,
            **Classification.error_fields(Cause("upload_first")),
        )
        for run, number in sorted(Counter(owners.values()).items()):
            count_ends(run, [State.CANCELLED] * number)
