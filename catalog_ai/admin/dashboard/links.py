"""Where a label of a chart leads: the review queue or the product list, filtered to it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from catalog_ai.admin.access import find_model_url, find_url, may
from catalog_ai.admin.filters import LabelFilter
from catalog_ai.targets import get_targets
from catalog_ai.workflow.permissions import REVIEW
from catalog_ai.workflow.queue_filter import QueueFilter


@dataclass(frozen=True)
class Links:
    """Addresses for one person and product model; each is empty where there is nothing to open."""

    target: str
    queue: str = ""
    products: str = ""

    def find_queue(self, **filters: str) -> str:
        """The review queue with these of QueueFilter's filters; empty for an empty filter."""
        if not self.queue or not all(filters.values()):
            return ""
        return f"{self.queue}?{QueueFilter(self.target, **filters).encode()}"

    def find_products(self, label: str) -> str:
        """The product list of a likeliest label."""
        if not self.products or not label:
            return ""
        return f"{self.products}?{urlencode({str(LabelFilter.parameter_name): label})}"


def make_links(site: AdminSite, request: HttpRequest, target: str) -> Links:
    queue = find_url("catalog_ai_review", site=site.name) if may(request, REVIEW) else ""
    return Links(target, queue, _find_list(site, request, target))


def _find_list(site: AdminSite, request: HttpRequest, target: str) -> str:
    """The list of the target's products, where it can be filtered by label."""
    model = get_targets()[target].get_model()
    found: Any = site._registry.get(model)
    if found is None or not found.has_view_permission(request):
        return ""
    if LabelFilter not in found.get_list_filter(request):
        return ""
    return find_model_url(model, "changelist", site=site.name)
