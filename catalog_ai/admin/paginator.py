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

from catalog_ai.workflow.kept import name_kept

if TYPE_CHECKING:
    Base = Paginator[Any]
else:
    Base = Paginator

KEPT_SECONDS = 60
FEW = 500  # rows whose keys are found instead of a count
MANY = 10_000  # rows whose count may be a minute old: it only tells where the list ends
SLOW_SEARCH = 0.1  # seconds, as no search of a small list takes on a busy machine
SLOW_WALK = 0.03
DEEP = 10_000  # from such a row on a page finds its keys first
AROUND = 20  # pages whose keys are found together


class LargeListPaginator(Base):
    """For `ModelAdmin.paginator`, beside `show_full_result_count = False`.

    Counting a million rows takes longer than all the rest of a page, so the count of many may be a
    minute old. Of a few that a slow filter or search finds, the keys are kept, so that the pages
    need not search once more. A deep page walks to its keys in the index, from the nearer end of
    the list, and reads no other rows; after a slow walk the pages around it are found without one.
    Both may miss what was added within the minute; a list that is quickly read never does.
    """

    @cached_property
    def count(self) -> int:
        return self._found[0]

    @cached_property
    def _found(self) -> tuple[int, list[Any] | None]:
        """How many rows there are; of a few also their keys."""
        found: tuple[int, list[Any] | None] = keep_dear(
            self._name("count"),
            self._look,
            lambda found, seconds: found[0] > MANY or (bool(found[1]) and seconds > SLOW_SEARCH),
        )
        return found

    def _look(self) -> tuple[int, list[Any] | None]:
        rows = self.object_list
        if isinstance(rows, QuerySet) and rows.query.where:
            keys = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
            if len(keys) <= FEW:
                return len(keys), keys
        return super().count, None

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
        return name_kept("list", digest, part)

    def _get_page(self, *args: Any, **kwargs: Any) -> Any:
        rows, *others = args
        if isinstance(rows, QuerySet):
            rows = self._find_rows(rows)
        # Django documents this hook; the stubs do not know it.
        return super()._get_page(rows, *others, **kwargs)  # type: ignore[misc]

    def _find_rows(self, page: Any) -> Any:
        """The rows of a page, by their keys where those are known or a walk finds them."""
        whole: Any = self.object_list
        bottom, top = page.query.low_mark, min(self.count, page.query.high_mark or self.count)
        keys = self._found[1]
        if keys is not None:
            return whole.filter(pk__in=keys)[bottom:top]
        if bottom >= DEEP:
            return whole.filter(pk__in=self._find_keys(bottom, top))
        return page

    def _find_keys(self, bottom: int, top: int) -> list[Any]:
        """Primary keys of a deep page, found with those of the pages around it."""
        span = AROUND * self.per_page
        start = bottom - bottom % span
        end = min(start + span + self.orphans, self.count)
        name = self._name(f"{start}-{end}")
        keys: list[Any] = keep_dear(
            name, lambda: self._walk(start, end), lambda _keys, seconds: seconds > SLOW_WALK
        )
        return keys[bottom - start : top - start]

    def _walk(self, start: int, end: int) -> list[Any]:
        """Keys from the nearer end of the list."""
        rows: Any = self.object_list
        rows = rows.values_list("pk", flat=True)
        behind = self.count - end
        if behind < start and rows.ordered:
            return list(rows.reverse()[behind : self.count - start])[::-1]
        return list(rows[start:end])


def keep_dear(name: str, find: Callable[[], Any], is_dear: Callable[[Any, float], bool]) -> Any:
    """What `find` returns; kept under the name, if there is one, where its seconds make it dear."""
    kept = cache.get(name) if name else None
    if kept is not None:
        return kept
    start = time.monotonic()
    found = find()
    if name and is_dear(found, time.monotonic() - start):
        cache.set(name, found, KEPT_SECONDS)
    return found
