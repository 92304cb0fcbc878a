"""From results to rows: a chunk's scores, suggestions and states, in one transaction."""

import logging
import time
from collections import Counter
from collections.abc import Sequence

from django.db import models, transaction
from django.utils.translation import gettext as _

from catalog_ai.inference.bundle import Bundle
from catalog_ai.models import Classification, Decision, Embedding, Run, Suggestion
from catalog_ai.policy import Thresholds, Verdict, decide
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.adopt import adopt, prepare_to_adopt
from catalog_ai.workflow.apply import FilingContext, Settled, load_context, settle, write_categories
from catalog_ai.workflow.claim import lock_leased
from catalog_ai.workflow.classify import ImageResult
from catalog_ai.workflow.effects import count_changes, find_changes, name_change
from catalog_ai.workflow.ends import RESULT_FIELDS, count_ends, end_row
from catalog_ai.workflow.locks import lock_products
from catalog_ai.workflow.mirror import mirror_to_products
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.outcome import Judged, Outcome
from catalog_ai.workflow.policies import get_thresholds
from catalog_ai.workflow.queues import send_after_commit

logger = logging.getLogger(__name__)

MIN_SCORE = 0.01  # scores below are not worth a byte of the shop's database
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
    with transaction.atomic():
        lock_products(target, [item.row.object_id for item in judged])
        held = lock_leased([item.row for item in judged])
        mine = [item for item in judged if item.row.pk in held]
        products = target.load_products([item.row.object_id for item in mine])
        context = load_context(target, run, [item.row.object_id for item in mine])
        if run.results_of_id:
            context = prepare_to_adopt(context, [item.earlier for item in mine if item.earlier])
        outcome = _settle_all(mine, products, target, context)
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


def _settle_all(
    judged: Sequence[Judged],
    products: dict[str, models.Model],
    target: ProductTarget,
    context: FilingContext,
) -> Outcome:
    outcome = Outcome()
    thresholds = get_thresholds(target, context.run.preset)
    for item in judged:
        product = products.get(item.row.object_id)
        if product is None:
            end_row(item.row, State.CANCELLED, _("The product was deleted."))
        elif context.run.results_of_id:
            _adopt_one(item, product, context, outcome)
        elif _get_image_name(target, product) != item.image_name:
            _requeue(item.row, _get_image_name(target, product))
            outcome.again.append(item.row)
        else:
            _settle_one(item, product, target, context, thresholds, outcome)
        outcome.rows.append(item.row)
    return outcome


def _get_image_name(target: ProductTarget, product: models.Model) -> str:
    image = target.get_image(product)
    return str(image.name) if image else ""


def _settle_one(
    item: Judged,
    product: models.Model,
    target: ProductTarget,
    context: FilingContext,
    thresholds: dict[str, Thresholds],
    outcome: Outcome,
) -> None:
    row, result = item.row, item.result
    row.image_name = item.image_name
    if not item.image_name:
        end_row(row, State.CANCELLED, _("The product no longer has an image."))
        return
    if result is None:
        end_row(row, State.UNCHANGED)
        return
    row.image_digest = result.digest
    if result.rejected is not None:
        end_row(row, State.REJECTED, result.rejected.reason, result.rejected.code)
        row.is_current = not context.run.dry_run
        return
    bundle = get_bundle()
    verdict = _decide(result, bundle, thresholds, target)
    settled = settle(row, verdict, product, context)
    if settled.categories_after is not None:
        settled = write_categories(product, settled, context)
    _fill(row, result, settled, bundle, target, product)
    row.is_current = not context.run.dry_run
    vector = None if result.embedding is None else Embedding.pack(result.embedding)
    outcome.keep(row, settled, vector)
    if context.run.dry_run and (named := name_change(settled, context)):
        outcome.changes[row.pk] = named


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


def _decide(
    result: ImageResult, bundle: Bundle, thresholds: dict[str, Thresholds], target: ProductTarget
) -> Verdict:
    assert result.confidences is not None  # noqa: S101 - not rejected, so judged
    return decide(
        result.confidences.tolist(),
        bundle.labels,
        thresholds,
        target.facets,
        single_valued=target.category_field.single_valued,
    )


def _fill(
    row: Classification,
    result: ImageResult,
    settled: Settled,
    bundle: Bundle,
    target: ProductTarget,
    product: models.Model,
) -> None:
    """Write scores, state and the figures that order the review queue onto the row."""
    confidences = result.confidences.tolist()  # type: ignore[union-attr]
    pairs = list(zip(confidences, bundle.labels, strict=True))
    ranked = sorted((pair for pair in pairs if pair[0] >= MIN_SCORE), key=lambda pair: -pair[0])
    row.scores = {label.id: round(score, 4) for score, label in ranked}
    filing = (pair for pair in pairs if pair[1].facet in target.facets)
    top_score, top = max(filing, key=lambda pair: pair[0])
    row.top_label, row.top_confidence = top.id, round(top_score, 4)
    row.uncertainty = round(1.0 - top_score, 4)
    row.value = target.get_value(product)
    end_row(row, settled.state)
    row.reason = settled.reason


def _requeue(row: Classification, image_name: str) -> None:
    """The image was replaced while its job ran: look again, at no cost of a try."""
    row.state, row.image_name, row.sent_at = State.QUEUED, image_name, None
    row.attempts = max(0, row.attempts - 1)
    row.lease_token, row.lease_expires_at = "", None


def _write(
    outcome: Outcome, run: Run, target: ProductTarget, products: dict[str, models.Model]
) -> None:
    """A bounded number of statements, whatever the size of the chunk."""
    current = [row for row in outcome.rows if row.is_current]
    supersede(target, [row.object_id for row in current])
    changes = find_changes(run.pk, outcome.changes) if outcome.changes else {}
    for row in outcome.rows:
        row.change_id = changes.get(row.pk)
    # An upsert on the primary key is one statement where bulk_update builds a CASE a field.
    Classification.objects.bulk_create(
        outcome.rows, update_conflicts=True, unique_fields=["id"], update_fields=RESULT_FIELDS
    )
    Suggestion.objects.bulk_create(outcome.suggestions)
    for decision in outcome.decisions:
        decision.suggestion_id = decision.suggestion.pk if decision.suggestion else None
    Decision.objects.bulk_create(outcome.decisions)
    Embedding.objects.bulk_create(outcome.embeddings)
    mirror_to_products(target, current, products)
    count_changes(changes)
    count_ends(run.pk, [State(row.state) for row in outcome.rows], outcome.effects)
    send_after_commit(run, [row.pk for row in outcome.again])


def supersede(target: ProductTarget, keys: Sequence[str]) -> None:
    """Retire the earlier results of products that are about to get a new one."""
    old = Classification.objects.filter(target=target.key, object_id__in=keys, is_current=True)
    Suggestion.objects.filter(classification__in=old, state=Suggestion.State.PENDING).update(
        state=Suggestion.State.SUPERSEDED
    )
    old.filter(state__in=Classification.WAITING).update(state=State.SUPERSEDED, is_current=False)
    old.update(is_current=False)
