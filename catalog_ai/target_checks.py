"""System checks of what a shop's targets name: one function an aspect, each with its mend."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from django.apps import AppConfig
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import FieldDoesNotExist
from django.db import DEFAULT_DB_ALIAS, models, router

from catalog_ai.conf import SETTING, find_setting_mistakes
from catalog_ai.inference.bundle import BundleError
from catalog_ai.models import CategorizedProduct, Classification
from catalog_ai.models.products import INDEXED
from catalog_ai.targets import ProductTarget, load_target_classes
from catalog_ai.targets.making import list_unfilled
from catalog_ai.workflow.models_in_use import get_bundle

NO_NUMBERS = (models.CharField, models.TextField, models.DateField, models.ForeignKey)


def check_targets(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[CheckMessage]:
    """catalog_ai.E002 to E008, E012 to E014, E016, E017: what a target names is there and fits."""
    if find_setting_mistakes(getattr(django_settings, SETTING, {})):
        return []
    try:
        classes = load_target_classes()
    except (ImportError, TypeError) as error:
        hint = "Give the dotted path of a subclass of catalog_ai.targets.ProductTarget."
        return [Error(f"{error}.", hint=hint, id="catalog_ai.E002")]
    found: list[CheckMessage] = []
    for target_class in classes:
        found += _check_target(target_class)
    return found + _check_distinct(classes)


def _check_target(target_class: type[ProductTarget]) -> list[CheckMessage]:
    if not getattr(target_class, "model", ""):
        return [_error(target_class, "names no model", 'Set model = "yourapp.Product".', 3)]
    target = target_class()
    try:
        model = target.get_model()
    except (LookupError, ValueError) as error:
        return [_error(target_class, f"model: {error}", 'Write it as "app_label.Model".', 3)]
    return [
        *_check_database(target, model),
        *_check_image(target),
        *_check_categories(target),
        *_check_value(target, model),
        *_check_key(target, model),
        *_check_indexes(model),
        *_check_names(target_class),
        *_check_facets(target),
    ]


def _check_database(target: ProductTarget, model: type[models.Model]) -> Iterable[CheckMessage]:
    """A product and what is decided of it are locked and written in one transaction."""
    products, results = router.db_for_write(model), router.db_for_write(Classification)
    if products != results:
        message = f"model: {model.__name__} is in the database {products!r}, results in {results!r}"
        yield _error(type(target), message, "Route both to one database.", 16)
        return
    if results != DEFAULT_DB_ALIAS:
        message = f"model: {model.__name__} and results are in the database {results!r}"
        hint = f"Transactions are of the database {DEFAULT_DB_ALIAS!r}: route both to it."
        yield _error(type(target), message, hint, 16)
        return
    for one in (model, Classification):
        if router.db_for_read(one) != router.db_for_write(one):
            message = f"model: {one.__name__} is read from another database than it is written to"
            hint = "A copy lags behind, and rows are claimed by reading them: route both to one."
            yield _error(type(target), message, hint, 17)


def _check_image(target: ProductTarget) -> Iterable[CheckMessage]:
    try:
        _ = target.image_field
    except (FieldDoesNotExist, TypeError, AttributeError) as error:
        hint = 'Name an ImageField, or a path such as "images__original".'
        yield _error(type(target), f"image = {target.image!r}: {error}", hint, 4)


def _check_categories(target: ProductTarget) -> Iterable[CheckMessage]:
    try:
        field = target.category_field
    except TypeError as error:
        hint = "Name a many-to-many, foreign key, choices or tags field."
        yield _error(type(target), f"categories = {target.categories!r}: {error}", hint, 5)
        return
    related = getattr(field, "related", None)
    if related is not None and not _has_field(related, target.category_name):
        message = f"category_name: {related.__name__} has no field {target.category_name!r}"
        yield _error(type(target), message, "Name the field that holds a category's name.", 6)
    if target.create_categories and not field.can_create:
        hint = "Add the choices to the field, or leave create_categories out."
        yield _error(type(target), "create_categories: choices cannot be created", hint, 7)
    elif target.create_categories and related is not None and not target.has_own("find_category"):
        yield from _check_making(target, related)


def _check_making(target: ProductTarget, related: type[models.Model]) -> Iterable[CheckMessage]:
    if unfilled := list_unfilled(related, target.category_name):
        yield Warning(
            f"create_categories: a new {related.__name__} needs more than its "
            f"{target.category_name}: {', '.join(unfilled)}.",
            hint=f"Fill it in {related.__name__}.save(), or in find_category of your target.",
            obj=type(target),
            id="catalog_ai.W007",
        )


def _check_value(target: ProductTarget, model: type[models.Model]) -> Iterable[CheckMessage]:
    if not target.value or target.has_own("get_value"):
        return
    hint = "Name a number field, or leave value out."
    if not _has_field(model, target.value):
        message = f"value: {model.__name__} has no field {target.value!r}"
        yield _error(type(target), message, hint, 8)
    elif isinstance(model._meta.get_field(target.value), NO_NUMBERS):
        message = f"value: {model.__name__}.{target.value} is no number"
        yield _error(type(target), message, hint, 8)


def _check_key(target: ProductTarget, model: type[models.Model]) -> Iterable[CheckMessage]:
    longest = Classification._meta.get_field("object_id").max_length or 0
    length = getattr(model._meta.pk, "max_length", None) or 0
    if length > longest:
        message = f"model: a key of {model.__name__} can have {length} characters"
        yield _error(type(target), message, f"At most {longest} can be kept.", 12)


def _check_indexes(model: type[models.Model]) -> Iterable[CheckMessage]:
    if not issubclass(model, CategorizedProduct):
        return
    indexed = {field for index in model._meta.indexes for field in index.fields[:1]}
    indexed |= {field.name for field in model._meta.fields if getattr(field, "db_index", False)}
    if missing := [name for name in INDEXED if name not in indexed]:
        yield Warning(
            f"{model.__name__} has no index of {', '.join(missing)}: its list is slow to filter.",
            hint=f"Write class Meta(CategorizedProduct.Meta) in {model.__name__}, and migrate.",
            id="catalog_ai.W004",
        )


def _check_names(target_class: type[ProductTarget]) -> Iterable[CheckMessage]:
    """A misspelt attribute would leave the default in force without a word."""
    own = [base for base in target_class.__mro__ if not issubclass(ProductTarget, base)]
    for name in dict.fromkeys(name for base in own for name in vars(base)):
        near = get_close_matches(name, ProductTarget.__annotations__, 1, cutoff=0.75)
        if near and not hasattr(ProductTarget, name) and name not in near:
            message = f"{name}: a target has no such attribute"
            yield _error(target_class, message, f"Did you mean {near[0]}?", 13)


def _check_facets(target: ProductTarget) -> Iterable[CheckMessage]:
    try:
        known = dict.fromkeys(label.facet for label in get_bundle().labels)
    except BundleError:
        return  # check_bundle tells it
    if unknown := [facet for facet in target.facets if facet not in known]:
        message = f"facets: the model knows no {', '.join(map(repr, unknown))}"
        yield _error(type(target), message, f"It knows {', '.join(known)}: name some of them.", 14)


def _has_field(model: type[models.Model], name: str) -> bool:
    return any(field.name == name for field in model._meta.get_fields())


def _check_distinct(classes: Sequence[type[ProductTarget]]) -> list[CheckMessage]:
    names = [str(getattr(target_class, "model", "")).lower() for target_class in classes]
    return [
        _error(target_class, f"{name} has two targets", "Keep one target a product model.", 9)
        for place, (target_class, name) in enumerate(zip(classes, names, strict=True))
        if name and names.index(name) != place
    ]


def _error(target_class: type[ProductTarget], message: str, hint: str, number: int) -> Error:
    name = f"{target_class.__module__}.{target_class.__qualname__}"
    return Error(f"{name}: {message}.", hint=hint, id=f"catalog_ai.E{number:03d}")
