"""The ways in which a shop says what a product is: M2M, foreign key, choices or tags.

A category is named by a string key: the primary key of a related row, the stored value of a
choice, or the name of a tag.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import signals

from catalog_ai.errors import UnknownCategory
from catalog_ai.inference.bundle import fold_name


class Change(NamedTuple):
    """A product, the keys of its present categories, and of those that it is to have."""

    product: models.Model
    before: set[str]
    after: set[str]


class CategoryField(ABC):
    """Reads and writes one product's categories, whatever the shop keeps them in."""

    single_valued = False
    can_create = False

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def read(self, product: models.Model) -> set[str]:
        """Keys of the product's present categories."""

    @abstractmethod
    def write(self, product: models.Model, keys: set[str]) -> None:
        """Make the product's categories exactly `keys`."""

    @property
    def can_write_at_once(self) -> bool:
        """Whether no code of the shop's hears of a change, so that many can be written at once."""
        return False

    def write_at_once(self, changes: Sequence["Change"]) -> None:
        """`write` for many products, in a few statements; only where `can_write_at_once`."""
        raise NotImplementedError(f"{type(self).__name__} writes one by one")

    @abstractmethod
    def get_names(self, keys: Iterable[str]) -> dict[str, str]:
        """Display names by key; keys that no longer exist are left out."""

    @abstractmethod
    def list_all(self, search: str = "", limit: int = 20) -> list[tuple[str, str]]:
        """(key, name) pairs whose name contains `search`, by name."""

    def find(self, names: Iterable[str]) -> str | None:
        """Key of the first category called one of `names`, or None."""
        wanted = [fold_name(name) for name in names]
        by_name = {fold_name(name): key for key, name in self.list_all(limit=0)}
        return next((by_name[name] for name in wanted if name in by_name), None)

    def create(self, name: str) -> str:
        """Make a new category and give its key."""
        raise NotImplementedError(f"{type(self).__name__} cannot create categories")


class RelatedCategories(CategoryField):
    """Categories that are rows of another model."""

    can_create = True

    def __init__(self, name: str, related: type[models.Model], name_field: str) -> None:
        super().__init__(name)
        self.related = related
        self.name_field = name_field

    def _rows(self) -> models.QuerySet[Any]:
        return self.related._default_manager.all()

    def get_names(self, keys: Iterable[str]) -> dict[str, str]:
        rows = self._rows().filter(pk__in=[self._to_pk(key) for key in keys])
        return {str(pk): str(name) for pk, name in rows.values_list("pk", self.name_field)}

    def list_all(self, search: str = "", limit: int = 20) -> list[tuple[str, str]]:
        rows = self._rows().order_by(self.name_field, "pk")
        if search:
            rows = rows.filter(**{f"{self.name_field}__icontains": search})
        pairs = rows.values_list("pk", self.name_field)
        return [(str(pk), str(name)) for pk, name in (pairs[:limit] if limit else pairs)]

    def create(self, name: str) -> str:
        row, _ = self.related._default_manager.get_or_create(
            defaults=None, **{self.name_field: name}
        )
        return str(row.pk)

    def _to_pk(self, key: str) -> Any:
        return self.related._meta.pk.to_python(key)  # type: ignore[union-attr]


