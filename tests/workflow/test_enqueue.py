"""Every way in: rows first, the queue after commit, and nothing twice."""

import socket
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from redis.exceptions import RedisError

from catalog_ai.errors import NotPermitted
from catalog_ai.models import Classification, Run
from catalog_ai.targets import get_targets
from catalog_ai.workflow import enqueue as enqueueing
from catalog_ai.workflow.enqueue import enqueue, expand_next_page
from catalog_ai.workflow.jobs import classify_chunk
from catalog_ai.workflow.queues import send
from shop_demo.models import Product
from tests.factories import make_product, make_unique_image_bytes, make_user
from tests.shops.models import UuidProduct

State = Classification.State
DEAD_REDIS = "redis://127.0.0.1:1/0"


@pytest.fixture(autouse=True)
def dead_redis(settings: Any) -> None:
    """These tests are about rows: no Redis answers."""
    settings.RQ_QUEUES = {
        name: {**options, "URL": DEAD_REDIS} for name, options in settings.RQ_QUEUES.items()
    }


def uploads() -> Any:
    return Classification.objects.filter(run__source=Run.Source.UPLOAD)


@pytest.mark.django_db(transaction=True)
def test_a_save_succeeds_with_redis_down_and_leaves_a_queued_row() -> None:
    product = make_product()
    row = uploads().get()
    assert (row.object_id, row.state, row.sent_at) == (str(product.pk), State.QUEUED, None)


@pytest.mark.postgres
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite migrates with the shop shut")
@pytest.mark.django_db
def test_a_save_succeeds_while_our_tables_are_those_of_another_version() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_ai_classification RENAME COLUMN value TO worth")
    product = make_product()
    assert Product.objects.filter(pk=product.pk).exists()
    assert not Run.objects.exists()


@pytest.mark.django_db
def test_a_save_without_a_new_image_makes_no_work() -> None:
    product = make_product()
    product.title = "Another title"
    product.save()
    assert uploads().count() == 1


@pytest.mark.django_db
def test_a_changed_image_makes_work_again_once_the_first_is_done() -> None:
    product = make_product()
    classify_chunk([uploads().get().pk])
    product.image.save("new.png", make_content(), save=False)
    product.save()
    assert uploads().filter(state=State.QUEUED).count() == 1


def make_content() -> Any:
    from django.core.files.base import ContentFile

    return ContentFile(make_unique_image_bytes())


@pytest.mark.django_db
def test_the_same_bytes_under_another_name_are_not_judged_twice() -> None:
    data = make_unique_image_bytes()
    product = make_product(data)
    classify_chunk([uploads().get().pk])
    product.image.save("copy.png", type(make_content())(data), save=False)
    product.save()
    second = uploads().latest("pk")
    classify_chunk([second.pk])
    second.refresh_from_db()
    assert second.state == State.UNCHANGED
    assert uploads().get(is_current=True).pk != second.pk


@pytest.mark.django_db
def test_a_rolled_back_save_leaves_no_row() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        make_product()
        raise RuntimeError
    assert not Classification.objects.exists()


@pytest.mark.django_db
def test_loading_a_fixture_starts_nothing() -> None:
    from django.core import serializers

    product = make_product()
    dump = serializers.serialize("json", [product])
    Classification.objects.all().delete()
    for item in serializers.deserialize("json", dump):
        item.save()
    assert not Classification.objects.exists()


@pytest.mark.django_db
def test_a_product_in_flight_gets_no_second_row(target: Any) -> None:
    make_product()
    run = enqueue(target, Product.objects.all(), source=Run.Source.COMMAND, mode=Run.Mode.REDO)
    assert (run.total, run.skipped, run.state) == (0, 1, Run.State.DONE)


@pytest.mark.django_db
def test_missing_only_leaves_out_what_is_up_to_date_and_redo_does_not(target: Any) -> None:
    make_product()
    classify_chunk([uploads().get().pk])
    products = Product.objects.all()
    missing = enqueue(target, products, source=Run.Source.COMMAND)
    redo = enqueue(target, products, source=Run.Source.COMMAND, mode=Run.Mode.REDO)
    assert (missing.total, redo.total) == (0, 1)


