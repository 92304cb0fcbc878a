"""The lists of the health page: one function a section gives what its template shows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page
from django.db import models
from django.http import HttpRequest

from catalog_ai.admin.access import name_site
from catalog_ai.admin.display import (
    Bar,
    format_count,
    format_length,
    make_count_bars,
    name_label,
)
from catalog_ai.admin.health_reasons import advise, name_reason
from catalog_ai.admin.health_tiles import (
    load_disagreeing,
    load_lines,
    load_tiles,
    load_unreadable,
    name_group,
    tell_likeness,
)
from catalog_ai.admin.paginator import LargeListPaginator
from catalog_ai.models import Classification, HealthCheck, HealthFinding, HealthGroup
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.asked import read_number
from catalog_ai.workflow.health.actions import AT_ONCE
from catalog_ai.workflow.health.lists import (
    TROUBLED,
    count_gaps,
    count_reasons,
    count_unreadable,
    list_findings,
    list_groups,
    list_unreadable,
)
from catalog_ai.workflow.models_in_use import get_bundle

Kind = HealthGroup.Kind
UNREADABLE, LABELS = "unreadable", "labels"  # sections of what stands so now, without a check
TILES = 48  # products a page
LINES = 25  # pairs of categories a page
SAMPLES = 4  # photos beside a pair
GROUPS = 10  # groups of the same photo a page
MEMBERS = 12  # products of such a group that are shown


def read_group(
    query: Mapping[str, Any], check: HealthCheck | None, kind: str
) -> HealthGroup | None:
    """The line that an address names; None where there is none, or none any more."""
    number = read_number(query.get("group", ""))
    if check is None or number is None:
        return None
    return check.groups.filter(pk=number, kind=kind).select_related("check_run").first()


def paginate(request: HttpRequest, rows: "models.QuerySet[Any]", size: int) -> "Page[Any]":
    return LargeListPaginator(rows, size).get_page(request.GET.get("p"))


def show_disagreements(
    request: HttpRequest, target: ProductTarget, check: HealthCheck
) -> dict[str, Any]:
    """Pairs of categories, or the products of one pair."""
    group = read_group(request.GET, check, Kind.DISAGREES)
    if group is None:
        search = request.GET.get("q", "").strip()[:100]
        labels = find_labels(target, search)
        groups = list_groups(check, Kind.DISAGREES, search=search, labels=labels)
        page = paginate(request, groups, LINES)
        lines = load_lines(target, name_site(request), list(page), SAMPLES)
        kept = {"q": search}
        return {"page": page, "lines": lines, "search": search, "kept": urlencode(kept)}
    page = paginate(request, list_findings(group), TILES)
    return {
        "group": group,
        "pair": name_group(group),
        "page": page,
        "tiles": load_disagreeing(target, name_site(request), list(page)),
        "unasked": group.size - group.asked,
        "at_once": AT_ONCE,
        "kept": urlencode({"group": group.pk}),
    }


def find_labels(target: ProductTarget, search: str) -> list[str]:
    """Labels whose name in the reader's language contains a text; what is stored is in English."""
    labels = get_bundle().labels_of(*target.facets) if search else ()
    text = search.casefold()
    return [label.id for label in labels if text in name_label(label.id).casefold()]


def show_missing(request: HttpRequest, target: ProductTarget, check: HealthCheck) -> dict[str, Any]:
    """Products without a photo; those that have got one since say so."""
    group = check.groups.filter(kind=Kind.NO_IMAGE, size__gt=0).first()
    rows = list_findings(group) if group else HealthFinding.objects.none()
    page = paginate(request, rows, TILES)
    tiles = load_tiles(target, name_site(request), list(page))
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
    return {
        "page": page,
        "tiles": load_unreadable(target, name_site(request), list(page)),
        "states": [
            (one, Classification.State(one).label, format_count(number), one == state)
            for one, number in counts.items()
            if number
        ],
        "reasons": _list_reasons(reasons, state, code),
        "state": state,
        "code": code,
        "every": counts[state] if code is None else dict(reasons)[code],
        "kept": urlencode({"state": state} | ({} if code is None else {"code": code})),
    }


def _list_reasons(
    reasons: Sequence[tuple[str, int]], state: str, chosen: str | None
) -> list[tuple[str, Bar, str, bool]]:
    """(address, bar, what to do, whether chosen) of each reason."""
    largest = max((number for _code, number in reasons), default=1)
    return [
        (
            urlencode({"state": state, "code": code}),
            Bar(name_reason(code), format_count(number), format_length(number / largest)),
            advise(code),
            code == chosen,
        )
        for code, number in reasons
    ]


def show_duplicates(
    request: HttpRequest, target: ProductTarget, check: HealthCheck
) -> dict[str, Any]:
    """Groups of products with the same photo, side by side."""
    silenced = request.GET.get("silenced") == "1"
    groups = list_groups(check, Kind.DUPLICATES, silenced=silenced)
    page = paginate(request, groups, GROUPS)
    lines = load_lines(target, name_site(request), list(page), MEMBERS, tell_likeness)
    kept = urlencode({"silenced": "1"}) if silenced else ""
    return {"page": page, "lines": lines, "silenced": silenced, "kept": kept}


def show_labels(
    request: HttpRequest, target: ProductTarget, check: HealthCheck | None
) -> dict[str, Any]:
    """Labels that lead nowhere, and rules whose category is gone."""
    gaps = count_gaps(target)
    named = [(name_label(one.mapping.label.id), one.products) for one in gaps]
    bars = make_count_bars(named)
    return {"gaps": list(zip(gaps, bars, strict=True))}


SECTIONS: dict[str, Callable[[HttpRequest, ProductTarget, Any], dict[str, Any]]] = {
    Kind.DISAGREES: show_disagreements,
    Kind.NO_IMAGE: show_missing,
    UNREADABLE: show_unreadable,
    Kind.DUPLICATES: show_duplicates,
    LABELS: show_labels,
}
