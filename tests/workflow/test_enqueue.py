"""Every way in: rows first, the queue after commit, and nothing twice."""

import socket
import time
from threading import Thread
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.db.models.signals import post_delete, post_save
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as NoAnswer

from catalog_ai.errors import NotPermitted
from catalog_ai.inference.images import digest_image
from catalog_ai.models import Classification, Run
from catalog_ai.targets import get_targets
from catalog_ai.workflow import enqueue as enqueueing
from catalog_ai.workflow import queues
from catalog_ai.workflow.claim import claim
from catalog_ai.workflow.enqueue import enqueue, expand_next_page
from catalog_ai.workflow.jobs import classify_chunk
from catalog_ai.workflow.judging import judge_rows
from catalog_ai.workflow.queues import send
from catalog_ai.workflow.store import store_results
from shop_demo.models import Product
from tests.factories import make_product, make_unique_image_bytes, make_unjudged, make_user
from tests.shops.models import ProductOnSale, SizedProduct, SlugProduct, UuidProduct

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
def test_a_save_with_redis_down_is_told_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    make_product()
    (line,) = caplog.records
    assert "Redis cannot be reached" in line.getMessage() and not line.exc_info


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
@pytest.mark.parametrize("model", [ProductOnSale, SizedProduct])
def test_a_product_is_known_whatever_model_it_is_saved_and_deleted_through(
    model: Any, django_capture_on_commit_callbacks: Any
) -> None:
    product = model(name="a")
    product.image.save("a.png", make_content())
    row = uploads().get()
    assert (row.target, row.object_id) == ("shops.intproduct", str(product.pk))
    product.image.save("b.png", make_content())
    assert uploads().count() == 1
    with django_capture_on_commit_callbacks(execute=True):
        product.delete()
    row.refresh_from_db()
    assert (row.state, row.error_code) == (State.CANCELLED, "product_deleted")


@pytest.mark.django_db
def test_a_product_that_is_made_again_under_its_key_is_judged_again() -> None:
    """As an import does that deletes first what it brings back."""
    SlugProduct.objects.create(slug="blue-shirt", image="blue.png")
    Classification.objects.update(state=State.REVIEW, is_current=True)
    SlugProduct.objects.get().delete()
    SlugProduct.objects.create(slug="blue-shirt", image="blue.png")
    assert uploads().filter(state=State.QUEUED).count() == 1


@pytest.mark.django_db
def test_one_that_was_queued_and_is_made_again_at_once_is_queued_again(
    django_capture_on_commit_callbacks: Any,
) -> None:
    SlugProduct.objects.create(slug="blue-shirt", image="blue.png")
    old = uploads().get()
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        SlugProduct.objects.get().delete()
        SlugProduct.objects.create(slug="blue-shirt", image="blue.png")
    old.refresh_from_db()
    assert old.state == State.CANCELLED
    assert uploads().get(state=State.QUEUED).pk > old.pk


@pytest.mark.django_db
def test_a_copy_of_a_product_in_another_database_is_no_product() -> None:
    product = make_product()
    post_delete.send(sender=Product, instance=product, using="archive")
    assert uploads().get().state == State.QUEUED
    Classification.objects.all().delete()
    post_save.send(sender=Product, instance=product, created=False, using="archive")
    assert not uploads().exists()


@pytest.mark.django_db
def test_a_save_of_other_fields_alone_asks_nothing(django_assert_num_queries: Any) -> None:
    product = make_product()
    classify_chunk([uploads().get().pk])
    with django_assert_num_queries(1):
        product.save(update_fields=["title"])
    product.image = "another.png"
    product.save(update_fields=["image"])
    assert uploads().get(state=State.QUEUED).image_name == "another.png"


def replace_file(product: Product) -> bytes:
    """A fresh upload under the old name, as a storage that overwrites keeps it."""
    data, name = make_unique_image_bytes(), str(product.image.name)
    product.image.storage.delete(name)
    product.image = ContentFile(data, name.rpartition("/")[2])
    product.save()
    assert product.image.name == name
    return data


@pytest.mark.django_db
def test_a_photo_replaced_under_its_name_while_a_worker_has_the_old_one_is_judged() -> None:
    product = make_product()
    rows = claim(uploads().values_list("pk", flat=True), fresh=True)
    judged = judge_rows(rows)
    data = replace_file(product)
    store_results(judged)
    row = uploads().get()
    assert (row.state, row.attempts, row.lease_token) == (State.QUEUED, 0, "")
    classify_chunk([row.pk])
    row.refresh_from_db()
    assert row.image_digest == digest_image(data)


