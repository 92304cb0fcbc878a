"""Links to our pages for templates whose view is Django's own, and our place in its side bar."""

from copy import copy
from typing import Any

from django import template
from django.http import HttpRequest
from django.template.context import Context

from catalog_ai.admin.access import find_url, may
from catalog_ai.admin.home import find_links
from catalog_ai.percent import write_percent
from catalog_ai.workflow.permissions import ANY
from catalog_ai.workflow.queue import count_waiting

register = template.Library()

# Beginnings of the names of pages, by the list that they belong to.
ENTRIES = {
    "catalog_ai_run_changelist": ("catalog_ai_run_",),
    "catalog_ai_labelrule_changelist": (
        "catalog_ai_labelrule_",
        "catalog_ai_threshold",
        "catalog_ai_budget",
    ),
}


@register.inclusion_tag("admin/catalog_ai/includes/links.html", takes_context=True)
def show_our_pages(context: Context) -> dict[str, Any]:
    """A tile for each page that this person may open; none without any of our permissions."""
    request = context["request"]
    if not may(request, *ANY):
        return {}
    links = find_links(request, request.current_app)
    return {"links": links, "home": links["home"], "backlog": count_waiting()}


@register.filter
def percent(number: float | str) -> str:
    """A number of per cent with its sign."""
    return write_percent(number)


@register.filter
def stand_at_entry(request: HttpRequest) -> HttpRequest:
    """The request as from the address of its page's entry in the side bar.

    Django marks every entry that the address begins with, and all our pages hang on runs.
    """
    match = request.resolver_match
    name = (match.url_name if match else "") or ""
    if match is None or not name.startswith("catalog_ai_"):
        return request  # a page in between, of the shop's own product list
    lists = (entry for entry, names in ENTRIES.items() if name.startswith(names))
    standing = copy(request)
    if entry := next(lists, ""):
        standing.path = find_url(entry, site=match.namespace)
    else:
        standing.path = find_url("app_list", "catalog_ai", site=match.namespace)
    return standing
