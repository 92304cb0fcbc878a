"""A health check: every product looked at once, page by page, in the worker.

The check's own row says how far it has come, so that a lost job goes on where it was. Its
findings are shown once it is done, and then replace those of the check before.
"""

import logging
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from catalog_ai.conf import get_settings
from catalog_ai.models import HealthCheck, HealthFinding, HealthGroup
from catalog_ai.models.causes import Cause
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.health.duplicates import find_duplicates
from catalog_ai.workflow.health.findings import write_duplicates, write_page
from catalog_ai.workflow.limits import StopNow, is_stopping
from catalog_ai.workflow.permissions import CATEGORIZE, as_user, require
from catalog_ai.workflow.queues import check_after_commit, send_check

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

logger = logging.getLogger(__name__)

State = HealthCheck.State
PAGES_A_JOB = 20  # then the rest goes behind what is queued already


def start_check(target: ProductTarget, actor: "Actor", *, by_system: bool = False) -> HealthCheck:
    """Start a check, or give the one in progress; `by_system` is for commands, without a person.

    Raises:
        NotPermitted: the actor may not have products looked at.
    """
    if not by_system:
        require(actor, CATEGORIZE)
    try:
        with transaction.atomic():
            check = HealthCheck.objects.create(target=target.key, created_by=as_user(actor))
            check_after_commit(check)
    except IntegrityError:
        return find_active(target.key) or start_check(target, actor, by_system=by_system)
    return check


def find_active(target: str) -> HealthCheck | None:
    """The check of a product model that is in progress."""
    checks = HealthCheck.objects.filter(target=target, state__in=HealthCheck.IN_PROGRESS)
    return checks.order_by("-pk").first()


def find_done(target: str) -> HealthCheck | None:
    """The latest check of a product model that is done."""
    return HealthCheck.objects.filter(target=target, state=State.DONE).order_by("-pk").first()


def go_on_checking(check_id: int) -> None:
    """Take the next steps of a check; the rest is queued again. Harmless when run twice."""
    check = _count_try(check_id)
    if check is None:
        return
    try:
        for _step in range(PAGES_A_JOB):
            if is_stopping():
                break
            if not take_step(check_id):
                return
    except StopNow:
        HealthCheck.objects.filter(pk=check_id).update(attempts=0)
    except Exception as error:
        logger.exception("a health check failed", extra={"check": check_id})
        _note_failure(check_id, Cause.from_error(error))
        raise
    send_check(check)


def _count_try(check_id: int) -> HealthCheck | None:
    """The check with this try counted, before the work; None where nothing is left to do."""
    with transaction.atomic():
        check = HealthCheck.objects.select_for_update(of=("self",)).get(pk=check_id)
        if not check.is_active:
            return None
        if check.attempts >= get_settings().MAX_ATTEMPTS:
            _fail(check, Cause("check_stopped"))
            return None
        check.attempts += 1
        check.save(update_fields=["attempts", "touched_at"])
        return check


def _note_failure(check_id: int, cause: Cause) -> None:
    """Give the check up after its last try."""
    with transaction.atomic():
        check = HealthCheck.objects.select_for_update(of=("self",)).get(pk=check_id)
        if check.is_active and check.attempts >= get_settings().MAX_ATTEMPTS:
            _fail(check, cause)


def _fail(check: HealthCheck, cause: Cause) -> None:
    check.explain(cause)
    check.state, check.finished_at = State.FAILED, timezone.now()
    check.save()
    HealthFinding.objects.filter(group__check_run=check).delete()
    HealthGroup.objects.filter(check_run=check).delete()


def take_step(check_id: int) -> bool:
    """One page of products, or all of the photos; False when the check has ended."""
    check = HealthCheck.objects.get(pk=check_id)
    if check.state == State.COMPARING:
        compare_photos(check)
        return False
    return look_at_page(check_id)


def look_at_page(check_id: int) -> bool:
    """Look at the next products, in one transaction; the row's lock lets a duplicate job wait."""
    with transaction.atomic():
        check = HealthCheck.objects.select_for_update(of=("self",)).get(pk=check_id)
        if check.state != State.LOOKING:
            return check.is_active
        target = get_target(check.target)
        products = target.get_products().order_by("pk")
        if check.looked_through:
            products = products.filter(pk__gt=target.to_pk(check.looked_through))
        pks = list(products.values_list("pk", flat=True).distinct()[: get_settings().EXPAND_PAGE])
        if pks:
            write_page(check, target, [target.to_key(pk) for pk in pks])
            check.looked_through = target.to_key(pks[-1])
            check.products = F("products") + len(pks)
        else:
            check.state = State.COMPARING
        check.attempts = 0
        check.save()
        return True


def compare_photos(check: HealthCheck) -> None:
    """Find the duplicates and end the check. Stopped half-way, it starts with the photos anew."""
    groups = find_duplicates(check.target)
    with transaction.atomic():
        check = HealthCheck.objects.select_for_update(of=("self",)).get(pk=check.pk)
        if check.state != State.COMPARING:
            return  # a second job of the same check was faster
        write_duplicates(check, groups)
        check.state, check.finished_at, check.attempts = State.DONE, timezone.now(), 0
        check.save()
    forget_older(check)


def forget_older(check: HealthCheck) -> None:
    """Delete what earlier checks found: nobody sees it any more."""
    older = HealthCheck.objects.filter(target=check.target, pk__lt=check.pk)
    HealthFinding.objects.filter(group__check_run__in=older).delete()
    HealthGroup.objects.filter(check_run__in=older).delete()
    older.delete()
