"""The mixin on the demo shop's product admin: columns, filters, panel."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog_ai.admin import AutoCategorizeAdminMixin
from catalog_ai.admin.filters import StateFilter
from catalog_ai.models import Classification, Decision, Run, Suggestion
from catalog_ai.targets import get_targets
from catalog_ai.workflow.review import approve
from shop_demo.models import Category, Product
from tests.admin.people import PRODUCTS, count_queries, log_in, make_products, post_action
from tests.factories import make_classification, make_run, make_suggestion, make_superuser
from tests.shops.models import IntProduct, SlugProduct, UuidProduct

pytestmark = pytest.mark.django_db
State = Classification.State


@pytest.fixture
def client() -> Client:
    return log_in("categorize_products", "review_suggestions")


def test_a_list_of_a_hundred_products_costs_no_more_queries_than_one_of_ten(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin.site._registry[Product], "list_per_page", 200)
    make_products(10, judged=True)
    ten = count_queries(client, reverse(PRODUCTS))
    make_products(90, judged=True)
    assert count_queries(client, reverse(PRODUCTS)) == ten


def test_the_list_shows_photo_labels_and_state_of_each_product(client: Client) -> None:
    (product,) = make_products(1, judged=True)
    page = client.get(reverse(PRODUCTS)).content.decode()
    assert f"/photos/128/shop_demo.product/{product.pk}?v=" in page
    assert 'class="cai-thumbnail"' in page
    assert 'loading="lazy"' in page
    assert "Tshirts" in page or "T-shirts" in page
    assert "60\N{NO-BREAK SPACE}%" in page
    assert 'width="60.00%"' in page
    assert "To review" in page
    assert "Low confidence" in page


def test_a_product_that_was_never_judged_says_so(client: Client) -> None:
    make_products(1)
    assert "Never categorised" in client.get(reverse(PRODUCTS)).content.decode()


def test_the_shops_own_first_column_stays_the_link(client: Client) -> None:
    (product,) = make_products(1)
    page = client.get(reverse(PRODUCTS)).content.decode()
    url = reverse("admin:shop_demo_product_change", args=[product.pk])
    assert f'<a href="{url}">Bulk 0</a>' in page


def test_what_is_under_way_is_shown_before_the_latest_result(client: Client) -> None:
    (product,) = make_products(1, judged=True)
    make_classification(product, state=State.QUEUED, is_current=False)
    assert "Queued" in client.get(reverse(PRODUCTS)).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ai_status=never", {"new"}),
        ("ai_status=review", {"waiting"}),
        ("ai_status=filed", {"filed"}),
        ("ai_status=in-progress", {"new"}),
        ("ai_label=article:shirts", {"filed"}),
        ("ai_confidence_band=90", {"filed"}),
        ("ai_confidence_band=50", {"waiting"}),
        ("ai_confidence_band=nonsense", {"new", "waiting", "filed"}),
    ],
)
@pytest.mark.parametrize("mirrored", [True, False])
def test_each_filter_finds_its_products_with_and_without_the_mirrored_fields(
    client: Client, monkeypatch: pytest.MonkeyPatch, query: str, found: set[str], mirrored: bool
) -> None:
    new = Product.objects.create(title="new")
    waiting = Product.objects.create(
        title="waiting", ai_state="review", ai_top_label="article:tshirts", ai_confidence=0.6
    )
    filed = Product.objects.create(
        title="filed", ai_state="filed", ai_top_label="article:shirts", ai_confidence=0.95
    )
    run = make_run()
    make_classification(run=run, object_id=str(new.pk), state=State.QUEUED, is_current=False)
    make_classification(run=run, object_id=str(waiting.pk))
    make_classification(
        run=run,
        object_id=str(filed.pk),
        state=State.FILED,
        top_label="article:shirts",
        top_confidence=0.95,
    )
    if not mirrored:
        Product.objects.update(ai_state="", ai_top_label="", ai_confidence=None)
        monkeypatch.setattr("catalog_ai.admin.filters.CategorizedProduct", IntProduct)
    response = client.get(f"{reverse(PRODUCTS)}?{query}")
    assert {product.title for product in response.context["cl"].result_list} == found


def test_filters_tell_how_many_products_each_choice_has(client: Client) -> None:
    make_products(3, judged=True)
    make_products(2)
    page = client.get(reverse(PRODUCTS)).content.decode()
    assert "To review (3)" in page
    assert "Never categorised (2)" in page
    assert "50 to 70\N{NO-BREAK SPACE}% (3)" in page


@pytest.mark.parametrize("model", [IntProduct, UuidProduct, SlugProduct])
def test_filters_work_with_every_kind_of_key(model: type) -> None:
    target = next(one for one in get_targets().values() if one.get_model() is model)
    fields = {"slug": "a-shirt"} if model is SlugProduct else {}
    product, other = model.objects.create(**fields), model(**{key: "x" for key in fields})
    other.save()
    make_classification(
        run=make_run(target.key), object_id=target.to_key(product.pk), state=State.REVIEW
    )

    class ShopAdmin(AutoCategorizeAdminMixin, admin.ModelAdmin):
        pass

    request = RequestFactory().get("/", {"ai_status": "review"})
    request.user = make_superuser()
    listed = ShopAdmin(model, admin.AdminSite()).get_changelist_instance(request).result_list
    assert [one.pk for one in listed] == [product.pk]
    request = RequestFactory().get("/", {"ai_status": "never"})
    request.user = make_superuser()
    listed = ShopAdmin(model, admin.AdminSite()).get_changelist_instance(request).result_list
    assert [one.pk for one in listed] == [other.pk]


def test_the_mixin_adds_to_what_the_shops_admin_has_and_each_part_can_be_left_out() -> None:
    class ShopAdmin(AutoCategorizeAdminMixin, admin.ModelAdmin):
        list_display = ("title", "price")
        list_filter = ("categories",)
        actions = ("mark",)
        catalog_ai_columns = ("catalog_ai_state",)
        catalog_ai_filters = (StateFilter,)

        @admin.action(description="Mark")
        def mark(self, request: object, queryset: object) -> None: ...

    request = RequestFactory().get("/")
    request.user = make_superuser()
    shop_admin = ShopAdmin(Product, admin.AdminSite())
    assert shop_admin.get_list_display(request) == ["title", "price", "catalog_ai_state"]
    assert shop_admin.get_list_filter(request) == ["categories", StateFilter]
    assert {"mark", "auto_categorize_products"} <= set(shop_admin.get_actions(request))


def test_without_a_target_the_mixin_adds_nothing() -> None:
    class CategoryAdmin(AutoCategorizeAdminMixin, admin.ModelAdmin):
        list_display = ("name",)

    request = RequestFactory().get("/")
    request.user = make_superuser()
    shop_admin = CategoryAdmin(Category, admin.AdminSite())
    assert shop_admin.get_list_display(request) == ["name"]
    assert shop_admin.get_list_filter(request) == []
    assert "auto_categorize_products" not in shop_admin.get_actions(request)


def test_the_shops_own_templates_are_extended_and_not_replaced() -> None:
    class ShopAdmin(AutoCategorizeAdminMixin, admin.ModelAdmin):
        change_list_template = "admin/catalog_ai/run_list.html"

    request = RequestFactory().get("/")
    request.user = make_superuser()
    response = ShopAdmin(Product, admin.AdminSite()).changelist_view(request)
    assert (
        response.context_data["catalog_ai_base"].template.name == "admin/catalog_ai/run_list.html"
    )


# The panel on the change page


def get_panel(client: Client, product: Product) -> str:
    return client.get(reverse("admin:shop_demo_product_change", args=[product.pk])).content.decode()


def test_the_panel_shows_every_suggestion_its_thresholds_and_where_it_comes_from(
    client: Client,
) -> None:
    (product,) = make_products(1, judged=True)
    row = Classification.objects.get(is_current=True)
    panel = get_panel(client, product)
    assert "30\N{NO-BREAK SPACE}%" in panel
    assert 'x1="90.00%"' in panel  # files by itself from
    assert 'x1="10.00%"' in panel  # asks a person from
    assert row.model_version in panel
    assert row.image_digest in panel
    assert reverse("admin:catalog_ai_review_card", args=[row.pk]) in panel


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (State.REVIEW, True),
        (State.UNIDENTIFIED, True),
        (State.FILED, False),
        (State.REVIEWED, False),
        (State.REJECTED, False),
    ],
)
def test_the_review_card_is_offered_where_there_is_something_to_decide(
    client: Client, state: State, offered: bool
) -> None:
    (product,) = make_products(1)
    make_classification(product, state=state)
    address = reverse("admin:shop_demo_product_change", args=[product.pk])
    assert ("Open the review card" in client.get(address).content.decode()) is offered


def test_the_panel_tells_who_decided_what(client: Client) -> None:
    (product,) = make_products(1, judged=True)
    suggestion = Suggestion.objects.get(label="article:tshirts")
    boss = make_superuser()
    approve([suggestion.pk], boss)
    panel = get_panel(client, product)
    assert boss.get_username() in panel
    assert "Approved" in panel
    assert "1 decision" in panel
    assert Decision.objects.count() == 1


def test_the_panel_costs_no_more_queries_with_a_longer_history(client: Client) -> None:
    short, long = make_products(2, judged=True)
    url = reverse("admin:shop_demo_product_change", args=[short.pk])
    expected = count_queries(client, url)
    for label in ("article:jeans", "article:belts", "article:caps"):
        make_suggestion(Classification.objects.get(object_id=str(long.pk)), label=label)
    url = reverse("admin:shop_demo_product_change", args=[long.pk])
    assert count_queries(client, url) == expected


def test_the_button_starts_a_run_of_that_product_alone(client: Client) -> None:
    product, _other = make_products(2)
    response = client.post(
        reverse("admin:shop_demo_product_catalog_ai_again", args=[product.pk]), follow=True
    )
    assert "1 product is being categorised" in response.content.decode()
    run = Run.objects.get()
    assert (run.total, run.mode, run.source) == (1, Run.Mode.REDO, Run.Source.ADMIN)


def test_the_button_works_by_post_only_and_needs_the_permission(client: Client) -> None:
    (product,) = make_products(1)
    url = reverse("admin:shop_demo_product_catalog_ai_again", args=[product.pk])
    assert client.get(url).status_code == 405
    assert log_in("review_suggestions").post(url).status_code == 403
    assert not Run.objects.exists()
    assert "cai-again" not in get_panel(log_in("review_suggestions"), product)


def test_a_new_product_has_a_page_without_a_panel(client: Client) -> None:
    page = client.get(reverse("admin:shop_demo_product_add"))
    assert page.status_code == 200
    assert "cai-panel" not in page.content.decode()


def test_the_list_is_ordered_by_confidence_and_by_state(client: Client) -> None:
    for title, confidence, state in (("low", 0.2, "review"), ("high", 0.9, "filed")):
        Product.objects.create(title=title, ai_confidence=confidence, ai_state=state)
    shown = admin.site._registry[Product].get_list_display(RequestFactory().get("/"))
    labels, state = shown.index("catalog_ai_labels") + 1, shown.index("catalog_ai_state") + 1
    for order, titles in ((labels, ["low", "high"]), (-labels, ["high", "low"])):
        changelist = client.get(f"{reverse(PRODUCTS)}?o={order}").context["cl"]
        assert [product.title for product in changelist.result_list] == titles
    changelist = client.get(f"{reverse(PRODUCTS)}?o={state}").context["cl"]
    assert [product.title for product in changelist.result_list] == ["high", "low"]


def test_without_the_mirrored_fields_no_column_of_ours_offers_an_order() -> None:
    shop_admin = type("PlainAdmin", (AutoCategorizeAdminMixin, admin.ModelAdmin), {})(
        IntProduct, admin.site
    )
    assert not hasattr(shop_admin.catalog_ai_state, "admin_order_field")


def test_an_action_on_the_list_counts_nothing_for_filters_that_are_not_drawn(
    client: Client,
) -> None:
    make_products(3, judged=True)
    Product.objects.filter(title="Bulk 1").update(ai_state="filed")
    with CaptureQueriesContext(connection) as queries:
        page = post_action(
            client, "auto_categorize_products", "?ai_status=filed", select_across=1,
            _selected_action="across",
        )  # fmt: skip
    assert page.context["survey"].total == 1
    assert not any("GROUP BY" in query["sql"] for query in queries)
