"""How a row ends: its last state, and its run's counters with it."""

from collections import Counter
from collections.abc import Sequence

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone

from catalog_ai.arrays import is_among
from catalog_ai.models import Classification, Run
from catalog_ai.models.causes import Cause
from catalog_ai.targets import ProductTarget, get_targets
from catalog_ai.workflow.breaker import is_past_bounds, trip_breaker
from catalog_ai.workflow.claim import lock_leased
from catalog_ai.workflow.enqueue import finish_if_done
from catalog_ai.workflow.queues import let_go_after_commit

State = Classification.State
LET_GO_PAGE = 2_000  # rows a transaction

COUNTER_OF_STATE = {
    State.FILED: "filed",
    State.REVIEW: "review",
    State.UNIDENTIFIED: "unidentified",
    State.REVIEWED: "unchanged",
    State.UNCHANGED: "unchanged",
    State.REJECTED: "rejected",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
}
RESULT_FIELDS = (
    "image_name",
    "image_digest",
    "is_current",
    "state",
    "reason",
    "error_code",
    "error",
    "error_figures",
    "scores",
    "top_label",
    "top_confidence",
    "uncertainty",
    "value",
    "finished_at",
    "sent_at",
    "attempts",
    "lease_token",
    "lease_expires_at",
    "change",
)


def end_row(row: Classification, state: State, cause: Cause | None = None) -> None:
    """Set the last state on the row, not saved yet, and give up its lease."""
    for name, value in row.error_fields(cause).items():
        setattr(row, name, value)
    row.state, row.finished_at = state, timezone.now()
    row.lease_token, row.lease_expires_at = "", None


def count_ends(run_id: int, states: Sequence[State], effects: Sequence[str] = ()) -> None:
    """Raise the run's counters by these ends, and close the run with the last of them.

    `effects` are names of Run.EFFECTS: what the results mean for the products' categories.
    """
    rises: dict[str, int] = {}
    for state in states:
        if counter := COUNTER_OF_STATE.get(state):
            rises[counter] = rises.get(counter, 0) + 1
    for effect in effects:
        rises[effect] = rises.get(effect, 0) + 1
    if rises:
        Run.objects.filter(pk=run_id).update(**{name: F(name) + by for name, by in rises.items()})
        run = Run.objects.get(pk=run_id)
        # Both compare once more in their UPDATE; reading first spares nearly every chunk of it.
        if run.is_active and run.done >= run.total:
            finish_if_done([run_id])
        if is_past_bounds(run):
            trip_breaker(run_id)


def cancel_rows(rows: "models.QuerySet[Classification]", cause: Cause) -> None:
    """End rows in flight without a result, of whatever runs; a worker's then comes too late.

    Not within a transaction of the shop's: it would hold the runs' rows to its end, behind which
    every worker of theirs waits, with products that the shop may want next.
    """
    with transaction.atomic():
        found = rows.select_for_update(of=("self",)).order_by("pk")
        owners = dict(found.values_list("pk", "run"))
        Classification.objects.filter(is_among("pk", owners)).update(
            state=State.CANCELLED,
            finished_at=timezone.now(),
            lease_token="",
            lease_expires_at=None,
            **Classification.error_fields(cause),
        )
        for run, number in sorted(Counter(owners.values()).items()):
            count_ends(run, [State.CANCELLED] * number)


def let_go(run: Run) -> int:
    """Cancel all that is queued of a cancelled run, page by page; how many rows. A worker may
    give some back later: reconcile lets go of those."""
    gone = 0
    while ids := _find_queued(run):
        gone += _let_go_of(run, ids)
    return gone


def let_go_at_once(run: Run) -> None:
    """The same where that is quickly done; of a large run the worker lets go."""
    _let_go_of(run, _find_queued(run))
    if _find_queued(run):
        let_go_after_commit(run)


def _find_queued(run: Run) -> list[int]:
    queued = run.classifications.filter(state=State.QUEUED).order_by("pk")
    return list(queued.values_list("pk", flat=True)[:LET_GO_PAGE])


def _let_go_of(run: Run, ids: Sequence[int]) -> int:
    with transaction.atomic():
        queued = Classification.objects.filter(is_among("pk", ids), state=State.QUEUED)
        gone = queued.update(state=State.CANCELLED, finished_at=timezone.now())
        if gone:
            Run.objects.filter(pk=run.pk).update(cancelled=F("cancelled") + gone)
    return gone


def fail_rows(rows: Sequence[Classification], cause: Cause) -> int:
    """Give up on rows that this process holds, after their last try; how many there were."""
    if not rows:
        return 0
    with transaction.atomic():
        held = lock_leased(rows)
        failed = [row for row in rows if row.pk in held]
        known, gone = _find_known(failed), _find_gone(failed)
        for row in failed:
            if row.pk in gone:
                end_row(row, State.CANCELLED, Cause("product_deleted"))
            else:
                end_row(row, State.FAILED, cause)
                # An earlier result stays the product's latest: a failure says nothing of the image.
                row.is_current = (row.target, row.object_id) not in known and not row.run.dry_run
            row.save(update_fields=RESULT_FIELDS)
        for run_id in sorted({row.run_id for row in failed}):
            count_ends(run_id, [State(row.state) for row in failed if row.run_id == run_id])
    return len(failed)


def _find_gone(rows: Sequence[Classification]) -> set[int]:
    """Ids of those rows whose product was deleted meanwhile."""
    gone: set[int] = set()
    for key, target in get_targets().items():
        mine = [row for row in rows if row.target == key]
        present = _list_present(target, [row.object_id for row in mine]) if mine else set()
        gone.update(row.pk for row in mine if row.object_id not in present)
    return gone


def _list_present(target: ProductTarget, keys: Sequence[str]) -> set[str]:
    found = target.get_products().filter(pk__in=target.to_pks(keys)).values_list("pk", flat=True)
    return set(map(target.to_key, found))


def _find_known(rows: Sequence[Classification]) -> set[tuple[str, str]]:
    current = Classification.objects.filter(
        is_current=True,
        target__in={row.target for row in rows},
        object_id__in=[row.object_id for row in rows],
    )
    return set(current.values_list("target", "object_id"))
