"""Photos on pages: who may see them, how long a browser keeps them, what stands in their place."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog_ai.inference.images import digest_image
from catalog_ai.models import Classification
from catalog_ai.workflow import thumbnails
from shop_demo.models import Product
from tests.admin.people import PRODUCTS, log_in
from tests.factories import make_classification, make_image_bytes, make_suggestion, make_unjudged

pytestmark = pytest.mark.django_db
DATA = make_image_bytes(size=(700, 700))
DIGEST = digest_image(DATA)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thumbnails._Refusals, "until", 0.0)


@pytest.fixture
def product() -> Product:
    made = make_unjudged(DATA)
    make_suggestion(make_classification(made, image_digest=DIGEST))
    return made


def find_address(product: Product | str, side: int = 128, version: str = DIGEST[:16]) -> str:
    key = product if isinstance(product, str) else str(product.pk)
    address = reverse("admin:catalog_ai_photo", args=[side, "shop_demo.product", key])
    return f"{address}?v={version}" if version else address


def test_pages_ask_for_small_copies_and_never_for_the_full_photo(product: Product) -> None:
    client = log_in("review_suggestions")
    pages = {
        reverse(PRODUCTS): (128, 64),
        reverse("admin:catalog_ai_review"): (384, 240),
        f"{reverse('admin:catalog_ai_review')}?view=grid": (384, 180),
    }
    for address, (side, size) in pages.items():
        page = client.get(address).content.decode()
        assert find_address(product, side) in page, address
        assert f'width="{size}"' in page
        assert f'src="{product.image.url}"' not in page
    row = Classification.objects.get()
    card = client.get(reverse("admin:catalog_ai_review_card", args=[row.pk])).content.decode()
    assert f'src="{find_address(product, 1024)}"' in card
    assert f'href="{product.image.url}"' in card


def test_a_copy_by_its_digest_may_be_kept_for_a_year(product: Product) -> None:
    client = log_in()
    answer = client.get(find_address(product))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/webp"
    assert answer["Cache-Control"] == "private, max-age=31536000, immutable"
    again = client.get(find_address(product), headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("version", ["", "0" * 16])
def test_an_address_without_the_present_digest_is_kept_for_a_minute(
    product: Product, version: str
) -> None:
    answer = log_in().get(find_address(product, version=version))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, max-age=60"


def test_a_photo_that_nobody_has_judged_is_shown_too() -> None:
    product = make_unjudged(DATA)
    assert find_address(product, version="") in log_in().get(reverse(PRODUCTS)).content.decode()
    assert log_in().get(find_address(product, version="")).status_code == 200


def test_a_replaced_photo_has_another_address_at_once(product: Product) -> None:
    product.image.save("new.png", ContentFile(make_image_bytes((1, 2, 3))))
    page = log_in().get(reverse(PRODUCTS)).content.decode()
    assert DIGEST[:16] not in page
    assert find_address(product, version="") in page


def test_a_file_replaced_behind_our_back_is_not_kept_for_long(product: Product) -> None:
    storage, name = product.image.storage, product.image.name
    storage.delete(name)
    storage.save(name, ContentFile(make_image_bytes((1, 2, 3))))
    answer = log_in().get(find_address(product))
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, max-age=60"


def test_nobody_sees_a_photo_without_a_right_to_the_product(product: Product) -> None:
    address = find_address(product)
    assert Client().get(address).status_code == 302
    assert log_in(shop=False).get(address).status_code == 403
    assert log_in("review_suggestions", shop=False).get(address).status_code == 200
    assert log_in().get(address).status_code == 200


def test_what_the_shops_admin_hides_stays_hidden(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shop_demo.admin import ProductAdmin

    monkeypatch.setattr(ProductAdmin, "get_queryset", lambda self, request: Product.objects.none())
    assert log_in().get(find_address(product)).status_code == 403


@pytest.mark.parametrize("key", ["999999", "no number", "a/b"])
def test_an_unknown_product_is_not_found(key: str) -> None:
    assert log_in().get(find_address(key)).status_code == 404


def test_other_sizes_and_models_are_not_made(product: Product) -> None:
    client = log_in("review_suggestions")
    assert client.get(find_address(product, side=127)).status_code == 404
    other = reverse("admin:catalog_ai_photo", args=[128, "auth.user", "1"])
    assert client.get(other).status_code == 404


def read_sign(product: Product) -> str:
    answer = log_in().get(find_address(product))
    assert answer["Content-Type"] == "image/svg+xml"
    return answer.content.decode()  # type: ignore[no-any-return]


def test_signs_stand_for_what_cannot_be_shown(product: Product) -> None:
    product.image.storage.delete(product.image.name)
    assert ">missing<" in read_sign(product)
    product.image.storage.save(product.image.name, ContentFile(b"no picture"))
    assert ">unreadable<" in read_sign(product)
    Product.objects.update(image="")
    assert ">no photo<" in read_sign(product)


def test_a_refused_picture_is_not_decoded_in_the_web_server(product: Product) -> None:
    Classification.objects.update(state="rejected", error_code="out_of_memory")
    assert ">unreadable<" in read_sign(product)


def test_a_picture_that_stopped_a_worker_is_left_to_the_browser(product: Product) -> None:
    Classification.objects.update(state="failed", error_code="failed")
    answer = log_in().get(find_address(product))
    assert answer.status_code == 302
    assert answer["Location"] == product.image.url


def test_where_no_copy_can_be_kept_the_full_photo_is_shown(product: Product, settings: Any) -> None:
    backend = {"BACKEND": "tests.workflow.test_thumbnails.ReadOnlyStorage"}
    settings.STORAGES = {**settings.STORAGES, "small": backend}
    settings.CATALOG_AI = {**settings.CATALOG_AI, "THUMBNAIL_STORAGE": "small"}
    for _ in range(2):
        answer = log_in().get(find_address(product))
        assert answer["Location"] == product.image.url


def test_a_copy_costs_few_queries(product: Product) -> None:
    client = log_in("review_suggestions")
    client.get(find_address(product))
    with CaptureQueriesContext(connection) as queries:
        client.get(find_address(product))
    assert len(queries) <= 7, [query["sql"] for query in queries]
