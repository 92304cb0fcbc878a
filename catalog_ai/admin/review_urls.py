"""Addresses of the review queue and its cards within an admin site, under a filter."""

from catalog_ai.admin.access import find_url
from catalog_ai.workflow.queue_filter import QueueFilter


def find_queue_url(site: str, chosen: QueueFilter) -> str:
    """The page of the queue that the filter stands at."""
    return f"{find_url('catalog_ai_review', site=site)}?{chosen.encode(after=chosen.after)}"


def find_card_url(site: str, pk: int, chosen: QueueFilter) -> str:
    """The card of a result, before the rest of the filter's queue."""
    return f"{find_url('catalog_ai_review_card', pk, site=site)}?{chosen.encode()}"
