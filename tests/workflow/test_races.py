"""Who wins where two act at once: real transactions on PostgreSQL, one defined outcome each.

No test sleeps its way into a race. The test holds the product's row, starts the rivals one after
the other, waits until the database says that each stands in line, and lets go.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any
from unittest import mock

import pytest
from django.contrib.admin import ModelAdmin
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.urls import reverse

from catalog_ai.errors import CannotUndo
from catalog_ai.models import Classification, Decision, Run, Suggestion
from catalog_ai.targets import get_target
from catalog_ai.targets.categories import RelatedCategories
from catalog_ai.workflow import enqueue as enqueueing
from catalog_ai.workflow import hand_on, store
from catalog_ai.workflow.batches import give_back_batch, renew_batch, take_batch
from catalog_ai.workflow.claim import MOST_INTERRUPTIONS, claim
from catalog_ai.workflow.enqueue import enqueue
from catalog_ai.workflow.jobs import classify_chunk
from catalog_ai.workflow.locks import lock_products
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.queue_filter import QueueFilter
from catalog_ai.workflow.queues import send_again
from catalog_ai.workflow.reconcile import Reconciled, reconcile, take_back_expired
from catalog_ai.workflow.review import approve, correct, dismiss, reject
from catalog_ai.workflow.runs import cancel_run, retry_failed
from catalog_ai.workflow.store import Judged, store_results
from catalog_ai.workflow.undo import undo
from catalog_ai.workflow.worker_models import WorkerModel
from shop_demo.models import Category, Product
from tests.factories import (
    claim_one,
    ledger,
    make_card,
    make_classification,
    make_client,
    make_product,
    make_result,
    make_run,
    make_superuser,
    make_unique_image_bytes,
    make_unjudged,
    names,
)
from tests.shops.models import Brand, GalleryImage, GalleryProduct, IntProduct, Kind, UuidProduct
from tests.workflow.racing import (
    NEEDS_ROW_LOCKS,
    PATIENCE,
    SURE,
    Rival,
    check_counters,
    line_of,
    paused_at,
    race,
    start_together,
    store_sure,
)

pytestmark = NEEDS_ROW_LOCKS

State = Classification.State


@pytest.fixture
def product(live_queues: Any) -> Product:
    product = make_unjudged()
    Run.objects.all().delete()
    return product


@pytest.fixture
def people(db: Any) -> tuple[Any, Any]:
    return make_superuser(), make_superuser()


VERBS: dict[str, Callable[[Suggestion, Any], Any]] = {
    "approve": lambda suggestion, actor: approve([suggestion.pk], actor),
    "reject": lambda suggestion, actor: reject([suggestion.pk], actor),
    "dismiss": lambda suggestion, actor: dismiss([suggestion.classification_id], actor),
    "correct": lambda suggestion, actor: correct(
        suggestion.classification_id, [str(Category.objects.get(name="Own").pk)], actor
    ),
}
OUTCOMES = {
    "approve": ("approved", {"Tshirts"}, ["approve"]),
    "reject": ("rejected", set(), ["reject"]),
    "dismiss": ("rejected", set(), ["reject"]),
    "correct": ("corrected", {"Own"}, ["correct", "correct"]),
}


@pytest.mark.parametrize("first", VERBS)
@pytest.mark.parametrize("second", VERBS)
def test_of_two_reviewers_the_first_decides_and_the_second_is_told(
    product: Product, people: Any, first: str, second: str
) -> None:
    Category.objects.create(name="Own")
    (suggestion,) = make_card(product)
    won, lost = race(
        line_of(product),
        lambda: VERBS[first](suggestion, people[0]),
        lambda: VERBS[second](suggestion, people[1]),
    )
    suggestion.refresh_from_db()
    assert (won.done, lost.done, lost.already_decided, lost.errors) == (1, 0, 1, [])
    assert (suggestion.state, names(product), ledger()) == OUTCOMES[first]
    assert set(Decision.objects.values_list("actor", flat=True)) == {people[0].pk}


def test_a_rerun_that_ends_during_a_review_leaves_the_persons_word(
    product: Product, people: Any, target: Any
) -> None:
    Category.objects.create(name="Own")
    (suggestion,) = make_card(product)
    rerun = claim_one(target, product)
    reviewed, stored = race(
        line_of(product),
        lambda: VERBS["correct"](suggestion, people[0]),
        lambda: store_sure(rerun),
    )
    rerun.refresh_from_db()
    assert (reviewed.done, stored) == (1, None)
    assert (names(product), ledger()) == ({"Own"}, ["correct", "correct"])
    assert (rerun.state, rerun.reason, rerun.is_current) == (State.REVIEW, "disagrees", True)
    check_counters()


def test_a_review_that_comes_behind_a_rerun_is_told(
    product: Product, people: Any, target: Any
) -> None:
    (suggestion,) = make_card(product)
    rerun = claim_one(target, product)
    stored, reviewed = race(
        line_of(product),
        lambda: store_sure(rerun),
        lambda: approve([suggestion.pk], people[0]),
    )
    suggestion.refresh_from_db()
    assert (stored, reviewed.done, reviewed.already_decided) == (None, 0, 1)
    assert (suggestion.state, ledger(), names(product)) == ("superseded", ["apply"], {"Tshirts"})


@pytest.mark.parametrize("second", ["approve", "reject"])
def test_an_undo_touches_only_what_its_own_person_decided(
    product: Product, people: Any, second: str
) -> None:
    mine, other = make_card(product, "article:tshirts", "article:shirts")
    batch = approve([mine.pk], people[0]).batch
    answers = race(
        line_of(product),
        lambda: VERBS[second](other, people[1]),
        lambda: undo(batch, people[0]),
    )
    mine.refresh_from_db()
    other.refresh_from_db()
    assert [answer.done for answer in answers] == [1, 1]
    assert (mine.state, other.state) == ("pending", OUTCOMES[second][0])
    assert Classification.objects.get().state == State.REVIEW
    assert names(product) == ({"Shirts"} if second == "approve" else set())


def test_a_batch_is_undone_once_however_often_it_is_asked(product: Product, people: Any) -> None:
    (suggestion,) = make_card(product)
    batch = approve([suggestion.pk], people[0]).batch
    first, second = race(
        line_of(product), lambda: undo(batch, people[0]), lambda: undo(batch, people[0])
    )
    assert first.done == 1 and isinstance(second, CannotUndo)
    assert ledger() == ["approve", "undo"] and names(product) == set()


def test_undos_of_crossing_batches_do_not_block_each_other(product: Product, people: Any) -> None:
    cards = [make_card(item, "article:tshirts", "article:shirts") for item in make_two()]
    batches = [
        approve([cards[0][0].pk, cards[1][0].pk], people[0]).batch,
        reject([cards[1][1].pk, cards[0][1].pk], people[1]).batch,
    ]
    pairs = zip(batches, people, strict=True)
    answers = start_together(*[lambda b=b, who=who: undo(b, who) for b, who in pairs])
    assert [answer.done for answer in answers] == [2, 2]
    assert set(Suggestion.objects.values_list("state", flat=True)) == {"pending"}


def make_two() -> list[Product]:
    return [make_unjudged(), make_unjudged()]


def test_an_image_replaced_while_its_job_stores_is_judged_again(
    product: Product, target: Any
) -> None:
    row = claim_one(target, product)
    new = make_product()
    image = new.image.name

    def replace_image() -> None:
        fresh = Product.objects.get(pk=product.pk)
        fresh.image = image
        fresh.save()

    saved, stored = race(line_of(product), replace_image, lambda: store_sure(row))
    row.refresh_from_db()
    assert (saved, stored) == (None, None)
    assert (row.state, row.image_name, row.attempts) == (State.QUEUED, image, 0)
    assert names(product) == set() and ledger() == []


def test_a_save_of_the_product_while_its_chunk_is_stored_blocks_nobody(
    product: Product, target: Any
) -> None:
    row = claim_one(target, product)

    def save_with_new_image() -> None:
        with transaction.atomic():
            fresh = Product.objects.get(pk=product.pk)
            fresh.image.save("new.png", ContentFile(make_unique_image_bytes()))

    stored, saved = race(line_of(product), lambda: store_sure(row), save_with_new_image)
    assert (stored, saved) == (None, None)
    in_flight = Classification.objects.filter(state=State.QUEUED)
    assert in_flight.get().image_name == Product.objects.get(pk=product.pk).image.name


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.REVIEW])
def test_a_product_deleted_meanwhile_leaves_no_work_behind(
    product: Product, people: Any, target: Any, state: State
) -> None:
    if state == State.REVIEW:
        (suggestion,) = make_card(product)
        rival: Callable[[], Any] = lambda: approve([suggestion.pk], people[0])  # noqa: E731
    elif state == State.RUNNING:
        row = claim_one(target, product)
        rival = lambda: store_sure(row)  # noqa: E731
    else:
        run = enqueue(target, line_of(product), source=Run.Source.COMMAND)
        ids = list(run.classifications.values_list("pk", flat=True))
        rival = lambda: classify_chunk(ids)  # noqa: E731
    deleted, other = (
        race(line_of(product), lambda: Product.objects.get(pk=product.pk).delete(), rival)
        if state != State.QUEUED
        else start_together(lambda: Product.objects.get(pk=product.pk).delete(), rival)
    )
    assert not isinstance(deleted, Exception) and not isinstance(other, Exception)
    left = Classification.objects.all()
    assert not left.filter(is_current=True, state__in=Classification.WAITING).exists()
    assert not left.filter(state__in=Classification.IN_FLIGHT).exists()
    if state != State.QUEUED:
        assert ledger() == []
    check_counters()


def test_two_who_enqueue_the_same_products_make_one_row_each(product: Product, target: Any) -> None:
    make_two()
    Run.objects.all().delete()
    products = Product.objects.all()
    runs = start_together(
        *[lambda: enqueue(target, products, source=Run.Source.COMMAND) for _ in range(4)]
    )
    assert sorted(run.total for run in runs) == [0, 0, 0, 3]
    assert Classification.objects.filter(state=State.QUEUED).count() == 3


def test_a_save_that_gets_no_lock_of_ours_succeeds_and_is_queued_after_its_commit(
    product: Product, target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a deadlock of a shop's import with a run that collects the same products."""
    products = Product.objects.all()
    with transaction.atomic():
        with paused_at(monkeypatch, enqueueing, "finish_expansion") as arrived:
            rival = Rival(lambda: enqueue(target, products, source=Run.Source.COMMAND))
            assert arrived.wait(PATIENCE)
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '50ms'")
            product.title = "Saved all the same"
            product.image.save("new.png", ContentFile(make_unique_image_bytes()))
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = 0")
        assert Product.objects.get().title == "Saved all the same"
    rival.finish()
    row = Classification.objects.get(state=State.QUEUED)
    assert row.run.is_upload and row.image_name == product.image.name
    check_counters()


