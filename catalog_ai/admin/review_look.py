"""A closer look at a card: where the model looked, and the approved products most like it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext

from catalog_ai.admin.access import demand, find_url
from catalog_ai.admin.display import format_percent
from catalog_ai.admin.review_cards import Card, make_cards
from catalog_ai.inference.attention import AttentionUnavailable
from catalog_ai.inference.images import ImageRejected
from catalog_ai.models import Classification, Run
from catalog_ai.targets import get_target
from catalog_ai.workflow.attention import NothingToLookAt, draw_attention
from catalog_ai.workflow.neighbours import find_nearest_approved
from catalog_ai.workflow.permissions import REVIEW

PART = "part"  # asked for by the script: only the list, without the page around it


@dataclass(frozen=True)
class Likeness:
    """An approved product beside the card, and how alike the two photos are, in words."""

    card: Card
    text: str


def show_attention(site: AdminSite, request: HttpRequest, pk: int, label: str) -> HttpResponse:
    """The picture that the card lays over the photo; 404 where there is nothing to show."""
    demand(request, REVIEW)
    row = get_object_or_404(Classification, pk=pk)
    try:
        picture = draw_attention(row, label)
    except (NothingToLookAt, ImageRejected, AttentionUnavailable) as nothing:
        raise Http404 from nothing
    return HttpResponse(
        picture, content_type="image/png", headers={"Cache-Control": "private, max-age=600"}
    )


def show_nearest(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponse:
    """The approved products that look most like a card's, as a page or as its list alone."""
    demand(request, REVIEW)
    row = get_object_or_404(Classification, pk=pk)
    target = get_target(row.target)
    nearest = find_nearest_approved(row, tuple(target.facets))
    cards = make_cards(target, [one.row for one in nearest], site.name)
    likenesses = [
        Likeness(card, format_percent(max(0.0, one.likeness)))
        for card, one in zip(cards, nearest, strict=True)
    ]
    if PART in request.GET:
        return TemplateResponse(
            request, "admin/catalog_ai/review/nearest_list.html", {"likenesses": likenesses}
        )
    return TemplateResponse(
        request, "admin/catalog_ai/review/nearest.html", _make_page(site, request, row, likenesses)
    )


def _make_page(
    site: AdminSite, request: HttpRequest, row: Classification, likenesses: Sequence[Likeness]
) -> dict[str, Any]:
    (card,) = make_cards(get_target(row.target), [row], site.name)
    return {
        **site.each_context(request),
        "title": gettext("Approved products that look alike"),
        "subtitle": card.title,
        "opts": Run._meta,
        "card": card,
        "card_url": find_url("catalog_ai_review_card", row.pk, site=site.name),
        "likenesses": likenesses,
    }
