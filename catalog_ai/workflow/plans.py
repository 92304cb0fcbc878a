"""Conditions written so that a database answers them along the right index."""

from typing import Any

from django.db import models
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
