"""System checks: one function an id, each naming a mistake in the set-up and its mend."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from django.apps import AppConfig
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import connections, models, router

from catalog_ai.conf import SETTING, find_setting_mistakes, get_settings
from catalog_ai.inference.bundle import BundleError
from catalog_ai.models import Classification, Run
from catalog_ai.targets import ProductTarget, load_target_classes
from catalog_ai.workflow.models_in_use import get_bundle, get_classifier

Apps = Sequence[AppConfig] | None


def register_checks() -> None:
    """Called once from AppConfig.ready()."""
    for check in (
        check_settings,
        check_targets,
        check_bundle,
        check_queues,
        check_thumbnails,
        check_sqlite,
    ):
        register(check, "catalog_ai")


def check_settings(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """catalog_ai.E001: the settings dict. catalog_ai.W001: no target is named."""
    raw = getattr(django_settings, SETTING, {})
    found: list[CheckMessage] = [
        Error(mistake, hint="See docs/settings.md.", id="catalog_ai.E001")
        for mistake in find_setting_mistakes(raw)
    ]
    if not found and not get_settings().TARGETS:
        hint = f"Name your ProductTarget class in {SETTING}['TARGETS']."
        found.append(Warning("No product model is set up.", hint=hint, id="catalog_ai.W001"))
    return found


def check_targets(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """catalog_ai.E002 to E008, E012 to E014: what a target names must exist and be usable."""
    if find_setting_mistakes(getattr(django_settings, SETTING, {})):
        return []
    try:
        classes = load_target_classes()
    except (ImportError, TypeError) as error:
        hint = "Give the dotted path of a subclass of catalog_ai.targets.ProductTarget."
        return [Error(str(error), hint=hint, id="catalog_ai.E002")]
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
        *_check_image(target),
        *_check_categories(target),
        *_check_value(target, model),
        *_check_key(target, model),
        *_check_names(target_class),
        *_check_facets(target),
    ]


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


def _check_value(target: ProductTarget, model: type[models.Model]) -> Iterable[CheckMessage]:
    if target.value and not _has_field(model, target.value):
        message = f"value: {model.__name__} has no field {target.value!r}"
        yield _error(type(target), message, "Name a number field, or leave value out.", 8)


def _check_key(target: ProductTarget, model: type[models.Model]) -> Iterable[CheckMessage]:
    longest = Classification._meta.get_field("object_id").max_length or 0
    length = getattr(model._meta.pk, "max_length", None) or 0
    if length > longest:
        message = f"model: a key of {model.__name__} can have {length} characters"
        yield _error(type(target), message, f"At most {longest} can be kept.", 12)


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


def check_bundle(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """catalog_ai.E010: the model bundle is missing, damaged or of a wrong shape."""
    try:
        get_classifier()
    except ImproperlyConfigured:
        return []  # check_settings tells it
    except BundleError as error:
        hint = f"Point {SETTING}['BUNDLE'] at a good bundle, or leave it out for the shipped one."
        return [Error(str(error), hint=hint, id="catalog_ai.E010")]
    return []


def check_queues(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """catalog_ai.E011: a queue that the settings name is not in RQ_QUEUES."""
    try:
        settings = get_settings()
    except ImproperlyConfigured:
        return []
    known = getattr(django_settings, "RQ_QUEUES", {})
    return [
        Error(
            f"RQ_QUEUES has no queue {name!r}.",
            hint=f"Add it to RQ_QUEUES, or name another in {SETTING}.",
            id="catalog_ai.E011",
        )
        for name in dict.fromkeys((settings.BULK_QUEUE, settings.UPLOAD_QUEUE))
        if name not in known
    ]


def check_thumbnails(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """catalog_ai.E015: the storage of thumbnails is not in STORAGES."""
    try:
        alias = get_settings().THUMBNAIL_STORAGE
    except ImproperlyConfigured:
        return []
    if alias in django_settings.STORAGES:
        return []
    message = f"STORAGES has no {alias!r}."
    hint = f"Add it, or name another in {SETTING}['THUMBNAIL_STORAGE']."
    return [Error(message, hint=hint, id="catalog_ai.E015")]


def check_sqlite(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """catalog_ai.W002: SQLite as Django leaves it refuses one of two who write at once."""
    database = connections[router.db_for_write(Run)].settings_dict
    options = database.get("OPTIONS") or {}
    mode = str(options.get("transaction_mode") or "").upper()
    if "sqlite3" not in database["ENGINE"] or mode in {"IMMEDIATE", "EXCLUSIVE"}:
        return []
    message = (
        "With SQLite as it is set up, a save can fail while a worker writes: 'database is locked'."
    )
    hint = (
        "Give the database OPTIONS with transaction_mode IMMEDIATE and WAL: see docs/settings.md."
    )
    return [Warning(message, hint=hint, id="catalog_ai.W002")]
