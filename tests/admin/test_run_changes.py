"""The page of a dry run: what would change, with the products to judge it by, and the real run."""

from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog_ai.models import Change, Classification, Run, Suggestion
from catalog_ai.models.changes import write_side
from shop_demo.models import Category, Product
from tests.admin.people import log_in, make_products, run_url
from tests.factories import make_classification, make_run, make_suggestion

pytestmark = pytest.mark.django_db
State = Classification.State


def make_dry_run(**fields: Any) -> Run:
    return make_run(
        **{"dry_run": True, "state": Run.State.DONE, "finished_at": timezone.now(), **fields}
    )


def add_change(run: Run, products: list[Product], effect: str = "first_time", **sides: str) -> Any:
    """A pair with its products, as the store leaves them."""
    defaults = {"before": write_side([]), "after": write_side([], ["article:tshirts"])}
    change = Change.objects.create(
        run=run, effect=effect, products=len(products), **{**defaults, **sides}
    )
    for product in products:
        row = make_classification(product, run, state=State.FILED, is_current=False, change=change)
        make_suggestion(row, state=Suggestion.State.PROPOSED, confidence=0.97)
    return change


def test_the_pairs_are_shown_with_counts_and_lead_to_their_products() -> None:
    shirts = Category.objects.create(name="Shirts & co")
    run = make_dry_run(total=4, filed=3, first_time=2, contradicting=1)
    first = add_change(run, make_products(2))
    asked = add_change(
        run,
        make_products(1),
        "contradicting",
        before=write_side([str(shirts.pk)]),
        after=write_side([str(Category.objects.create(name="Tops").pk)]),
    )
    page = log_in("categorize_products").get(run_url(run))
    text = page.content.decode()
    groups = page.context["changes"]
    assert [(one.effect, one.products, one.more) for one in groups] == [
        ("first_time", 2, 0),
        ("contradicting", 1, 0),
    ]
    pairs = [(pair.before, pair.after, pair.bar.text) for one in groups for pair in one.pairs]
    assert pairs == [("no category", "Tshirts (new)", "2"), ("Shirts & co", "Tops", "1")]
    for change in (first, asked):
        assert run_url(run, "change_products", change.pk) in text
    assert "Shirts &amp; co" in text


def test_small_pairs_are_on_a_page_of_their_own() -> None:
    run = make_dry_run(total=12, filed=12, first_time=12)
    for number in range(12):
        add_change(run, make_products(1), after=write_side([], [f"article:{number}"]))
    client = log_in("categorize_products")
    page = client.get(run_url(run))
    (group,) = page.context["changes"]
    assert (len(group.pairs), group.more) == (10, 2)
    assert run_url(run, "changes") in page.content.decode()
    (whole,) = client.get(run_url(run, "changes")).context["changes"]
    assert (len(whole.pairs), whole.more) == (12, 0)


def test_the_products_of_a_pair_are_shown_large_page_by_page(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr("catalog_ai.admin.run_changes.PRODUCTS_SHOWN", 2)
    run = make_dry_run(total=3, filed=3, first_time=3)
    products = make_products(3)
    change = add_change(run, products)
    client = log_in("categorize_products")
    address = run_url(run, "change_products", change.pk)
    with django_assert_max_num_queries(14):
        page = client.get(address)
    text = page.content.decode()
    assert [products[0].title in text, products[2].title in text] == [True, False]
    assert (
        f"/photos/384/shop_demo.product/{products[0].pk}" in text
        and "97\N{NO-BREAK SPACE}%" in text
    )
    assert reverse("admin:shop_demo_product_change", args=[products[0].pk]) in text
    second = client.get(f"{address}{page.context['next_page']}").content.decode()
    assert [products[0].title in second, products[2].title in second] == [False, True]
    assert 'rel="next"' in text and 'rel="next"' not in second
    products[2].delete()
    assert "Deleted product" in client.get(f"{address}{page.context['next_page']}").content.decode()
    assert client.get(f"{address}?after=nonsense").status_code == 200


def test_only_a_dry_run_has_changes_and_only_its_own() -> None:
    client = log_in("categorize_products")
    run, other = make_dry_run(), make_dry_run()
    change = add_change(run, make_products(1))
    assert client.get(run_url(other, "change_products", change.pk)).status_code == 404
    assert client.get(run_url(make_run(), "changes")).status_code == 404
    assert "Nothing would change." in client.get(run_url(other, "changes")).content.decode()
    stranger = log_in()
    assert stranger.get(run_url(run, "changes")).status_code == 403
    assert stranger.get(run_url(run, "change_products", change.pk)).status_code == 403


def test_the_pairs_are_live_while_the_dry_run_goes() -> None:
    run = make_dry_run(total=9, filed=1, state=Run.State.RUNNING, finished_at=None, first_time=1)
    add_change(run, make_products(1))
    client = log_in("categorize_products", "auto_apply")
    answer = client.get(run_url(run, "progress")).json()
    assert "Tshirts (new)" in answer["parts"]["cai-changes"]
    assert f'action="{run_url(run, "real")}"' not in client.get(run_url(run)).content.decode()


def test_a_dry_run_is_done_for_real_by_one_button_and_once() -> None:
    run = make_dry_run(total=1, filed=1, first_time=1)
    add_change(run, make_products(1))
    client = log_in("categorize_products", "auto_apply")
    assert f'action="{run_url(run, "real")}"' in client.get(run_url(run)).content.decode()
    assert client.get(run_url(run, "real")).status_code == 405
    answer = client.post(run_url(run, "real"))
    real = Run.objects.get(dry_run=False)
    assert answer["Location"] == run_url(real) and real.results_of == run
    assert client.post(run_url(run, "real"))["Location"] == run_url(real)
    assert Run.objects.filter(dry_run=False).count() == 1
    page = client.get(run_url(run)).content.decode()
    assert run_url(real) in page and f'action="{run_url(run, "real")}"' not in page
    assert run_url(run) in client.get(run_url(real)).content.decode()


def test_who_may_not_file_is_told_and_gets_no_button() -> None:
    run = make_dry_run(total=1, filed=1, first_time=1)
    add_change(run, make_products(1))
    page = log_in("categorize_products").get(run_url(run)).content.decode()
    assert f'action="{run_url(run, "real")}"' not in page
    assert "You may not let results file themselves" in page
    assert log_in("export_results").post(run_url(run, "real")).status_code == 403
    assert log_in("categorize_products").post(run_url(make_run(), "real")).status_code == 404
    assert Run.objects.filter(results_of=run).count() == 0
