"""From products to QUEUED rows: what a run collects, page by page."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils import timezone

from catalog_ai.arrays import is_among
from catalog_ai.models import Classification, Run
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.rows import insert_alike

# Results in these states are settled for an unchanged image and model: no need to look again.
SETTLED = (
    Classification.State.FILED,
    Classification.State.REVIEW,
    Classification.State.UNIDENTIFIED,
    Classification.State.REVIEWED,
    Classification.State.REJECTED,
)

UNSEEN = ("missing", "out_of_memory")  # error codes that say nothing of the image


class Page(NamedTuple):
    """What became of a page of products."""

    ids: Sequence[int]  # of the new rows
    skipped: int
    without_image: int


def queue_page(run: Run, target: ProductTarget, pks: Sequence[Any]) -> Page:
    """Write QUEUED rows for a page of products.

    A product with a row in flight gets no second one: the worker judges whatever image the
    product has when it stores the result.
    """
    images = target.get_image_names(pks)
    settled = _find_settled(run, target, images) if run.mode == Run.Mode.MISSING else set()
    wanted = {key: name for key, name in images.items() if name and key not in settled}
    ids, with_image = queue_products(run, wanted), sum(map(bool, images.values()))
    return Page(ids, with_image - len(ids), len(images) - with_image)


def count_page(run: Run, page: Page) -> None:
    """Count a page's products in its run."""
    run.total += len(page.ids)
    run.without_image += page.without_image
    run.skipped += page.skipped
    run.save(update_fields=["total", "without_image", "skipped"])


def queue_products(run: Run, images: Mapping[str, str]) -> list[int]:
    """Write QUEUED rows for products (image names by key); ids of those not in flight already.

    As sent already: see `send_after_commit`.
    """
    pattern = Classification(
        run=run,
        target=run.target,
        model_version=run.model_version,
        preset=run.preset,
        sent_at=timezone.now(),
    )
    keys = sorted(images)  # in one order, so that two runs cannot block
    names = [images[key] for key in keys]
    insert_alike(pattern, {"object_id": keys, "image_name": names}, ignore_conflicts=True)
    made = run.classifications.filter(is_among("object_id", images), target=run.target)
    return list(made.order_by("pk").values_list("pk", flat=True))


def _find_settled(run: Run, target: ProductTarget, images: dict[str, str]) -> set[str]:
    """Keys of products whose latest result is of this very image name and model version."""
    rows = Classification.objects.filter(
        is_among("object_id", images),
        target=target.key,
        is_current=True,
        model_version=run.model_version,
        state__in=SETTLED,
    )
    # What nobody could look at, a storage that was not mounted say, may be there now.
    seen = rows.exclude(error_code__in=UNSEEN).values_list("object_id", "image_name")
    return {key for key, name in seen if images[key] == name}
