"""What the health page's buttons do."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext

from catalog_ai.admin.access import demand, find_url
from catalog_ai.admin.filters import select_products
from catalog_ai.admin.review_decisions import to_numbers
from catalog_ai.models import Classification, HealthGroup, Run
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.enqueue import enqueue_some
from catalog_ai.workflow.health.actions import (
    Acted,
    ask_again,
    compare_again,
    keep_apart,
    keep_present,
    list_open,
)
from catalog_ai.workflow.health.check import start_check
from catalog_ai.workflow.health.lists import TROUBLED, list_unreadable
from catalog_ai.workflow.permissions import CATEGORIZE, REVIEW

NEEDED = {"check": CATEGORIZE, "retry": CATEGORIZE, "retry_all": CATEGORIZE}  # others: REVIEW


def act(site: str, request: HttpRequest, target: ProductTarget) -> None:
    """Run the verb of the button that was pressed: "keep", or "keep_all:17" for a whole line."""
    verb, _colon, one = request.POST.get("do", "").partition(":")
    demand(request, NEEDED.get(verb, REVIEW))
    actions: dict[str, Callable[[], Any]] = {
        "check": partial(_check, request, target),
        "retry": partial(_retry_ticked, site, request, target),
        "retry_all": partial(_retry_all, site, request, target),
        "ask": lambda: tell(request, ask_again(_ticked(request), request.user), verb),
        "keep": lambda: tell(request, keep_present(_ticked(request), request.user), verb),
    }
    if verb in actions:
        actions[verb]()
        return
    group = _find_group(target, one)
    if group is None:
        messages.warning(request, gettext("This line is not there any more."))
        return
    if verb == "ask_all":
        tell(request, ask_again(list_open(group, unasked=True), request.user), "ask")
    elif verb == "keep_all":
        tell(request, keep_present(list_open(group), request.user), "keep")
    elif verb == "different":
        keep_apart(group, request.user)
        messages.success(request, gettext("These products are not shown as duplicates again."))
    elif verb == "again":
        compare_again(group, request.user)
        messages.success(request, gettext("These products are shown as duplicates again."))


def _ticked(request: HttpRequest) -> list[int]:
    return to_numbers(request.POST.getlist("one"))


def _find_group(target: ProductTarget, number: str) -> HealthGroup | None:
    pks = to_numbers([number])
    groups = HealthGroup.objects.filter(pk__in=pks, check_run__target=target.key)
    return groups.select_related("check_run").first()


def _check(request: HttpRequest, target: ProductTarget) -> None:
    start_check(target, request.user)
    messages.success(
        request, gettext("The catalogue is being checked. What was found before stays until then.")
    )


def tell(request: HttpRequest, acted: Acted, verb: str) -> None:
    """Say what was done, what was settled already, and what went wrong."""
    for error in dict.fromkeys(acted.errors):
        messages.error(request, error)
    if acted.done and verb == "ask":
        text = ngettext(
            "%d product was sent to the review queue.",
            "%d products were sent to the review queue.",
            acted.done,
        )
        messages.success(request, text % acted.done)
    elif acted.done:
        text = ngettext(
            "%d product stays where it is; nobody is asked again.",
            "%d products stay where they are; nobody is asked again.",
            acted.done,
        )
        messages.success(request, text % acted.done)
    if acted.settled:
        text = ngettext(
            "%d was settled or asked about already.",
            "%d were settled or asked about already.",
            acted.settled,
        )
        messages.info(request, text % acted.settled)
    if not (acted.done or acted.settled or acted.errors):
        messages.warning(request, gettext("Nothing was ticked. Nothing was changed."))


def _retry_ticked(site: str, request: HttpRequest, target: ProductTarget) -> None:
    rows = Classification.objects.filter(
        pk__in=_ticked(request), target=target.key, is_current=True, state__in=TROUBLED
    )
    keys = target.to_pks(rows.values_list("object_id", flat=True))
    if not keys:
        messages.warning(request, gettext("Nothing was ticked. Nothing was changed."))
        return
    _retry(site, request, target, target.get_products().filter(pk__in=keys))


def _retry_all(site: str, request: HttpRequest, target: ProductTarget) -> None:
    """All of a state, or of one reason of it."""
    state, code = request.POST.get("state", ""), request.POST.get("code")
    rows = list_unreadable(target, state, code).order_by()
    products = target.get_products().filter(pk__in=select_products(target, rows))
    _retry(site, request, target, products)


def _retry(
    site: str, request: HttpRequest, target: ProductTarget, products: "models.QuerySet[Any]"
) -> None:
    source, mode = Run.Source.ADMIN, Run.Mode.REDO
    run = enqueue_some(target, products, source=source, actor=request.user, mode=mode)
    if run is None:
        messages.warning(request, gettext("They are being tried again already, or have no photo."))
        return
    text = gettext("The photos are being tried again:")
    url = find_url("catalog_ai_run_change", run.pk, site=site)
    messages.success(request, format_html('{} <a href="{}">{}</a>', text, url, run))
