"""The review queue as rows: filters, counts, and batches of one's own."""

from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from catalog_ai.errors import NotPermitted
from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.workflow import batches, queue, queue_counts
from catalog_ai.workflow.batches import give_back_batch, renew_batch, take_batch
from catalog_ai.workflow.choose import choose
from catalog_ai.workflow.queue import (
    count_queue,
    get_page,
    get_page_query,
    measure_uncertainty,
    review_queue,
)
from catalog_ai.workflow.queue_filter import ORDERS, QueueFilter
from catalog_ai.workflow.undo import last_batch, undo
from shop_demo.models import Product
from tests.admin.people import make_products
from tests.factories import make_classification, make_run, make_user

pytestmark = pytest.mark.django_db
ALL = QueueFilter(target="shop_demo.product")
MINE = QueueFilter(target="shop_demo.product", mine="1")


@pytest.fixture
def ann() -> Any:
    return make_user("review_suggestions")


@pytest.fixture
def bob() -> Any:
    return make_user("review_suggestions")


def make_rows(count: int) -> list[Any]:
    return [make_classification(uncertainty=1 - place / 100) for place in range(count)]


def test_only_what_waits_now_is_in_the_queue() -> None:
    waiting = [make_classification(), make_classification(state="unidentified")]
    make_classification(is_current=False)
    make_classification(state="reviewed")
    make_classification(target="shops.intproduct")
    assert set(review_queue(ALL)) == set(waiting)


def test_counts_follow_the_other_filters() -> None:
    run = make_run()
    make_classification(run=run, top_label="article:ties", reason="disagrees")
    make_classification(run=run, top_label="article:shirts", model_version="other-1")
    make_classification(top_label="article:shirts")
    counts = count_queue(QueueFilter(target=ALL.target, label="article:shirts"))
    assert counts.total == 2
    assert counts.labels == [("article:shirts", 2), ("article:ties", 1)]
    assert dict(counts.runs)[str(run.pk)] == 1
    assert dict(counts.models)["other-1"] == 1
    assert dict(counts.reasons) == {"low_confidence": 2}


def test_an_address_gives_back_the_filter_it_was_made_of() -> None:
    query = {"label": "article:ties", "run": "7", "order": "oldest", "mine": "1", "view": "grid"}
    chosen = QueueFilter.read(query, ALL.target)
    assert dict(pair.split("=") for pair in chosen.encode().split("&")) == {
        **query,
        "label": "article%3Aties",
        "target": ALL.target,
    }
    assert QueueFilter.read({"run": "²", "order": "x", "mine": "7"}, ALL.target) == ALL


def test_cards_with_nothing_to_approve_come_last() -> None:
    nothing, least = [
        make_classification(state=state, uncertainty=measure_uncertainty(confidence, state))
        for state, confidence in (("unidentified", 0.02), ("unidentified", 0.09))
    ]
    unsure, sure = [
        make_classification(uncertainty=measure_uncertainty(confidence, "review"))
        for confidence in (0.1, 1.0)
    ]
    assert get_page(ALL, 10)[0] == [unsure, sure, nothing, least]
    first, end = get_page(ALL, 3)
    assert get_page(replace(ALL, after=end), 3) == ([least], "")


def test_an_upgrade_puts_those_last_that_wait_already() -> None:
    old = make_classification(state="unidentified", uncertainty=0.98)
    new = make_classification(state="unidentified", uncertainty=-0.5)
    asked = make_classification(uncertainty=0.9)
    migration = import_module("catalog_ai.migrations.0016_unidentified_last")
    for _again in range(2):
        migration.put_last(apps, SimpleNamespace(connection=connection))
    assert get_page(ALL, 10)[0] == [asked, old, new]


def test_a_batch_is_the_front_of_the_queue_and_nobody_elses(ann: Any, bob: Any) -> None:
    rows = make_rows(5)
    assert take_batch(ALL, ann, 3) == 3
    assert get_page(MINE, 10, ann)[0] == rows[:3]
    assert get_page(ALL, 10, bob)[0] == rows[3:]
    assert get_page(ALL, 10, ann)[0] == rows
    assert take_batch(ALL, bob, 3) == 2
    assert take_batch(ALL, bob, 3) == 0


