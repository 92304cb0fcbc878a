"""Pages of a long list: exact, and no dearer at the end than at the start."""

import hashlib
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.core.paginator import Paginator
from django.db.models import QuerySet

if TYPE_CHECKING:
    Base = Paginator[Any]
else:
    Base = Paginator

SLOW = 0.03  # seconds: a count that took longer is kept for a while
KEPT_SECONDS = 60
DEEP = 10_000  # from such a row on a page finds its keys first


class LargeListPaginator(Base):
    """For `ModelAdmin.paginator`, beside `show_full_result_count = False`.

    Counting a million rows takes longer than all the rest of a page, so a count that was slow may
    be a minute old. A deep page finds its keys in the index alone and reads no other rows.
    """

    @cached_property
    def count(self) -> int:
        key = self._name_count()
        kept: int | None = cache.get(key) if key else None
        if kept is not None:
            return kept
        start = time.monotonic()
        number = super().count
        if key and time.monotonic() - start > SLOW:
            cache.set(key, number, KEPT_SECONDS)
        return number

    def _name_count(self) -> str:
        """The cache's key; empty where there is nothing to ask a database."""
        if not isinstance(self.object_list, QuerySet):
            return ""
        try:
            asked = self.object_list.order_by().query.sql_with_params()
        except EmptyResultSet:
            return ""
        digest = hashlib.sha256(repr((self.object_list.db, asked)).encode()).hexdigest()
        return f"catalog_ai.list.{digest}"

    def _get_page(self, *args: Any, **kwargs: Any) -> Any:
        rows, *others = args
        if isinstance(rows, QuerySet) and rows.query.low_mark >= DEEP:
            whole: Any = self.object_list
            rows = whole.filter(pk__in=list(rows.values_list("pk", flat=True)))
        # Django documents this hook; the stubs do not know it.
        return super()._get_page(rows, *others, **kwargs)  # type: ignore[misc]
