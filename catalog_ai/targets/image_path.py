"""The way from a product to the row that has its image, such as "images__original"."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models


def list_steps(model: Any, path: str) -> list[Any]:
    """The relations on the way, in order; the path's last part is the image's own field.

    Raises:
        FieldDoesNotExist, AttributeError: it leads nowhere.
    """
    steps = []
    for name in path.split("__")[:-1]:
        steps.append(_find_relation(model, name))
        model = steps[-1].related_model
    return steps


def _find_relation(model: type[models.Model], name: str) -> Any:
    """By its name in a lookup or on a row: without a related_name these are two, "image" and
    "image_set"."""
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        for relation in model._meta.related_objects:
            if relation.get_accessor_name() == name:
                return relation
        raise


def name_on_row(relation: Any) -> str:
    """The attribute of a row that leads along the relation."""
    is_reverse = isinstance(relation, models.ForeignObjectRel)
    return str(relation.get_accessor_name() if is_reverse else relation.name)
