"""Claimed rows to stored results, and whose fault it is where that fails."""

import errno
import logging
from collections.abc import Sequence

from django.db import connection

from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import BundleError
from catalog_ai.inference.images import ImageRejected
from catalog_ai.models import Classification, Run
from catalog_ai.models.causes import Cause
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.claim import Blame, claim, name_rows, put_back
from catalog_ai.workflow.classify import ImageResult, classify_images
from catalog_ai.workflow.ends import fail_rows
from catalog_ai.workflow.for_real import recall_results
from catalog_ai.workflow.limits import LeaseOver, StopNow
from catalog_ai.workflow.models_in_use import get_classifier
from catalog_ai.workflow.outages import LIMITS, is_outage, unwrap
from catalog_ai.workflow.outcome import Judged
from catalog_ai.workflow.reading import ReadImage, find_unsteady, group_images, read_images
from catalog_ai.workflow.store import store_results

logger = logging.getLogger(__name__)


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
    limits = [link for link in unwrap(error) if isinstance(link, LIMITS)]
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
