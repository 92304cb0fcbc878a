"""The upload hook: a saved product with a new or changed image is categorised by itself."""

import logging
from functools import partial
from typing import Any

from django.db import DataError, ProgrammingError, models, transaction
from django.db.models.signals import post_delete, post_save, pre_save

from catalog_ai.conf import get_settings
from catalog_ai.errors import CatalogAIError
from catalog_ai.inference.bundle import BundleError
from catalog_ai.models import Classification, Run
from catalog_ai.targets import ProductTarget, get_targets
from catalog_ai.workflow.enqueue import enqueue
from catalog_ai.workflow.withdraw import withdraw_product

logger = logging.getLogger(__name__)

FRESH = "_catalog_ai_fresh_upload"


def connect_receivers() -> None:
    """Listen to the models that the targets name, and to no other."""
    for target in get_targets().values():
        key = f"catalog_ai:{target.key}"
        owner = target.image_model
        pre_save.connect(
            partial(note_upload, target), sender=owner, dispatch_uid=f"{key}:pre", weak=False
        )
        post_save.connect(
            partial(enqueue_upload, target), sender=owner, dispatch_uid=f"{key}:post", weak=False
        )
        post_delete.connect(
            partial(forget_product, target),
            sender=target.get_model(),
            dispatch_uid=f"{key}:delete",
            weak=False,
        )


def note_upload(target: ProductTarget, instance: models.Model, **_: Any) -> None:
    """Before the save: does the image field hold a file that is not in the storage yet?

    Afterwards nobody can tell, and a storage that overwrites keeps the name as it was.
    """
    file = getattr(instance, target.image_field.name)
    setattr(instance, FRESH, bool(file) and not file._committed)


def enqueue_upload(
    target: ProductTarget, instance: models.Model, raw: bool = False, using: str = "", **_: Any
) -> None:
    """After the save: start a run of the owning products whose image is new.

    The save itself must never fail for our sake: what goes wrong here is logged, and
    `reconcile_classifications --missing` finds the product later.
    """
    if raw or not get_settings().CATEGORIZE_ON_UPLOAD:
        return
    try:
        with transaction.atomic(using=using or None):
            _enqueue_changed(target, instance)
    except (BundleError, CatalogAIError, DataError, ProgrammingError):
        # The last two: a key or name too long for our rows, tables from before an upgrade.
        logger.exception("an upload could not be queued", extra={"target": target.key})


def _enqueue_changed(target: ProductTarget, instance: models.Model) -> None:
    file = getattr(instance, target.image_field.name)
    fresh = str(file.name) if getattr(instance, FRESH, False) else ""
    products = target.find_products_of(instance)
    changed = [product.pk for product in products if is_image_new(target, product, fresh)]
    if not changed:
        return
    run = enqueue(
        target,
        products.filter(pk__in=changed),
        source=Run.Source.UPLOAD,
        # A fresh upload under an old name looks settled; the worker compares the digests.
        mode=Run.Mode.REDO if fresh else Run.Mode.MISSING,
    )
    if run.total == 0:
        # A row in flight covers this image, unless it ends before our commit: look once more.
        run.delete()

        def look_again() -> None:
            check_again(target, changed)

        transaction.on_commit(look_again, robust=True)


def is_image_new(target: ProductTarget, product: models.Model, fresh: str = "") -> bool:
    """Whether the product's image was just uploaded, or is one that no row is about."""
    image = target.get_image(product)
    if not image:
        return False
    if fresh and fresh == image.name:
        return True
    rows = Classification.objects.filter(target=target.key, object_id=target.to_key(product.pk))
    return not rows.filter(image_name=str(image.name)).exists()


def check_again(target: ProductTarget, pks: list[Any]) -> None:
    """After the commit: queue those products whose image is still nobody's."""
    missed = [
        product.pk
        for product in target.get_products().filter(pk__in=pks)
        if is_image_new(target, product)
    ]
    if missed:
        products = target.get_products().filter(pk__in=missed)
        enqueue(target, products, source=Run.Source.UPLOAD)


def forget_product(target: ProductTarget, instance: models.Model, **_: Any) -> None:
    """A deleted product leaves the queue and the review; its history stays."""
    withdraw_product(target, target.to_key(instance.pk))
