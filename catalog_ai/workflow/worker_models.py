"""Which model each living worker has: two hosts may hold different bundles for a while."""

from dataclasses import dataclass
from datetime import UTC, datetime

from rq import Worker

from catalog_ai.conf import get_settings
from catalog_ai.workflow.queues import open_queue

FIELD = "catalog_ai_model"  # in the worker's own hash in Redis
UNKNOWN = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, order=True)
class WorkerModel:
    """A living worker's host, model version ("" where it says none: a plain rqworker), start."""

    host: str
    version: str
    born: datetime


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
            version = queue.connection.hget(worker.key, FIELD) or b""
            born = worker.birth_date or UNKNOWN
            found[worker.name] = WorkerModel(worker.hostname or "", version.decode(), born)
    return sorted(found.values())
