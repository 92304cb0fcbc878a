"""The review queue as rows: filters, counts, and batches of one's own."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from catalog_ai.errors import NotPermitted
from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.workflow import queue
from catalog_ai.workflow.choose import choose
from catalog_ai.workflow.queue import (
    QueueFilter,
    count_queue,
    get_page,
    get_page_query,
    give_back_batch,
    renew_batch,
    review_queue,
    take_batch,
)
from catalog_ai.workflow.undo import last_batch, last_batches, undo
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
    real = queue.order_queue

    def reach_second(*args: Any) -> Any:
        # Bob has chosen the card; before he takes it, Ann does.
        found = list(real(*args).values_list("pk", flat=True))
        Classification.objects.filter(pk__in=found).update(
            assigned_to=ann, assigned_until=timezone.now() + timedelta(minutes=5)
        )
        return Classification.objects.filter(pk__in=found)

    monkeypatch.setattr(queue, "order_queue", reach_second)
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
    assert last_batches(ann) == [reviewed.batch] and last_batch(ann) == reviewed.batch
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
    assert (counts.total, counts.labels) == (2, [("article:tshirts", 3)])
    cache.clear()


def test_states_stand_in_the_sql_where_partial_indexes_can_see_them() -> None:
    chosen = QueueFilter(target=ALL.target, after="0.5:7")
    sql, parameters = get_page_query(chosen).query.sql_with_params()
    assert "IN ('review', 'unidentified')" in sql and "review" not in parameters
