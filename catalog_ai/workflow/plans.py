"""Conditions written so that a database answers them along the right index."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.functions import Coalesce


def has_state(states: Iterable[str]) -> models.Func:
    """A condition on rows with one of these states, written into the SQL.

    SQLite uses no partial index for a bound parameter, nor one of a single state for IN. `states`
    are members of a model's own choices: they are not escaped.
    """
    written = [f"'{state}'" for state in states]
    test = f"= {written[0]}" if len(written) == 1 else f"IN ({', '.join(written)})"
    template = f"%(expressions)s {test}"
    return models.Func(models.F("state"), template=template, output_field=models.BooleanField())


def find_end(
    rows: "models.QuerySet[Any]", field: str, value: Any, *, newest: bool = False
) -> "models.QuerySet[Any]":
    """The lowest (or highest) id of those rows whose field has the value: one id, or none.

    A short look into an index of (field, id), however many rows there are. The value is written as
    a range: in the order of what "equals" one value PostgreSQL sees the order of ids alone, and
    would go through them all.
    """
    within = rows.filter(**{f"{field}__gte": value, f"{field}__lte": value})
    order = (f"-{field}", "-pk") if newest else (field, "pk")
    return within.order_by(*order).values_list("pk", flat=True)[:1]


def filter_unindexed(
    rows: "models.QuerySet[Any]", field: str, value: Any
) -> "models.QuerySet[Any]":
    """Rows whose field has the value, in a form that no index answers.

    The index of another condition is to: SQLite would rather read all rows of the product model, or
    gather all suggestions of a run.
    """
    hidden: models.QuerySet[Any] = rows.alias(_hidden=Coalesce(field, field))
    return hidden.filter(_hidden=value)


def expect_few(rows: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
    """The same rows, in a form of which PostgreSQL expects one in two hundred.

    For a bounded number of rows that others are joined to. So it looks these up by their keys; it
    would rather read the whole of the other table, in parallel, and that grows with the shop.
    """
    same: models.QuerySet[Any] = rows.alias(_same=Coalesce("pk", "pk"))
    return same.filter(_same=F("pk"))
