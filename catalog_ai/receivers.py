"""The upload hook: a product whose image is new, or another one now, is categorised by itself."""

import logging
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from django.apps import apps
from django.db import DataError, OperationalError, ProgrammingError, models, router, transaction
from django.db.models.signals import ModelSignal, post_delete, post_save, pre_delete, pre_save

from catalog_ai.arrays import is_among
from catalog_ai.conf import get_settings
from catalog_ai.errors import CatalogAIError
from catalog_ai.inference.bundle import BundleError
from catalog_ai.models import Classification, Run
from catalog_ai.targets import ProductTarget, get_targets
from catalog_ai.workflow.claim import recall_claimed
from catalog_ai.workflow.enqueue import enqueue, enqueue_some
from catalog_ai.workflow.locks import lock_products
from catalog_ai.workflow.queues import send_again_after_commit
from catalog_ai.workflow.take_over import take_over
from catalog_ai.workflow.withdraw import withdraw_product

logger = logging.getLogger(__name__)

FRESH = "_catalog_ai_fresh_upload"


def connect_receivers() -> None:
    """Listen to the models that the targets name, and to no other.

    A save through a proxy, or of a model that inherits, is told under that model's own name.
    """
    for target in get_targets().values():
        key, product = f"catalog_ai:{target.key}", target.get_model()._meta.concrete_model
        for model in apps.get_models():
            if issubclass(model, target.image_model):
                _connect(pre_save, partial(note_upload, target), model, f"{key}:pre")
                _connect(post_save, partial(enqueue_upload, target), model, f"{key}:post")
                if target.image_model is not target.get_model():
                    _connect(pre_delete, partial(look_behind, target), model, f"{key}:behind")
            if model._meta.concrete_model is product:
                _connect(pre_delete, partial(hold_product, target), model, f"{key}:hold")
                _connect(post_delete, partial(forget_product, target), model, f"{key}:delete")


def _connect(
    signal: ModelSignal, receiver: Callable[..., None], sender: type[models.Model], uid: str
) -> None:
    signal.connect(receiver, sender=sender, dispatch_uid=uid, weak=False)


def _is_elsewhere(target: ProductTarget, using: str) -> bool:
    """Whether this is of another database than that of the products: a copy, in an archive say."""
    return bool(using) and using != router.db_for_write(target.get_model())


def note_upload(target: ProductTarget, instance: models.Model, **_: Any) -> None:
    """Before the save: does the image field hold a file that is not in the storage yet?

    Afterwards nobody can tell, and a storage that overwrites keeps the name as it was.
    """
    file = getattr(instance, target.image_field.name)
    setattr(instance, FRESH, bool(file) and not file._committed)


def enqueue_upload(
    target: ProductTarget,
    instance: models.Model,
    created: bool = False,
    raw: bool = False,
    using: str = "",
    update_fields: Collection[str] | None = None,
    **_: Any,
) -> None:
    """After the save: start a run of the owning products whose image is new.

    The save itself must never fail for our sake: what goes wrong here is logged, and
    `reconcile_classifications --missing` finds the product later.
    """
    if raw or not get_settings().CATEGORIZE_ON_UPLOAD or _is_elsewhere(target, using):
        return
    if update_fields is not None and not _may_change_image(target, update_fields):
        return
    try:
        with transaction.atomic(using=using or None):
            _enqueue_changed(target, instance, created)
    except (BundleError, CatalogAIError, DataError, ProgrammingError):
        # The last two: a key or name too long for our rows, tables from before an upgrade.
        logger.exception("an upload could not be queued", extra={"target": target.key})
    except OperationalError:
        if transaction.get_connection(using or None).needs_rollback:
            raise  # nothing is left of the save either
        # A deadlock, say, of a shop's import with a run that collects the same products.
        logger.exception("an upload will be queued after its commit", extra={"target": target.key})
        transaction.on_commit(lambda: _enqueue_changed(target, instance, created), robust=True)


def _may_change_image(target: ProductTarget, update_fields: Collection[str]) -> bool:
    """Our own filing, for one, writes the category of a product and nothing else."""
    return not target.has_plain_image or target.image_field.name in update_fields


