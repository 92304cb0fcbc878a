"""Results as CSV, streamed page by page: memory stays flat however many products there are."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models

from catalog_ai.models import Classification
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.export_lines import Shape, write_head, write_lines
from catalog_ai.workflow.export_rows import Entry, load_offers, load_results

PAGE = 500
BOM = "\ufeff"  # tells Excel that the file is UTF-8


def export_products(
    target: ProductTarget, products: "models.QuerySet[Any]", shape: Shape, *, bom: bool = False
) -> Iterator[str]:
    """CSV text, a page at a time, of these products' latest results; each product has a line."""
    return _write(target, _page_products(target, products), shape, bom)


def export_results(
    target: ProductTarget,
    rows: "models.QuerySet[Classification]",
    shape: Shape,
    *,
    bom: bool = False,
) -> Iterator[str]:
    """CSV text, a page at a time, of these results, such as a run's or the review queue's."""
    return _write(target, _page_rows(rows), shape, bom)


def _page_products(
    target: ProductTarget, products: "models.QuerySet[Any]"
) -> Iterator[list[Entry]]:
    ordered = products.order_by("pk").values_list("pk", flat=True).distinct()
    pks = list(ordered[:PAGE])
    while pks:
        keys = [target.to_key(pk) for pk in pks]
        current = Classification.objects.filter(
            target=target.key, object_id__in=keys, is_current=True
        )
        found = {result.object_id: result for result in load_results(current)}
        offers = load_offers(found.values())
        yield [
            Entry(key, one, offers.get(one.id, ()) if one else ())
            for key, one in ((key, found.get(key)) for key in keys)
        ]
        pks = list(ordered.filter(pk__gt=pks[-1])[:PAGE])


def _page_rows(rows: "models.QuerySet[Classification]") -> Iterator[list[Entry]]:
    ordered = rows.order_by("pk")
    page = load_results(ordered[:PAGE])
    while page:
        offers = load_offers(page)
        yield [Entry(one.object_id, one, offers.get(one.id, ())) for one in page]
        page = load_results(ordered.filter(pk__gt=page[-1].id)[:PAGE])


def _write(
    target: ProductTarget, pages: Iterable[list[Entry]], shape: Shape, bom: bool
) -> Iterator[str]:
    yield (BOM if bom else "") + write_head(shape)
    for entries in pages:
        yield write_lines(target, entries, shape)
