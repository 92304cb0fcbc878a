"""In a shop with two admin sites, no page of one leads into the other."""

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
from django.contrib import admin
from django.contrib.admin import AdminSite
from django.urls import path, reverse

from catalog_ai.admin import AutoCategorizeAdminMixin
from catalog_ai.models import Suggestion
from catalog_ai.targets import get_target
from catalog_ai.workflow.health.check import go_on_checking, start_check
from catalog_ai.workflow.review import approve
from shop_demo.models import Category, Product
from tests.admin.people import make_products
from tests.factories import make_client, make_superuser

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

ADDRESS = re.compile(r'(?:href|src|action|data-[a-z-]+)="([^"#]+)')
NOT_OURS = re.compile(r"/(logout|jsi18n|password_change|auth|r)/|/(history|delete|add)/")
LOOKED_AT = 3  # pages of a kind


class ProductAdmin(AutoCategorizeAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    pass


site = AdminSite(name="backoffice")
site.register(Category)
site.register(Product, ProductAdmin)
urlpatterns = [path("admin/", admin.site.urls), path("backoffice/", site.urls)]


@pytest.fixture
def shop() -> None:
    """Products that wait, one that a person has decided, and a check of them all."""
    make_products(3, judged=True)
    suggestion = Suggestion.objects.filter(state=Suggestion.State.PENDING).earliest("pk")
    approve([suggestion.pk], make_superuser())
    check = start_check(get_target("shop_demo.product"), None, by_system=True)
    while check.is_active:
        go_on_checking(check.pk)
        check.refresh_from_db()


def find_addresses(page: str, html: str) -> Iterator[str]:
    for found in ADDRESS.findall(html):
        address = urljoin(page, unescape(found))
        if address.startswith("/") and not NOT_OURS.search(address):
            yield address


def walk(client: Any, start: str) -> Iterator[tuple[str, str]]:
    """Pages below `start`, some of each kind, with the addresses that are on them."""
    waiting, looked_at = [start], Counter[str]()
    while waiting:
        page = waiting.pop()
        kind = re.sub(r"\d+", "N", page.partition("?")[0])
        looked_at[kind] += 1
        answer = client.get(page) if looked_at[kind] <= LOOKED_AT else None
        if answer is None or answer.status_code != 200 or "html" not in answer["Content-Type"]:
            continue
        for address in find_addresses(page, answer.content.decode()):
            yield kind, address
            if address.startswith(start):
                waiting.append(address)


def test_no_page_of_one_site_leads_into_the_other(shop: None) -> None:
    found = list(walk(make_client(), reverse("admin:index", current_app="backoffice")))
    assert {address for _page, address in found if address.startswith("/admin/")} == set()
    pages = {page for page, _address in found}
    ours = {"home/", "review/", "review/N/", "health/", "dashboard/", "thresholds/", "N/change/"}
    assert ours <= {page.removeprefix("/backoffice/catalog_ai/run/") for page in pages}
