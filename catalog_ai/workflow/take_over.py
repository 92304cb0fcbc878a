"""A product whose photo is replaced leaves the run that has it queued or in hand, for an upload."""

from collections.abc import Collection

from catalog_ai.arrays import is_among
from catalog_ai.models import Classification, Run
from catalog_ai.models.causes import Cause
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.ends import cancel_rows


def take_over(target: ProductTarget, keys: Collection[str]) -> None:
    """Let these products go from all runs but uploads; not within a transaction of the shop's."""
    rows = Classification.objects.filter(
        is_among("object_id", keys), target=target.key, state__in=Classification.IN_FLIGHT
    )
    cancel_rows(rows.exclude(run__source=Run.Source.UPLOAD), Cause("upload_first"))
