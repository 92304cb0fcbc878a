"""The hand-over to Redis: primary keys, nothing else. The rows are the truth."""

import logging
from collections.abc import Callable, Iterable, Sequence

import django_rq
from django.db import models, transaction
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry as ConnectionRetry
from rq import Queue, Retry

from catalog_ai.arrays import is_among
from catalog_ai.conf import get_settings
from catalog_ai.models import Classification, HealthCheck, Rollback, Run

logger = logging.getLogger(__name__)

CLASSIFY_JOB = "catalog_ai.workflow.jobs.classify_chunk"
ANSWER_SECONDS = 2.0  # that a Redis which does not answer at all may take
# Seconds: rows and log say what went wrong, and in an outage each pass of reconcile leaves jobs of
# up to 50 kB behind.
KEEP_FAILED = 3600
EXPAND_JOB = "catalog_ai.workflow.jobs.expand_run"
CHECK_JOB = "catalog_ai.workflow.jobs.check_health"
CHECK_TIMES = 6  # as long as other jobs may take: a million photos are compared in one go
LET_GO_JOB = "catalog_ai.workflow.jobs.let_go_run"
ROLL_BACK_JOB = "catalog_ai.workflow.jobs.roll_back_run"
SEND_JOB = "catalog_ai.workflow.jobs.send_rest"
SEND_PAGE = 5_000  # rows of a resumed run that are sent again together: a third of a second


def open_queue(name: str) -> Queue:
    """A queue whose connection fails at once: a save in the shop must not wait for a dead Redis.

    redis-py itself tries ten times, four seconds in all, and django-rq passes no other wish on
    where RQ_QUEUES names a URL.

    Raises:
        RedisError: what RQ_QUEUES says of it is no Redis.
    """
    try:
        queue = django_rq.get_queue(name)
    except Exception as error:  # of whatever kind: it depends on what is written there
        why = f"RQ_QUEUES[{name!r}] is no Redis that can be used: {type(error).__name__}: {error}"
        raise RedisError(why) from error
    queue.connection.set_retry(ConnectionRetry(NoBackoff(), 0))
    options = queue.connection.connection_pool.connection_kwargs
    # A machine that hangs takes connections and answers nothing: redis-py before 8 waits for ever.
    for limit in ("socket_connect_timeout", "socket_timeout"):
        options.setdefault(limit, ANSWER_SECONDS)
    return queue


def queue_name_of(run: Run) -> str:
    """Uploads have a queue of their own, so that they never wait behind a bulk run."""
    settings = get_settings()
    return settings.UPLOAD_QUEUE if run.is_upload else settings.BULK_QUEUE


def send_after_commit(run: Run, ids: Sequence[int]) -> None:
    """Send classifications to the queue once the caller's transaction is in the database.

    The caller has written them as sent: to write each of them once more would cost as much as to
    claim it. Should this process die between the two, reconcile finds the queue empty some time.
    """
    if ids:
        _after_commit(send, queue_name_of(run), list(ids))


def send_again_after_commit(ids: Sequence[int]) -> None:
    """Send classifications, of whatever runs, that are queued again by then."""
    if ids:
        _after_commit(send_queued, list(ids))


def expand_after_commit(run: Run) -> None:
    """Let the worker collect a large run's products once the run is in the database."""
    _after_commit(send_expansion, run)


def send_run_after_commit(run: Run) -> None:
    """Send what is queued of a run again; while it was paused, workers have let its jobs pass."""
    _after_commit(send_next_of, run)


def check_after_commit(check: HealthCheck) -> None:
    """Let the worker check a catalogue once the check is in the database."""
    _after_commit(send_check, check)


def let_go_after_commit(run: Run) -> None:
    """Let the worker let go of what a large cancelled run had queued."""
    _after_commit(_send_to_front, LET_GO_JOB, run.pk)


def roll_back_after_commit(rollback: Rollback) -> None:
    """Let the worker begin once the rollback is in the database."""
    _after_commit(send_rollback, rollback.pk)


def _after_commit(hand: Callable[..., None], *arguments: object) -> None:
    """robust: a save in the shop must not fail because Redis is down; reconcile sends later."""

    # A plain function: Django names it in its log when it fails, and a partial has no name.
    def hand_over() -> None:
        try:
            hand(*arguments)
        except RedisError as error:
            logger.warning("Redis cannot be reached, the work is sent later: %s", error)

    transaction.on_commit(hand_over, robust=True)


