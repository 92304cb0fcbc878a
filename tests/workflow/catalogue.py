"""Catalogues that a health check finds something in."""

from typing import Any

from catalog_ai.models import HealthCheck, Suggestion
from catalog_ai.workflow.health.check import find_done, go_on_checking, start_check
from shop_demo.models import Category, Product
from tests.factories import make_classification, make_suggestion

Said = Suggestion.State


def add_product(title: str, image: str = "") -> Product:
    """A product without a trace of the upload hook."""
    return Product.objects.bulk_create([Product(title=title, image=image)])[0]


def place(title: str, category: str, **fields: Any) -> tuple[Product, Suggestion]:
    """A product in a category of the shop, of which the model is sure that it is a T-shirt."""
    product = add_product(title, f"products/{title}.png")
    product.categories.add(Category.objects.get_or_create(name=category)[0])
    said = fields.pop("said", Said.PENDING)
    row = make_classification(product, **{"reason": "disagrees", **fields})
    suggestion = make_suggestion(row, label="article:tshirts", confidence=0.97, state=said)
    return product, suggestion


def make_copies(count: int, digest: str = "d" * 64) -> list[Product]:
    """Products with one photo, by its digest."""
    products = [add_product(f"c{n}", f"products/c{n}.png") for n in range(count)]
    for product in products:
        make_classification(product, image_digest=digest, state="filed", reason="")
    return products


def run_check(target: Any) -> HealthCheck:
    """A whole check, without a queue."""
    check = start_check(target, None, by_system=True)
    go_on_checking(check.pk)
    done = find_done(target.key)
    assert done is not None and done.pk == check.pk
    return done
