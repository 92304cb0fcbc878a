"""Which of the ways of keeping categories a shop's field is: M2M, foreign key, choices or tags."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from catalog_ai.targets.category_field import CategoryField
from catalog_ai.targets.related_categories import (
    ForeignKeyCategory,
    ManyToManyCategories,
    RelatedCategories,
)
from catalog_ai.targets.value_categories import ChoiceCategory, TagCategories

__all__ = [
    "CategoryField",
    "ChoiceCategory",
    "ForeignKeyCategory",
    "ManyToManyCategories",
    "RelatedCategories",
    "TagCategories",
    "make_category_field",
]


def make_category_field(
    model: type[models.Model], name: str, name_field: str = "name"
) -> CategoryField:
    """The right way to read and write `model.name`.

    Raises:
        TypeError: the field is of no kind that can hold categories.
    """
    field: Any = _find_field(model, name)
    related: Any = getattr(field, "related_model", None)
    if isinstance(field, models.ForeignObjectRel):
        raise TypeError(f"{model.__name__}.{name} is a field of {related.__name__}, not its own")
    if field is not None and getattr(field, "flatchoices", None):
        return ChoiceCategory(field)
    # A tag manager is told by its manager, for it is a relation field of its own making.
    if field is not None and hasattr(getattr(model, name), "through") and field.many_to_many:
        if hasattr(field, "taggit") or not isinstance(field, models.ManyToManyField):
            return TagCategories(name, related)
        return ManyToManyCategories(field, name_field)
    if isinstance(field, models.ForeignKey):
        return ForeignKeyCategory(name, field.related_model, name_field)  # type: ignore[arg-type]
    raise TypeError(
        f"{model.__name__}.{name} is no many-to-many, foreign key, choices or tags field"
    )


def _find_field(model: type[models.Model], name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist as missing:
        raise TypeError(f"{model.__name__} has no field {name!r}") from missing
