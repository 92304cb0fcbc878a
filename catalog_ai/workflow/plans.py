"""Conditions written so that a database answers them along the right index."""

from typing import Any

from django.db import models
from django.db.models import F
from django.db.models.functions import Coalesce


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
