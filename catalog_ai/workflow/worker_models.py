"""Which model each living worker has: two hosts may hold different bundles for a while."""

from dataclasses import dataclass

from django.db.models import Max
from rq import Worker

from catalog_ai.conf import get_settings
from catalog_ai.models import Run
from catalog_ai.workflow.queues import open_queue

# In the worker's own hash in Redis.
FIELD = "catalog_ai_model"
NEWEST_RUN = "catalog_ai_newest_run"


@dataclass(frozen=True, order=True)
class WorkerModel:
    """A living worker's host, model version ("" where it says none: a plain rqworker), start.

    It tells its start by the id of the newest run that there was (0 where it says none): hosts
    need not agree on the time.
    """

    host: str
    version: str
    newest_run: int


def find_newest_run() -> int:
    """What a worker that starts now tells its start by."""
    return Run.objects.aggregate(newest=Max("pk"))["newest"] or 0


def list_worker_models() -> list[WorkerModel]:
    """One entry a worker on our queues, in order.

    Raises:
        RedisError: Redis cannot be asked.
    """
    settings = get_settings()
    found = {}
    for name in (settings.BULK_QUEUE, settings.UPLOAD_QUEUE):
        queue = open_queue(name)
        for worker in Worker.all(queue=queue):
            version, newest = queue.connection.hmget(worker.key, FIELD, NEWEST_RUN)
            told = (version or b"").decode(), int(newest or 0)
            found[worker.name] = WorkerModel(worker.hostname or "", *told)
    return sorted(found.values())
