"""The targets that the settings name."""

from functools import cache

from django.core.signals import setting_changed
from django.db import models
from django.utils.module_loading import import_string

from catalog_ai.conf import SETTING, get_settings
from catalog_ai.errors import UnknownTarget
from catalog_ai.targets.product import ProductTarget


def load_target_classes() -> list[type[ProductTarget]]:
    """Target classes in the order of the settings.

    Raises:
        ImportError: a dotted path leads nowhere.
        TypeError: it leads to something that is no ProductTarget.
    """
    classes = []
    for path in get_settings().TARGETS:
        target_class = import_string(path)
        if not (isinstance(target_class, type) and issubclass(target_class, ProductTarget)):
            raise TypeError(f"{path} is no subclass of catalog_ai.targets.ProductTarget")
        classes.append(target_class)
    return classes


@cache
def get_targets() -> dict[str, ProductTarget]:
    """Targets by key."""
    targets = [target_class() for target_class in load_target_classes()]
    return {target.key: target for target in targets}


def get_target(key: str) -> ProductTarget:
    """The target with this key.

    Raises:
        UnknownTarget: no such target is set up.
    """
    try:
        return get_targets()[key]
    except KeyError as unknown:
        raise UnknownTarget from unknown


def find_target(model: type[models.Model]) -> ProductTarget | None:
    """The target of a product model (or of its concrete parent), or None."""
    return get_targets().get(model._meta.concrete_model._meta.label_lower)  # type: ignore[union-attr]


def forget_targets(*, setting: str, **_: object) -> None:
    if setting == SETTING:
        get_targets.cache_clear()


setting_changed.connect(forget_targets)
