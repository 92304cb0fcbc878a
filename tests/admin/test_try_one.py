"""The try-one page: judged, shown, not stored."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog_ai.admin.try_one import describe_result
from catalog_ai.inference.images import FORMATS
from catalog_ai.models import Classification, Run
from catalog_ai.policy import interpolate_thresholds
from catalog_ai.workflow.models_in_use import get_bundle
from tests.admin.people import log_in
from tests.factories import make_image_bytes, make_result, make_rule

pytestmark = pytest.mark.django_db
URL = "admin:catalog_ai_try"
JSON = {"headers": {"accept": "application/json"}}


def send(client: Any, data: bytes, name: str = "a.png", **extra: Any) -> Any:
    """POST a photo."""
    fields = {"image": SimpleUploadedFile(name, data), **extra.pop("fields", {})}
    return client.post(reverse(URL), fields, **extra)


def pick_label(facet: str, preset: str) -> str:
    """A label that 0.97 is enough for; some labels are never certain."""
    labels = get_bundle().labels_of(facet)
    return next(label.id for label in labels if label.thresholds[preset].auto <= 0.97)


@pytest.fixture
def client() -> Any:
    return log_in("categorize_products")


def test_the_page_states_formats_and_limit(client: Any, settings: Any) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "MAX_UPLOAD_BYTES": 3 * 2**20}
    page = client.get(reverse(URL)).content.decode()
    assert "JPEG, PNG, WEBP, GIF, AVIF: up to 3 MB and 50 megapixels." in page
    for fmt in FORMATS:
        assert f"image/{fmt.lower()}" in page


@pytest.mark.parametrize("fmt", FORMATS)
def test_a_photo_is_judged_and_nothing_is_stored(client: Any, fmt: str) -> None:
    answer = send(client, make_image_bytes(fmt=fmt), **JSON)
    assert answer.status_code == 200
    assert 'data-label="article:' in answer.json()["html"]
    assert not Classification.objects.exists()
    assert not Run.objects.exists()


def test_without_javascript_the_form_gives_the_same_result(client: Any) -> None:
    page = send(client, make_image_bytes(), fields={"sensitivity": "1"})
    assert page.context["sensitivity"] == 1.0
    assert 'data-label="article:' in page.content.decode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "The file is empty."),
        (b"no picture at all", "not a picture"),
        (make_image_bytes(fmt="JPEG", size=(300, 300))[:400], "damaged"),
        (make_image_bytes(size=(4, 4)), "smaller than"),
    ],
)
def test_what_cannot_be_judged_is_refused_in_words(client: Any, data: bytes, reason: str) -> None:
    answer = send(client, data, **JSON)
    assert answer.status_code == 422
    assert reason in answer.json()["error"]
    assert reason in send(client, data).content.decode()


def test_a_file_above_the_limit_is_refused(client: Any, settings: Any) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "MAX_UPLOAD_BYTES": 2**10}
    answer = send(client, make_image_bytes() + bytes(2**11), **JSON)
    assert answer.status_code == 422
    assert "larger than" in answer.json()["error"]


def test_sending_no_file_is_told(client: Any) -> None:
    answer = client.post(reverse(URL), {}, **JSON)
    assert answer.json()["error"] == "Choose a photo first."


def test_the_page_needs_the_permission() -> None:
    other = log_in("review_suggestions", "export_results")
    assert other.get(reverse(URL)).status_code == 403
    assert send(other, make_image_bytes()).status_code == 403


def test_facets_that_file_come_first_with_their_eight_likeliest_labels() -> None:
    labels = get_bundle().labels_of("article")
    scores = {label.id: 0.9 - number / 100 for number, label in enumerate(labels)}
    shown = describe_result(make_result(scores), 0.5)["facets"]
    assert shown[0].files
    assert [one.id for one in shown[0].labels] == [label.id for label in labels[:8]]
    assert not any(facet.files for facet in shown[1:])


def test_labels_that_file_nothing_are_only_called_certain_or_not() -> None:
    label = pick_label("gender", "permissive")
    facets = describe_result(make_result({label: 0.97}), 1.0)["facets"]
    others = [one for facet in facets if not facet.files for one in facet.labels]
    assert {str(one.badge.text) for one in others if one.id == label} == {"certain"}
    assert "files by itself" not in {str(one.badge.text) for one in others}


def test_the_shops_own_thresholds_are_what_the_decisions_are_made_by() -> None:
    label = pick_label("article", "balanced")
    before = describe_result(make_result({label: 0.97}), 0.5)
    assert before["facets"][0].labels[0].badge.text == "files by itself"
    make_rule(label, always_review=True)
    after = describe_result(make_result({label: 0.97}), 0.5)
    assert after["facets"][0].labels[0].badge.text == "asks a person"
    assert after["facets"][0].labels[0].bar.auto == ""  # no mark beyond the bar


def test_the_page_carries_what_the_browser_decides_by(client: Any) -> None:
    html = send(client, make_image_bytes(), **JSON).json()["html"]
    data = json.loads(html.partition('type="application/json">')[2].partition("</script>")[0])
    assert len(data["labels"]) == len(get_bundle().labels)
    one = data["labels"][0]
    label = get_bundle().labels_by_id[one["id"]]
    assert one["thresholds"]["strict"]["auto"] == interpolate_thresholds(label, 0.0).auto
    assert set(data["outcomes"]) == {"filed", "review", "unidentified"}
