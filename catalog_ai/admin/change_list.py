"""Change lists that no click on a column makes slow: orders that an index can give."""

from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ChangeList
from django.db.models.expressions import OrderBy
from django.http import HttpRequest

from catalog_ai.admin.paginator import LargeListPaginator

if TYPE_CHECKING:
    Base = ChangeList
else:
    Base = object


class BoundedList(Base):
    """Rows that tie come in the direction of the column that they tie in.

    Django orders them by descending key in either direction. With one direction throughout, the
    index of (column, key) is read forwards or backwards; else all rows that tie are sorted, which
    for a state is a large part of the table.
    """

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        # Django asks for a single page anew; this paginator may know its rows already.
        if not self.multi_page and isinstance(self.paginator, LargeListPaginator):
            self.result_list = self.paginator.page(1).object_list

    def _get_deterministic_ordering(self, ordering: Any) -> list[Any]:
        columns = list(ordering)
        # Django's own hook for this; the stubs do not know it.
        whole: list[Any] = super()._get_deterministic_ordering(columns)  # type: ignore[misc]
        added = len(whole) > len(columns)
        return [*columns, "pk"] if added and columns and ascends(columns[-1]) else whole


def ascends(column: Any) -> bool:
    """Whether an entry of an ordering, by name or as an expression, starts with the smallest."""
    if isinstance(column, str):
        return not column.startswith("-")
    return not (isinstance(column, OrderBy) and column.descending)


def bound_list(base: type[ChangeList]) -> type[ChangeList]:
    """A shop's own change list, or Django's, with that order and nothing searched for twice."""
    return type(base.__name__, (BoundedList, base), {})


class OnlySortable(ChangeList):
    """Orders by the columns of `sortable_by` alone, even where an address names another."""

    def get_ordering_field(self, field_name: Any) -> Any:
        if self.sortable_by is not None and field_name not in self.sortable_by:
            return None
        return super().get_ordering_field(field_name)
