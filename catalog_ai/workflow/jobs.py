"""What RQ runs. A job carries primary keys only; all it needs else is read from the rows."""

import logging
import time
from collections.abc import Sequence

from catalog_ai.conf import get_settings
from catalog_ai.inference.images import load_decoders
from catalog_ai.models import Run
from catalog_ai.workflow.chunks import Pace, work_off
from catalog_ai.workflow.ends import let_go
from catalog_ai.workflow.enqueue import expand_next_page
from catalog_ai.workflow.follow import follow_budgets
from catalog_ai.workflow.for_real import collect_results
from catalog_ai.workflow.health.check import go_on_checking
from catalog_ai.workflow.limits import StopNow, is_stopping
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.queues import send_expansion, send_next_of, send_rollback
from catalog_ai.workflow.reconcile import reconcile
from catalog_ai.workflow.rollback import Step, continue_rollback
from catalog_ai.workflow.sharing import (
    count_sharers,
    drop_chunk,
    find_rows_left,
    take_waiting_chunk,
)
from catalog_ai.workflow.statistics import update_summaries

logger = logging.getLogger(__name__)

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
    """Classify those of the rows that are still to do, and for a while those of other chunks.

    Asked to stop, it queues the rest again. Chunks that wait come first, then what other jobs
    have not come to yet: all workers of a run end together.
    """
    end = time.monotonic() + min(GO_ON, get_settings().JOB_TIMEOUT / 10)
    pace = Pace()
    done, tried = work_off(list(ids), pace), set(ids)
    while done and time.monotonic() < end:
        if waiting := take_waiting_chunk():
            done = work_off(list(waiting.args[0]), pace)
            if done:
                drop_chunk(waiting)
        elif count_sharers() and (rows := find_rows_left(tried)):
            tried.update(rows)
            done = work_off(rows, pace)
        else:
            return


def expand_run(run_id: int) -> None:
    """Collect a large run's products, page by page; harmless when run twice."""
    run = Run.objects.get(pk=run_id)
    expand = collect_results if run.results_of_id else expand_next_page
    for _ in range(PAGES_A_JOB):
        if not expand(run_id):
            return
    send_expansion(run)


def send_rest(run_id: int, after: int) -> None:
    """Send more of a resumed run, behind the row `after`; harmless when run twice."""
    run = Run.objects.get(pk=run_id)
    if run.is_active:
        send_next_of(run, after)


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
