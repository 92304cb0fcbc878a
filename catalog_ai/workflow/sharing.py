"""Work passed between workers: to the idle ones, and to a job that is done early.

Only within a job. Claims make both harmless: of two jobs with the same rows, each does what the
other has not taken.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from redis.exceptions import RedisError
from rq import Queue, Worker, get_current_job
from rq.job import Job

from catalog_ai.arrays import is_among
from catalog_ai.conf import get_settings
from catalog_ai.models import Classification
from catalog_ai.workflow.queues import CLASSIFY_JOB, open_queue, send

logger = logging.getLogger(__name__)

SHARED_FROM = 64  # rows: of fewer, half is nearly as soon done as a job is started
FEWEST = 16  # rows: of so few, a part is still worth its transaction
LOOKED_AT = 16  # waiting jobs: other jobs may be at the first ones already
TAKEN = "catalog_ai:taken:"  # with a job's id, in Redis: a chunk that some job is at


def share_with_idle(ids: Sequence[int]) -> int:
    """Queue the last half of a job's rows once more where a worker has nothing to do; how many.

    Should the new job be lost, reconcile sends its rows again.
    """
    job = get_current_job()
    if job is None or len(ids) < SHARED_FROM:
        return 0
    try:
        if not count_idle_workers(Queue(job.origin, connection=job.connection)):
            return 0
        given = list(ids[(len(ids) + 1) // 2 :])
        send(job.origin, given)
    except RedisError:
        logger.warning("no work could be shared", exc_info=True)
        return 0
    return len(given)


@lru_cache(maxsize=1)
def _open_queue_of(job_id: str, origin: str) -> Queue:
    """A job's queue, by one connection for all that is asked between its parts."""
    return open_queue(origin)


def count_sharers() -> int:
    """Workers that share what is left, where no work waits behind this job; 0 where some does.

    Those that have nothing to do then take from the rest of this job.
    """
    job = get_current_job()
    if job is None:
        return 0
    try:
        queue = _open_queue_of(job.id, job.origin)
        waiting = queue.get_job_ids(0, LOOKED_AT)
        taken = job.connection.exists(*(TAKEN + job_id for job_id in waiting)) if waiting else 0
        if len(waiting) == LOOKED_AT or taken < len(waiting):
            return 0
        return max(1, int(Worker.count(queue=queue)))
    except RedisError:
        return 0  # then nothing can be shared


def count_idle_workers(queue: Queue) -> int:
    """Workers of a queue for whom there is no job."""
    busy = queue.started_job_registry.get_job_count(cleanup=False)
    return max(0, int(Worker.count(queue=queue) - busy - queue.count))


def take_waiting_chunk() -> Job | None:
    """The first chunk of this job's queue that no other job has taken, for a job done with its own.

    Starting a job costs as much as judging a dozen images. The chunk stays in the queue until
    `drop_chunk`, so that nothing is lost with this process; a worker that comes to it meanwhile
    does part of it. What else waits there, a rollback say, is not passed by.
    """
    job = get_current_job()
    if job is None:
        return None
    try:
        queue = _open_queue_of(job.id, job.origin)
        for waiting in filter(None, map(queue.fetch_job, queue.get_job_ids(0, LOOKED_AT))):
            if waiting.func_name != CLASSIFY_JOB:
                return None
            mark, seconds = TAKEN + waiting.id, get_settings().JOB_TIMEOUT
            if queue.connection.set(mark, 1, nx=True, ex=seconds):
                return waiting
    except RedisError:
        logger.warning("no waiting work could be taken", exc_info=True)
    return None


def find_rows_left(tried: Collection[int]) -> list[int]:
    """Rows that no job of this queue has come to yet, from the end of the longest rest.

    For a job with nothing else to do, near a run's end. `tried` are those that it has asked for
    already: some may not be claimed by anybody, a paused run's say. So many are left with the
    others that all end together.
    """
    job = get_current_job()
    if job is None:
        return []
    try:
        rests = [
            _list_untouched(ids, tried) for ids in _list_chunks(_open_queue_of(job.id, job.origin))
        ]
    except RedisError:
        logger.warning("no work of others could be found", exc_info=True)
        return []
    rest = max(rests, key=len, default=[])
    return rest[-max(FEWEST, len(rest) // 4) :]


def _list_chunks(queue: Queue) -> Iterator[list[int]]:
    """Row ids of the chunks at work, and of those that wait but are taken."""
    job_ids = [
        *queue.started_job_registry.get_job_ids(cleanup=False),
        *queue.get_job_ids(0, LOOKED_AT),
    ]
    for job_id in job_ids:
        chunk = queue.fetch_job(job_id)
        if chunk is not None and chunk.func_name == CLASSIFY_JOB:
            yield list(chunk.args[0])


def _list_untouched(ids: Collection[int], tried: Collection[int]) -> list[int]:
    queued = Classification.objects.filter(
        is_among("pk", ids), state=Classification.State.QUEUED, attempts=0, interruptions=0
    )
    found = queued.order_by("pk").values_list("pk", flat=True)
    return [pk for pk in found if pk not in tried]


def drop_chunk(chunk: Job) -> None:
    """All of a taken chunk is done: no worker need come to it any more, unless one is at it."""
    try:
        if open_queue(chunk.origin).remove(chunk):
            chunk.delete(remove_from_queue=False)
    except RedisError:
        logger.warning("a chunk stays in the queue with nothing left to do", exc_info=True)
