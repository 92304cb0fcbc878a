"""The one order of locks: products by key, then classifications by id, then the run's row.

Products come first because the shop's own code arrives with its product locked already: a save
or a delete of it calls us. Whoever holds the product holds all that is decided of it. Whoever maps
a label to a category holds the mapping of the product model, after the rows and before the run.
"""

from collections.abc import Callable, Collection
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.db import OperationalError, connections, router, transaction

from catalog_ai.arrays import is_among
from catalog_ai.models import Classification
from catalog_ai.targets import ProductTarget, get_target

DEADLOCK = "40P01"  # PostgreSQL's code
TRIES = 3

Result = TypeVar("Result")


def outlast_deadlock(verb: Callable[[], Result], tries: int = TRIES) -> Result:
    """What the verb returns, in a transaction of its own; after a deadlock it is tried again.

    For rows that a shop's transaction may have in an order of its own. The database has ended one
    of the two, and the other is on its way to its end.
    """
    try:
        with transaction.atomic():
            return verb()
    except OperationalError as error:
        if tries == 1 or getattr(error.__cause__, "sqlstate", "") != DEADLOCK:
            raise
    return outlast_deadlock(verb, tries - 1)


def lock_products(target: ProductTarget, keys: Collection[str]) -> None:
    """Wait until nobody else decides on these products, and keep them to the transaction's end.

    NO KEY UPDATE: the shop may go on selling a locked product, rows that refer to it are added.
    Nobody waits here for one product while holding another: a shop's import has locked products in
    an order of its own, and where the two wait for each other the database would end the import.
    """
    manager = target.get_model()._base_manager
    features = connections[router.db_for_write(manager.model)].features
    if not features.has_select_for_update:
        return  # SQLite: whoever writes holds the whole database
    wanted, line = set(target.to_pks(keys)), None
    if len(wanted) == 1:
        list(manager.select_for_update(no_key=True).filter(pk__in=wanted).values_list("pk"))
        return
    skip = features.has_select_for_update_skip_locked
    while wanted:
        with transaction.atomic():
            products = manager.select_for_update(no_key=True)
            if line is not None:
                list(products.filter(pk=line).values_list("pk"))
            free = manager.select_for_update(no_key=True, skip_locked=skip)
            held = free.filter(is_among("pk", wanted)).order_by("pk")
            missing = wanted.difference(held.values_list("pk", flat=True))
            if not missing:
                return
            transaction.set_rollback(True)  # lets go of those that it has
        others = manager.filter(is_among("pk", missing)).order_by("pk").values_list("pk", flat=True)
        wanted, line = wanted - missing | set(others), others.first()


def lock_classifications(pks: Collection[int]) -> dict[int, Classification]:
    """These rows by id, locked after their products and read again behind the lock."""
    rows = Classification.objects.filter(is_among("pk", pks))
    owners = sorted(rows.values_list("target", "object_id").distinct())
    for target, members in groupby(owners, key=itemgetter(0)):
        lock_products(get_target(target), [key for _, key in members])
    return {row.pk: row for row in rows.select_for_update(of=("self",)).order_by("pk")}


def lock_classification(pk: int) -> Classification:
    """One row, locked: a second reviewer of the same card waits here and then finds it decided.

    Raises:
        Classification.DoesNotExist: there is none.
    """
    locked = lock_classifications([pk])
    if pk not in locked:
        raise Classification.DoesNotExist
    return locked[pk]


def lock_mapping(target: ProductTarget) -> None:
    """Keep the target's mapping of labels to categories to the transaction's end.

    One lock for all labels, since two chunks may need the same new ones in any order; the model's
    content type stands for it. Taken only for a label that is not mapped yet.
    """
    kind = ContentType.objects.get_for_model(target.get_model())
    ContentType.objects.select_for_update(no_key=True).get(pk=kind.pk)


def keep_own_transactions(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view whose decisions are one transaction each, also in a shop with ATOMIC_REQUESTS.

    Of many products decided in one transaction, the locks would be taken out of order.
    """
    own: Callable[..., Any] = transaction.non_atomic_requests(router.db_for_write(Classification))(
        view
    )
    return own
