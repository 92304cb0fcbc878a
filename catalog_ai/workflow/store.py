"""From results to rows: a chunk's scores, suggestions and states, in one transaction."""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from copy import copy
from dataclasses import replace

from django.db import models, transaction
from django.utils import timezone

from catalog_ai.arrays import is_among
from catalog_ai.models import Classification, Decision, Embedding, Run, Suggestion
from catalog_ai.models.causes import Cause
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.adopt import adopt, prepare_to_adopt
from catalog_ai.workflow.apply import FilingContext, Settled, load_context, settle
from catalog_ai.workflow.audits import load_shares
from catalog_ai.workflow.claim import lock_leased
from catalog_ai.workflow.effects import count_changes, find_changes, name_change
from catalog_ai.workflow.ends import RESULT_FIELDS, count_ends, end_row
from catalog_ai.workflow.filing import write_all
from catalog_ai.workflow.locks import lock_products
from catalog_ai.workflow.mirror import mirror_to_products
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.outcome import Judged, Outcome
from catalog_ai.workflow.policies import get_thresholds
from catalog_ai.workflow.queue import measure_uncertainty
from catalog_ai.workflow.queues import send_after_commit
from catalog_ai.workflow.rows import insert_alike, insert_rows, update_rows
from catalog_ai.workflow.scoring import Scored, Scorer

logger = logging.getLogger(__name__)

State = Classification.State


def store_results(judged: Sequence[Judged]) -> None:
    """Store the results of rows that share a run, and file what is certain.

    Rows whose lease was lost meanwhile are left to whoever holds them now. A product whose image
    was replaced meanwhile goes back to the queue; one that was deleted is cancelled.
    """
    if not judged:
        return
    started = time.monotonic()
    run = judged[0].row.run
    target = get_target(run.target)
    # Before the locks: nobody waits for it.
    scored, audits = _score_all(judged, target, run), load_shares(target)
    with transaction.atomic():
        lock_products(target, [item.row.object_id for item in judged])
        held = lock_leased([item.row for item in judged])
        # On copies: where this comes to nothing, the caller's rows still know their lease.
        mine = [replace(item, row=copy(item.row)) for item in judged if item.row.pk in held]
        products = target.load_to_file([item.row.object_id for item in mine])
        context = load_context(target, run, products, audits)
        if run.results_of_id:
            context = prepare_to_adopt(context, [item.earlier for item in mine if item.earlier])
        outcome = _settle_all(mine, products, target, context, scored)
        _write(outcome, run, target, products)
    _log_stored(run, outcome, len(judged) - len(mine), time.monotonic() - started)


def _log_stored(run: Run, outcome: Outcome, lost: int, seconds: float) -> None:
    """One line a chunk: which rows, how they ended, how long the storing took."""
    facts = {
        "run": run.pk,
        "target": run.target,
        "model_version": run.model_version,
        "classifications": [row.pk for row in outcome.rows],
        "outcomes": dict(Counter(str(row.state) for row in outcome.rows)),
        "lost_leases": lost,
        "seconds": round(seconds, 3),
    }
    logger.info("run %d: %d results stored", run.pk, len(outcome.rows), extra=facts)


def _score_all(judged: Sequence[Judged], target: ProductTarget, run: Run) -> dict[int, Scored]:
    """Verdicts and figures by row id, of those images that the model has judged."""
    found = {
        item.row.pk: item.result.confidences
        for item in judged
        if item.result is not None and item.result.confidences is not None
    }
    scorer = Scorer(target, get_bundle(), get_thresholds(target, run.preset))
    return dict(zip(found, scorer.score(list(found.values())), strict=True))


def _settle_all(
    judged: Sequence[Judged],
    products: dict[str, models.Model],
    target: ProductTarget,
    context: FilingContext,
    scored: dict[int, Scored],
) -> Outcome:
    outcome = Outcome(rows=[item.row for item in judged])
    settled: dict[int, Settled] = {}
    for item in judged:
        row, product = item.row, products.get(item.row.object_id)
        if product is None:
            end_row(row, State.CANCELLED, Cause("product_deleted"))
        elif context.run.results_of_id:
            _adopt_one(item, product, context, outcome)
        elif (image_name := _get_image_name(target, product)) != item.image_name:
            _requeue(row, image_name)
            outcome.again.append(row)
        elif not _end_unjudged(item, context):
            settled[row.pk] = settle(row, scored[row.pk].verdict, context)
    _file_all(settled, outcome.rows, products, context)
    for item in judged:
        if item.row.pk in settled:
            value = target.get_value(products[item.row.object_id])
            _fill(item.row, scored[item.row.pk], settled[item.row.pk], value)
            _keep(item, settled[item.row.pk], context, outcome)
    return outcome


