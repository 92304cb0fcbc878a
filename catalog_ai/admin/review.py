"""The review queue in the admin: many cards at once, or one card for the eye and the keyboard."""

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext

from catalog_ai.admin.access import demand, find_url, list_rights
from catalog_ai.admin.display import name_label, name_preset
from catalog_ai.admin.review_cards import list_choices, make_cards, name_filters, pair_tiles
from catalog_ai.admin.review_decisions import decide, find_categories, take, undo_last
from catalog_ai.admin.review_look import show_attention, show_nearest
from catalog_ai.admin.review_urls import find_card_url, find_queue_url, read_filter
from catalog_ai.admin.site import wrap_page
from catalog_ai.admin.targets import list_targets
from catalog_ai.models import Classification, Run
from catalog_ai.targets import get_target, get_targets
from catalog_ai.workflow.permissions import REVIEW
from catalog_ai.workflow.queue import count_queue, get_page, position_of
from catalog_ai.workflow.queue_counts import QueueCounts
from catalog_ai.workflow.queue_filter import GRID, ORDERS, QueueFilter
from catalog_ai.workflow.undo import last_batch

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

GRID_PAGE = 60
GRID_LABELS = 10  # most frequent labels offered above the grid
PAGE = 24  # cards a page


def get_review_urls(site: AdminSite) -> list[URLPattern]:
    """Addresses of the queue, to stand in some ModelAdmin's get_urls."""
    wrap = partial(wrap_page, site)
    return [
        path("review/", wrap(show_queue), name="catalog_ai_review"),
        path("review/decide/", wrap(decide), name="catalog_ai_review_decide"),
        path("review/undo/", wrap(undo_last), name="catalog_ai_review_undo"),
        path("review/categories/", wrap(find_categories), name="catalog_ai_categories"),
        path("review/take/", wrap(take), name="catalog_ai_review_take"),
        path("review/<int:pk>/", wrap(show_card), name="catalog_ai_review_card"),
        path("review/<int:pk>/nearest/", wrap(show_nearest), name="catalog_ai_review_nearest"),
        path(
            "review/<int:pk>/look/<str:label>/",
            wrap(show_attention),
            name="catalog_ai_review_look",
        ),
    ]


