"""Which model each living worker has: two hosts may hold different bundles for a while."""

from dataclasses import dataclass

from rq import Worker

from catalog_ai.conf import get_settings
from catalog_ai.workflow.queues import open_queue

FIELD = "catalog_ai_model"  # in the worker's own hash in Redis


@dataclass(frozen=True, order=True)
class WorkerModel:
    """A living worker's host and model version; "" where it says none (a plain rqworker)."""

    host: str
    version: str


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
            found[worker.name] = WorkerModel(worker.hostname or "", version.decode())
    return sorted(found.values())
