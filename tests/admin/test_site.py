"""A shop with an admin site of its own finds our pages in it."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.urls import URLPattern, get_resolver, reverse

from catalog_ai.admin import AutoCategorizeAdminMixin
from catalog_ai.checks import check_admin
from catalog_ai.models import Classification, Decision, LabelRule, Run
from tests.admin.people import make_products, post_action
from tests.factories import make_client, make_run
from tests.shops.models import IntProduct

OURS = (Run, LabelRule, Classification, Decision)


class ShopAdmin(AutoCategorizeAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    pass


def test_our_pages_come_into_the_admin_site_of_the_products() -> None:
    site = AdminSite(name="backoffice")
    site.register(IntProduct, ShopAdmin)
    assert all(site.is_registered(model) for model in OURS)
    names = {one.name for one in site.get_model_admin(Run).get_urls()}
    assert {"catalog_ai_home", "catalog_ai_review", "catalog_ai_run_change"} <= names


class PlainAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What a shop's product admin is made of."""


def test_check_names_an_admin_whose_mixin_stands_behind_and_does_nothing() -> None:
    site = AdminSite(name="behind")
    site.register(IntProduct, type("Behind", (PlainAdmin, AutoCategorizeAdminMixin), {}))
    (found,) = check_admin(None)
    assert found.id == "catalog_ai.W008" and "Behind" in found.msg and found.hint
    site.unregister(IntProduct)
    site.register(IntProduct, type("Before", (AutoCategorizeAdminMixin, PlainAdmin), {}))
    assert check_admin(None) == []


def test_what_the_shop_has_registered_of_ours_stays() -> None:
    class Runs(admin.ModelAdmin):  # type: ignore[type-arg]
        pass

    site = AdminSite(name="backoffice")
    site.register(Run, Runs)
    site.register(IntProduct, ShopAdmin)
    assert type(site.get_model_admin(Run)) is Runs


def list_patterns(patterns: Any) -> Iterator[URLPattern]:
    for one in patterns:
        if isinstance(one, URLPattern):
            yield one
        else:
            yield from list_patterns(one.url_patterns)


def test_all_that_decides_keeps_its_own_transactions() -> None:
    """In a shop with ATOMIC_REQUESTS, many decisions would lock products out of order."""
    found = list(list_patterns(get_resolver().url_patterns))
    ours = [
        one
        for one in found
        if one.lookup_str.startswith("catalog_ai.api.")
        or re.match("catalog_ai_(?!.*(changelist|change|add|delete|history)$)", one.name or "")
    ]
    shared = [one.name for one in ours if not getattr(one.callback, "_non_atomic_requests", None)]
    assert len(ours) > 40 and not shared


def find_current(page: str) -> list[str]:
    """Names of the side bar's entries that are marked as the current one."""
    return re.findall(r'<tr class="model-(\w+) current-model">', page)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "entries"),
    [
        ("home", []),
        ("review", []),
        ("dashboard", []),
        ("health", []),
        ("try", []),
        ("run_changelist", ["run"]),
        ("labelrule_changelist", ["labelrule"]),
        ("thresholds", ["labelrule"]),
        ("budget", ["labelrule"]),
        ("classification_changelist", ["classification"]),
    ],
)
def test_the_side_bar_marks_the_entry_of_the_page(name: str, entries: list[str]) -> None:
    page = make_client().get(reverse(f"admin:catalog_ai_{name}")).content.decode()
    assert find_current(page) == entries
    assert 'class="app-catalog_ai module current-app"' in page


@pytest.mark.django_db
def test_the_side_bar_marks_runs_on_the_page_of_a_run_and_products_on_their_own() -> None:
    client = make_client()
    run = make_run(dry_run=True)
    for name in ("change", "changes", "roll_back"):
        page = client.get(reverse(f"admin:catalog_ai_run_{name}", args=[run.pk])).content.decode()
        assert find_current(page) == ["run"]
    (product,) = make_products(1)
    chosen = {"_selected_action": [product.pk]}
    page = post_action(client, "auto_categorize_products", **chosen).content.decode()
    assert find_current(page) == ["product"]
