"""Catalogue health and thresholds over the API: the admin's lists, read only but for a check."""

from typing import Any

import pytest

from catalog_ai.models import Classification, HealthCheck, LabelRule
from catalog_ai.workflow.models_in_use import get_bundle
from shop_demo.models import Product
from tests.api.test_api import V1, log_in
from tests.factories import make_classification, make_rule, make_superuser, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]
SHOP = "target=shop_demo.product"


@pytest.fixture
def client() -> Any:
    return log_in(make_superuser())


def make_check(**fields: Any) -> HealthCheck:
    return HealthCheck.objects.create(**{"target": "shop_demo.product", "state": "done", **fields})


def test_a_check_is_started_once(client: Any) -> None:
    body = {"target": "shop_demo.product"}
    first, second = (client.post(V1 + "health/", body, "json") for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    health = client.get(f"{V1}health/?{SHOP}").json()
    assert health["check_in_progress"]["id"] == first.json()["id"]
    assert health["check_done"] is None and health["found"] == []


def test_what_a_check_found_is_listed_line_by_line(client: Any) -> None:
    make_check().groups.create(kind="disagrees", key="old", title="old", size=9)
    check = make_check(products=12)
    small, large = (
        check.groups.create(kind="disagrees", key=str(size), title=f"pair {size}", size=size)
        for size in (2, 5)
    )
    silenced = check.groups.create(kind="duplicates", key="x", size=3, silenced=True)
    for confidence in (0.5, 0.9):
        small.findings.create(object_id=f"p{confidence}", confidence=confidence)
    health = client.get(f"{V1}health/?{SHOP}").json()
    assert health["found"] == [{"kind": "disagrees", "lines": 2, "products": 7}]
    address = f"{V1}health/lines/?{SHOP}&kind="
    lines = client.get(f"{address}disagrees").json()
    assert [one["id"] for one in lines["results"]] == [large.pk, small.pk]
    assert client.get(f"{address}duplicates").json()["count"] == 0
    hidden = client.get(f"{address}duplicates&silenced=true").json()["results"]
    assert [one["id"] for one in hidden] == [silenced.pk]
    products = client.get(f"{V1}health/lines/{small.pk}/products/?page_size=1").json()
    assert products["count"] == 2
    assert [one["product"] for one in products["results"]] == ["p0.9"]


def test_before_the_first_check_the_lists_are_empty(client: Any) -> None:
    assert client.get(f"{V1}health/lines/?{SHOP}&kind=no_image").json()["results"] == []


def test_unreadable_photos_are_told_with_their_reason(client: Any) -> None:
    broken = {"state": Classification.State.REJECTED, "error_code": "damaged", "error": "Broken."}
    row = make_classification(**broken)
    make_classification(**{**broken, "error_code": "other"})
    make_classification()
    found = client.get(f"{V1}health/unreadable/?{SHOP}&code=damaged").json()["results"]
    assert [(one["id"], one["error_code"]) for one in found] == [(row.pk, "damaged")]
    assert found[0]["trouble"] and found[0]["product"] == row.object_id
    assert client.get(f"{V1}health/?{SHOP}").json()["unreadable"]["rejected"] == 2
    assert client.get(f"{V1}health/unreadable/?{SHOP}&state=review").status_code == 400


def test_labels_whose_category_is_gone_are_told(client: Any) -> None:
    make_rule("article:tshirts", category="777")
    gaps = client.get(f"{V1}health/labels/?{SHOP}").json()
    (gap,) = [one for one in gaps if one["label"] == "article:tshirts"]
    assert (gap["missing_category"], gap["leads_nowhere"]) == ("777", False)


@pytest.mark.parametrize(
    "path", ["health/?", "health/lines/?kind=no_image", "health/unreadable/?", "thresholds/?"]
)
def test_a_product_model_has_to_be_named_where_there_are_several(client: Any, path: str) -> None:
    for query in ("", "&target=no.such"):
        assert "target" in client.get(V1 + path + query).json()


def test_thresholds_are_those_in_force_with_the_presets_beside_them() -> None:
    make_rule("article:tshirts", auto_threshold=0.77, auto_by="person")
    make_rule("article:shirts", always_review=True)
    client = log_in(make_user("view_labelrule"))
    told = client.get(f"{V1}thresholds/?{SHOP}&preset=strict").json()
    assert told["preset"] == "strict"
    by_label = {one["label"]: one for one in told["labels"]}
    assert (by_label["article:tshirts"]["auto"], by_label["article:tshirts"]["set_by"]) == (
        0.77,
        "person",
    )
    assert by_label["article:shirts"]["auto"] is None
    label = next(one for one in get_bundle().labels if one.id == "article:jeans")
    jeans = by_label["article:jeans"]
    assert jeans["auto"] == jeans["presets"]["strict"]["auto"] == label.thresholds["strict"].auto
    assert client.get(f"{V1}thresholds/?{SHOP}&preset=lenient").status_code == 400


def test_reading_changes_nothing(client: Any) -> None:
    for path in ("health/", "health/labels/", "thresholds/"):
        client.get(f"{V1}{path}?{SHOP}")
    assert not (LabelRule.objects.exists() or HealthCheck.objects.exists())
    assert not Product.objects.exists()


def test_a_key_or_a_filter_that_is_none_is_told(client: Any) -> None:
    asked = {"target": "shop_demo.product", "targt": "shop_demo.product"}
    assert "targt" in client.post(V1 + "health/", asked, "json").json()
    assert not HealthCheck.objects.exists()
    for path in ("health/", "health/unreadable/", "health/labels/", "thresholds/"):
        refused = client.get(f"{V1}{path}?{SHOP}&cod=damaged")
        assert refused.status_code == 400 and "cod" in refused.json(), path
    lines = f"{V1}health/lines/?{SHOP}&kind=no_image&page=1&page_size=5&format=json"
    assert client.get(lines).status_code == 200