def _file_all(
    settled: dict[int, Settled],
    rows: Sequence[Classification],
    products: dict[str, models.Model],
    context: FilingContext,
) -> None:
    """Write the categories of what is to be filed; what a shop refused settles otherwise."""
    filed = [
        row for row in rows if row.pk in settled and settled[row.pk].categories_after is not None
    ]
    if filed:
        filings = [(products[row.object_id], settled[row.pk]) for row in filed]
        settled |= zip([row.pk for row in filed], write_all(filings, context), strict=True)


def _get_image_name(target: ProductTarget, product: models.Model) -> str:
    image = target.get_image(product)
    return str(image.name) if image else ""


def _end_unjudged(item: Judged, context: FilingContext) -> bool:
    """End a row for which the model has no scores; False where it has some."""
    row, result = item.row, item.result
    row.image_name = item.image_name
    if not item.image_name:
        end_row(row, State.CANCELLED, Cause("image_removed"))
        return True
    if result is None:
        end_row(row, State.UNCHANGED)
        return True
    row.image_digest = result.digest
    row.is_current = not context.run.dry_run
    if result.rejected is not None:
        why = result.rejected
        end_row(row, State.REJECTED, Cause(why.code, why.figures))
    return result.rejected is not None


def _fill(row: Classification, scored: Scored, settled: Settled, value: float) -> None:
    """Write scores, state and the figures that order the review queue onto the row."""
    row.scores = scored.scores
    row.top_label, row.top_confidence = scored.top_label, round(scored.top_confidence, 4)
    row.uncertainty = measure_uncertainty(scored.top_confidence, settled.state)
    row.value = value
    end_row(row, settled.state)
    row.reason = settled.reason


def _keep(item: Judged, settled: Settled, context: FilingContext, outcome: Outcome) -> None:
    result = item.result
    vector = result.embedding if result is not None else None
    outcome.keep(item.row, settled, None if vector is None else Embedding.pack(vector))
    if context.run.dry_run and (named := name_change(settled, context)):
        outcome.changes[item.row.pk] = named


def _adopt_one(
    item: Judged, product: models.Model, context: FilingContext, outcome: Outcome
) -> None:
    """File what a dry run found of a product, or leave the product out."""
    digest = item.result.digest if item.result else ""
    same = _get_image_name(context.target, product) == item.image_name
    item.row.image_name = item.image_name
    settled = adopt(item.row, digest, item.earlier if same else None, product, context)
    if settled is not None and item.earlier is not None:
        outcome.keep(item.row, settled, item.earlier.vector)


def _requeue(row: Classification, image_name: str) -> None:
    """The image was replaced while its job ran: look again, at no cost of a try."""
    row.state, row.image_name, row.sent_at = State.QUEUED, image_name, timezone.now()
    row.attempts = max(0, row.attempts - 1)
    row.lease_token, row.lease_expires_at = "", None


def _write(
    outcome: Outcome, run: Run, target: ProductTarget, products: dict[str, models.Model]
) -> None:
    """A bounded number of statements, whatever the size of the chunk."""
    current = [row for row in outcome.rows if row.is_current]
    supersede(target, [row.object_id for row in current])
    changes = find_changes(run.pk, outcome.changes) if outcome.changes else {}
    now = timezone.now()
    for row in outcome.rows:
        row.change_id = changes.get(row.pk)
        row.finished_at = row.finished_at and now  # what is stored together ends together
    update_rows(Classification, outcome.rows, RESULT_FIELDS)
    insert_rows(outcome.suggestions)
    _insert_decisions(outcome.decisions)
    vectors = outcome.vectors
    insert_alike(Embedding(), {"classification_id": [*vectors], "vector": [*vectors.values()]})
    mirror_to_products(target, current, products, outcome.suggestions)
    count_changes(changes)
    count_ends(run.pk, [State(row.state) for row in outcome.rows], outcome.effects)
    send_after_commit(run, [row.pk for row in outcome.again])


def _insert_decisions(decisions: Sequence[Decision]) -> None:
    """Append to the ledger; the suggestions are in the database, but not their keys in memory."""
    if not decisions:
        return
    owners = [decision.classification_id for decision in decisions]
    made = Suggestion.objects.filter(is_among("classification", owners)).values_list(
        "classification_id", "label", "pk"
    )
    ids = {(owner, label): pk for owner, label, pk in made}
    for decision in decisions:
        decision.suggestion_id = ids[decision.classification_id, decision.label]
    insert_rows(decisions)


def supersede(target: ProductTarget, keys: Sequence[str]) -> None:
    """Retire the earlier results of products that are about to get a new one."""
    current = Classification.objects.filter(target=target.key, is_current=True)
    ids = list(current.filter(is_among("object_id", keys)).values_list("pk", flat=True))
    if not ids:
        return  # most products of a first run have none
    old = Classification.objects.filter(is_among("pk", ids))
    pending = Suggestion.objects.filter(state=Suggestion.State.PENDING)
    pending.filter(is_among("classification", ids)).update(state=Suggestion.State.SUPERSEDED)
    old.filter(state__in=Classification.WAITING).update(state=State.SUPERSEDED, is_current=False)
    old.update(is_current=False)
