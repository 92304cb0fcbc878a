"""The filter of the review queue in an address: read from it, and written into one."""

from django.http import HttpRequest

from catalog_ai.admin.access import find_url
from catalog_ai.targets import get_targets
from catalog_ai.workflow.queue_filter import QueueFilter


def read_filter(request: HttpRequest) -> QueueFilter:
    """The filter in the address; of the first product model where it names none."""
    return QueueFilter.read(request.GET, next(iter(get_targets()), ""))


def find_queue_url(site: str, chosen: QueueFilter) -> str:
    """The page of the queue that the filter stands at."""
    return f"{find_url('catalog_ai_review', site=site)}?{chosen.encode(after=chosen.after)}"


def find_card_url(site: str, pk: int, chosen: QueueFilter) -> str:
    """The card of a result, before the rest of the filter's queue."""
    return f"{find_url('catalog_ai_review_card', pk, site=site)}?{chosen.encode()}"
