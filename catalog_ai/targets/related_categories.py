"""Categories that are rows of another model: many-to-many, or a foreign key."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import MultipleObjectsReturned, ValidationError
from django.db import IntegrityError, models, router, transaction
from django.db.models import signals

from catalog_ai.arrays import is_among
from catalog_ai.targets.category_field import CategoryField, Change, pick_only
from catalog_ai.targets.keys import parse_pk, parse_possible

logger = logging.getLogger(__name__)


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
        rows = self._rows().filter(pk__in=parse_possible(self._to_pk, keys))
        return {str(pk): str(name) for pk, name in rows.values_list("pk", self.name_field)}

    def list_all(self, search: str = "", limit: int = 20) -> list[tuple[str, str]]:
        rows = self._rows().order_by(self.name_field, "pk")
        if search:
            rows = rows.filter(**{f"{self.name_field}__icontains": search})
        pairs = rows.values_list("pk", self.name_field)
        return [(str(pk), str(name)) for pk, name in (pairs[:limit] if limit else pairs)]

    def create(self, name: str) -> str | None:
        # A whole chunk of products asks for it, and must not fail where the shop refuses.
        try:
            with transaction.atomic(using=router.db_for_write(self.related)):
                row, _ = self.related._default_manager.get_or_create(
                    defaults=None, **{self.name_field: name}
                )
                if row.pk == "":
                    raise IntegrityError("its key is empty")
        except (IntegrityError, MultipleObjectsReturned, ValidationError) as error:
            told = "the category %r could not be made, so a person has to choose one: %s"
            logger.error(told, name, str(error).strip())
            return None
        return str(row.pk)

    def _to_pk(self, key: str) -> Any:
        return parse_pk(self.related, key)


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
            is_among(product, pks), **{f"{category}__in": self._rows()}
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
        through: Any = self.field.remote_field.through
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
        if key is not None and not self._names_pk(product):
            key = getattr(product, self.name).pk
        return set() if key is None else {str(key)}

    def write(self, product: models.Model, keys: set[str]) -> None:
        key = pick_only(keys)
        pk = None if key is None else self._to_pk(key)
        if pk is not None and not self._names_pk(product):
            setattr(product, self.name, self._rows().get(pk=pk))
        else:
            field: Any = type(product)._meta.get_field(self.name)
            setattr(product, field.attname, pk)
        product.save(update_fields=[self.name])

    def _names_pk(self, product: models.Model) -> bool:
        """Whether the key names a category by its primary key: `to_field` may say otherwise."""
        field: Any = type(product)._meta.get_field(self.name)
        return bool(field.target_field.primary_key)