@pytest.mark.django_db(transaction=True)
def test_one_photo_of_very_many_products_is_judged_again_for_each(settings: Any) -> None:
    """They are collected in the worker: none is queued yet when the save ends."""
    product = make_product()
    classify_chunk([uploads().get().pk])
    settings.CATALOG_AI = {**settings.CATALOG_AI, "EXPAND_PAGE": 1}
    replace_file(product)
    run = Run.objects.latest("pk")
    while expand_next_page(run.pk):
        pass
    assert uploads().filter(state=State.QUEUED).count() == 1


@pytest.mark.django_db
def test_a_changed_image_makes_work_again_once_the_first_is_done() -> None:
    product = make_product()
    classify_chunk([uploads().get().pk])
    product.image.save("new.png", make_content(), save=False)
    product.save()
    assert uploads().filter(state=State.QUEUED).count() == 1


def make_content() -> Any:
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

    dump = serializers.serialize("json", [make_unjudged()])
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
@pytest.mark.usefixtures("no_uploads")
@pytest.mark.parametrize("key", ["shop_demo.product", "shops.uuidproduct"])
def test_a_large_selection_is_collected_page_by_page(settings: Any, key: str) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "EXPAND_PAGE": 3}
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
@pytest.mark.usefixtures("no_uploads")
def test_the_first_pages_are_small_so_that_work_begins_at_once(
    settings: Any, monkeypatch: pytest.MonkeyPatch, target: Any
) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "EXPAND_PAGE": 5}
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
def test_a_deleted_product_leaves_the_queue(django_capture_on_commit_callbacks: Any) -> None:
    product = make_product()
    with django_capture_on_commit_callbacks(execute=True):
        product.delete()
    row = uploads().get()
    row.run.refresh_from_db()
    assert (row.state, row.run.state) == (State.CANCELLED, Run.State.DONE)


@pytest.mark.django_db
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


@pytest.mark.django_db
def test_a_redis_that_says_nothing_is_not_waited_for_long(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that is stopped, or whose machine is: the connection is made all the same."""
    monkeypatch.setattr(queues, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.RQ_QUEUES = {
            name: {**queue, "URL": f"redis://127.0.0.1:{server.getsockname()[1]}/0"}
            for name, queue in settings.RQ_QUEUES.items()
        }
        Thread(target=hang_up_late, args=(server,), daemon=True).start()
        with pytest.raises(NoAnswer):  # and not because it hung up in the end
            send("catalog_ai", [1])


def hang_up_late(server: socket.socket) -> None:
    with server.accept()[0]:
        time.sleep(3)


def replace_photo_after_commit(product: Product, callbacks: Any) -> None:
    with callbacks(execute=True):
        product.image.save("replaced.png", make_content())


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING])
@pytest.mark.parametrize("dry", [True, False])
def test_an_upload_does_not_wait_for_a_run_that_has_the_product(
    target: Any, django_capture_on_commit_callbacks: Any, state: State, dry: bool
) -> None:
    """A dry run files nothing, and a run can be paused or cancelled."""
    product = make_unjudged()
    run = enqueue(target, Product.objects.all(), source=Run.Source.COMMAND, dry_run=dry)
    if state == State.RUNNING:
        judged = judge_rows(claim(run.classifications.values_list("pk", flat=True), fresh=True))
    replace_photo_after_commit(product, django_capture_on_commit_callbacks)
    if state == State.RUNNING:
        store_results(judged)
    run.refresh_from_db()
    assert (run.state, run.cancelled, run.done) == (Run.State.DONE, 1, 1)
    row = uploads().get()
    assert (row.state, row.image_name) == (State.QUEUED, product.image.name)
    assert run.classifications.get().error_code == "upload_first"


@pytest.mark.django_db
@pytest.mark.parametrize("dry", [True, False])
def test_one_photo_of_very_many_products_does_not_wait_either(
    target: Any, django_capture_on_commit_callbacks: Any, settings: Any, dry: bool
) -> None:
    """They are collected in the worker, which leaves out what another run has."""
    product = make_unjudged()
    run = enqueue(target, Product.objects.all(), source=Run.Source.COMMAND, dry_run=dry)
    settings.CATALOG_AI = {**settings.CATALOG_AI, "EXPAND_PAGE": 1}
    replace_photo_after_commit(product, django_capture_on_commit_callbacks)
    while expand_next_page(Run.objects.latest("pk").pk):
        pass
    row = uploads().get()
    assert (row.state, row.image_name) == (State.QUEUED, product.image.name)
    assert run.classifications.get().error_code == "upload_first"


@pytest.mark.django_db
def test_a_second_upload_is_covered_by_the_first_and_leaves_no_empty_run(
    django_capture_on_commit_callbacks: Any,
) -> None:
    product = make_product()
    replace_photo_after_commit(product, django_capture_on_commit_callbacks)
    assert uploads().get().state == State.QUEUED
    assert Run.objects.count() == 1