def test_of_two_who_reach_for_one_card_the_first_gets_it(
    ann: Any, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (row,) = make_rows(1)
    real = batches.order_queue

    def reach_second(*args: Any, **options: Any) -> Any:
        # Bob has asked for the card; before it is locked for him, Ann takes it.
        cards = real(*args, **options)
        Classification.objects.filter(pk=row.pk).update(
            assigned_to=ann, assigned_until=timezone.now() + timedelta(minutes=5)
        )
        return cards

    monkeypatch.setattr(batches, "order_queue", reach_second)
    assert take_batch(ALL, bob) == 0
    row.refresh_from_db()
    assert row.assigned_to == ann


def test_a_batch_runs_out_unless_its_owner_goes_on(ann: Any, bob: Any) -> None:
    make_rows(2)
    take_batch(ALL, ann)
    Classification.objects.update(assigned_until=timezone.now() + timedelta(seconds=5))
    assert renew_batch(ann) == 2
    assert not Classification.objects.filter(
        assigned_until__lt=timezone.now() + timedelta(minutes=10)
    ).exists()
    Classification.objects.update(assigned_until=timezone.now() - timedelta(seconds=1))
    assert renew_batch(ann) == 0
    assert take_batch(ALL, bob) == 2


def test_a_batch_given_back_is_everybodys(ann: Any, bob: Any) -> None:
    make_rows(2)
    take_batch(ALL, ann)
    assert give_back_batch(bob) == 0
    assert give_back_batch(ann) == 2
    assert review_queue(ALL, bob).count() == 2


def test_nobody_takes_cards_without_the_permission() -> None:
    make_rows(1)
    with pytest.raises(NotPermitted):
        take_batch(ALL, make_user("export_results"))


def test_a_chosen_label_settles_the_card_and_one_undo_takes_all_of_it_back(ann: Any) -> None:
    products = make_products(2, judged=True)
    picks = list(Suggestion.objects.filter(label="article:shirts").values_list("pk", flat=True))
    reviewed = choose(picks, ann)
    assert (reviewed.done, reviewed.already_decided, reviewed.errors) == (2, 0, [])
    assert not review_queue(ALL).exists()
    assert set(Suggestion.objects.values_list("label", "state")) == {
        ("article:shirts", "approved"),
        ("article:tshirts", "rejected"),
    }
    assert last_batch(ann) == reviewed.batch
    undo(reviewed.batch, ann)
    assert last_batch(ann) is None
    assert review_queue(ALL).count() == 2
    assert not Product.objects.filter(
        pk__in=[product.pk for product in products], categories__isnull=False
    ).exists()


def test_a_choice_on_a_card_decided_meanwhile_rejects_nothing(ann: Any, bob: Any) -> None:
    make_products(1, judged=True)
    first, second = Suggestion.objects.order_by("pk")
    choose([first.pk], bob)
    entries = Decision.objects.count()
    reviewed = choose([second.pk], ann)
    assert (reviewed.done, reviewed.already_decided) == (0, 1)
    assert Decision.objects.count() == entries


def test_a_choice_on_a_deleted_product_is_told_and_the_rest_is_done(ann: Any) -> None:
    gone, stays = make_products(2, judged=True)
    Product.objects.filter(pk=gone.pk)._raw_delete("default")
    picks = Suggestion.objects.filter(label="article:tshirts").values_list("pk", flat=True)
    reviewed = choose(list(picks), ann)
    assert reviewed.done == 1 and "deleted" in reviewed.errors[0]
    assert stays.categories.exists()


def test_counts_of_a_long_queue_are_kept_for_a_while(
    ann: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "LONG", 2)
    cache.clear()
    rows = make_rows(3)
    assert count_queue(ALL, ann).labels == [("article:tshirts", 3)]
    Classification.objects.filter(pk=rows[0].pk).update(state="reviewed")
    counts = count_queue(ALL, ann)
    assert (counts.total, counts.labels) == (3, [("article:tshirts", 3)])
    cache.clear()
    assert count_queue(ALL, ann).total == 2


def test_one_query_counts_a_long_queue_for_every_filter(
    ann: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(queue, "LONG", 1)
    cache.clear()
    make_rows(3)
    with django_assert_num_queries(1):
        count_queue(ALL, ann)
        count_queue(replace(ALL, label="article:tshirts"), ann)
        count_queue(replace(ALL, reason="audit", age="week"), ann)
    cache.clear()


def test_small_runs_of_a_long_queue_are_counted_on_their_own(
    ann: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "LONG", 1)
    monkeypatch.setattr(queue_counts, "FACET", 1)
    cache.clear()
    large, small = make_run(), make_run()
    make_classification(run=small, top_label="article:ties")
    for _ in range(2):
        make_classification(run=large)
    assert count_queue(ALL, ann).runs == [(str(large.pk), 2)]
    counts = count_queue(replace(ALL, run=str(small.pk)), ann)
    assert (counts.total, counts.labels) == (1, [("article:ties", 1)])
    assert counts.runs[-1] == (str(small.pk), 1)
    cache.clear()


def test_an_upload_among_others_is_no_choice_of_its_own(ann: Any) -> None:
    several = make_run()
    for _ in range(2):
        make_classification(run=several)
    upload = make_classification(run=make_run(source="upload")).run_id
    make_classification(run=make_run(source="upload"))
    assert count_queue(ALL, ann).runs == [(str(several.pk), 2)]
    of_upload = count_queue(replace(ALL, run=str(upload)), ann)
    assert of_upload.total == 1 and of_upload.runs[-1] == (str(upload), 1)


def make_old(days: float, **fields: Any) -> Any:
    row = make_classification(**fields)
    row.created_at = timezone.now() - timedelta(days=days)
    row.save(update_fields=["created_at"])
    return row


@pytest.mark.parametrize("order", ["uncertain", "valuable", "oldest"])
def test_the_age_filter_shows_what_has_waited_longer(order: str) -> None:
    cache.clear()
    make_old(0.5)
    two_days, month = make_old(2, uncertainty=0.3), make_old(40, uncertainty=0.2)
    chosen = QueueFilter.read({"age": "day", "order": order}, ALL.target)
    assert set(get_page(chosen, 10)[0]) == {two_days, month}
    assert get_page(replace(chosen, age="week"), 10)[0] == [month]
    assert count_queue(chosen).total == 2
    assert count_queue(ALL).ages == [("day", 2), ("week", 1), ("month", 1)]
    assert count_queue(replace(ALL, age="week")).labels == [("article:tshirts", 1)]
    assert QueueFilter.read({"age": "century"}, ALL.target) == ALL


def test_the_oldest_come_first_page_by_page() -> None:
    rows = [make_old(days) for days in (1, 3, 2)]
    chosen = replace(ALL, order="oldest")
    first, end = get_page(chosen, 2)
    assert first == [rows[1], rows[2]]
    assert get_page(replace(chosen, after=end), 2) == ([rows[0]], "")


def test_the_sample_for_the_audit_can_be_asked_for() -> None:
    make_classification()
    audited = make_classification(reason="audit")
    assert get_page(replace(ALL, reason="audit"), 10)[0] == [audited]
    assert ("audit", 1) in count_queue(ALL).reasons


@pytest.mark.parametrize("order", ["uncertain", "valuable", "oldest"])
@pytest.mark.parametrize(
    "narrow", [{"label": "article:ties"}, {"reason": "audit"}, {"age": "week"}, {}]
)
def test_a_filter_that_finds_few_in_a_long_queue_shows_the_same_cards_in_the_same_order(
    order: str, narrow: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in range(6):
        kind: dict[str, Any] = {"top_label": "article:ties", "reason": "audit"} if place % 2 else {}
        make_old(place * 4, uncertainty=place % 3 / 10, value=place % 4, **kind)
    chosen = replace(ALL, order=order, **narrow)

    def page_through() -> list[Any]:
        cache.clear()
        page, end = get_page(chosen, 2)
        while end:
            more, end = get_page(replace(chosen, after=end), 2)
            page += more
        return page

    short = page_through()
    monkeypatch.setattr(queue, "LONG", 1)
    assert page_through() == short
    assert "COALESCE" in str(get_page_query(chosen).query) or not narrow
    cache.clear()


def test_a_position_that_means_nothing_is_no_error() -> None:
    (row,) = make_rows(1)
    for after in ("x:y", "1e400:1", "nan:1", ":"):
        for order in ORDERS:
            assert get_page(replace(ALL, after=after, order=order), 5)[0] in ([row], [])


def test_states_stand_in_the_sql_where_partial_indexes_can_see_them() -> None:
    chosen = QueueFilter(target=ALL.target, after="0.5:7")
    sql, parameters = get_page_query(chosen).query.sql_with_params()
    assert "IN ('review', 'unidentified')" in sql and "review" not in parameters
