"""A closer look at a card: the picture laid over the photo, and the products that look alike."""

import io
from typing import Any

import numpy as np
import pytest
from django.urls import reverse
from PIL import Image

from catalog_ai.admin.display import format_percent
from catalog_ai.models import Classification, Embedding
from shop_demo.drawings import DRAWINGS, render_drawing
from tests.admin.people import log_in
from tests.factories import make_classification, make_product, make_suggestion

pytestmark = pytest.mark.django_db

LABEL = "article:tshirts"


@pytest.fixture
def client() -> Any:
    return log_in("review_suggestions")


def make_card(size: tuple[int, int] = (200, 400)) -> Classification:
    buffer = io.BytesIO()
    render_drawing(DRAWINGS[0]).convert("RGB").resize(size).save(buffer, "JPEG")
    row = make_classification(make_product(buffer.getvalue()), scores={LABEL: 0.6})
    make_suggestion(row)
    return row


def look(client: Any, row: Classification, label: str = LABEL) -> Any:
    return client.get(reverse("admin:catalog_ai_review_look", args=[row.pk, label]))


def add_neighbour(row: Classification, angle: float) -> Classification:
    other = make_classification(make_product(title="Blue tee"), state="reviewed")
    make_suggestion(other, state="approved")
    for one, turn in ((row, 0.0), (other, angle)):
        vector = np.zeros(256, np.float32)
        vector[:2] = np.cos(turn), np.sin(turn)
        Embedding.objects.update_or_create(
            classification=one, defaults={"vector": Embedding.pack(vector)}
        )
    return other


@pytest.mark.parametrize("size", [(200, 400), (400, 200), (300, 300)])
def test_the_picture_has_the_shape_of_the_photo(client: Any, size: tuple[int, int]) -> None:
    answer = look(client, make_card(size))
    assert answer.status_code == 200 and answer["Content-Type"] == "image/png"
    width, height = Image.open(io.BytesIO(answer.content)).size
    assert width / height == pytest.approx(size[0] / size[1], rel=0.02)


def test_the_picture_is_clear_somewhere_and_dark_elsewhere(client: Any) -> None:
    shade = Image.open(io.BytesIO(look(client, make_card()).content))
    lowest, highest = shade.getchannel("A").getextrema()
    assert lowest < 30 and highest > 120


def test_what_cannot_be_shown_is_not_found(client: Any) -> None:
    row = make_card()
    assert look(client, row, "article:no-such-thing").status_code == 404
    row.object_id = "999999999"
    row.save()
    assert look(client, row).status_code == 404
    unreadable = make_classification(make_product(b"no picture at all"))
    assert look(client, unreadable).status_code == 404


def test_only_reviewers_look() -> None:
    row, stranger = make_card(), log_in("categorize_products")
    assert look(stranger, row).status_code == 403
    nearest = reverse("admin:catalog_ai_review_nearest", args=[row.pk])
    assert stranger.get(nearest).status_code == 403


def test_the_card_shows_where_the_model_looked_without_a_script(client: Any) -> None:
    row = make_card()
    card = reverse("admin:catalog_ai_review_card", args=[row.pk])
    picture = reverse("admin:catalog_ai_review_look", args=[row.pk, LABEL])
    assert f'src="{picture}"' not in client.get(card).content.decode()
    assert f'src="{picture}"' in client.get(card, {"look": LABEL}).content.decode()


@pytest.mark.parametrize("made_up", ['"><script>', "a/b", ""])
def test_an_address_made_up_breaks_nothing(client: Any, made_up: str) -> None:
    card = reverse("admin:catalog_ai_review_card", args=[make_card().pk])
    answer = client.get(card, {"look": made_up})
    assert answer.status_code == 200 and "cai-attention" not in answer.content.decode()


def test_the_list_names_products_and_their_categories(client: Any) -> None:
    row = make_card()
    other = add_neighbour(row, 0.3)
    address = reverse("admin:catalog_ai_review_nearest", args=[row.pk])
    page, part = client.get(address), client.get(address, {"part": "1"})
    for answer in (page, part):
        assert (
            "Blue tee" in answer.content.decode()
            and f"{format_percent(0.9553)} alike" in answer.content.decode()
        )
    assert "<html" in page.content.decode() and "<html" not in part.content.decode()
    assert other.pk != row.pk


def test_a_page_without_neighbours_says_what_to_do(client: Any) -> None:
    row = make_card()
    add_neighbour(row, 1.4)  # 17 % alike: something else
    address = reverse("admin:catalog_ai_review_nearest", args=[row.pk])
    for answer in (client.get(address), client.get(address, {"part": "1"})):
        text = answer.content.decode()
        assert "approve some that do" in text and "Blue tee" not in text
