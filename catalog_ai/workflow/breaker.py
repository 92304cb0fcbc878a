"""The automatic stop: a run whose results look wrong pauses itself and asks a person."""

import logging

from django.db.models import F, Q

from catalog_ai.conf import get_settings
from catalog_ai.models import Run
from catalog_ai.models.causes import Cause

logger = logging.getLogger(__name__)

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
    running = Run.objects.filter(
        odd, pk=run_id, state__in=(Run.State.RUNNING, Run.State.EXPANDING)
    ).exclude(Q(breaker=Run.Breaker.OFF) | Q(source=Run.Source.UPLOAD))
    enough = running.annotate(judged=JUDGED).filter(judged__gte=settings.STOP_AFTER)
    if not enough.update(state=Run.State.PAUSED, breaker=Run.Breaker.TRIPPED):
        return False
    run = Run.objects.get(pk=run_id)
    run.explain(_find_cause(run))
    run.save(update_fields=Run.EXPLANATION)
    logger.warning("run %d paused itself: %s", run_id, run.state_reason, extra={"run": run_id})
    return True


def _find_cause(run: Run) -> Cause:
    judged = run.filed + run.review + run.unidentified
    if run.unidentified * 100 > judged * get_settings().STOP_UNIDENTIFIED_PERCENT:
        return Cause("unrecognised", {"judged": judged, "odd": run.unidentified})
    return Cause("contradicting", {"judged": judged, "odd": run.contradicting})
