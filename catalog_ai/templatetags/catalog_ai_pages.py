"""Links to our pages, for templates whose view is Django's own."""

from typing import Any

from django import template
from django.template.context import Context

from catalog_ai.admin.access import ANY, may
from catalog_ai.admin.home import find_links
from catalog_ai.workflow.queue import count_waiting

register = template.Library()


@register.inclusion_tag("admin/catalog_ai/includes/links.html", takes_context=True)
def show_our_pages(context: Context) -> dict[str, Any]:
    """A tile for each page that this person may open; none without any of our permissions."""
    request = context["request"]
    if not may(request, *ANY):
        return {}
    links = find_links(request, request.current_app)
    return {"links": links, "home": links["home"], "backlog": count_waiting()}
