"""A product's page in the admin that is open while the model works on the product."""

import html
import json
import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.contrib.messages.storage.fallback import FallbackStorage
from django.test import Client, RequestFactory
from django.urls import path, reverse

from catalog_ai.admin import AutoCategorizeAdminMixin
from shop_demo.models import Category, Product
from tests.admin.people import log_in, make_products
from tests.factories import make_superuser
from tests.shops.models import Kind, UuidProduct

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return log_in("categorize_products", "review_suggestions")


def open_page(client: Client, product: Product) -> dict[str, Any]:
    """What the form of the page would send if nothing is changed in it."""
    page = client.get(reverse("admin:shop_demo_product_change", args=[product.pk]))
    form = page.context["adminform"].form
    [(name, shown)] = page.context["catalog_ai_shown"]
    return {
        "title": product.title,
        "price": "5",
        "categories": [row.pk for row in form.initial["categories"]],
        name: shown,
        "_continue": "1",
    }


def save(client: Client, product: Product, data: dict[str, Any]) -> Any:
    address = reverse("admin:shop_demo_product_change", args=[product.pk])
    return client.post(address, data, follow=True)


def list_categories(product: Product) -> list[str]:
    return sorted(product.categories.values_list("name", flat=True))


def test_saving_an_open_page_keeps_what_was_filed_meanwhile(client: Client) -> None:
    (product,) = make_products(1)
    data = open_page(client, product)
    product.categories.add(Category.objects.create(name="Belts"))
    answer = save(client, product, {**data, "price": "6"})
    assert list_categories(product) == ["Belts"]
    assert "filed while this page was open, and stays in: Belts" in answer.content.decode()
    product.refresh_from_db()
    assert product.price == 6


def test_categories_that_a_person_chose_on_an_open_page_stand(client: Client) -> None:
    (product,) = make_products(1)
    data = open_page(client, product)
    product.categories.add(Category.objects.create(name="Belts"))
    ties = Category.objects.create(name="Ties")
    save(client, product, {**data, "categories": [ties.pk]})
    assert list_categories(product) == ["Ties"]


def test_a_person_can_still_take_a_category_out(client: Client) -> None:
    (product,) = make_products(1)
    product.categories.add(Category.objects.create(name="Belts"))
    answer = save(client, product, {**open_page(client, product), "categories": []})
    assert list_categories(product) == []
    assert "stays in" not in answer.content.decode()


def test_a_form_with_a_mistake_remembers_what_it_was_opened_with(client: Client) -> None:
    (product,) = make_products(1)
    data = open_page(client, product)
    product.categories.add(Category.objects.create(name="Belts"))
    answer = save(client, product, {**data, "title": ""})
    [(_, again)] = answer.context["catalog_ai_shown"]
    assert json.loads(again) == []
    save(client, product, {**data, "catalog_ai_shown": again})
    assert list_categories(product) == ["Belts"]


@pytest.mark.parametrize("shown", ["", "no JSON", "3", "null"])
def test_a_page_that_does_not_say_what_it_showed_is_saved_as_ever(
    client: Client, shown: str
) -> None:
    (product,) = make_products(1)
    product.categories.add(Category.objects.create(name="Belts"))
    save(
        client, product, {**open_page(client, product), "categories": [], "catalog_ai_shown": shown}
    )
    assert list_categories(product) == []


class UuidAdmin(AutoCategorizeAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("id", "category")
    list_editable = ("category",)


site = AdminSite()
site.register(UuidProduct, UuidAdmin)
urlpatterns = [path("admin/", site.urls)]


def test_a_category_that_is_a_field_of_the_product_is_kept_too() -> None:
    product = UuidProduct.objects.create()
    shop = UuidAdmin(UuidProduct, admin.site)
    data = {"id": str(product.pk), "category": "", "catalog_ai_shown": "[]"}
    request = RequestFactory().post("/", data)
    request.user, request.session = make_superuser(), {}  # type: ignore[assignment]
    request._messages = FallbackStorage(request)  # type: ignore[attr-defined]
    kind = Kind.objects.create(name="Belts")
    UuidProduct.objects.update(category=kind)
    form = shop.get_form(request, product, change=True)(request.POST, instance=product)
    assert form.is_valid()
    shop.save_model(request, shop.save_form(request, form, change=True), form, change=True)
    shop.save_related(request, form, [], change=True)
    assert UuidProduct.objects.get().category == kind


@pytest.mark.urls(__name__)
def test_saving_an_open_list_keeps_what_was_filed_meanwhile(client: Client) -> None:
    client.force_login(make_superuser())
    belts, ties = Kind.objects.create(name="Belts"), Kind.objects.create(name="Ties")
    filed, chosen, emptied = [
        UuidProduct.objects.create(category=kind) for kind in (None, None, belts)
    ]
    address = reverse("admin:shops_uuidproduct_changelist")
    page = client.get(address).content.decode()
    data = dict(re.findall(r'<input type="hidden" name="(form-[^"]+)"[^>]* value="([^"]*)"', page))
    data = {name: html.unescape(value) for name, value in data.items()}
    rows = {value: name.removesuffix("-id") for name, value in data.items() if name[-3:] == "-id"}
    UuidProduct.objects.filter(pk__in=[filed.pk, chosen.pk]).update(category=belts)
    data |= {
        f"{rows[str(filed.pk)]}-category": "",
        f"{rows[str(chosen.pk)]}-category": str(ties.pk),
        f"{rows[str(emptied.pk)]}-category": "",
    }
    answer = client.post(address, {**data, "_save": "1"}, follow=True)
    found = [UuidProduct.objects.get(pk=one.pk).category for one in (filed, chosen, emptied)]
    assert found == [belts, ties, None]
    assert answer.content.decode().count("filed while this page was open") == 1


def test_a_page_that_takes_the_product_out_of_what_may_be_categorised_is_saved(
    client: Client, target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (product,) = make_products(1)
    data = open_page(client, product)
    product.categories.add(Category.objects.create(name="Belts"))
    on_sale = Product.objects.filter(title=product.title)
    monkeypatch.setattr(target, "get_products", on_sale.all)
    answer = save(client, product, {**data, "title": "Withdrawn"})
    assert answer.status_code == 200
    assert list_categories(product) == ["Belts"]
