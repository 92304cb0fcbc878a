"""The one way in: upload hook, admin action, API and commands all start a run here."""

import json
import logging
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models.expressions import RawSQL
from django.utils import timezone

from catalog_ai.conf import get_settings
from catalog_ai.errors import NotPermitted
from catalog_ai.models import Run
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.collect import count_page, queue_page
from catalog_ai.workflow.locks import outlast_deadlock
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import AUTO_APPLY, CATEGORIZE, as_user, is_allowed
from catalog_ai.workflow.queues import expand_after_commit, send_after_commit

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

logger = logging.getLogger(__name__)

SYSTEM_SOURCES = (Run.Source.UPLOAD, Run.Source.COMMAND)

FIRST_PAGE = 256  # products


def enqueue(
    target: ProductTarget,
    products: "models.QuerySet[Any]",
    *,
    source: Run.Source,
    actor: "Actor" = None,
    preset: str | None = None,
    mode: Run.Mode = Run.Mode.MISSING,
    dry_run: bool = False,
    apply_automatically: bool | None = None,
    request: tuple[str, str] = ("", ""),
) -> Run:
    """Start categorising `products`, in the caller's transaction; the queue hears after commit.

    `apply_automatically=None` means: as far as the actor (or the upload setting) may. `request` is
    the key of a client's request and a digest of what it asks: one key of an actor makes one run.

    Raises:
        NotPermitted: the actor may not categorise, or asks to file by itself and may not.
        IntegrityError: the actor has a run of this request already.
    """
    with transaction.atomic():
        run = Run.objects.create(
            target=target.key,
            source=source,
            mode=mode,
            preset=preset or get_settings().PRESET,
            model_version=get_bundle().model_version,
            apply_automatically=_authorise(source, actor, apply_automatically),
            dry_run=dry_run,
            created_by=as_user(actor),
            request_key=request[0],
            request_digest=request[1],
        )
        _collect_or_keep(run, target, products)
    return run


def enqueue_some(target: ProductTarget, products: "models.QuerySet[Any]", **how: Any) -> Run | None:
    """`enqueue` for people, who want no empty run: None where nothing is to be done.

    Of a large selection that is known only when the worker has collected it.
    """

    def start() -> Run | None:
        run = enqueue(target, products, **how)
        if run.collected and not run.total:
            run.delete()
            return None
        return run

    return outlast_deadlock(start)


def _authorise(source: Run.Source, actor: "Actor", apply_automatically: bool | None) -> bool:
    """Whether confident results may be filed; raises where not even the run may start."""
    if actor is None:
        if source not in SYSTEM_SOURCES:
            raise NotPermitted
        default = get_settings().APPLY_ON_UPLOAD if source == Run.Source.UPLOAD else True
        return default if apply_automatically is None else apply_automatically
    if not is_allowed(actor, CATEGORIZE):
        raise NotPermitted
    may_apply = is_allowed(actor, AUTO_APPLY)
    if apply_automatically and not may_apply:
        raise NotPermitted
    return may_apply if apply_automatically is None else apply_automatically


def _collect_or_keep(run: Run, target: ProductTarget, products: "models.QuerySet[Any]") -> None:
    """A selection of less than EXPAND_PAGE products becomes rows at once.

    A larger one is kept as the SQL that selects it and collected in the worker, page by page, so
    that this returns at once.
    """
    size = get_settings().EXPAND_PAGE
    is_large = len(_get_page(products, "", target, size)) == size
    if is_large and keep_selection(run, products):
        expand_after_commit(run)
    else:
        _collect_all(run, target, products)
        finish_expansion(run)


def _collect_all(run: Run, target: ProductTarget, products: "models.QuerySet[Any]") -> None:
    after, size = "", get_settings().EXPAND_PAGE
    while pks := _get_page(products, after, target, size):
        page = queue_page(run, target, pks)
        count_page(run, page)
        send_after_commit(run, page.ids)
        after = target.to_key(pks[-1])


def keep_selection(run: Run, products: "models.QuerySet[Any]") -> bool:
    """Write the SQL of the selection on the run; False where its values cannot be kept as JSON."""
    query = products.order_by().values("pk").query
    sql, params = query.get_compiler(products.db).as_sql()
    try:
        run.selection_params = json.loads(json.dumps(list(params), cls=DjangoJSONEncoder))
    except TypeError:
        return False
    run.selection_sql = sql
    run.save(update_fields=["selection_sql", "selection_params"])
    return True


def get_selection(run: Run, target: ProductTarget) -> "models.QuerySet[Any]":
    """The products of a run that was kept as SQL."""
    # Our own compiler wrote this SQL into this very database; its values are parameters.
    selected = RawSQL(run.selection_sql, run.selection_params)  # noqa: S611
    return target.get_model()._base_manager.filter(pk__in=selected)


def _get_page(
    products: "models.QuerySet[Any]", after: str, target: ProductTarget, size: int
) -> list[Any]:
    """The next primary keys in order, at most `size`."""
    if after:
        products = products.filter(pk__gt=target.to_pk(after))
    ordered = products.order_by("pk").values_list("pk", flat=True).distinct()
    return list(ordered[:size])


def _choose_page_size(run: Run) -> int:
    """As many as were collected so far: small pages first, so that no worker waits for work."""
    collected = run.total + run.skipped + run.without_image
    return min(get_settings().EXPAND_PAGE, max(FIRST_PAGE, collected))


def expand_next_page(run_id: int) -> bool:
    """Collect one page of a large run, in one transaction; False when there is no more.

    The run's row comes last: the rows may have to wait for an import of the shop's, and all workers
    of the run would with them.
    """
    with transaction.atomic():
        run = Run.objects.get(pk=run_id)
        if run.state != Run.State.EXPANDING:
            return False
        target = get_target(run.target)
        selection, size = get_selection(run, target), _choose_page_size(run)
        pks = _get_page(selection, run.expanded_through, target, size)
        page = queue_page(run, target, pks)
        if not lock_unchanged(run):
            return True
        if not pks:
            finish_expansion(run)
            return False
        count_page(run, page)
        send_after_commit(run, page.ids)
        run.expanded_through = target.to_key(pks[-1])
        run.save(update_fields=["expanded_through"])
        return True


def lock_unchanged(run: Run) -> bool:
    """Lock a run that is being collected, to the transaction's end.

    False where a person or another job came first: the transaction is undone, to be tried anew.
    """
    known = Run.objects.filter(
        pk=run.pk,
        state=run.state,
        expanded_through=run.expanded_through,
        model_version=run.model_version,
    )
    if known.select_for_update().first() is not None:
        return True
    transaction.set_rollback(True)
    return False


def finish_expansion(run: Run) -> None:
    """All products are collected: from now on the counters can say that the run is done."""
    run.state, run.collected = Run.State.RUNNING, True
    run.save(update_fields=["state", "collected"])
    finish_if_done([run.pk])
    run.refresh_from_db()


def finish_if_done(run_ids: Collection[int]) -> None:
    """Close those runs whose products have all reached an end."""
    done = Run.objects.filter(Run.finished_condition(), pk__in=run_ids)
    ending = list(done.values_list("pk", flat=True))
    if done.update(state=Run.State.DONE, finished_at=timezone.now()):
        logger.info("runs ended: %s", ending, extra={"runs": ending})
