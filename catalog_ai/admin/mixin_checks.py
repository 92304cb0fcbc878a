"""Admins and inlines of products whose mixin of ours is missing, or stands where it is idle."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.options import InlineModelAdmin, ModelAdmin
from django.contrib.admin.sites import all_sites
from django.contrib.admin.utils import flatten, flatten_fieldsets

from catalog_ai.admin.inlines import AutoCategorizeInlineMixin
from catalog_ai.admin.products import AutoCategorizeAdminMixin
from catalog_ai.targets import find_target


def find_unkept_inlines() -> "Iterator[type[InlineModelAdmin[Any, Any]]]":
    """Those of all admin sites that show a product's categories without our mixin."""
    for site in all_sites:
        for shop_admin in site._registry.values():
            for inline in shop_admin.inlines:
                kept = _stands_before(AutoCategorizeInlineMixin, InlineModelAdmin, inline)
                target = None if kept else find_target(inline.model)
                if target is not None and _shows(inline, target.categories):
                    yield inline


def find_idle_admins() -> "Iterator[type[ModelAdmin[Any]]]":
    """Those whose own base is asked before our mixin, which is not called then."""
    for site in all_sites:
        for shop_admin in map(type, site._registry.values()):
            if issubclass(shop_admin, AutoCategorizeAdminMixin) and not _stands_before(
                AutoCategorizeAdminMixin, ModelAdmin, shop_admin
            ):
                yield shop_admin


def _stands_before(mixin: type, base: type, of: type) -> bool:
    order = of.__mro__
    return mixin in order and order.index(mixin) < order.index(base)


def _shows(inline: "type[InlineModelAdmin[Any, Any]]", name: str) -> bool:
    """Whether its form writes the field, as far as its class says."""
    if name in (*(inline.exclude or ()), *inline.readonly_fields, inline.fk_name):
        return False
    if inline.fieldsets:
        return name in flatten_fieldsets(inline.fieldsets)
    return inline.fields is None or name in flatten(inline.fields)