@pytest.mark.django_db
def test_products_without_an_image_are_counted_and_left(target: Any) -> None:
    Product.objects.create(title="No photo yet")
    run = enqueue(target, Product.objects.all(), source=Run.Source.COMMAND)
    assert (run.total, run.without_image) == (0, 1)


@pytest.mark.django_db
def test_nobody_starts_a_run_without_the_permission(target: Any) -> None:
    products = Product.objects.all()
    for actor in (None, make_user(), make_user("review_suggestions")):
        with pytest.raises(NotPermitted):
            enqueue(target, products, source=Run.Source.ADMIN, actor=actor)
    assert not Run.objects.exists()


@pytest.mark.django_db
def test_filing_by_itself_needs_a_permission_of_its_own(target: Any) -> None:
    products = Product.objects.all()
    plain, trusted = (
        make_user("categorize_products"),
        make_user("categorize_products", "auto_apply"),
    )
    assert not enqueue(target, products, source=Run.Source.ADMIN, actor=plain).apply_automatically
    assert enqueue(target, products, source=Run.Source.ADMIN, actor=trusted).apply_automatically
    with pytest.raises(NotPermitted):
        enqueue(target, products, source=Run.Source.ADMIN, actor=plain, apply_automatically=True)


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["shop_demo.product", "shops.uuidproduct"])
def test_a_large_selection_is_collected_page_by_page(settings: Any, key: str) -> None:
    settings.CATALOG_AI = {
        **settings.CATALOG_AI,
        "EXPAND_PAGE": 3,
        "CATEGORIZE_ON_UPLOAD": False,
    }
    target = get_targets()[key]
    if key == "shop_demo.product":
        for _ in range(8):
            make_product(price=7)
        make_product(price=99)
        products = Product.objects.filter(price=7)
    else:
        UuidProduct.objects.bulk_create(UuidProduct(photo=f"u{n}.png") for n in range(8))
        products = UuidProduct.objects.exclude(photo="")
    run = enqueue(target, products, source=Run.Source.COMMAND)
    assert (run.state, run.total) == (Run.State.EXPANDING, 0)
    pages = 1
    while expand_next_page(run.pk):
        pages += 1
    run.refresh_from_db()
    assert (run.state, run.total, pages) == (Run.State.RUNNING, 8, 4)
    keys = set(run.classifications.values_list("object_id", flat=True))
    assert keys == {target.to_key(pk) for pk in products.values_list("pk", flat=True)}


@pytest.mark.django_db
def test_the_first_pages_are_small_so_that_work_begins_at_once(
    settings: Any, monkeypatch: pytest.MonkeyPatch, target: Any
) -> None:
    settings.CATALOG_AI = {
        **settings.CATALOG_AI,
        "EXPAND_PAGE": 5,
        "CATEGORIZE_ON_UPLOAD": False,
    }
    monkeypatch.setattr(enqueueing, "FIRST_PAGE", 2)
    for _ in range(14):
        make_product()
    run = enqueue(target, Product.objects.all(), source=Run.Source.COMMAND)
    totals = []
    while expand_next_page(run.pk):
        run.refresh_from_db()
        totals.append(run.total)
    assert totals == [2, 4, 8, 13, 14]


@pytest.mark.django_db
def test_a_deleted_product_leaves_the_queue() -> None:
    product = make_product()
    product.delete()
    row = uploads().get()
    row.run.refresh_from_db()
    assert (row.state, row.run.state) == (State.CANCELLED, Run.State.DONE)


def test_a_dead_redis_is_asked_once_and_not_ten_times(settings: Any) -> None:
    """redis-py tries ten times by itself: a save in the shop would wait for seconds."""
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        settings.RQ_QUEUES = {
            name: {**queue, "URL": f"redis://127.0.0.1:{port}/0"}
            for name, queue in settings.RQ_QUEUES.items()
        }

        def hang_up() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                asked.append(address)
                connection.close()

        Thread(target=hang_up, daemon=True).start()
        with pytest.raises(RedisError):
            send("catalog_ai", [1])
        server.shutdown(socket.SHUT_RDWR)
    assert len(asked) == 1
