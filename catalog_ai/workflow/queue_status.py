"""What the queues look like now: how deep they are, and who works on them."""

import logging
from dataclasses import dataclass

from redis.exceptions import RedisError
from rq import Worker

from catalog_ai.conf import get_settings
from catalog_ai.workflow.queues import open_queue

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class QueueStatus:
    """What the queue looks like now; None where Redis could not be asked."""

    reachable: bool
    bulk_depth: int | None = None
    upload_depth: int | None = None
    workers: int | None = None
    bulk_workers: int | None = None
    upload_workers: int | None = None


def get_queue_status() -> QueueStatus:
    """Depths and workers, or `reachable=False` where Redis does not answer."""
    settings = get_settings()
    try:
        bulk = open_queue(settings.BULK_QUEUE)
        uploads = open_queue(settings.UPLOAD_QUEUE)
        on_bulk, on_uploads = (
            {worker.name for worker in Worker.all(queue=queue)} for queue in (bulk, uploads)
        )
        workers = (len(on_bulk | on_uploads), len(on_bulk), len(on_uploads))
        return QueueStatus(True, bulk.count, uploads.count, *workers)
    except RedisError as error:
        logger.warning("Redis cannot be reached: %s", error)
        return QueueStatus(reachable=False)
