"""A dry run done for real: its own results are filed, and the model looks at nothing again.

It is a run like another, with its own progress, pause, retry and rollback; its rows are filled
from those of the dry run instead of from the photos.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db import transaction

from catalog_ai.arrays import is_among
from catalog_ai.conf import get_settings
from catalog_ai.errors import NoDryRun, NotFinished, NotPermitted
from catalog_ai.models import Classification, Run
from catalog_ai.targets import get_target
from catalog_ai.workflow.adopt import load_earlier
from catalog_ai.workflow.classify import ImageResult
from catalog_ai.workflow.collect import queue_products
from catalog_ai.workflow.enqueue import finish_expansion, lock_unchanged
from catalog_ai.workflow.outcome import Judged
from catalog_ai.workflow.permissions import (
    AUTO_APPLY,
    CATEGORIZE,
    as_user,
    is_allowed,
    require,
)
from catalog_ai.workflow.queues import expand_after_commit, send_after_commit
from catalog_ai.workflow.reading import read_images
from catalog_ai.workflow.walk import find_next_rows

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

State = Classification.State
ADOPTED = (State.FILED, State.REVIEW, State.UNIDENTIFIED, State.REJECTED)


def run_for_real(dry_run: Run, actor: "Actor", source: Run.Source = Run.Source.ADMIN) -> Run:
    """Start the run that files a dry run's results; the one that does so already, if there is one.

    Raises:
        NotPermitted: the actor may not categorise, or the results would file by themselves and
            the actor may not let them. NoDryRun: it has filed by itself. NotFinished: the dry run
            is still going.
    """
    require(actor, CATEGORIZE)
    if not dry_run.dry_run:
        raise NoDryRun
    with transaction.atomic():
        # Of two who ask at once, the second waits here and then finds the first one's run.
        dry_run = Run.objects.select_for_update(of=("self",)).get(pk=dry_run.pk, dry_run=True)
        if dry_run.apply_automatically and not is_allowed(actor, AUTO_APPLY):
            raise NotPermitted
        if dry_run.finished_at is None:
            raise NotFinished
        if (under_way := find_real_run(dry_run)) is not None:
            return under_way
        run = Run.objects.create(
            target=dry_run.target,
            source=source,
            mode=dry_run.mode,
            preset=dry_run.preset,
            model_version=dry_run.model_version,
            apply_automatically=dry_run.apply_automatically,
            breaker=Run.Breaker.OFF,  # a person has looked at the results
            created_by=as_user(actor),
            results_of=dry_run,
        )
        expand_after_commit(run)
    return run


def find_real_run(dry_run: Run) -> Run | None:
    """The run that has filed, or files, the results of a dry run, and was not taken back."""
    runs = dry_run.done_for_real.exclude(state=Run.State.CANCELLED)
    return runs.filter(rolled_back_at=None).order_by("-pk").first()


def collect_results(run_id: int) -> bool:
    """Queue the products of the dry run's next page, in one transaction; False at the end.

    Products that are gone are queued too: the row then says so.
    """
    with transaction.atomic():
        run = Run.objects.select_related("results_of").get(pk=run_id)
        if run.state != Run.State.EXPANDING or run.results_of is None:
            return False
        shown = run.results_of.classifications.filter(state__in=ADOPTED)
        after = int(run.expanded_through or 0)
        rows = find_next_rows(shown, after, get_settings().EXPAND_PAGE)
        found = Classification.objects.filter(is_among("pk", rows))
        ids = queue_products(run, dict(found.values_list("object_id", "image_name")))
        if not lock_unchanged(run):
            return True
        if not rows:
            finish_expansion(run)
            return False
        run.total += len(ids)
        run.skipped += len(rows) - len(ids)
        run.expanded_through = str(rows[-1])
        run.save(update_fields=["total", "skipped", "expanded_through"])
        send_after_commit(run, ids)
        return True


def recall_results(rows: Sequence[Classification]) -> list[Judged]:
    """The dry run's results for rows of one run, beside the digests that their photos have now."""
    run = rows[0].run
    assert run.results_of is not None  # noqa: S101 - asked by the caller
    earlier = load_earlier(run.results_of, [row.object_id for row in rows])
    read = list(read_images(rows, get_target(run.target), force=True))
    if failure := next((item.failure for item in read if item.failure is not None), None):
        raise failure  # a photo that cannot be opened just now is not another one
    return [
        Judged(
            item.row,
            item.image_name,
            item.rejected_result or ImageResult(item.digest),
            earlier.get(item.row.object_id),
        )
        for item in read
    ]
