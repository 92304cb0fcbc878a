"""Inlines of products on another model's page, open while the model works on the products."""

import html
import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.test import Client
from django.urls import path, reverse

from catalog_ai.admin import AutoCategorizeInlineMixin
from catalog_ai.checks import check_admin
from tests.factories import make_superuser
from tests.shops.models import Brand, GalleryProduct, Kind, UuidProduct

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


class GalleryInline(AutoCategorizeInlineMixin, admin.TabularInline):  # type: ignore[type-arg]
    model = GalleryProduct
    fields = ("name", "categories")
    extra = 0


class UuidInline(AutoCategorizeInlineMixin, admin.StackedInline):  # type: ignore[type-arg]
    model = UuidProduct
    fields = ("category",)
    extra = 0
    ordering = ("-pk",)  # a chunk locks the lowest key first


class BrandAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    inlines = (GalleryInline, UuidInline)


class OwnBrandAdmin(BrandAdmin):
    """Saves the inlines' products itself, as Django's documentation shows it."""

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        for product in formset.save(commit=False):
            product.save()
        for product in formset.deleted_objects:
            product.delete()
        formset.save_m2m()


site, own_site = AdminSite(), AdminSite(name="own")
site.register(Brand, BrandAdmin)
own_site.register(Brand, OwnBrandAdmin)
urlpatterns = [path("admin/", site.urls), path("own/", own_site.urls)]


@pytest.fixture(params=["admin", "own"])
def address(request: pytest.FixtureRequest, brand: Brand) -> str:
    return reverse(f"{request.param}:shops_brand_change", args=[brand.pk])


@pytest.fixture
def brand() -> Brand:
    return Brand.objects.create(name="Acme")


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


@pytest.fixture
def belts() -> Kind:
    return Kind.objects.create(name="Belts")


def open_page(client: Client, address: str) -> dict[str, Any]:
    """What the form of the page would send if nothing is changed in it."""
    page: Any = client.get(address)
    sent = dict(
        re.findall(r'name="([^"]*catalog_ai_shown)" value="([^"]*)"', page.content.decode())
    )
    data = {name: html.unescape(value) for name, value in sent.items()}
    for inline in page.context["inline_admin_formsets"]:
        for form in [inline.formset.management_form, *inline.formset.initial_forms]:
            values = {field.html_name: field.value() for field in form}
            data |= {name: value for name, value in values.items() if value is not None}
    return {"name": "Acme", **data}


def save(client: Client, address: str, data: dict[str, Any]) -> str:
    return client.post(address, {**data, "_continue": "1"}, follow=True).content.decode()


def names(product: GalleryProduct) -> list[str]:
    return sorted(product.categories.values_list("name", flat=True))


def test_saving_an_open_page_keeps_what_was_filed_meanwhile(
    client: Client, address: str, brand: Brand, belts: Kind
) -> None:
    several = GalleryProduct.objects.create(name="One", brand=brand)
    single = UuidProduct.objects.create(brand=brand)
    data = open_page(client, address)
    several.categories.add(belts)
    UuidProduct.objects.update(category=belts)
    answer = save(client, address, data | {"galleryproduct_set-0-name": "Renamed"})
    several.refresh_from_db()
    single.refresh_from_db()
    assert (several.name, names(several), single.category) == ("Renamed", ["Belts"], belts)
    assert answer.count("filed while this page was open, and stays in: Belts") == 2


def test_what_a_person_chose_or_took_out_on_an_open_page_stands(
    client: Client, address: str, brand: Brand, belts: Kind
) -> None:
    ties = Kind.objects.create(name="Ties")
    chosen, emptied, deleted = [
        GalleryProduct.objects.create(name=name, brand=brand) for name in ("1", "2", "3")
    ]
    emptied.categories.add(belts)
    data = open_page(client, address)
    chosen.categories.add(belts)
    deleted.categories.add(belts)
    data |= {
        "galleryproduct_set-0-categories": [ties.pk],
        "galleryproduct_set-1-categories": [],
        "galleryproduct_set-2-DELETE": "on",
    }
    answer = save(client, address, data)
    assert (names(chosen), names(emptied)) == (["Ties"], [])
    assert not GalleryProduct.objects.filter(pk=deleted.pk).exists()
    assert "stays in" not in answer


def test_a_page_with_a_mistake_remembers_what_it_was_opened_with(
    client: Client, address: str, brand: Brand, belts: Kind
) -> None:
    product = GalleryProduct.objects.create(name="One", brand=brand)
    data = open_page(client, address)
    product.categories.add(belts)
    answer = save(client, address, data | {"galleryproduct_set-0-name": ""})
    assert 'name="galleryproduct_set-0-catalog_ai_shown" value="[]"' in answer
    save(client, address, data)
    assert names(product) == ["Belts"]


def test_an_inline_of_a_model_without_a_target_is_left_as_it_is(
    client: Client, address: str, brand: Brand, settings: Any
) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "TARGETS": []}
    product = GalleryProduct.objects.create(name="One", brand=brand)
    data = open_page(client, address)
    assert not any("catalog_ai" in name for name in data)
    save(client, address, data | {"galleryproduct_set-0-name": "Renamed"})
    product.refresh_from_db()
    assert product.name == "Renamed"


def test_what_many_rows_were_opened_with_is_told_in_a_few_queries(
    client: Client, address: str, brand: Brand, django_assert_max_num_queries: Any
) -> None:
    GalleryProduct.objects.bulk_create(GalleryProduct(name=str(n), brand=brand) for n in range(30))
    page: Any = client.get(address)
    formset = page.context["inline_admin_formsets"][0].formset
    with django_assert_max_num_queries(3):
        assert len(formset.catalog_ai_shown) == 30


class BareInline(admin.TabularInline):  # type: ignore[type-arg]
    model = GalleryProduct


class WithoutCategories(BareInline):
    fields = ("name",)


class InFieldsets(BareInline):
    fieldsets = ((None, {"fields": ("name", ("categories",))}),)


class ReadOnly(BareInline):
    readonly_fields = ("categories",)


class MixinBehind(admin.TabularInline, AutoCategorizeInlineMixin):  # type: ignore[type-arg]
    model = GalleryProduct


class Between(admin.TabularInline):  # type: ignore[type-arg]
    model = GalleryProduct.categories.through


@pytest.mark.parametrize(
    ("inline", "told"),
    [
        (BareInline, True),
        (InFieldsets, True),
        (MixinBehind, True),
        (WithoutCategories, False),
        (ReadOnly, False),
        (GalleryInline, False),
        (Between, False),
    ],
)
def test_check_names_an_inline_that_takes_out_what_was_filed(
    inline: Any, told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BrandAdmin, "inlines", (inline,))
    found = check_admin(None)
    assert {message.id for message in found} == ({"catalog_ai.W006"} if told else set())
