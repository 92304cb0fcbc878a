"""Categories that are words: a field with choices, or tags."""

from collections.abc import Iterable
from typing import Any

from django.db import models

from catalog_ai.errors import UnknownCategory
from catalog_ai.targets.category_field import CategoryField, pick_only


class ChoiceCategory(CategoryField):
    """One category a product, as a field with choices."""

    single_valued = True

    def __init__(self, field: "models.Field[Any, Any]") -> None:
        super().__init__(field.name)
        self.choices = {
            str(value): text for value, text in field.flatchoices if value not in (None, "")
        }
        self.empty = None if field.null else ""

    @property
    def names(self) -> dict[str, str]:
        """In the reader's language."""
        return {value: str(text) for value, text in self.choices.items()}

    def read(self, product: models.Model) -> set[str]:
        value = getattr(product, self.name)
        return {str(value)} if value not in (None, "") else set()

    def write(self, product: models.Model, keys: set[str]) -> None:
        key = pick_only(keys)
        if key is not None and key not in self.choices:
            raise UnknownCategory
        setattr(product, self.name, self.empty if key is None else key)
        product.save(update_fields=[self.name])

    def get_names(self, keys: Iterable[str]) -> dict[str, str]:
        return {key: str(self.choices[key]) for key in keys if key in self.choices}

    def list_all(self, search: str = "", limit: int = 20) -> list[tuple[str, str]]:
        needle = search.casefold()
        found = [pair for pair in self.names.items() if needle in pair[1].casefold()]
        return found[:limit] if limit else found


class TagCategories(CategoryField):
    """Several tags a product, through a manager with names(), add() and remove()."""

    can_create = True

    def __init__(self, name: str, tag_model: type[models.Model]) -> None:
        super().__init__(name)
        self.tag_model = tag_model

    def read(self, product: models.Model) -> set[str]:
        return set(getattr(product, self.name).names())

    def write(self, product: models.Model, keys: set[str]) -> None:
        manager = getattr(product, self.name)
        present = self.read(product)
        if added := keys - present:
            manager.add(*added)
        if removed := present - keys:
            manager.remove(*removed)

    def get_names(self, keys: Iterable[str]) -> dict[str, str]:
        return {key: key for key in keys}

    def list_all(self, search: str = "", limit: int = 20) -> list[tuple[str, str]]:
        rows = self.tag_model._default_manager.order_by("name")
        if search:
            rows = rows.filter(name__icontains=search)
        names = rows.values_list("name", flat=True)
        return [(name, name) for name in (names[:limit] if limit else names)]

    def create(self, name: str) -> str:
        return name  # a tag comes into being when it is first added
