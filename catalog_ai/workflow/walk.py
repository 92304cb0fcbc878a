"""Along rows by their ids, page by page, at the same cost a page however many there are."""

from typing import TYPE_CHECKING

from django.db.models import Count, Min

if TYPE_CHECKING:
    from django.db import models

    from catalog_ai.models import Classification

WINDOW = 5_000  # ids that are looked at together


def find_next_rows(rows: "models.QuerySet[Classification]", after: int, size: int) -> list[int]:
    """Ids of the next of the rows, in order; none at the end.

    Asked for "the first so many by id", a database may walk along all ids there are until it has
    met so many of the right ones. So it is asked for those of a narrow window, and past an empty
    one where the next row is: counting on the way keeps it from walking there either.
    """
    ids = rows.order_by("pk").values_list("pk", flat=True)
    while not (found := list(ids.filter(pk__gt=after, pk__lte=after + WINDOW)[:size])):
        left = rows.filter(pk__gt=after + WINDOW)
        first = left.aggregate(first=Min("pk"), number=Count("pk"))["first"]
        if first is None:
            return []
        after = first - 1
    return found
