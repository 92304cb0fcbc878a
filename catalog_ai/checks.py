"""System checks: one function a part of the set-up, each mistake with its id and its mend."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router
from django.urls import NoReverseMatch, reverse
from redis.exceptions import RedisError

from catalog_ai.conf import SETTING, find_setting_mistakes, get_settings
from catalog_ai.inference.bundle import BundleError
from catalog_ai.models import Run
from catalog_ai.target_checks import check_targets
from catalog_ai.workflow.models_in_use import get_classifier
from catalog_ai.workflow.queues import open_queue

Apps = Sequence[AppConfig] | None

API_APPS = ("rest_framework", "rest_framework.authtoken", "django_filters", "drf_spectacular")


def register_checks() -> None:
    """Called once from AppConfig.ready()."""
    for check in (
        check_settings,
        check_targets,
        check_bundle,
        check_queues,
        check_thumbnails,
        check_sqlite,
        check_api,
        check_admin,
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
    """catalog_ai.E011: a queue is not in RQ_QUEUES. E018: it is no Redis. W003: one for both."""
    try:
        settings = get_settings()
    except ImproperlyConfigured:
        return []
    known = getattr(django_settings, "RQ_QUEUES", None) or {}
    shared: list[CheckMessage] = [
        Warning(
            f"Uploads wait behind bulk runs: both have the queue {settings.BULK_QUEUE!r}.",
            hint=f"Name another one in {SETTING}['UPLOAD_QUEUE'].",
            id="catalog_ai.W003",
        )
    ]
    found = shared if settings.UPLOAD_QUEUE == settings.BULK_QUEUE else []
    for name in dict.fromkeys((settings.BULK_QUEUE, settings.UPLOAD_QUEUE)):
        found += _check_queue(name) if name in known else [_miss_queue(name)]
    return found


def _miss_queue(name: str) -> CheckMessage:
    hint = f"Add it to RQ_QUEUES, or name another in {SETTING}."
    return Error(f"RQ_QUEUES has no queue {name!r}.", hint=hint, id="catalog_ai.E011")


def _check_queue(name: str) -> Iterable[CheckMessage]:
    """Whether its address can be one; nobody is asked, for Redis may be down for a while."""
    try:
        open_queue(name)
    except RedisError as error:
        hint = 'Give it an address such as {"URL": "redis://localhost:6379/0"}.'
        yield Error(f"{error}.", hint=hint, id="catalog_ai.E018")


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


def check_api(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """catalog_ai.W005: the shop's addresses hold the API, its settings not all that it needs."""
    if not getattr(django_settings, "ROOT_URLCONF", None):
        return []
    try:
        reverse("catalog_ai_api:schema")
    except NoReverseMatch:
        return []
    missing = [f"{name!r} in INSTALLED_APPS" for name in API_APPS if not apps.is_installed(name)]
    if not _has_schema_class():
        missing.append("DEFAULT_SCHEMA_CLASS of drf_spectacular in REST_FRAMEWORK")
    if not missing:
        return []
    message = f"The API will fail for some calls without {', '.join(missing)}."
    return [Warning(message, hint="See docs/api.md.", id="catalog_ai.W005")]


def _has_schema_class() -> bool:
    from drf_spectacular.openapi import AutoSchema  # of the extra that the API needs
    from rest_framework.settings import api_settings

    named: Any = api_settings.DEFAULT_SCHEMA_CLASS
    return issubclass(named, AutoSchema)


def check_admin(app_configs: Apps, **_: Any) -> list[CheckMessage]:
    """catalog_ai.W006: an inline writes products' categories as they were shown. W008: a mixin that
    stands behind and so does nothing."""
    told = [*check_settings(None), *check_targets(None)]
    if not apps.is_installed("django.contrib.admin") or any(isinstance(one, Error) for one in told):
        return []
    from catalog_ai.admin import mixin_checks  # no shop must have an admin

    return [
        *(
            Warning(
                f"{inline.__qualname__} takes out what is filed while its page is open.",
                hint="Put AutoCategorizeInlineMixin before its base: see docs/how-to/admin.md.",
                obj=inline,
                id="catalog_ai.W006",
            )
            for inline in mixin_checks.find_unkept_inlines()
        ),
        *(
            Warning(
                f"{shop_admin.__qualname__} has AutoCategorizeAdminMixin behind ModelAdmin, "
                "where it does nothing.",
                hint="Put it before: class ProductAdmin(AutoCategorizeAdminMixin, ModelAdmin).",
                obj=shop_admin,
                id="catalog_ai.W008",
            )
            for shop_admin in mixin_checks.find_idle_admins()
        ),
    ]