def test_an_upload_waits_for_a_chunk_that_is_being_stored_and_comes_behind_it(
    product: Product, target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = claim_one(target, product, make_run(total=1))
    with paused_at(monkeypatch, store, "supersede") as arrived:
        worker = Rival(lambda: store_sure(row))
        assert arrived.wait(PATIENCE)
        upload = Rival(lambda: product.image.save("new.png", ContentFile(b"another")))
        upload.wait_in_line()
    worker.finish()
    assert upload.finish() is None
    states = Classification.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [State.FILED, State.QUEUED]
    check_counters()


def test_an_import_in_an_order_of_its_own_is_never_ended_for_a_chunk(
    product: Product, target: Any
) -> None:
    """Where two wait for each other, PostgreSQL ends the one that came to wait last."""
    products = [product, *make_two()]
    run = make_run(total=3)
    rows = [claim_one(target, item, run) for item in products]
    with transaction.atomic():
        line_of(products[2]).update(price=3)
        worker = Rival(
            lambda: store_results([Judged(r, r.image_name, make_result(SURE)) for r in rows])
        )
        worker.wait_in_line()
        line_of(products[0]).update(price=3)
        products[1].delete()
    assert worker.finish() is None
    assert [names(one) for one in (products[0], products[2])] == [{"Tshirts"}] * 2
    check_counters()


def test_an_import_of_gallery_photos_is_never_ended_for_a_chunk(product: Product) -> None:
    """A photo is a row of its own there: its save alone locks no product."""
    target = get_target("shops.galleryproduct")
    first, second = (GalleryProduct.objects.create(name=name) for name in ("a", "b"))
    photos = [GalleryImage.objects.create(product=one, original="a.png") for one in (first, second)]
    Classification.objects.filter(target=target.key).delete()
    run = make_run(target.key, total=2)
    rows = [claim_one(target, one, run) for one in (first, second)]
    with transaction.atomic():
        photos[1].original = ContentFile(make_unique_image_bytes(), "new.png")
        photos[1].save()
        worker = Rival(lambda: store_results([Judged(r, r.image_name, None) for r in rows]))
        worker.wait_in_line()
        GalleryProduct.objects.filter(pk=first.pk).update(name="c")
    assert worker.finish() is None
    states = Classification.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [State.UNCHANGED, State.CANCELLED, State.QUEUED]
    check_counters()


def test_a_product_is_deleted_while_its_run_is_handed_on(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(model_version="old", total=1)
    make_classification(product, run, state=State.QUEUED, is_current=False)
    mine = WorkerModel("host", get_bundle().model_version, run.pk)
    monkeypatch.setattr(hand_on, "list_worker_models", lambda: [mine])
    with transaction.atomic():
        list(Classification.objects.select_for_update())
        rival = Rival(hand_on.hand_on_runs)
        rival.wait_in_line()
        product.delete()
    assert rival.finish() == 1
    run.refresh_from_db()
    assert (run.model_version, run.cancelled) == (mine.version, 1)
    check_counters()


def test_products_are_deleted_while_their_run_is_tried_again(product: Product, people: Any) -> None:
    waiting, _other = make_two()
    run = make_run(total=2, failed=1)
    make_classification(product, run, state=State.FAILED)
    make_classification(waiting, run, state=State.QUEUED, is_current=False)
    with transaction.atomic():
        product.delete()
        rival = Rival(lambda: retry_failed(run, people[0]))
        rival.wait_in_line()
        waiting.delete()
    assert rival.finish() == 1
    check_counters()


def test_a_product_is_deleted_while_it_is_taken_out_of_a_category(
    product: Product, target: Any
) -> None:
    product.categories.add(Category.objects.create(name="Own"))
    with transaction.atomic():
        lock_products(target, [target.to_key(product.pk)])
        deleting = Rival(lambda: Product.objects.get(pk=product.pk).delete())
        deleting.wait_in_line()
        product.categories.clear()
    assert not isinstance(deleting.finish(), Exception)
    assert not Product.objects.exists()


def test_products_that_are_deleted_one_by_one_hold_up_no_chunk_of_their_run(
    product: Product, target: Any
) -> None:
    """One transaction of the shop's: a chunk would wait in it with products that it wants next."""
    waiting, other = make_two()
    Run.objects.all().delete()
    run = make_run(total=3)
    rows = [claim_one(target, item, run) for item in (product, other)]
    queued = make_classification(waiting, run, state=State.QUEUED, is_current=False)
    with transaction.atomic():
        waiting.delete()
        worker = Rival(lambda: store_results([Judged(r, r.image_name, None) for r in rows]))
        assert worker.finish() is None
        product.delete()
    queued.refresh_from_db()
    run.refresh_from_db()
    assert (queued.state, queued.error_code) == (State.CANCELLED, "product_deleted")
    assert (run.state, run.unchanged, run.cancelled) == (Run.State.DONE, 2, 1)


def test_two_reconciles_count_a_lost_row_once(product: Product, target: Any) -> None:
    rows = [claim_one(target, item) for item in (product, *make_two())]
    Classification.objects.update(
        lease_expires_at="2020-01-01T00:00:00Z", interruptions=MOST_INTERRUPTIONS
    )
    answers = start_together(*[lambda: take_back_expired(Reconciled()) for _ in range(3)])
    assert answers == [None] * 3
    assert {row.state for row in Classification.objects.all()} == {State.FAILED}
    assert len(rows) == Classification.objects.count()
    check_counters()


def test_what_a_host_that_was_cut_off_has_locked_does_not_hold_up_the_rest(
    product: Product, target: Any
) -> None:
    other = make_two()[0]
    locked, free = claim_one(target, product), claim_one(target, other)
    Classification.objects.update(lease_expires_at="2020-01-01T00:00:00Z")
    done = Reconciled()
    with transaction.atomic():
        Classification.objects.select_for_update().get(pk=locked.pk)
        assert Rival(lambda: take_back_expired(done)).finish() is None
    assert done.taken_back == 1
    free.refresh_from_db()
    locked.refresh_from_db()
    assert (free.state, locked.state) == (State.QUEUED, State.RUNNING)


def test_a_cancel_while_a_chunk_is_stored_keeps_the_result_and_lets_the_rest_go(
    product: Product, people: Any, target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = make_two()[0]
    run = make_run(target.key, total=2)
    row = claim_one(target, product, run)
    waiting = claim_one(target, second, run)
    Classification.objects.filter(pk=waiting.pk).update(state=State.QUEUED)
    with paused_at(monkeypatch, store, "_write") as arrived:
        storing = Rival(lambda: store_sure(row))
        assert arrived.wait(PATIENCE)
        cancel_run(run, people[0])
    assert storing.finish() is None
    run.refresh_from_db()
    assert (run.state, run.filed, run.cancelled) == (Run.State.CANCELLED, 1, 1)
    assert names(product) == {"Tshirts"}
    check_counters()


def test_a_row_given_back_to_a_cancelled_run_is_let_go(
    product: Product, people: Any, target: Any
) -> None:
    row = claim_one(target, product)
    cancel_run(row.run, people[0])
    Classification.objects.update(lease_expires_at="2020-01-01T00:00:00Z")
    reconcile()
    row.refresh_from_db()
    assert row.state == State.CANCELLED
    assert enqueue(target, line_of(product), source=Run.Source.COMMAND).total == 1
    check_counters()


def test_two_workers_with_the_same_job_judge_each_row_once(product: Product, target: Any) -> None:
    make_two()
    run = enqueue(target, Product.objects.all(), source=Run.Source.COMMAND)
    ids = list(run.classifications.values_list("pk", flat=True))
    taken = start_together(*[lambda: claim(ids, fresh=True) for _ in range(3)])
    assert sorted(row.pk for rows in taken for row in rows) == ids
    assert set(Classification.objects.values_list("attempts", flat=True)) == {1}


def test_two_reviewers_who_take_cards_share_none(product: Product, people: Any) -> None:
    for item in (product, *make_two()):
        make_card(item)
    counts = start_together(
        *[
            lambda who=who: take_batch(QueueFilter("shop_demo.product"), who, size=2)
            for who in people
        ]
    )
    owners = list(Classification.objects.values_list("assigned_to", flat=True))
    for who, count in zip(people, counts, strict=True):
        assert owners.count(who.pk) == count
    assert sum(counts) == 3


@pytest.mark.parametrize("verb", [take_batch, renew_batch, give_back_batch])
def test_cards_that_a_worker_retires_hold_up_no_batch(
    product: Product, people: Any, verb: Any
) -> None:
    """Whoever waited for one of them while holding another could meet a deadlock."""
    for item in (product, *make_two()):
        make_card(item)
    if verb is not take_batch:
        take_batch(QueueFilter("shop_demo.product"), people[0])
    with transaction.atomic():
        list(Classification.objects.order_by("pk")[:1].select_for_update())
        ask = (QueueFilter("shop_demo.product"),) if verb is take_batch else ()
        assert Rival(lambda: verb(*ask, people[0])).finish() == 2


def test_a_row_that_is_being_claimed_holds_up_no_sending(product: Product) -> None:
    rows = [
        make_classification(item, state=State.QUEUED, is_current=False)
        for item in (product, *make_two())
    ]
    with transaction.atomic():
        line = Classification.objects.filter(pk=rows[1].pk)
        line.select_for_update().get()
        sending = Rival(lambda: send_again("catalog_ai", [row.pk for row in rows]))
        assert sending.finish() is None
    assert list(Classification.objects.filter(sent_at=None)) == [rows[1]]


@pytest.mark.parametrize(
    "second", [("article:tshirts", "article:jeans"), ("article:jeans", "article:tshirts")]
)
def test_two_chunks_that_need_new_categories_at_once_make_each_once(
    live_queues: Any, second: tuple[str, str]
) -> None:
    """Of a model whose names need not be unique; and neither chunk blocks the other for good."""
    target = get_target("shops.intproduct")
    made = [IntProduct(image=f"{number}.png") for number in range(2)]
    products = IntProduct.objects.bulk_create(made)  # past the upload hook
    run = make_run(target.key, total=2)
    rows = [claim_one(target, product, run) for product in products]
    orders = [("article:tshirts", "article:jeans"), second]
    gate = threading.Barrier(2)
    look = RelatedCategories.list_all

    def look_together(field: RelatedCategories, *arguments: Any, **more: Any) -> Any:
        """Both have looked before either makes one, unless the second has to wait for its look."""
        found = look(field, *arguments, **more)
        with suppress(threading.BrokenBarrierError):
            gate.wait(1)
        return found

    def file_row(row: Classification, order: tuple[str, str]) -> None:
        scores = dict(zip(order, (0.9999, 0.999), strict=True))
        store_results([Judged(row, row.image_name, make_result(scores))])

    with mock.patch.object(RelatedCategories, "list_all", look_together):
        answers = start_together(
            *[partial(file_row, row, order) for row, order in zip(rows, orders, strict=True)]
        )
    assert answers == [None, None]
    assert sorted(Kind.objects.values_list("name", flat=True)) == ["Jeans", "Tshirts"]


def test_what_is_filed_while_a_page_of_the_admin_is_being_saved_stays(
    product: Product, target: Any, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form writes back the categories that it was shown with: none, as its person left them."""
    row, client = claim_one(target, product), make_client(people[0])
    address = reverse("admin:shop_demo_product_change", args=[product.pk])
    data = {"title": "Named anew", "price": "5", "categories": [], "catalog_ai_shown": "[]"}
    with paused_at(monkeypatch, ModelAdmin, "save_form") as arrived:
        person = Rival(lambda: client.post(address, data))
        assert arrived.wait(PATIENCE)
        worker = Rival(lambda: store_sure(row))
        with suppress(AssertionError):  # it need not wait
            worker.wait_in_line()
    assert person.finish().status_code == 302
    worker.finish()
    product.refresh_from_db()
    assert (product.title, names(product)) == ("Named anew", {"Tshirts"})


@pytest.mark.urls("tests.admin.test_open_form")
def test_an_open_list_is_saved_beside_a_chunk_that_has_its_products(people: Any) -> None:
    """The list shows the newest first, and a chunk locks the lowest key first."""
    client, kind = make_client(people[0]), Kind.objects.create(name="Belts")
    shown = [UuidProduct.objects.create() for _ in range(2)]
    low, high = sorted(shown, key=lambda one: one.pk)
    data = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "2", "_save": "1"}
    for place, one in enumerate((high, low)):
        data |= {f"form-{place}-id": str(one.pk), f"form-{place}-category": str(kind.pk)}
    with transaction.atomic():
        lock_products(get_target("shops.uuidproduct"), [low.pk.hex])
        person = Rival(lambda: client.post(reverse("admin:shops_uuidproduct_changelist"), data))
        person.wait_in_line()
        lock_products(get_target("shops.uuidproduct"), [low.pk.hex, high.pk.hex])
    assert person.finish().status_code == 302
    assert UuidProduct.objects.filter(category=kind).count() == 2


@pytest.mark.urls("tests.admin.test_open_inlines")
def test_an_open_inline_is_saved_beside_a_chunk_that_has_its_products(people: Any) -> None:
    client, kind = make_client(people[0]), Kind.objects.create(name="Belts")
    brand = Brand.objects.create(name="Acme")
    shown = [UuidProduct.objects.create(brand=brand) for _ in range(2)]
    low, high = sorted(shown, key=lambda one: one.pk)
    other = GalleryProduct.objects.create(name="One", brand=brand)  # of another inline of the page
    data = {"name": "Acme", "_save": "1"}
    for name, number in (("galleryproduct_set", "1"), ("uuidproduct_set", "2")):
        data |= {f"{name}-TOTAL_FORMS": number, f"{name}-INITIAL_FORMS": number}
    data |= {"galleryproduct_set-0-id": str(other.pk), "galleryproduct_set-0-name": "Renamed"}
    for place, one in enumerate((high, low)):
        row = f"uuidproduct_set-{place}"
        data |= {f"{row}-id": str(one.pk), f"{row}-category": str(kind.pk)}
    address = reverse("admin:shops_brand_change", args=[brand.pk])
    with transaction.atomic():
        lock_products(get_target("shops.uuidproduct"), [low.pk.hex])
        person = Rival(lambda: client.post(address, data))
        person.wait_in_line()
        lock_products(get_target("shops.uuidproduct"), [low.pk.hex, high.pk.hex])
    assert person.finish().status_code == 302
    assert UuidProduct.objects.filter(category=kind).count() == 2
