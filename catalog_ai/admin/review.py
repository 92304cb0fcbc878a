"""The review queue in the admin: many cards at once, or one card for the eye and the keyboard."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, ngettext

from catalog_ai.admin.access import attempt, demand, list_rights
from catalog_ai.admin.review_cards import list_choices, make_cards
from catalog_ai.errors import CatalogAIError, CategoryNotFound
from catalog_ai.models import Classification, Run
from catalog_ai.targets import ProductTarget, get_target, get_targets
from catalog_ai.workflow.permissions import REVIEW
from catalog_ai.workflow.queue import (
    ORDERS,
    QueueFilter,
    count_queue,
    get_page,
    position_of,
)
from catalog_ai.workflow.review import Reviewed, approve, correct, dismiss, reject
from catalog_ai.workflow.undo import last_batches, undo

PAGE = 24  # cards a page
UNDO_DEPTH = 50


def get_review_urls(site: AdminSite) -> list[URLPattern]:
    """Addresses of the queue, to stand in some ModelAdmin's get_urls."""

    def wrap(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        return site.admin_view(partial(view, site))  # type: ignore[arg-type, return-value]

    return [
        path("review/", wrap(show_queue), name="catalog_ai_review"),
        path("review/decide/", wrap(decide), name="catalog_ai_review_decide"),
        path("review/undo/", wrap(undo_last), name="catalog_ai_review_undo"),
        path("review/categories/", wrap(find_categories), name="catalog_ai_categories"),
        path("review/<int:pk>/", wrap(show_card), name="catalog_ai_review_card"),
    ]


def read_filter(request: HttpRequest) -> QueueFilter:
    """The filter in the address.

    Raises:
        Http404: it names a product model that is not set up, or none is.
    """
    chosen = QueueFilter.read(request.GET, next(iter(get_targets()), ""))
    if chosen.target not in get_targets():
        raise Http404
    return chosen


def show_queue(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """A page of cards, with everything that can be done to several at once."""
    demand(request, REVIEW)
    chosen = read_filter(request)
    rows, end = get_page(chosen, PAGE)
    counts = count_queue(chosen)
    target = get_target(chosen.target)
    context = {
        **make_context(site, request, chosen),
        "title": gettext("Review queue"),
        "cards": make_cards(target, rows),
        "counts": counts,
        "labels": list_choices(counts.labels, chosen, "label"),
        "reasons": list_choices(counts.reasons, chosen, "reason"),
        "orders": [
            (chosen.encode(order=key), name, key == chosen.order) for key, name in ORDERS.items()
        ],
        "targets": [
            (chosen.encode(target=key, label=""), other, key == chosen.target)
            for key, other in name_targets().items()
        ],
        "next_page": chosen.encode(after=end) if end else "",
        "first_page": chosen.encode() if chosen.after else "",
        "focus": rows[0].pk if rows else None,
        "unfiltered": chosen.encode(label="", reason="", run="", model=""),
        "filtered": bool(chosen.label or chosen.reason or chosen.run or chosen.model),
    }
    return TemplateResponse(request, "admin/catalog_ai/review/queue.html", context)


def name_targets() -> dict[str, str]:
    return {
        key: str(target.get_model()._meta.verbose_name_plural)
        for key, target in get_targets().items()
    }


def show_card(site: AdminSite, request: HttpRequest, pk: int) -> HttpResponseBase:
    """One product, large, and what follows it in the queue."""
    demand(request, REVIEW)
    row = get_object_or_404(
        Classification.objects.select_related("run").prefetch_related("suggestions"), pk=pk
    )
    chosen = QueueFilter.read({**request.GET.dict(), "target": row.target}, row.target)
    target = get_target(row.target)
    following = find_next(row, chosen)
    (card,) = make_cards(target, [row])
    context = {
        **make_context(site, request, chosen),
        "title": gettext("Review"),
        "subtitle": card.title,
        "card": card,
        "next_url": card_url(following, chosen) if following else queue_url(chosen),
        "after_decision": card_url(following, chosen) if following else queue_url(chosen),
        "here": card_url(row, chosen),
    }
    return TemplateResponse(request, "admin/catalog_ai/review/card.html", context)


def find_next(row: Classification, chosen: QueueFilter) -> Classification | None:
    """The card behind this one in the queue's order; after the last one, the first that is left."""
    behind = QueueFilter(**{**vars(chosen), "after": position_of(row, chosen.order)})
    rows, _end = get_page(behind, 1)
    if not rows:
        rows, _end = get_page(QueueFilter(**{**vars(chosen), "after": ""}), 2)
    return next((other for other in rows if other.pk != row.pk), None)


def make_context(site: AdminSite, request: HttpRequest, chosen: QueueFilter) -> dict[str, Any]:
    return {
        **site.each_context(request),
        "opts": Run._meta,
        "chosen": chosen,
        "query": chosen.encode(after=chosen.after),
        "queue_url": queue_url(chosen),
        "rights": list_rights(request),
        "undoable": len(last_batches(request.user, UNDO_DEPTH)),
        "here": request.get_full_path(),
    }


def queue_url(chosen: QueueFilter) -> str:
    return f"{reverse('admin:catalog_ai_review')}?{chosen.encode(after=chosen.after)}"


def card_url(row: Classification, chosen: QueueFilter) -> str:
    return f"{reverse('admin:catalog_ai_review_card', args=[row.pk])}?{chosen.encode()}"


def decide(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """One decision or many; then on to the page that the form names."""
    demand(request, REVIEW)
    if request.method == "POST" and (reviewed := attempt(request, partial(_decide, request))):
        tell(request, reviewed)
    return go_on(request)


def _decide(request: HttpRequest) -> Reviewed:
    """Run the verb of the button that was pressed: "approve", or "approve:17" for one alone."""
    verb, _colon, one = request.POST.get("do", "").partition(":")
    ticked = to_numbers([one] if one else request.POST.getlist("suggestion"))
    if verb == "approve":
        return approve(ticked, request.user)
    if verb == "reject":
        return reject(ticked, request.user)
    if verb == "dismiss":
        return dismiss(to_numbers([one]), request.user)
    if verb == "correct" and (numbers := to_numbers([one])):
        row = get_object_or_404(Classification, pk=numbers[0])
        return correct(row.pk, [pick_category(request, get_target(row.target))], request.user)
    return Reviewed()


def to_numbers(values: list[str]) -> list[int]:
    """Those that are primary keys; a form that was tampered with names nothing."""
    return [int(value) for value in values if value.isascii() and value.isdigit()][:1000]


def pick_category(request: HttpRequest, target: ProductTarget) -> str:
    """Key of the category that was chosen, or of the only one so called.

    Raises:
        CategoryNotFound: none or several are; the message names the nearest.
    """
    if key := request.POST.get("category", ""):
        return key
    text = request.POST.get("category_name", "").strip()
    found = target.search_categories(text, 6) if text else []
    exact = [key for key, name in found if name.casefold() == text.casefold()]
    if len(exact) == 1:
        return exact[0]
    names = ", ".join(name for _key, name in found) or "–"
    raise CategoryNotFound(CategoryNotFound.message % {"text": text, "names": names})


def tell(request: HttpRequest, reviewed: Reviewed) -> None:
    """Say what was done, what somebody else had done already, and what went wrong."""
    for error in reviewed.errors:
        messages.error(request, error)
    if reviewed.already_decided:
        text = ngettext(
            "%d had been decided already and was left.",
            "%d had been decided already and were left.",
            reviewed.already_decided,
        )
        messages.warning(request, text % reviewed.already_decided)
    if reviewed.done:
        text = ngettext("%d decision saved.", "%d decisions saved.", reviewed.done)
        messages.success(request, text % reviewed.done)
    elif not reviewed.errors and not reviewed.already_decided:
        messages.warning(request, gettext("Nothing was ticked. Nothing was changed."))


def undo_last(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """Take the person's latest decision back, then the one before it, and so on."""
    demand(request, REVIEW)
    batches: list[UUID] = last_batches(request.user, 1) if request.method == "POST" else []
    if request.method == "POST" and not batches:
        messages.info(request, gettext("There is nothing to undo."))
    for batch in batches:
        reviewed = attempt(request, partial(undo, batch, request.user))
        if reviewed is not None:
            text = ngettext("%d decision undone.", "%d decisions undone.", reviewed.done)
            messages.success(request, text % reviewed.done)
    return go_on(request)


def go_on(request: HttpRequest) -> HttpResponseRedirect:
    """To the form's `next`, if it is a page of this site."""
    address = request.POST.get("next", "")
    secure = request.is_secure()
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=secure):
        address = reverse("admin:catalog_ai_review")
    return HttpResponseRedirect(address)


def find_categories(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """Type-ahead: the shop's categories whose name contains `q`, as JSON."""
    demand(request, REVIEW)
    try:
        target = get_target(request.GET.get("target", ""))
    except CatalogAIError as unknown:
        raise Http404 from unknown
    found = target.search_categories(request.GET.get("q", "")[:100], 12)
    return JsonResponse({"categories": [{"key": key, "name": name} for key, name in found]})
