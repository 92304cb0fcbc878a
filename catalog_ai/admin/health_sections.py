"""The lists of the health page: one function a section gives what its template shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext

from catalog_ai.admin.display import (
    GOOD,
    QUIET,
    WAITING,
    Badge,
    Bar,
    format_count,
    format_length,
    make_bar,
    make_count_bars,
)
from catalog_ai.admin.health_reasons import advise, name_reason
from catalog_ai.admin.paginator import LargeListPaginator
from catalog_ai.admin.review_cards import find_product_url
from catalog_ai.models import Classification, HealthCheck, HealthFinding, HealthGroup
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.health.actions import AT_ONCE
from catalog_ai.workflow.health.disagreement import load_disagreements
from catalog_ai.workflow.health.lists import (
    TROUBLED,
    count_gaps,
    count_reasons,
    count_unreadable,
    list_findings,
    list_groups,
    list_unreadable,
)
from catalog_ai.workflow.mapping import CategoryMap
from catalog_ai.workflow.models_in_use import get_bundle

Kind = HealthGroup.Kind
TILES = 48  # products a page
LINES = 25  # pairs of categories a page
SAMPLES = 4  # photos beside a pair
GROUPS = 10  # groups of the same photo a page
MEMBERS = 12  # products of such a group that are shown
SAME_FILE = 1.0


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


def read_group(
    query: Mapping[str, Any], check: HealthCheck | None, kind: str
) -> HealthGroup | None:
    """The line that an address names; None where there is none, or none any more."""
    number = query.get("group", "")
    if check is None or not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return check.groups.filter(pk=int(number), kind=kind).select_related("check_run").first()


def paginate(request: HttpRequest, rows: "models.QuerySet[Any]", size: int) -> "Page[Any]":
    return LargeListPaginator(rows, size).get_page(request.GET.get("p"))


def make_tile(
    target: ProductTarget, pk: int, key: str, product: models.Model | None, **more: Any
) -> Tile:
    if product is None:
        gone = Badge(gettext("Deleted since"), QUIET)
        return Tile(pk, gettext("Deleted product"), "", "", badge=gone, open=False)
    image = target.get_image(product)
    url = image.url if image else ""
    return Tile(pk, target.get_title(product), find_product_url(target, key), url, **more)


def load_tiles(target: ProductTarget, findings: Sequence[HealthFinding]) -> list[Tile]:
    """Products of findings as they were found."""
    products = target.load_products([one.object_id for one in findings])
    return [
        make_tile(target, one.pk, one.object_id, products.get(one.object_id)) for one in findings
    ]


def show_disagreements(
    request: HttpRequest, target: ProductTarget, check: HealthCheck
) -> dict[str, Any]:
    """Pairs of categories, or the products of one pair."""
    group = read_group(request.GET, check, Kind.DISAGREES)
    if group is None:
        search = request.GET.get("q", "").strip()[:100]
        page = paginate(request, list_groups(check, Kind.DISAGREES, search=search), LINES)
        lines = load_lines(target, list(page), SAMPLES)
        kept = {"q": search}
        return {"page": page, "lines": lines, "search": search, "kept": urlencode(kept)}
    page = paginate(request, list_findings(group), TILES)
    return {
        "group": group,
        "page": page,
        "tiles": load_disagreeing(target, list(page)),
        "unasked": group.size - group.asked,
        "at_once": AT_ONCE,
        "kept": urlencode({"group": group.pk}),
    }


def load_lines(target: ProductTarget, groups: Sequence[HealthGroup], shown: int) -> list[Line]:
    """Lines with their first products: a query a line, and one for all their products."""
    findings = {group.pk: list(list_findings(group)[:shown]) for group in groups}
    tiles = iter(load_tiles(target, [one for found in findings.values() for one in found]))
    bars = make_count_bars([(group.title, group.size) for group in groups])
    return [
        Line(group, bar, [next(tiles) for _one in findings[group.pk]])
        for group, bar in zip(groups, bars, strict=True)
    ]


def load_disagreeing(target: ProductTarget, findings: Sequence[HealthFinding]) -> list[Tile]:
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
        tiles.append(make_tile(target, one.pk, one.object_id, products.get(one.object_id), **more))
    return tiles


def show_missing(request: HttpRequest, target: ProductTarget, check: HealthCheck) -> dict[str, Any]:
    """Products without a photo; those that have got one since say so."""
    group = check.groups.filter(kind=Kind.NO_IMAGE, size__gt=0).first()
    rows = list_findings(group) if group else HealthFinding.objects.none()
    page = paginate(request, rows, TILES)
    tiles = load_tiles(target, list(page))
    return {"page": page, "tiles": tiles}


def show_unreadable(
    request: HttpRequest, target: ProductTarget, check: HealthCheck | None
) -> dict[str, Any]:
    """Photos that could not be judged, by reason, as they stand now."""
    state = request.GET.get("state", "")
    counts = count_unreadable(target)
    if state not in counts:
        state = next((one for one in counts if counts[one]), str(TROUBLED[0]))
    reasons = count_reasons(target, state)
    code = request.GET.get("code")
    if code not in dict(reasons):
        code = None
    page = paginate(request, list_unreadable(target, state, code).defer("scores"), TILES)
    largest = max((number for _code, number in reasons), default=1)
    return {
        "page": page,
        "tiles": load_unreadable(target, list(page)),
        "states": [
            (one, Classification.State(one).label, format_count(number), one == state)
            for one, number in counts.items()
            if number
        ],
        "reasons": [
            (
                urlencode({"state": state, "code": one}),
                Bar(name_reason(one), format_count(number), format_length(number / largest)),
                advise(one),
                one == code,
            )
            for one, number in reasons
        ],
        "state": state,
        "code": code,
        "every": counts[state] if code is None else dict(reasons)[code],
        "kept": urlencode({"state": state} | ({} if code is None else {"code": code})),
    }


def load_unreadable(target: ProductTarget, rows: Sequence[Classification]) -> list[Tile]:
    keys = [row.object_id for row in rows]
    products = target.load_products(keys)
    flying = Classification.objects.filter(
        Classification.has_state(Classification.IN_FLIGHT), target=target.key, object_id__in=keys
    )
    busy = set(flying.values_list("object_id", flat=True))
    again = Badge(gettext("Being tried again"), WAITING)
    return [
        make_tile(
            target,
            row.pk,
            row.object_id,
            products.get(row.object_id),
            badge=again if row.object_id in busy else None,
            open=row.object_id not in busy,
            notes=[row.error or gettext("unknown reason")],
        )
        for row in rows
    ]


def show_duplicates(
    request: HttpRequest, target: ProductTarget, check: HealthCheck
) -> dict[str, Any]:
    """Groups of products with the same photo, side by side."""
    silenced = request.GET.get("silenced") == "1"
    groups = list_groups(check, Kind.DUPLICATES, silenced=silenced)
    page = paginate(request, groups, GROUPS)
    findings = {one.pk: list(list_findings(one)[:MEMBERS]) for one in page}
    keys = [one.object_id for found in findings.values() for one in found]
    products = target.load_products(keys)
    bars = make_count_bars([("", group.size) for group in page])
    lines = [
        Line(
            group,
            bar,
            [
                make_tile(
                    target,
                    one.pk,
                    one.object_id,
                    products.get(one.object_id),
                    notes=[_tell_likeness(one, first=place == 0)],
                )
                for place, one in enumerate(findings[group.pk])
            ],
        )
        for group, bar in zip(page, bars, strict=True)
    ]
    kept = urlencode({"silenced": "1"}) if silenced else ""
    return {"page": page, "lines": lines, "silenced": silenced, "kept": kept}


def _tell_likeness(one: HealthFinding, *, first: bool) -> str:
    if first:
        return gettext("Oldest product")
    if one.confidence >= SAME_FILE:
        return gettext("The very same file")
    return gettext("Likeness %(share)s") % {"share": f"{one.confidence:.3f}"}


def show_labels(
    request: HttpRequest, target: ProductTarget, check: HealthCheck | None
) -> dict[str, Any]:
    """Labels that lead nowhere, and rules whose category is gone."""
    gaps = count_gaps(target)
    bars = make_count_bars([(one.name, one.products) for one in gaps])
    return {"gaps": list(zip(gaps, bars, strict=True))}


SECTIONS: dict[str, Callable[[HttpRequest, ProductTarget, Any], dict[str, Any]]] = {
    Kind.DISAGREES: show_disagreements,
    Kind.NO_IMAGE: show_missing,
    "unreadable": show_unreadable,
    Kind.DUPLICATES: show_duplicates,
    "labels": show_labels,
}
