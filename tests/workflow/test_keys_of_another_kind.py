"""Rows from when the shop gave its products keys of another kind: they are of no product now."""

from typing import Any

import pytest
from django.urls import reverse

from catalog_ai.models import Classification
from catalog_ai.workflow.locks import lock_products
from catalog_ai.workflow.review import approve, dismiss
from catalog_ai.workflow.thumbnails import sweep_thumbnails
from tests.admin.people import log_in
from tests.factories import (
    make_classification,
    make_filed_run,
    make_suggestion,
    make_superuser,
    roll_back,
)

pytestmark = pytest.mark.django_db
OLD = "red-shirt"


@pytest.fixture
def card() -> Any:
    return make_suggestion(make_classification(object_id=OLD))


def test_their_cards_are_told_as_those_of_deleted_products(card: Any) -> None:
    reviewed = approve([card.pk], make_superuser())
    assert reviewed.errors == ["The product was deleted meanwhile."]
    assert dismiss([card.classification_id], make_superuser()).done == 1


def test_the_review_page_shows_them(card: Any) -> None:
    page = log_in("review_suggestions").get(reverse("admin:catalog_ai_review"))
    assert "Deleted product" in page.content.decode()


def test_a_run_with_some_of_them_is_rolled_back() -> None:
    run = make_filed_run(2)
    Classification.objects.filter(pk=run.classifications.earliest("pk").pk).update(object_id=OLD)
    rollback = roll_back(run, make_superuser())
    assert (rollback.state, rollback.taken_back, rollback.refused) == ("done", 1, 1)


def test_copies_of_their_photos_are_swept(card: Any) -> None:
    Classification.objects.update(image_digest="a" * 64)
    assert sweep_thumbnails() == (0, 0)


def test_nothing_is_locked_for_them(target: Any) -> None:
    lock_products(target, [OLD])
