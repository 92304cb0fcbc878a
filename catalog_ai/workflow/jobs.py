"""What RQ runs. A job carries primary keys only; all it needs else is read from the rows."""

import errno
import logging
import time
from collections.abc import Iterator, Sequence

from django.db import connection
from rq.timeouts import JobTimeoutException

from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import BundleError
from catalog_ai.inference.images import ImageRejected, load_decoders
from catalog_ai.models import Classification, Run
from catalog_ai.models.causes import Cause
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.claim import Blame, claim, name_rows, put_back, release_held
from catalog_ai.workflow.classify import ImageResult, classify_images
from catalog_ai.workflow.ends import fail_rows, let_go
from catalog_ai.workflow.enqueue import expand_next_page
from catalog_ai.workflow.follow import follow_budgets
from catalog_ai.workflow.for_real import collect_results, recall_results
from catalog_ai.workflow.health.check import go_on_checking
from catalog_ai.workflow.limits import LeaseOver, StopNow, is_stopping, run_clock
from catalog_ai.workflow.models_in_use import get_bundle, get_classifier
from catalog_ai.workflow.outages import is_outage, unwrap
from catalog_ai.workflow.outcome import Judged
from catalog_ai.workflow.queues import (
    send_expansion,
    send_queued,
    send_rollback,
)
from catalog_ai.workflow.reading import ReadImage, find_unsteady, group_images, read_images
from catalog_ai.workflow.reconcile import reconcile
from catalog_ai.workflow.rollback import Step, continue_rollback
from catalog_ai.workflow.sharing import (
    drop_chunk,
    is_last_work,
    share_with_idle,
    take_waiting_chunk,
)
from catalog_ai.workflow.statistics import update_summaries
from catalog_ai.workflow.store import store_results
from catalog_ai.workflow.watchdog import end_process_after

logger = logging.getLogger(__name__)

STORED_TOGETHER = 256  # rows of a transaction, once it is known that they are quickly judged
FIRST_PART = 32  # rows: nobody knows yet how long they take
LAST_PART = 16  # rows: in so few, the last of a run's work is still shared
LONG_PART = 10.0  # seconds, a small part of a lease: what took longer is followed by less
OVERTIME = 2  # seconds after the lease, until a process that does not notice its end is ended
GO_ON = 60.0  # seconds that a job may have taken and still go on with another's rows
COUNT_FOR = 60  # seconds: what is left then is counted by the next job
PAGES_A_JOB = 20  # then the rest goes behind the chunks that are queued already
SLICE = 60.0  # seconds of a rollback in one job
WAITS = 10  # seconds that it waits for another worker


def warm_up() -> None:
    """Load what every job needs, in a worker before it forks a child for each.

    The interpreter is not among it: it must not be shared across a fork.

    Raises:
        BundleError: see `get_bundle`.
    """
    get_bundle()
    load_decoders()


def classify_chunk(ids: Sequence[int]) -> None:
    """Classify those of the rows that are still to do, and for a while of chunks that wait.

    Asked to stop, it queues the rest again. Where workers stand idle, they get some of the rows:
    then all workers of a run end together.
    """
    end = time.monotonic() + min(GO_ON, get_settings().JOB_TIMEOUT / 10)
    done = _work_off(list(ids))
    while done and time.monotonic() < end and (waiting := take_waiting_chunk()):
        done = _work_off(list(waiting.args[0]))
        if done:
            drop_chunk(waiting)


def _work_off(ids: list[int]) -> bool:
    """Classify rows part by part; False when asked to stop: the rest is queued again then."""
    try:
        for part, fresh in _plan_parts(ids):
            if is_stopping():
                break
            # Whoever has rows in hand for longer than their lease must not go on.
            lease = get_settings().LEASE_SECONDS
            with run_clock(lease), end_process_after(lease + OVERTIME):
                process_rows(claim(part, fresh=fresh))
        else:
            return True
    except StopNow:
        release_held()
    send_queued(ids)
    return False


