"""Conditions written so that a database answers them along the right index."""

from typing import Any

from django.db import models
from django.db.models.functions import Coalesce


def of_target(rows: "models.QuerySet[Any]", field: str, target: str) -> "models.QuerySet[Any]":
    """Rows of a product model, in a form that no index answers.

    The index of another condition is to: SQLite would rather read all rows of the product model.
    """
    hidden: models.QuerySet[Any] = rows.alias(_target=Coalesce(field, field))
    return hidden.filter(_target=target)