class ManyToManyCategories(RelatedCategories):
    """Several categories a product."""

    def __init__(self, field: "models.ManyToManyField[Any, Any]", name_field: str) -> None:
        super().__init__(field.name, field.related_model, name_field)  # type: ignore[arg-type]
        self.field: Any = field

    @property
    def can_read_many(self) -> bool:
        """Whether the table between names both sides by their primary keys, as it nearly always
        does."""
        between: Any = self.field.remote_field.through._meta
        names = (self.field.m2m_field_name(), self.field.m2m_reverse_field_name())
        return all(between.get_field(name).target_field.primary_key for name in names)

    def read_many(self, pks: Sequence[Any]) -> dict[Any, set[str]]:
        """Keys by the product's primary key: one query of the table between, and no rows made."""
        product, category = self.field.m2m_field_name(), self.field.m2m_reverse_field_name()
        between: Any = self.field.remote_field.through
        # As for read(), what the categories' own manager hides is none.
        pairs = between._base_manager.filter(
            **{f"{product}__in": pks, f"{category}__in": self._rows()}
        )
        found: dict[Any, set[str]] = {}
        for owner, key in pairs.values_list(f"{product}_id", f"{category}_id"):
            found.setdefault(owner, set()).add(str(key))
        return found

    def read(self, product: models.Model) -> set[str]:
        # all() and not values_list(): it is free where the rows were prefetched.
        return {str(row.pk) for row in getattr(product, self.name).all()}

    def write(self, product: models.Model, keys: set[str]) -> None:
        manager = getattr(product, self.name)
        present = self.read(product)
        if added := keys - present:
            manager.add(*[self._to_pk(key) for key in added])
        if removed := present - keys:
            manager.remove(*[self._to_pk(key) for key in removed])

    @property
    def can_write_at_once(self) -> bool:
        through = self.field.remote_field.through
        return through._meta.auto_created and not signals.m2m_changed.has_listeners(through)

    def write_at_once(self, changes: Sequence[Change]) -> None:
        through = self.field.remote_field.through
        owner = f"{self.field.m2m_field_name()}_id"
        category = f"{self.field.m2m_reverse_field_name()}_id"
        added, removed = [], set()
        for product, before, after in changes:
            links = ({owner: product.pk, category: self._to_pk(key)} for key in after - before)
            added += [through(**link) for link in links]
            removed |= {(product.pk, self._to_pk(key)) for key in before - after}
            # As Django's own add() does: what was fetched before is out of date.
            getattr(product, "_prefetched_objects_cache", {}).pop(self.name, None)
        self._remove_links(removed)
        through._default_manager.bulk_create(added, ignore_conflicts=True)

    def _remove_links(self, pairs: set[tuple[Any, Any]]) -> None:
        """Take products (first of a pair) out of categories (second) in two statements."""
        if not pairs:
            return
        owner, category = self.field.m2m_field_name(), self.field.m2m_reverse_field_name()
        links = self.field.remote_field.through._base_manager
        found = links.filter(**{f"{owner}__in": {pk for pk, _key in pairs}})
        rows = found.values_list("pk", f"{owner}_id", f"{category}_id")
        links.filter(pk__in=[pk for pk, *pair in rows if tuple(pair) in pairs]).delete()


class ForeignKeyCategory(RelatedCategories):
    """One category a product, as a foreign key."""

    single_valued = True

    def read(self, product: models.Model) -> set[str]:
        key = product.serializable_value(self.name)
        return set() if key is None else {str(key)}

    def write(self, product: models.Model, keys: set[str]) -> None:
        field: Any = type(product)._meta.get_field(self.name)
        key = next(iter(keys), None)
        setattr(product, field.attname, None if key is None else self._to_pk(key))
        product.save(update_fields=[self.name])


class ChoiceCategory(CategoryField):
    """One category a product, as a field with choices."""

    single_valued = True

    def __init__(self, field: "models.Field[Any, Any]") -> None:
        super().__init__(field.name)
        self.names = {str(value): str(text) for value, text in field.flatchoices if value}
        self.empty = None if field.null else ""

    def read(self, product: models.Model) -> set[str]:
        value = getattr(product, self.name)
        return {str(value)} if value not in (None, "") else set()

    def write(self, product: models.Model, keys: set[str]) -> None:
        key = next(iter(keys), None)
        if key is not None and key not in self.names:
            raise UnknownCategory
        setattr(product, self.name, self.empty if key is None else key)
        product.save(update_fields=[self.name])

    def get_names(self, keys: Iterable[str]) -> dict[str, str]:
        return {key: self.names[key] for key in keys if key in self.names}

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


def make_category_field(
    model: type[models.Model], name: str, name_field: str = "name"
) -> CategoryField:
    """The right way to read and write `model.name`.

    Raises:
        TypeError: the field is of no kind that can hold categories.
    """
    field: Any = _find_field(model, name)
    related: Any = getattr(field, "related_model", None)
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
