"""A chunk of rows worked off part by part: no more in hand than a lease and a stop allow."""

import time
from collections.abc import Iterator, Sequence

from catalog_ai.conf import get_settings
from catalog_ai.models import Classification
from catalog_ai.workflow.claim import claim, release_held
from catalog_ai.workflow.judging import process_rows
from catalog_ai.workflow.limits import StopNow, is_stopping, run_clock
from catalog_ai.workflow.queues import send_queued
from catalog_ai.workflow.sharing import is_last_work, share_with_idle
from catalog_ai.workflow.watchdog import end_process_after

STORED_TOGETHER = 256  # rows of a transaction, once it is known that they are quickly judged
FIRST_PART = 32  # rows: nobody knows yet how long they take
LAST_PARTS = 16, 64  # rows, least and most: in so few, the last of a run's work is still shared
LONG_PART = 10.0  # seconds, a small part of a lease: what took longer is followed by less
OVERTIME = 2  # seconds after the lease, until a process that does not notice its end is ended


def work_off(ids: list[int]) -> bool:
    """Classify rows part by part; False when asked to stop: the rest is queued again then."""
    try:
        for part, fresh in plan_parts(ids):
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


def plan_parts(ids: list[int]) -> Iterator[tuple[Sequence[int], bool]]:
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
        number = size
        if is_last_work():
            number = min(size, LAST_PARTS[1], max(LAST_PARTS[0], (len(ids) - start) // 4))
        yield ids[start : start + number], True
        start += number
        slow = time.monotonic() - begin > LONG_PART
        size = max(1, size // 2) if slow else min(2 * size, STORED_TOGETHER)
    queued = Classification.objects.filter(pk__in=ids, state=Classification.State.QUEUED)
    retried = queued.exclude(attempts=0, interruptions=0)
    for pk in retried.order_by("attempts", "interruptions", "pk").values_list("pk", flat=True):
        yield [pk], False
