"""What a dry run would change: pairs of categories with counts, and the products of a pair."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.admin import AdminSite
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from catalog_ai.admin.access import demand_runs, find_url
from catalog_ai.admin.display import (
    GOOD,
    QUIET,
    WAITING,
    Bar,
    format_length,
    make_suggestion_bar,
    name_label,
)
from catalog_ai.admin.review_cards import make_cards
from catalog_ai.models import Change, Classification, Run
from catalog_ai.models.changes import read_side
from catalog_ai.targets import get_target
from catalog_ai.workflow.asked import read_number
from catalog_ai.workflow.plans import find_end
from catalog_ai.workflow.walk import find_next_rows

PAIRS_SHOWN = 10  # of each kind, on the page of the run
PAIRS_LISTED = 500  # of each kind, on their own page
PRODUCTS_SHOWN = 48
TONES = {
    Change.Effect.FIRST_TIME: GOOD,
    Change.Effect.CHANGED: WAITING,
    Change.Effect.CONTRADICTING: WAITING,
    Change.Effect.AGREEING: QUIET,
}


@dataclass(frozen=True)
class Pair:
    """Products that would go from the same categories to the same."""

    before: str
    after: str
    bar: Bar
    url: str


@dataclass(frozen=True)
class ChangeGroup:
    """The pairs of one effect, largest first."""

    effect: str
    name: str
    products: int
    pairs: list[Pair]
    more: int  # pairs that are not shown


def describe_changes(run: Run, site: str, limit: int = PAIRS_SHOWN) -> list[ChangeGroup]:
    """The pairs of a dry run by effect: a bounded few queries, whatever its size."""
    counted = run.changes.values_list("effect").annotate(number=Count("pk")).order_by()
    numbers = dict(counted)
    changes = {
        effect: list(run.changes.filter(effect=effect).order_by("-products", "pk")[:limit])
        for effect in Change.Effect.values
        if effect in numbers
    }
    names = _name_sides([one for found in changes.values() for one in found], run)
    largest = max((found[0].products for found in changes.values()), default=0) or 1
    return [
        ChangeGroup(
            effect=effect,
            name=str(Change.Effect(effect).label),
            products=getattr(run, effect),
            pairs=[_make_pair(one, names, largest, site) for one in found],
            more=numbers[effect] - len(found),
        )
        for effect, found in changes.items()
    ]


def _make_pair(change: Change, names: dict[str, str], largest: int, site: str) -> Pair:
    tone = TONES[Change.Effect(change.effect)]
    width = format_length(change.products / largest)
    return Pair(
        before=names[change.before],
        after=names[change.after],
        bar=Bar(name="", text=str(change.products), width=width, tone=tone),
        url=find_url("catalog_ai_run_change_products", change.run_id, change.pk, site=site),
    )


def _name_sides(changes: Sequence[Change], run: Run) -> dict[str, str]:
    """Each side in words; one query for all."""
    sides = {side for change in changes for side in (change.before, change.after)}
    read = {side: read_side(side) for side in sides}
    keys = {key for found, _labels in read.values() for key in found}
    known = get_target(run.target).get_category_names(keys) if keys else {}
    return {side: _name_side(*read[side], known) for side in sides}


def _name_side(keys: list[str], labels: list[str], known: dict[str, str]) -> str:
    named = sorted(known.get(key, key) for key in keys)
    made = [gettext("%(label)s (new)") % {"label": name_label(label)} for label in labels]
    return ", ".join([*named, *made]) or gettext("no category")


def find_dry_run(request: HttpRequest, pk: int) -> Run:
    """The dry run, for whoever may see runs.

    Raises:
        PermissionDenied, Http404.
    """
    demand_runs(request)
    return get_object_or_404(Run, pk=pk, dry_run=True)


def show_changes(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """All the pairs."""
    run = find_dry_run(request, pk)
    context = {
        **site.each_context(request),
        "title": gettext("What would change"),
        "opts": Run._meta,
        "run": run,
        "changes": describe_changes(run, site.name, PAIRS_LISTED),
        "whole": True,
        "back": find_url("catalog_ai_run_change", run.pk, site=site.name),
    }
    return TemplateResponse(request, "admin/catalog_ai/run_changes.html", context)


def show_change(site: AdminSite, request: HttpRequest, pk: int, change: int) -> HttpResponse:
    """The products of one pair, with photos to judge them by; pages start behind a row."""
    run = find_dry_run(request, pk)
    pair = get_object_or_404(Change, pk=change, run=run)
    start = read_number(request.GET.get("after", "")) or 0
    first = find_end(Classification.objects.all(), "change_id", pair.pk).first() or 0
    pks = find_next_rows(pair.classifications.all(), max(start, first - 1), PRODUCTS_SHOWN + 1)
    rows = Classification.objects.filter(pk__in=pks).order_by("pk")
    page = list(rows.prefetch_related("suggestions"))
    names = _name_sides([pair], run)
    words = {"before": names[pair.before], "after": names[pair.after]}
    cards = make_cards(get_target(run.target), page[:PRODUCTS_SHOWN], site.name)
    context = {
        **site.each_context(request),
        "title": gettext("%(before)s → %(after)s") % words,
        "opts": Run._meta,
        "run": run,
        "pair": pair,
        "words": words,
        "cards": [
            (card, [*map(make_suggestion_bar, card.row.suggestions.all())]) for card in cards
        ],
        "next_page": f"?after={page[PRODUCTS_SHOWN - 1].pk}" if len(page) > PRODUCTS_SHOWN else "",
        "first_page": start > 0,
        "back": find_url("catalog_ai_run_change", run.pk, site=site.name),
    }
    return TemplateResponse(request, "admin/catalog_ai/run_change.html", context)
