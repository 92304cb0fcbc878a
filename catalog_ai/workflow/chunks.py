"""A chunk of rows worked off part by part: no more in hand than a lease and a stop allow."""

import time
from collections.abc import Iterator, Sequence

from catalog_ai.arrays import is_among
from catalog_ai.conf import get_settings
from catalog_ai.models import Classification
from catalog_ai.workflow.claim import claim, release_held
from catalog_ai.workflow.judging import process_rows
from catalog_ai.workflow.limits import StopNow, is_stopping, run_clock
from catalog_ai.workflow.queues import send_queued
from catalog_ai.workflow.sharing import count_sharers, share_with_idle
from catalog_ai.workflow.watchdog import end_process_after

STORED_TOGETHER = 256  # rows of a transaction, once it is known that they are quickly judged
FIRST_PART = 32  # rows: nobody knows yet how long they take
LAST_PART = 16  # rows: in so few, the last of a run's work is still shared
LONG_PART = 10.0  # seconds: what took longer is followed by less
LEASE_SHARE = 1 / 12  # of a lease; so is what took more than that: twice as much still fits well
OVERTIME = 2  # seconds after the lease, until a process that does not notice its end is ended


class Pace:
    """How many rows a job takes in hand at once: more and more, while they are quickly judged."""

    def __init__(self) -> None:
        self.size = min(FIRST_PART, STORED_TOGETHER)

    def find_size(self, rest: int) -> int:
        """For the next of `rest` rows: less and less towards a run's end, for of what is in hand
        nothing can be shared any more."""
        sharers = count_sharers()
        return min(self.size, max(LAST_PART, rest // sharers)) if sharers > 1 else self.size

    def learn(self, seconds: float) -> None:
        """From how long the last part took."""
        slow = seconds > min(LONG_PART, get_settings().LEASE_SECONDS * LEASE_SHARE)
        self.size = max(1, self.size // 2) if slow else min(2 * self.size, STORED_TOGETHER)


def work_off(ids: list[int], pace: Pace) -> bool:
    """Classify rows part by part; False when asked to stop: the rest is queued again then."""
    try:
        for part, fresh in plan_parts(ids, pace):
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


def plan_parts(ids: list[int], pace: Pace) -> Iterator[tuple[Sequence[int], bool]]:
    """Ids to claim together, and whether they are fresh; what is given away leaves `ids`.

    Rows that were tried before are taken one by one, so that an image that kills the process
    uses up only its own tries and never those of its neighbours; the worst come last, so that
    nobody waits behind them.
    """
    start = 0
    while start < len(ids):
        given = share_with_idle(ids[start:])
        del ids[len(ids) - given :]
        begin = time.monotonic()
        number = pace.find_size(len(ids) - start)
        yield ids[start : start + number], True
        start += number
        pace.learn(time.monotonic() - begin)
    queued = Classification.objects.filter(is_among("pk", ids), state=Classification.State.QUEUED)
    retried = queued.exclude(attempts=0, interruptions=0)
    for pk in retried.order_by("attempts", "interruptions", "pk").values_list("pk", flat=True):
        yield [pk], False