def send(queue_name: str, ids: Sequence[int]) -> None:
    """Queue jobs for classifications that are written as sent, in chunks.

    Raises:
        RedisError: the queue cannot be reached; the rows stay QUEUED, and are not sent.
    """
    size = get_settings().CHUNK_SIZE
    chunks = [list(ids[start : start + size]) for start in range(0, len(ids), size)]
    try:
        open_queue(queue_name).enqueue_many([_prepare(CLASSIFY_JOB, [chunk]) for chunk in chunks])
    except RedisError:
        _list_queued(ids).update(sent_at=None)
        raise


def send_again(queue_name: str, ids: Sequence[int]) -> None:
    """`send` for classifications that are queued, and not written as sent.

    What somebody has in hand is passed over: whoever waited for one row while holding others could
    meet a deadlock with a worker that claims them.

    Raises:
        RedisError: see `send`.
    """
    with transaction.atomic():
        free = _list_queued(ids).select_for_update(skip_locked=True)
        found = list(free.order_by("pk").values_list("pk", flat=True))
        _list_queued(found).update(sent_at=timezone.now())
    if found:
        send(queue_name, found)


def _list_queued(ids: Sequence[int]) -> "models.QuerySet[Classification]":
    return Classification.objects.filter(is_among("pk", ids), state=Classification.State.QUEUED)


def send_queued(ids: Sequence[int]) -> None:
    """Send those of the classifications again that are still queued.

    Raises:
        RedisError: the queue cannot be reached; reconcile sends them later.
    """
    rows = _list_queued(ids).select_related("run").order_by("pk")
    for name, queued in group_by_queue(rows).items():
        send_again(name, queued)


def send_next_of(run: Run, after: int = 0) -> None:
    """Send the next of a run's queued classifications again; a job sends what comes behind them.

    Raises:
        RedisError: the queue cannot be reached; reconcile sends them later.
    """
    queued = run.classifications.filter(state=Classification.State.QUEUED, pk__gt=after)
    ids = list(queued.order_by("pk").values_list("pk", flat=True)[:SEND_PAGE])
    if not ids:
        return
    send_again(queue_name_of(run), ids)
    if len(ids) == SEND_PAGE:
        _send_to_front(SEND_JOB, run.pk, ids[-1])


def send_expansion(run: Run) -> None:
    """Queue the job that collects a large run's products."""
    open_queue(queue_name_of(run)).enqueue_many([_prepare(EXPAND_JOB, [run.pk])])


def send_check(check: HealthCheck) -> None:
    """Queue the job that goes on with a health check.

    Raises:
        RedisError: the queue cannot be reached; reconcile sends it later.
    """
    queue = open_queue(get_settings().BULK_QUEUE)
    queue.enqueue_many([_prepare(CHECK_JOB, [check.pk], times=CHECK_TIMES)])


def send_rollback(pk: int) -> None:
    """Queue the job that takes a run back."""
    _send_to_front(ROLL_BACK_JOB, pk)


def _send_to_front(job: str, *numbers: int) -> None:
    """Before what waits: somebody has stopped something, or put it right, and looks on."""
    queue = open_queue(get_settings().BULK_QUEUE)
    queue.enqueue_many([_prepare(job, [*numbers], at_front=True)])


def _prepare(  # type: ignore[no-untyped-def]
    job: str, arguments: list[object], *, times: int = 1, at_front: bool = False
):
    settings = get_settings()
    return Queue.prepare_data(
        job,
        args=arguments,
        timeout=times * settings.JOB_TIMEOUT,
        at_front=at_front,
        result_ttl=0,
        failure_ttl=KEEP_FAILED,
        retry=Retry(max=settings.MAX_ATTEMPTS),
    )


def is_empty(queue_name: str) -> bool:
    """Whether a queue has nothing waiting; jobs may be at work, or their workers dead."""
    return bool(open_queue(queue_name).count == 0)


def group_by_queue(rows: Iterable[Classification]) -> dict[str, list[int]]:
    """Ids by the queue they belong to."""
    groups: dict[str, list[int]] = {}
    for row in rows:
        groups.setdefault(queue_name_of(row.run), []).append(row.pk)
    return groups
