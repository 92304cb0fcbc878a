"""ProductTarget: the adapter between catalog_ai and one product model of a shop."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, ClassVar

from django.apps import apps
from django.db import models
from django.db.models.fields.files import FieldFile, FileField, ImageFieldFile

from catalog_ai.arrays import is_among
from catalog_ai.inference.bundle import Label
from catalog_ai.targets.categories import make_category_field
from catalog_ai.targets.category_field import CategoryField, Change
from catalog_ai.targets.image_path import list_steps, name_on_row
from catalog_ai.targets.keys import parse_pk, parse_possible
from catalog_ai.targets.label_names import get_names, get_own_name
from catalog_ai.targets.related_categories import ManyToManyCategories


class ProductTarget:
    """Subclass it, name the model and its fields; override a method where a shop differs.

    class ShopProductTarget(ProductTarget):
        model = "shop.Product"
        image = "image"             # or "images__original": the first related row's image
        categories = "categories"   # many-to-many, foreign key, choices or tags
    """

    model: ClassVar[str]
    image: ClassVar[str] = "image"
    categories: ClassVar[str] = "categories"
    category_name: ClassVar[str] = "name"  # the field that names a related category
    create_categories: ClassVar[bool] = False  # make a category when none is called like a label
    facets: ClassVar[tuple[str, ...]] = ("article",)  # facets whose labels file products
    value: ClassVar[str] = ""  # a number field: what a product is worth, to review those first

    @property
    def key(self) -> str:
        """The name of this target in rows and addresses, such as "shop.product"."""
        return self.get_model()._meta.label_lower

    def get_model(self) -> type[models.Model]:
        return apps.get_model(self.model)

    def has_own(self, *methods: str) -> bool:
        """Whether a shop does any of these in a way of its own."""
        return any(
            getattr(getattr(self, name), "__func__", None) is not getattr(ProductTarget, name)
            for name in methods
        )

    # Products -------------------------------------------------------------------------------

    def get_products(self) -> "models.QuerySet[Any]":
        """Products that may be categorised."""
        return self.get_model()._default_manager.all()

    def load_products(self, keys: Collection[str]) -> dict[str, models.Model]:
        """Products by key, with what the worker reads of them fetched in a bounded few queries."""
        products = (
            self.get_products()
            .filter(is_among("pk", self.to_pks(keys)))
            .prefetch_related(*self._prefetches())
        )
        return {self.to_key(product.pk): product for product in products}

    def load_for_lists(self, keys: Collection[str]) -> dict[str, models.Model]:
        """Products by key, with what titles and `list_categories` need: no images."""
        if self.has_own("load_products"):
            return self.load_products(keys)
        products = self.get_products().filter(is_among("pk", self.to_pks(keys)))
        if self._many_categories is None:
            products = products.prefetch_related(*self._prefetches())
        return {self.to_key(product.pk): product for product in products}

    def load_to_file(self, keys: Collection[str]) -> dict[str, models.Model]:
        """Products by key with their images; `list_categories` tells their categories.

        Where they are filed one by one, with the categories too: `set_categories` reads them.
        """
        if self._relations or self._many_categories is None or not self.can_set_at_once:
            return self.load_products(keys)
        return self.load_for_lists(keys)

    def to_key(self, pk: object) -> str:
        """A primary key as text. A UUID goes without dashes, which every database can cast."""
        return pk.hex if isinstance(pk, uuid.UUID) else str(pk)

    def to_pk(self, key: str) -> Any:
        """
        Raises:
            ValidationError: no row can have this key.
        """
        return parse_pk(self.get_model(), key)

    def to_pks(self, keys: Iterable[str]) -> list[Any]:
        """The same of many; keys that no row can have are passed over."""
        return parse_possible(self.to_pk, keys)

    def get_title(self, product: models.Model) -> str:
        return str(product)

    def get_value(self, product: models.Model) -> float:
        """What the product is worth, in the shop's own unit; 0 where `value` is not set."""
        return float(getattr(product, self.value) or 0) if self.value else 0.0

    # Images ---------------------------------------------------------------------------------

    @property
    def has_plain_image(self) -> bool:
        """Whether the image is a field of the product itself, read in no way of the shop's own."""
        return "__" not in self.image and not self.has_own("get_image")

    def load_images(self, keys: Collection[str]) -> dict[str, FieldFile | None]:
        """Images by key of those products that there are, with no more read than that takes."""
        if not self.has_plain_image:
            return {key: self.get_image(one) for key, one in self.load_products(keys).items()}
        products = self.get_products().filter(is_among("pk", self.to_pks(keys)))
        if self.image_field.attr_class in (FieldFile, ImageFieldFile):
            return self._open_images(products.values_list("pk", self.image))
        # A file of a shop's own kind may ask the product that it belongs to.
        rows = products.only("pk", self.image)
        return {self.to_key(one.pk): self.get_image(one) for one in rows}

    def _open_images(self, names: Iterable[tuple[Any, str]]) -> dict[str, FieldFile | None]:
        """Images from keys and storage names alone: they are read, and belong to no product."""
        field: Any = self.image_field
        make = field.attr_class
        return {self.to_key(pk): make(None, field, name) if name else None for pk, name in names}

    @cached_property
    def image_field(self) -> FileField:
        """The FileField that `image` leads to.

        Raises:
            FieldDoesNotExist, TypeError: the path leads nowhere, or to no file.
        """
        steps = list_steps(self.get_model(), self.image)
        model: Any = steps[-1].related_model if steps else self.get_model()
        last = self.image.split("__")[-1]
        field = model._meta.get_field(last)
        if not isinstance(field, FileField):
            raise TypeError(f"{model.__name__}.{last} is no image or file field")
        return field

    @property
    def image_model(self) -> type[models.Model]:
        """The model whose save means that an image may have changed."""
        return self.image_field.model

    def get_image(self, product: models.Model) -> FieldFile | None:
        """The image to judge the product by, or None."""
        owner: Any = product
        for step in self._relations.split("__") if self._relations else ():
            owner = getattr(owner, step, None)
            if isinstance(owner, models.Manager):
                owner = next(iter(owner.all()), None)
            if owner is None:
                return None
        return getattr(owner, self.image.split("__")[-1]) or None

    def get_image_names(self, pks: Sequence[Any]) -> dict[str, str]:
        """Storage names of the products' images by key; an empty one where there is none."""
        if self.has_plain_image:
            rows = self.get_products().filter(is_among("pk", pks)).values_list("pk", self.image)
            return {self.to_key(pk): name or "" for pk, name in rows}
        products = self.load_products([self.to_key(pk) for pk in pks])
        images = {key: self.get_image(product) for key, product in products.items()}
        return {key: str(image.name) if image else "" for key, image in images.items()}

    def find_products_of(self, image_owner: models.Model) -> "models.QuerySet[Any]":
        """The products that a saved row of `image_model` belongs to."""
        steps = list_steps(self.get_model(), self.image)
        lookup = "__".join([*(step.name for step in steps), "pk"])
        return self.get_products().filter(**{lookup: image_owner.pk}).distinct()

    # Categories -----------------------------------------------------------------------------

    @cached_property
    def category_field(self) -> CategoryField:
        return make_category_field(self.get_model(), self.categories, self.category_name)

    def get_categories(self, product: models.Model) -> set[str]:
        """Keys of the product's present categories."""
        return self.category_field.read(product)

    def list_categories(self, products: Mapping[str, models.Model]) -> dict[str, set[str]]:
        """Keys of many products' present categories, by the products' keys."""
        many = self._many_categories
        if many is None:
            return {key: self.get_categories(product) for key, product in products.items()}
        found = many.read_many([product.pk for product in products.values()])
        return {key: found.get(product.pk, set()) for key, product in products.items()}

    @cached_property
    def _many_categories(self) -> ManyToManyCategories | None:
        """The field, where it tells the categories of many products in one query of its own."""
        field = self.category_field
        if self.has_own("get_categories") or not isinstance(field, ManyToManyCategories):
            return None
        return field if field.can_read_many else None

    def set_categories(self, product: models.Model, keys: set[str]) -> None:
        """File the product: the only place where catalog_ai writes to a shop's models."""
        self.category_field.write(product, keys)

    @property
    def can_set_at_once(self) -> bool:
        """Whether many products can be filed together: not where a shop does it in its own way, or
        has code that hears of each."""
        own = self.has_own("get_categories", "set_categories")
        return not own and self.category_field.can_write_at_once

    def set_categories_at_once(self, changes: Sequence[Change]) -> None:
        """`set_categories` for many products; only where `can_set_at_once`."""
        self.category_field.write_at_once(changes)

    def look_up_category(self, label: Label) -> str | None:
        """Key of the shop's category for a label, or None; makes none."""
        return self.category_field.find(get_names(label))

    def find_category(self, label: Label) -> str | None:
        """Key of the shop's category for a label, or None; made if `create_categories`."""
        found = self.look_up_category(label)
        make = found is None and self.can_make
        return self.category_field.create(get_own_name(label)) if make else found

    @property
    def can_make(self) -> bool:
        """Whether a missing category is made when a label first needs it."""
        return self.create_categories and self.category_field.can_create

    def get_category_names(self, keys: Iterable[str]) -> dict[str, str]:
        return self.category_field.get_names(keys)

    def search_categories(self, text: str, limit: int = 20) -> list[tuple[str, str]]:
        """(key, name) of categories whose name contains `text`."""
        return self.category_field.list_all(text, limit)

    def _prefetches(self) -> Sequence[str]:
        many = self.get_model()._meta.get_field(self.categories).many_to_many
        return [path for path in (self._relations, self.categories if many else "") if path]

    @cached_property
    def _relations(self) -> str:
        """The way from a product to the row that has its image; empty where that is itself."""
        return "__".join(map(name_on_row, list_steps(self.get_model(), self.image)))
