"""Can a category be made of a name alone?"""

from typing import Any

from django.db import models
from django.db.models import signals


def list_unfilled(model: type[models.Model], name_field: str) -> list[str]:
    """Fields that a row made by its name alone leaves without a value that can be.

    Empty as well where code of the shop's, in save() or behind a signal, may give them one.
    """
    if model.save is not models.Model.save or signals.pre_save.has_listeners(model):
        return []
    fields = (field for field in model._meta.concrete_fields if field.name != name_field)
    return [field.name for field in fields if not _may_stay_empty(field)]


def _may_stay_empty(field: "models.Field[Any, Any]") -> bool:
    if field.null or _fills_itself(field):
        return True
    # An empty text is a value as well, but of a field that is unique only one row can have it.
    return field.empty_strings_allowed and not field.unique


def _fills_itself(field: Any) -> bool:
    return (
        field.has_default()
        or field.db_default is not models.NOT_PROVIDED
        or field.generated
        or isinstance(field, models.AutoField)
        or getattr(field, "auto_now", False)
        or getattr(field, "auto_now_add", False)
        or getattr(field.remote_field, "parent_link", False)
        or not type(field).__module__.startswith("django.")  # a slug that makes itself, say
    )
