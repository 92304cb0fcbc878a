"""The automatic stop: a run whose results look wrong pauses itself and asks a person."""

import logging

from django.db import models, transaction
from django.db.models import F, Q

from catalog_ai.conf import get_settings
from catalog_ai.models import Run
from catalog_ai.models.causes import Cause

logger = logging.getLogger(__name__)

PHOTOS_LOST = "photos_lost"
JUDGED = F("filed") + F("review") + F("unidentified")


def is_past_bounds(run: Run) -> bool:
    """Whether a run looks as if it has to pause: `trip_breaker` makes sure of it."""
    settings = get_settings()
    judged = run.filed + run.review + run.unidentified
    return judged >= settings.STOP_AFTER and (
        run.unidentified * 100 > judged * settings.STOP_UNIDENTIFIED_PERCENT
        or run.contradicting * 100 > judged * settings.STOP_CONTRADICTING_PERCENT
    )


def trip_breaker(run_id: int) -> bool:
    """Pause a run that passed a bound; whether this very call did.

    To be called in the transaction that counts the results. The bounds are compared by the UPDATE
    itself, so of many workers that count at once exactly one pauses the run. A run that a person
    let go on is left alone, and so is an upload, which is a run of one product.
    """
    settings = get_settings()
    odd = Q(unidentified__gt=JUDGED * settings.STOP_UNIDENTIFIED_PERCENT / 100.0)
    odd |= Q(contradicting__gt=JUDGED * settings.STOP_CONTRADICTING_PERCENT / 100.0)
    watched = _find_active(run_id).exclude(breaker=Run.Breaker.OFF).filter(odd)
    enough = watched.annotate(judged=JUDGED).filter(judged__gte=settings.STOP_AFTER)
    if not enough.update(state=Run.State.PAUSED, breaker=Run.Breaker.TRIPPED):
        return False
    run = Run.objects.get(pk=run_id)
    _tell(run, _find_cause(run))
    return True


def pause_without_photos(run_id: int, looked: int) -> bool:
    """Pause a run of whose photos none can be opened; whether this very call did."""
    with transaction.atomic():
        active = _find_active(run_id)
        if not active.update(state=Run.State.PAUSED, breaker=Run.Breaker.TRIPPED):
            return False
        _tell(Run.objects.get(pk=run_id), Cause(PHOTOS_LOST, {"looked": looked}))
    return True


def find_next_breaker(run: Run) -> Run.Breaker:
    """What becomes of the automatic stop of a paused run that a person resumes.

    Whoever has looked at odd results lets them be: the run must not stop again at once. Photos
    that are still not there stop it again, before it could file each of them as missing.
    """
    tripped = run.breaker == Run.Breaker.TRIPPED
    if tripped and run.state_code != PHOTOS_LOST:
        return Run.Breaker.OFF
    return Run.Breaker.ON if tripped else Run.Breaker(run.breaker)


def _find_active(run_id: int) -> "models.QuerySet[Run]":
    active = Run.objects.filter(pk=run_id, state__in=(Run.State.RUNNING, Run.State.EXPANDING))
    return active.exclude(source=Run.Source.UPLOAD)


def _tell(run: Run, cause: Cause) -> None:
    run.explain(cause)
    run.save(update_fields=Run.EXPLANATION)
    logger.warning("run %d paused itself: %s", run.pk, run.state_reason, extra={"run": run.pk})


def _find_cause(run: Run) -> Cause:
    judged = run.filed + run.review + run.unidentified
    if run.unidentified * 100 > judged * get_settings().STOP_UNIDENTIFIED_PERCENT:
        return Cause("unrecognised", {"judged": judged, "odd": run.unidentified})
    return Cause("contradicting", {"judged": judged, "odd": run.contradicting})
