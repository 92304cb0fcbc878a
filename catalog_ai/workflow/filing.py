"""Writing what was decided to the shop's own products."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace

from django.db import models, transaction

from catalog_ai.arrays import is_among
from catalog_ai.errors import CatalogAIError, ShopRefused, UnknownCategory
from catalog_ai.models import Classification, Suggestion
from catalog_ai.targets import Change, ProductTarget
from catalog_ai.workflow.apply import FilingContext, Settled
from catalog_ai.workflow.outages import BY_CHANCE, LIMITS, strikes_by_chance, unwrap

logger = logging.getLogger(__name__)

Reason = Classification.Reason
State = Classification.State


def write_all(
    filings: Sequence[tuple[models.Model, Settled]], context: FilingContext
) -> list[Settled]:
    """File products, at once where the shop's own code has no part in it; what came of each."""
    if context.target.can_set_at_once:
        try:
            with transaction.atomic():
                return _write_at_once(filings, context)
        except Exception as error:
            if strikes_by_chance(error):
                raise
            # The database refused one of them: one by one, only that one is left to a person.
            logger.warning("categories are written one by one", exc_info=True)
    return [write_categories(product, settled, context) for product, settled in filings]


def _write_at_once(
    filings: Sequence[tuple[models.Model, Settled]], context: FilingContext
) -> list[Settled]:
    changes = [
        Change(product, settled.categories_before, settled.categories_after)
        for product, settled in filings
        if settled.categories_after is not None
        and settled.categories_after != settled.categories_before
    ]
    context.target.set_categories_at_once(changes)
    _supersede([pk for _, settled in filings for pk in settled.replaces])
    return [settled for _, settled in filings]


def write_categories(product: models.Model, settled: Settled, context: FilingContext) -> Settled:
    """File the product. Where the shop's own code refuses, a person is asked instead."""
    after = settled.categories_after
    try:
        with transaction.atomic():
            if after is not None and after != settled.categories_before:
                context.target.set_categories(product, after)
            _supersede(settled.replaces)
    except Exception as error:
        if strikes_by_chance(error):
            raise  # that is no refusal: the chunk goes back
        # Any shop's save() and signals run here; one product's refusal must not stop the rest.
        facts = {"run": context.run.pk, "target": context.target.key, "product": str(product.pk)}
        logger.exception("the shop refused the categories", extra=facts)
        for suggestion in settled.suggestions:
            suggestion.state = Suggestion.State.PENDING
        return replace(settled, state=State.REVIEW, reason=Reason.SHOP_REFUSED, decisions=[])
    return settled


def write_decided(target: ProductTarget, product: models.Model, keys: set[str]) -> None:
    """Write what a person decided, or took back.

    Raises:
        UnknownCategory: one was deleted: most databases would say so only at the very end.
        ShopRefused: the shop's own code raised; nothing of the product is written.
    """
    added = keys - target.get_categories(product)
    if added - target.get_category_names(added).keys():
        raise UnknownCategory
    try:
        with transaction.atomic():
            target.set_categories(product, keys)
    except (CatalogAIError, *BY_CHANCE):
        raise
    except Exception as refused:
        if any(isinstance(link, LIMITS) for link in unwrap(refused)):
            raise  # a worker's time was over amid the shop's code
        facts = {"target": target.key, "product": str(product.pk)}
        logger.exception("the shop refused the categories", extra=facts)
        raise ShopRefused from refused


def _supersede(replaced: Collection[int]) -> None:
    if replaced:
        suggestions = Suggestion.objects.filter(is_among("pk", replaced))
        suggestions.update(state=Suggestion.State.SUPERSEDED)