def _plan_parts(ids: list[int]) -> Iterator[tuple[Sequence[int], bool]]:
    """Ids to claim together, and whether they are fresh; what is given away leaves `ids`.

    Rows that were tried before are taken one by one, so that an image that kills the process
    uses up only its own tries and never those of its neighbours; the worst come last, so that
    nobody waits behind them.
    """
    start, size = 0, min(FIRST_PART, STORED_TOGETHER)
    while start < len(ids):
        given = share_with_idle(ids[start:])
        del ids[len(ids) - given :]
        begin = time.monotonic()
        # Less and less towards a run's end: of what is in hand nothing can be shared any more.
        shrink = is_last_work()
        number = min(size, max(LAST_PART, (len(ids) - start) // 8)) if shrink else size
        yield ids[start : start + number], True
        start += number
        slow = time.monotonic() - begin > LONG_PART
        size = max(1, size // 2) if slow else min(2 * size, STORED_TOGETHER)
    queued = Classification.objects.filter(pk__in=ids, state=Classification.State.QUEUED)
    retried = queued.exclude(attempts=0, interruptions=0)
    for pk in retried.order_by("attempts", "interruptions", "pk").values_list("pk", flat=True):
        yield [pk], False


def process_rows(rows: Sequence[Classification]) -> None:
    """Read, judge and store claimed rows; on an error they go back, and the error goes up."""
    left = sorted(rows, key=lambda row: row.run_id)
    while left:
        members = [row for row in left if row.run_id == left[0].run_id]
        try:
            judge_and_store(members)
        except StopNow:
            raise  # the rows go back at no cost of a try
        except Exception as error:
            logger.exception("a chunk failed", extra=name_rows(left))
            if not connection.in_atomic_block:
                connection.close()  # one that was cut would fail again while the rows go back
            give_back(left, Cause.from_error(error), find_blame(error, rows))
            raise
        left = left[len(members) :]


def judge_and_store(rows: Sequence[Classification]) -> None:
    """Judge rows of one run; an image that needs more memory than there is, is refused alone."""
    try:
        store_results(judge_rows(rows))
        return
    except MemoryError:
        logger.warning("out of memory with %d images in hand", len(rows))
    # Out of the except clause: the error would keep all that was read in memory.
    if len(rows) == 1:
        refused = ImageRejected("out_of_memory")
        result = ImageResult("", rejected=refused)
        store_results([Judged(rows[0], rows[0].image_name, result)])
        return
    for row in rows:
        judge_and_store([row])


def find_blame(error: Exception, in_hand: Sequence[Classification]) -> Blame:
    """An image is the plausible culprit only alone, with all services there and time well used."""
    # A limit that strikes amid a query comes wrapped in what the database makes of it.
    limits = [link for link in unwrap(error) if isinstance(link, (JobTimeoutException, StopNow))]
    # The limit of the whole job, or a stop, says nothing of the image that was its last.
    if any(not (isinstance(limit, LeaseOver) and limit.busy) for limit in limits):
        return Blame.WORKER
    if is_outage(error):
        return Blame.OUTAGE
    alone = len(in_hand) == 1 and not isinstance(error, BundleError)
    return Blame.IMAGE if alone else Blame.WORKER


def give_back(rows: Sequence[Classification], cause: Cause, blame: Blame) -> None:
    """Queue the rows again, or fail those that are used up."""
    again = set(put_back(rows, cause, blame))
    fail_rows([row for row in rows if row.pk not in again], cause)


def judge_rows(rows: Sequence[Classification]) -> list[Judged]:
    """Results for rows of one run, in order. Unchanged images make no work for the model."""
    run = rows[0].run
    if run.results_of_id:
        return recall_results(rows)
    # A fresh upload under an old name is a redo by name only: the same bytes are not judged twice.
    force = run.mode == Run.Mode.REDO and run.source != Run.Source.UPLOAD
    target = get_target(run.target)
    read = read_images(rows, target, force=force)
    judged: list[Judged] = []
    for group in group_images(read, get_settings().BATCH_SIZE):
        judged += _judge_group(group, target)
    return judged


def _judge_group(group: Sequence[ReadImage], target: ProductTarget) -> list[Judged]:
    """Results of a group's rows, but for those whose own file cannot be read: they go back."""
    results = _classify([item for item in group if item.data is not None])
    failed = {item.row.pk: item.failure for item in group if item.failure is not None}
    rejected = [pk for pk, result in results.items() if result.rejected is not None]
    for pk in find_unsteady(group, rejected, target):
        failed[pk] = OSError(errno.EIO, "the storage gives another file each time")
    for item in group:
        if error := failed.get(item.row.pk):
            _give_back_unread(item.row, error)
    return [
        Judged(item.row, item.image_name, item.rejected_result or results.get(item.row.pk))
        for item in group
        if item.row.pk not in failed
    ]


def _give_back_unread(row: Classification, error: Exception) -> None:
    """The file of this row alone cannot be read, and the work goes on without it."""
    logger.warning("a file cannot be read", exc_info=error, extra=name_rows([row]))
    blame = Blame.WORKER if is_outage(error) else Blame.IMAGE
    give_back([row], Cause.from_error(error), blame)
    # A fresh row gets its turn at the end of its job. This one has it now, and no other will come.
    if blame is Blame.IMAGE and (row.attempts > 1 or row.interruptions):
        process_rows(claim([row.pk], fresh=False))


def _classify(items: Sequence[ReadImage]) -> dict[int, ImageResult]:
    if not items:
        return {}
    settings = get_settings()
    blobs = [item.data for item in items if item.data is not None]
    results = classify_images(
        blobs,
        get_classifier(),
        settings.image_limits,
        settings.BATCH_SIZE,
        [item.digest for item in items],
    )
    return {item.row.pk: result for item, result in zip(items, results, strict=True)}


def expand_run(run_id: int) -> None:
    """Collect a large run's products, page by page; harmless when run twice."""
    run = Run.objects.get(pk=run_id)
    expand = collect_results if run.results_of_id else expand_next_page
    for _ in range(PAGES_A_JOB):
        if not expand(run_id):
            return
    send_expansion(run)


def let_go_run(run_id: int) -> None:
    """Let go of what a large cancelled run had queued; harmless when run twice."""
    let_go(Run.objects.get(pk=run_id))


def roll_back_run(rollback_id: int) -> None:
    """Take a run back, for a while; then the job hands over to the next one like it.

    Where another worker has products of the run in hand for long, or has died with them,
    reconcile sends this job again.
    """
    end = time.monotonic() + min(SLICE, get_settings().JOB_TIMEOUT / 2)
    waited = 0
    while not is_stopping() and time.monotonic() < end:
        try:
            step = continue_rollback(rollback_id)
        except StopNow:
            break  # the page in hand is as it was
        waited += step == Step.WAITING
        if step == Step.OVER or waited > WAITS:
            return
        if step == Step.WAITING:
            time.sleep(1)
    send_rollback(rollback_id)


def check_health(check_id: int) -> None:
    """Go on with a health check; harmless when run twice."""
    go_on_checking(check_id)


def reconcile_rows() -> None:
    """The periodic pass, as a job of rq's own cron."""
    logger.info("reconciled: %s", reconcile())
    follow_budgets()


def count_statistics() -> None:
    """The dashboard's figures, as a job of rq's own cron."""
    logger.info("statistics: %s", update_summaries(COUNT_FOR))
