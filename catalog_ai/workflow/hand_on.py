"""Runs whose model no worker has any more, after an upgrade of all hosts, go on with the new one.

While some worker still has a run's model, the run is that one's and nobody else touches it. A run
that is younger than the workers was started with a model that they are still to get: it waits.
"""

import logging

from django.db import transaction

from catalog_ai.models import Classification, Run
from catalog_ai.models.causes import Cause
from catalog_ai.workflow.claim import CLAIMABLE_RUNS
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.worker_models import list_worker_models

logger = logging.getLogger(__name__)


def hand_on_runs() -> int:
    """Let such runs go on with this process's model, if living workers have it; how many.

    What was judged before keeps the name of the model that judged it.

    Raises:
        RedisError: nobody can say which workers live.
    """
    active = Run.objects.filter(state__in=CLAIMABLE_RUNS).exclude(source=Run.Source.UPLOAD)
    mine = get_bundle().model_version
    if not active.exclude(model_version=mine).exists():
        return 0
    workers = list_worker_models()
    alive = {worker.version for worker in workers}
    if mine not in alive:
        return 0
    # A run that is younger than a worker waits for a model that is still to come to it.
    ours = [worker for worker in workers if worker.version]  # a plain rqworker tells no start
    older = active.filter(pk__lte=min(worker.newest_run for worker in ours))
    orphans = list(older.exclude(model_version__in=alive).values_list("pk", flat=True))
    return sum(_hand_on(pk, mine) for pk in orphans)


def _hand_on(pk: int, version: str) -> bool:
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",)).get(pk=pk)
        if run.model_version == version:
            return False  # another host's reconcile came first
        old, run.model_version = run.model_version, version
        names = {"old": old, "new": version}
        run.explain(Cause("handed_on", names))
        run.save(update_fields=["model_version", *Run.EXPLANATION])
    # Behind the commit: rows are locked before their run, by whoever deletes a product say.
    queued = run.classifications.filter(state=Classification.State.QUEUED)
    queued.update(model_version=version, sent_at=None)
    logger.warning("run %d: %s", run.pk, run.state_reason, extra={"run": pk, "runs": [pk]})
    return True