def look_behind(
    target: ProductTarget, instance: models.Model, using: str = "", origin: object = None, **_: Any
) -> None:
    """Before an image's row is deleted: afterwards the product's image is another one, maybe.

    Then nobody can tell whose it was. What goes with its product needs no look.
    """
    deleted = origin.model if isinstance(origin, models.QuerySet) else type(origin)
    if issubclass(deleted, target.get_model()):
        return
    if not get_settings().CATEGORIZE_ON_UPLOAD or _is_elsewhere(target, using):
        return
    pks = list(target.find_products_of(instance).values_list("pk", flat=True))
    if pks:
        # Django tells an error by the function's name, which a partial does not have.
        transaction.on_commit(lambda: check_again(target, pks), using=using or None, robust=True)


def _enqueue_changed(target: ProductTarget, instance: models.Model, created: bool) -> None:
    file = getattr(instance, target.image_field.name)
    # What was just made has no past: rows of its key are those of a product that was deleted.
    fresh = str(file.name) if file and (created or getattr(instance, FRESH, False)) else ""
    products = target.find_products_of(instance)
    changed = [product.pk for product in products if is_image_new(target, product, fresh)]
    if not changed:
        return
    if fresh:
        send_again_after_commit(recall_claimed(target, [target.to_key(pk) for pk in changed]))
    later: list[str] = []

    def let_others_go() -> None:
        if later:
            take_over(target, later)

    # Before the worker collects them, which leaves out what another run has.
    transaction.on_commit(let_others_go, robust=True)
    run = enqueue(
        target,
        products.filter(is_among("pk", changed)),
        source=Run.Source.UPLOAD,
        # A fresh upload under an old name looks settled; the worker compares the digests.
        mode=Run.Mode.REDO if fresh else Run.Mode.MISSING,
    )
    if not run.collected:
        later += [target.to_key(pk) for pk in changed]
    if run.collected and not run.total:
        # A row in flight covers this image, unless it ends before our commit, or is another run's.
        run.delete()

        def look_again() -> None:
            check_again(target, changed, fresh)

        transaction.on_commit(look_again, robust=True)


def is_image_new(target: ProductTarget, product: models.Model, fresh: str = "") -> bool:
    """Whether the product's image was just uploaded, or is another one than the newest row's.

    What a dry run said of it files nothing.
    """
    image = target.get_image(product)
    if not image:
        return False
    if fresh and fresh == image.name:
        return True
    rows = Classification.objects.filter(target=target.key, object_id=target.to_key(product.pk))
    names = rows.filter(run__dry_run=False).order_by("-pk").values_list("image_name", flat=True)
    return names.first() != str(image.name)


def check_again(target: ProductTarget, pks: list[Any], fresh: str = "") -> None:
    """After the commit: queue those products whose image is still nobody's.

    A dry run would file nothing of it, and a run can be paused for long, or cancelled: an upload
    takes its product over from them. Only now, as that waits for their workers.
    """
    missed = [
        product.pk
        for product in target.get_products().filter(is_among("pk", pks))
        if is_image_new(target, product, fresh)
    ]
    if missed:
        take_over(target, [target.to_key(pk) for pk in missed])
        products = target.get_products().filter(is_among("pk", missed))
        mode = Run.Mode.REDO if fresh else Run.Mode.MISSING
        enqueue_some(target, products, source=Run.Source.UPLOAD, mode=mode)


def hold_product(target: ProductTarget, instance: models.Model, using: str = "", **_: Any) -> None:
    """Before the delete: the product is locked before its categories, as everywhere.

    Django first takes out the rows that lie between. Where a worker has the product and takes it
    out of a category, the two would wait for each other, and the database would end the delete.
    """
    if not _is_elsewhere(target, using):
        with transaction.atomic(savepoint=False):
            lock_products(target, [target.to_key(instance.pk)])


def forget_product(
    target: ProductTarget, instance: models.Model, using: str = "", **_: Any
) -> None:
    """A deleted product leaves the queue and the review; its history stays."""
    if _is_elsewhere(target, using):
        return
    withdraw_product(target, target.to_key(instance.pk))
