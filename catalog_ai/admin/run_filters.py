"""The filter of the list of runs: each upload is a run of its own and would hide the others."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.cache import cache
from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from catalog_ai.models import Run
from catalog_ai.workflow.kept import name_kept

ALL = "all"
LARGE = 50_000  # of more runs the counts are kept for a while
KEPT_SECONDS = 60


def count_sources() -> dict[str, int]:
    """Runs by where they were started from: one query over an index."""
    key = name_kept("runs.sources")
    kept: dict[str, int] | None = cache.get(key)
    if kept is not None:
        return kept
    rows = Run.objects.order_by().values_list("source").annotate(number=Count("source"))
    counts = dict(rows)
    if sum(counts.values()) > LARGE:
        cache.set(key, counts, KEPT_SECONDS)
    return counts


class SourceFilter(admin.SimpleListFilter):
    """Without uploads unless they are asked for; each choice with its count."""

    title = _("origin")
    parameter_name = "source"
    template = "admin/catalog_ai/includes/filter.html"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*Run.Source.choices, (ALL, _("All"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if value == ALL:
            return queryset
        return queryset.filter(source__in=[value] if value in Run.Source else Run.REQUESTED)

    def choices(self, changelist: Any) -> Iterator[Any]:
        counts = count_sources()
        requested = sum(counts.get(source, 0) for source in Run.REQUESTED)
        yield self._make_choice(changelist, None, _("Without uploads"), requested)
        for value, name in self.lookup_choices:
            count = sum(counts.values()) if value == ALL else counts.get(str(value), 0)
            yield self._make_choice(changelist, str(value), name, count)

    def _make_choice(
        self, changelist: Any, value: str | None, name: Any, count: int
    ) -> dict[str, Any]:
        chosen = self.value()
        known = chosen if chosen in (*Run.Source, ALL) else None
        return {
            "selected": known == value,
            "query_string": changelist.get_query_string({self.parameter_name: value}),
            "display": f"{name} ({count})",
        }
