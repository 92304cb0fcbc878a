"""Products of the health page with their photos, loaded for a whole page at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.translation import gettext

from catalog_ai.admin.display import (
    GOOD,
    QUIET,
    WAITING,
    Badge,
    Bar,
    make_bar,
    make_count_bars,
    name_label,
)
from catalog_ai.admin.photos import make_photo
from catalog_ai.admin.targets import find_product_url
from catalog_ai.models import Classification, HealthFinding, HealthGroup
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.health.disagreement import load_disagreements
from catalog_ai.workflow.health.duplicates import SAME
from catalog_ai.workflow.health.findings import ARROW
from catalog_ai.workflow.health.lists import list_findings
from catalog_ai.workflow.mapping import CategoryMap
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.plans import has_state

Tell = Callable[[HealthFinding, bool], str]  # a note on a finding; whether it is a line's first


@dataclass(frozen=True)
class Tile:
    """One product with its photo."""

    pk: int  # of the finding or the result
    title: str
    url: str
    image_url: str
    bar: Bar | None = None
    badge: Badge | None = None
    notes: list[str] = field(default_factory=list)
    open: bool = True  # whether there is still something to decide


@dataclass(frozen=True)
class Line:
    """Findings that are one line, with some of their products."""

    group: HealthGroup
    bar: Bar
    tiles: list[Tile]

    @property
    def more(self) -> int:
        return max(0, self.group.size - len(self.tiles))


def make_tile(
    target: ProductTarget, site: str, pk: int, key: str, product: models.Model | None, **more: Any
) -> Tile:
    if product is None:
        gone = Badge(gettext("Deleted since"), QUIET)
        return Tile(pk, gettext("Deleted product"), "", "", badge=gone, open=False)
    photo = make_photo(target, key, target.get_image(product), None, site)
    url = photo.medium if photo else ""
    return Tile(pk, target.get_title(product), find_product_url(target, key, site), url, **more)


def load_tiles(
    target: ProductTarget,
    site: str,
    findings: Sequence[HealthFinding],
    notes: Sequence[str] = (),
) -> list[Tile]:
    """Products of findings as they were found, each with its note where there are any."""
    products = target.load_products([one.object_id for one in findings])
    return [
        make_tile(
            target,
            site,
            one.pk,
            one.object_id,
            products.get(one.object_id),
            notes=[notes[place]] if notes else [],
        )
        for place, one in enumerate(findings)
    ]


def load_lines(
    target: ProductTarget,
    site: str,
    groups: Sequence[HealthGroup],
    shown: int,
    tell: Tell | None = None,
) -> list[Line]:
    """Lines with their first products: a query a line, and one for all their products."""
    findings = {group.pk: list(list_findings(group)[:shown]) for group in groups}
    every = [one for found in findings.values() for one in found]
    firsts = {found[0].pk for found in findings.values() if found}
    notes = [tell(one, one.pk in firsts) for one in every] if tell else []
    tiles = iter(load_tiles(target, site, every, notes))
    bars = make_count_bars([(name_line(group), group.size) for group in groups])
    return [
        Line(group, bar, [next(tiles) for _one in findings[group.pk]])
        for group, bar in zip(groups, bars, strict=True)
    ]


def name_line(group: HealthGroup) -> str:
    """Its title. Of a pair, that keeps the label by its name in the bundle, in English."""
    present, arrow, _name = group.title.rpartition(ARROW)
    return f"{present}{arrow}{name_label(group.label)}" if group.label and arrow else group.title


def tell_likeness(one: HealthFinding, is_first: bool) -> str:
    """How alike a photo is to the first of its group."""
    if is_first:
        return gettext("Oldest product")
    if one.confidence >= SAME:
        return gettext("The very same file")
    return gettext("Likeness %(share)s") % {"share": f"{one.confidence:.3f}"}


def load_disagreeing(
    target: ProductTarget, site: str, findings: Sequence[HealthFinding]
) -> list[Tile]:
    """Products of a pair, as they stand now: people may have decided since the check."""
    products = target.load_products([one.object_id for one in findings])
    categories = CategoryMap(target, get_bundle(), dry=True)
    now = load_disagreements(target, products, categories)
    tiles = []
    for one in findings:
        found = now.get(one.object_id)
        badge = None
        if found is None:
            badge = Badge(gettext("Settled since"), GOOD)
        elif found.asked:
            badge = Badge(gettext("In the review queue"), WAITING)
        more = {
            "bar": make_bar(gettext("Confidence"), one.confidence),
            "badge": badge,
            "open": found is not None,
        }
        product = products.get(one.object_id)
        tiles.append(make_tile(target, site, one.pk, one.object_id, product, **more))
    return tiles


def load_unreadable(target: ProductTarget, site: str, rows: Sequence[Classification]) -> list[Tile]:
    keys = [row.object_id for row in rows]
    products = target.load_products(keys)
    flying = Classification.objects.filter(
        has_state(Classification.IN_FLIGHT), target=target.key, object_id__in=keys
    )
    busy = set(flying.values_list("object_id", flat=True))
    again = Badge(gettext("Being tried again"), WAITING)
    return [
        make_tile(
            target,
            site,
            row.pk,
            row.object_id,
            products.get(row.object_id),
            badge=again if row.object_id in busy else None,
            open=row.object_id not in busy,
            notes=[row.trouble or gettext("unknown reason")],
        )
        for row in rows
    ]
