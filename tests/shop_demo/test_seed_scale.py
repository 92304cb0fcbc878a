"""seed_scale: as many products as asked for, with everything that belongs to them."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone

from catalog_ai.models import (
    Classification,
    Decision,
    Embedding,
    Rollback,
    Run,
    Suggestion,
    ThresholdChange,
)
from catalog_ai.workflow.models_in_use import get_bundle
from shop_demo import backdrop, crowd
from shop_demo.block import HELD
from shop_demo.models import Product
from tests.factories import make_client

pytestmark = pytest.mark.django_db
ROWS = (Product, Run, Classification, Suggestion, Decision, Product.categories.through)


@pytest.fixture(autouse=True)
def small_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "BLOCK", 60)
    monkeypatch.setattr(crowd, "AT_ONCE", 100)
    monkeypatch.setattr(backdrop, "PHOTOS", 1)


def seed(count: int, *arguments: str) -> str:
    output = io.StringIO()
    call_command("seed_scale", f"--products={count}", *arguments, stdout=output, verbosity=0)
    return output.getvalue()


@pytest.mark.parametrize("count", [1, 60, 317])
def test_it_makes_exactly_as_many_products_as_asked_for(count: int) -> None:
    assert f"{count} products added" in seed(count)
    assert Product.objects.count() == count
    titles = Product.objects.values_list("pk", "title")
    assert all(title.endswith(f" {pk}") for pk, title in titles)


def test_what_belongs_to_a_product_is_copied_with_it() -> None:
    seed(317)
    own = Classification.objects.filter(is_current=True)
    states = {str(pk): state for pk, state in Product.objects.values_list("pk", "ai_state")}
    assert {row.object_id: row.state for row in own} == {
        key: state for key, state in states.items() if state
    }
    for suggestion in Suggestion.objects.select_related("classification"):
        assert suggestion.label and suggestion.facet
    wrong = Decision.objects.exclude(suggestion__classification=F("classification"))
    assert not wrong.exists()
    assert Decision.objects.values("batch").distinct().count() == Decision.objects.count()
    filed = [int(row.object_id) for row in own if row.state == "filed"]
    assert not Product.objects.filter(pk__in=filed, categories=None).exists()


def test_one_product_in_five_waits_and_the_rest_is_of_every_kind() -> None:
    seed(300)
    current = Classification.objects.filter(is_current=True)
    assert current.filter(state__in=Classification.WAITING).count() == 60
    assert {"filed", "review", "reviewed"} <= set(current.values_list("state", flat=True))
    assert current.values("model_version").distinct().count() == 2
    assert Run.objects.latest("total").model_version == get_bundle().model_version
    long_ago = timezone.now() - timedelta(days=90)
    assert current.filter(created_at__lt=long_ago).exists()
    assert Product.objects.filter(ai_state="").exists()


def test_the_runs_counters_are_right() -> None:
    seed(317)
    for run in Run.objects.annotate(
        rows=Count("classifications"),
        filed_rows=Count("classifications", filter=Q(classifications__state__in=HELD)),
    ):
        assert (run.total, run.done, run.filed) == (run.rows, run.rows, run.filed_rows)
    assert Run.objects.latest("total").total > 200


def test_people_decided_over_months_in_working_hours() -> None:
    seed(317)
    by_people = Decision.objects.filter(action__in=("approve", "correct", "reject"))
    names = set(by_people.values_list("actor_name", flat=True))
    assert names == set(backdrop.REVIEWERS)
    moments = by_people.values_list("created_at", "classification__reviewed_at")
    assert all(created == reviewed for created, reviewed in moments)
    late = by_people.filter(created_at__lt=F("classification__finished_at"))
    assert not late.exists() and not by_people.filter(created_at__gt=timezone.now()).exists()
    days = {created.date() for created, _reviewed in moments}
    assert max(days) - min(days) > timedelta(days=60)


def test_there_are_audits_corrections_a_rollback_and_threshold_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crowd, "BLOCK", 400)
    seed(500)
    audits = Suggestion.objects.filter(audit=True)
    assert audits.filter(state="approved", asked_chance__lt=1).exists()
    assert not audits.filter(confidence__lt=F("auto_threshold")).exists()
    corrected = Suggestion.objects.filter(source="person", state="approved")
    assert corrected.count() == Suggestion.objects.filter(state="corrected").count() > 0
    taken_back = Decision.objects.filter(action="roll_back", reverts__isnull=False)
    done = Rollback.objects.get()
    assert taken_back.count() == done.taken_back > 0
    assert not taken_back.exclude(reverts__suggestion=F("suggestion")).exists()
    assert ThresholdChange.objects.filter(kind="person").exists()
    assert ThresholdChange.objects.filter(kind="budget").exists()


def test_hardly_two_results_are_equally_sure() -> None:
    seed(317)
    sure = Classification.objects.exclude(top_confidence=None).values("top_confidence")
    assert sure.distinct().count() > 0.9 * sure.count()
    wrong = Suggestion.objects.filter(
        label=F("classification__top_label"), confidence__gt=F("classification__top_confidence")
    )
    assert not wrong.exists()


def test_a_shop_with_products_is_left_alone_unless_told_to_add() -> None:
    seed(10)
    with pytest.raises(CommandError, match="--add"):
        seed(10)
    assert Product.objects.count() == 10
    seed(70, "--add")
    assert Product.objects.count() == 80
    keys = Classification.objects.filter(is_current=True).values_list("object_id", flat=True)
    assert len(keys) == len(set(keys))


def test_rows_can_be_added_behind_the_copies() -> None:
    seed(130)
    made = Product.objects.create(title="By hand")
    assert Product.objects.latest("pk") == made


def test_embeddings_are_made_where_asked_for() -> None:
    seed(130, "--embeddings")
    judged = Classification.objects.exclude(top_label="")
    assert Embedding.objects.count() == judged.count()
    assert Embedding.objects.first().as_array().shape == (256,)


def test_no_products_at_all_is_refused() -> None:
    with pytest.raises(CommandError, match="at least"):
        seed(0)


def test_the_pages_open_on_what_was_made() -> None:
    seed(130)
    client = make_client()
    run: Any = Run.objects.latest("total")
    for address in (
        reverse("admin:shop_demo_product_changelist"),
        reverse("admin:catalog_ai_review"),
        reverse("admin:catalog_ai_run_change", args=[run.pk]),
        reverse("admin:shop_demo_product_change", args=[Product.objects.latest("pk").pk]),
    ):
        assert client.get(address).status_code == 200
    assert get_user_model().objects.filter(username="ann").exists()


def test_every_index_is_there_afterwards() -> None:
    """They are left out while rows are copied, and Django's migrations are to find them again."""

    def list_indexes() -> dict[str, Any]:
        with connection.cursor() as cursor:
            return {
                model._meta.db_table: connection.introspection.get_constraints(
                    cursor, model._meta.db_table
                )
                for model in ROWS
            }

    before = list_indexes()
    seed(130)
    assert list_indexes() == before
    seed(70, "--add")
    assert list_indexes() == before
