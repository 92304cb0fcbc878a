"""What the review queue's buttons do: decide, undo, take a batch, look a category up."""

from dataclasses import replace
from functools import partial

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, ngettext

from catalog_ai.admin.access import attempt, demand, find_url, name_site
from catalog_ai.admin.review_urls import find_card_url, find_queue_url, read_filter
from catalog_ai.errors import CatalogAIError, CategoryNotFound, UnknownCategory
from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.asked import read_number, read_text
from catalog_ai.workflow.batches import give_back_batch, renew_batch, take_batch
from catalog_ai.workflow.category_search import search_offers
from catalog_ai.workflow.choose import choose
from catalog_ai.workflow.permissions import REVIEW
from catalog_ai.workflow.queue import NOTHING_TO_TICK
from catalog_ai.workflow.queue_filter import GRID, QueueFilter
from catalog_ai.workflow.review import Reviewed, approve, correct, dismiss, reject
from catalog_ai.workflow.undo import last_batch, undo

OFFERED = 12  # categories shown by the type-ahead
NEAREST = 6  # named where the one that was typed does not exist


def decide(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """One decision or many; then on to the page that the form names."""
    demand(request, REVIEW)
    reviewed = None
    if request.method == "POST":
        if request.POST.get("mine"):
            renew_batch(request.user)
        reviewed = attempt(request, partial(_decide, request))
    if reviewed is not None:
        tell(request, reviewed)
    # What somebody else decided is no failure: the card is out of the queue all the same.
    settled = reviewed is not None and not reviewed.errors
    return go_on(request, settled=settled)


def _decide(request: HttpRequest) -> Reviewed:
    """Run the verb of the button that was pressed: "approve", or "approve:17" for one alone."""
    verb, _colon, one = request.POST.get("do", "").partition(":")
    ticked = to_numbers([one] if one else request.POST.getlist("suggestion"))
    if verb == "approve":
        return approve(ticked, request.user)
    if verb == "approve_card":
        return approve(list_pending(to_numbers([one])), request.user)
    if verb == "choose":
        return choose(ticked, request.user)
    if verb == "reject":
        return reject(ticked, request.user)
    if verb == "dismiss":
        cards = Classification.objects.filter(pk__in=to_numbers([one]))
        return dismiss(cards.values_list("pk", flat=True), request.user)
    if verb == "correct" and (numbers := to_numbers([one])):
        row = get_object_or_404(Classification, pk=numbers[0])
        return correct(row.pk, [pick_category(request, get_target(row.target))], request.user)
    return Reviewed()


def list_pending(rows: list[int]) -> list[int]:
    """Every suggestion that waits on these cards."""
    pending = Suggestion.objects.filter(
        classification__in=rows, state=Suggestion.State.PENDING
    ).values_list("pk", flat=True)
    return list(pending)


def to_numbers(values: list[str]) -> list[int]:
    """Those that are primary keys; a form that was tampered with names nothing."""
    numbers = map(read_number, values)
    return [number for number in numbers if number is not None][:1000]


def pick_category(request: HttpRequest, target: ProductTarget) -> str:
    """Key of the category that was chosen, or of the only one so called.

    Raises:
        CategoryNotFound: none or several are; the message names the nearest. UnknownCategory:
            there is not even one like it.
    """
    if key := request.POST.get("category", ""):
        return key
    text = read_text(request.POST.get("category_name", "").strip())
    found = search_offers(target, text, NEAREST) if text else []
    exact = [one.key for one in found if one.name.casefold() == text.casefold()]
    if len(exact) == 1:
        return exact[0]
    if not found:
        raise UnknownCategory
    names = ", ".join(one.name for one in found)
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
    batch = last_batch(request.user) if request.method == "POST" else None
    if batch is None:
        messages.info(request, gettext("There is nothing to undo."))
        return go_on(request, settled=False)
    cards = set(Decision.objects.filter(batch=batch).values_list("classification_id", flat=True))
    reviewed = attempt(request, partial(undo, batch, request.user))
    if reviewed is None:
        return go_on(request, settled=False)
    text = ngettext("%d product waits again.", "%d products wait again.", len(cards))
    messages.success(request, text % len(cards))
    chosen = read_filter(request)
    return go_on(request, card_url=find_undone(site.name, min(cards), chosen))


def find_undone(site: str, card: int, chosen: QueueFilter) -> str:
    """Where what was undone waits again: at its label in the grid, else on its own card."""
    row = Classification.objects.get(pk=card)
    if chosen.view == GRID and row.reason != NOTHING_TO_TICK:
        at_label = replace(chosen, target=row.target, label=row.top_label, after="")
        return find_queue_url(site, at_label)
    return find_card_url(site, card, replace(chosen, view=""))


def take(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """Take a batch of the queue for oneself, or give back what is left of it."""
    demand(request, REVIEW)
    chosen = read_filter(request)
    if request.method == "POST" and request.POST.get("do") == "give_back":
        give_back_batch(request.user)
        chosen = replace(chosen, mine="")
        messages.info(request, gettext("Your cards are everybody's again."))
    elif request.method == "POST":
        tell_taken(request, take_batch(chosen, request.user))
        chosen = replace(chosen, mine="1")
    return HttpResponseRedirect(find_queue_url(site.name, replace(chosen, after="")))


def tell_taken(request: HttpRequest, number: int) -> None:
    text = ngettext(
        "%d card is yours for 15 minutes; nobody else sees it meanwhile.",
        "%d cards are yours for 15 minutes; nobody else sees them meanwhile.",
        number,
    )
    if number:
        messages.success(request, text % number)
    else:
        messages.info(request, gettext("No card was free under this filter."))


def go_on(request: HttpRequest, *, settled: bool = True, card_url: str = "") -> HttpResponseBase:
    """To the form's `next`, if it is a page of this site; a script gets the outcome as JSON."""
    if request.headers.get("Accept") == "application/json":
        told = [
            {"level": message.level_tag, "text": str(message)}
            for message in messages.get_messages(request)
        ]
        return JsonResponse({"settled": settled, "messages": told, "card": card_url})
    if card_url and request.POST.get("to_card"):
        return HttpResponseRedirect(card_url)
    address = request.POST.get("next", "")
    secure = request.is_secure()
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=secure):
        address = find_url("catalog_ai_review", site=name_site(request))
    return HttpResponseRedirect(address)


def find_categories(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """Type-ahead: the shop's categories whose name contains `q`, as JSON."""
    demand(request, REVIEW)
    try:
        target = get_target(request.GET.get("target", ""))
    except CatalogAIError as unknown:
        raise Http404 from unknown
    text = read_text(request.GET.get("q", "").strip())
    offers = search_offers(target, text, OFFERED)
    notes = {False: "", True: gettext("new")}
    return JsonResponse(
        {
            "categories": [
                {"key": one.key, "name": one.name, "note": notes[one.is_new]} for one in offers
            ]
        }
    )
