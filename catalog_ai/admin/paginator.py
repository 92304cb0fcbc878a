"""Pages of a long list: exact, and no dearer at the end than at the start."""

import hashlib
import time
from collections.abc import Callable
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

SLOW = 0.03  # seconds: what took longer is kept for a while
KEPT_SECONDS = 60
DEEP = 10_000  # from such a row on a page finds its keys first
AROUND = 20  # pages whose keys are found together


class LargeListPaginator(Base):
    """For `ModelAdmin.paginator`, beside `show_full_result_count = False`.

    Counting a million rows takes longer than all the rest of a page, so a count that was slow may
    be a minute old. A deep page walks to its keys in the index, from the nearer end of the list,
    and reads no other rows; after a slow walk the pages around it are found without one, and may
    miss what was added within the minute.
    """

    @cached_property
    def count(self) -> int:
        number: int = keep_slow(self._name("count"), lambda: super(LargeListPaginator, self).count)
        return number

    def _name(self, part: str) -> str:
        """The cache's key for a part of this list; empty where there is no database to ask."""
        if not isinstance(self.object_list, QuerySet):
            return ""
        # Whatever the order, the count is one.
        rows = self.object_list.order_by() if part == "count" else self.object_list
        try:
            asked = rows.query.sql_with_params()
        except EmptyResultSet:
            return ""
        digest = hashlib.sha256(repr((rows.db, asked)).encode()).hexdigest()
        return f"catalog_ai.list.{digest}.{part}"

    def _get_page(self, *args: Any, **kwargs: Any) -> Any:
        rows, *others = args
        if isinstance(rows, QuerySet) and rows.query.low_mark >= DEEP:
            whole: Any = self.object_list
            top = min(self.count, rows.query.high_mark or self.count)
            rows = whole.filter(pk__in=self._find_keys(rows.query.low_mark, top))
        # Django documents this hook; the stubs do not know it.
        return super()._get_page(rows, *others, **kwargs)  # type: ignore[misc]

    def _find_keys(self, bottom: int, top: int) -> list[Any]:
        """Primary keys of a deep page, found with those of the pages around it."""
        span = AROUND * self.per_page
        start = bottom - bottom % span
        end = min(start + span + self.orphans, self.count)
        name = self._name(f"{start}-{end}")
        keys: list[Any] = keep_slow(name, lambda: self._walk(start, end))
        return keys[bottom - start : top - start]

    def _walk(self, start: int, end: int) -> list[Any]:
        """Keys from the nearer end of the list."""
        rows: Any = self.object_list
        rows = rows.values_list("pk", flat=True)
        behind = self.count - end
        if behind < start and rows.ordered:
            return list(rows.reverse()[behind : self.count - start])[::-1]
        return list(rows[start:end])


def keep_slow(name: str, find: Callable[[], Any]) -> Any:
    """What `find` returns; it is kept under a name, if there is one, when finding it was slow."""
    kept = cache.get(name) if name else None
    if kept is not None:
        return kept
    start = time.monotonic()
    found = find()
    if name and time.monotonic() - start > SLOW:
        cache.set(name, found, KEPT_SECONDS)
    return found
