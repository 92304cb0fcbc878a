"""People who use the admin, and the addresses they open."""

from typing import Any

from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog_ai.models import Run
from shop_demo.models import Product
from tests.factories import make_classification, make_client, make_suggestion, make_user

PRODUCTS = "admin:shop_demo_product_changelist"


def log_in(*permissions: str, shop: bool = True) -> Client:
    """A client of somebody with these catalog_ai permissions, who may see the shop's products."""
    user = make_user(*permissions)
    if shop:
        user.user_permissions.add(
            *Permission.objects.filter(
                content_type__app_label="shop_demo", codename__endswith="product"
            )
        )
    return make_client(user)


def make_products(count: int, *, judged: bool = False) -> list[Product]:
    """Products without a trace of the upload hook; judged ones wait in the review queue."""
    products = Product.objects.bulk_create(
        [Product(title=f"Bulk {number}", image=f"bulk/{number}.png") for number in range(count)]
    )
    if judged:
        for product in products:
            row = make_classification(product)
            make_suggestion(row)
            make_suggestion(row, label="article:shirts", confidence=0.3)
    return products


def post_action(client: Client, action: str, query: str = "", **data: Any) -> Any:
    """POST as the change list's action form (or our page in between) does."""
    return client.post(f"{reverse(PRODUCTS)}{query}", {"action": action, "index": 0, **data})


def count_queries(client: Client, address: str) -> int:
    """Of a page, with an empty cache."""
    cache.clear()
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200, address
    return len(queries)


def run_url(run: Run, name: str = "change", *args: Any) -> str:
    """The address of one of a run's pages."""
    return reverse(f"admin:catalog_ai_run_{name}", args=[run.pk, *args])