def show_queue(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """A page of cards, with everything that can be done to several at once.

    Raises:
        Http404: the address names a product model that is not set up, or none is.
    """
    demand(request, REVIEW)
    asked = chosen = read_filter(request)
    if chosen.target not in get_targets():
        raise Http404
    counts = count_queue(chosen, request.user)
    if chosen.view == GRID and not chosen.label:
        likeliest = next((label for label, _number in counts.labels if label), "")
        chosen = replace(chosen, label=likeliest)
    as_cards = replace(asked, view="", after="")
    rows, end = get_page(chosen, GRID_PAGE if chosen.view == GRID else PAGE, request.user)
    cards = make_cards(get_target(chosen.target), rows, site.name)
    context = {
        **make_context(site, request, chosen),
        **list_filters(chosen, counts),
        "title": gettext("Review queue"),
        "cards": cards,
        "tiles": pair_tiles(cards, chosen.label) if chosen.view == GRID else [],
        "counts": counts,
        "next_page": chosen.encode(after=end) if end else "",
        "first_page": chosen.encode() if chosen.after else "",
        "focus": rows[0].pk if rows else None,
        "in_force": name_filters(asked),
        "cards_url": asked.encode(view=""),
        "after_grid": encode_after_grid(chosen, counts),
        # Cards that have nothing to tick: the grid ends before the queue does.
        "left": 0 if cards or not chosen.view else count_queue(as_cards, request.user).total,
        "unfiltered": chosen.encode(label="", reason="", run="", model="", age="", mine=""),
    }
    page = "grid" if chosen.view == GRID else "queue"
    return TemplateResponse(request, f"admin/catalog_ai/review/{page}.html", context)


def encode_after_grid(chosen: QueueFilter, counts: QueueCounts) -> str:
    """Where the last page of a label leads: to the next label; behind the last one, to the cards.

    What was left unticked is not shown again: the labels before this one are done with.
    """
    labels = [label for label, _number in counts.labels if label]
    behind = labels[labels.index(chosen.label) + 1 :] if chosen.label in labels else []
    return chosen.encode(label=behind[0]) if behind else chosen.encode(view="", label="")


def list_filters(chosen: QueueFilter, counts: QueueCounts) -> dict[str, Any]:
    """Every filter with the address of each of its values, and the counts beside them."""
    facets = [
        (gettext("Why it waits"), list_choices(counts.reasons, chosen, "reason"), ""),
        (gettext("How long it waits"), list_choices(counts.ages, chosen, "age"), ""),
        (gettext("Run"), list_choices(counts.runs, chosen, "run"), ""),
        (gettext("Model"), list_choices(counts.models, chosen, "model"), ""),
        (gettext("Likeliest label"), list_choices(counts.labels, chosen, "label"), "many"),
    ]
    return {
        "facets": facets,
        "orders": [
            (chosen.encode(order=key), name, key == chosen.order) for key, name in ORDERS.items()
        ],
        "targets": [
            (chosen.encode(target=key, label=""), other, key == chosen.target)
            for key, other in list_targets()
        ],
        "grid_labels": list_choices(counts.labels[:GRID_LABELS], chosen, "label"),
        "grid_url": chosen.encode(view=GRID),
        "label_name": name_label(chosen.label) if chosen.label else "",
        "filtered": chosen.is_narrowed,
    }


def show_card(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponseBase:
    """One product, large, and what follows it in the queue."""
    demand(request, REVIEW)
    row = get_object_or_404(
        Classification.objects.select_related("run").prefetch_related("suggestions"), pk=pk
    )
    chosen = QueueFilter.read({**request.GET.dict(), "target": row.target}, row.target)
    target = get_target(row.target)
    following = find_next(row, chosen, request.user)
    (card,) = make_cards(target, [row], site.name)
    going_on = (
        find_card_url(site.name, following.pk, chosen)
        if following
        else find_queue_url(site.name, chosen)
    )
    context = {
        **make_context(site, request, chosen),
        "title": gettext("Review"),
        "subtitle": card.title,
        "card": card,
        "next_url": going_on,
        "after_decision": going_on,
        "here": find_card_url(site.name, row.pk, chosen),
        "taken": is_taken(row, request),
        "preset": name_preset(row.preset),
        "several": not target.category_field.single_valued,
        "look": look if (look := request.GET.get("look", "")) in row.scores else "",
    }
    return TemplateResponse(request, "admin/catalog_ai/review/card.html", context)


def is_taken(row: Classification, request: HttpRequest) -> bool:
    """Whether somebody else has this card in a batch of theirs."""
    until = row.assigned_until
    return row.assigned_to_id != request.user.pk and until is not None and until > timezone.now()


def find_next(row: Classification, chosen: QueueFilter, reviewer: "Actor") -> Classification | None:
    """The card behind this one in the queue's order; after the last one, the first that is left."""
    behind = replace(chosen, after=position_of(row, chosen.order))
    rows, _end = get_page(behind, 1, reviewer)
    if not rows:
        rows, _end = get_page(replace(chosen, after=""), 2, reviewer)
    return next((other for other in rows if other.pk != row.pk), None)


def make_context(site: AdminSite, request: HttpRequest, chosen: QueueFilter) -> dict[str, Any]:
    return {
        **site.each_context(request),
        "opts": Run._meta,
        "chosen": chosen,
        "query": chosen.encode(after=chosen.after),
        "lease": chosen.encode(),
        "queue_url": find_queue_url(site.name, chosen),
        "queue_path": find_url("catalog_ai_review", site=site.name),
        "rights": list_rights(request),
        "undoable": last_batch(request.user) is not None,
        "here": request.get_full_path(),
    }
