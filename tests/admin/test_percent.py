"""A number never stands on another line than its per cent sign, on any page, in any language."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from catalog_ai.admin.thresholds_words import tell_error
from catalog_ai.models.threshold_reasons import REASONS, Reason, tell_reason
from catalog_ai.percent import NO_BREAK
from catalog_ai.workflow.estimate import Estimate
from catalog_ai.workflow.rollback import start_rollback
from tests.admin.people import PRODUCTS, make_products
from tests.admin.test_dashboard import make_work
from tests.factories import (
    make_classification,
    make_client,
    make_filed_run,
    make_run,
    make_superuser,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("empty_cache")]
ALONE = re.compile(r"\d %")
TOGETHER = re.compile(rf"\d{NO_BREAK}%")
PAGES = ("run_changelist", "review", "dashboard", "thresholds", "classification_changelist")


@pytest.fixture
def client() -> Client:
    return make_client()


def list_addresses() -> list[str]:
    """Pages with shares, and one run that is under way and one that is being rolled back."""
    (product,) = make_products(1, judged=True)
    make_work(count=3)
    running = make_classification().run
    rolled_back = make_filed_run()
    start_rollback(rolled_back, make_superuser())
    return [
        reverse(PRODUCTS),
        reverse("admin:shop_demo_product_change", args=[product.pk]),
        *(reverse(f"admin:catalog_ai_{name}") for name in PAGES),
        *(reverse("admin:catalog_ai_run_change", args=[run.pk]) for run in (running, rolled_back)),
    ]


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_page_lets_a_line_end_before_a_per_cent_sign(client: Client, language: str) -> None:
    for address in list_addresses():
        answer: Any = client.get(address, headers={"accept-language": language})
        text = answer.content.decode()
        assert not ALONE.findall(text), address
        assert TOGETHER.search(text), address


@pytest.mark.parametrize(("language", "written"), [("en", "12.5"), ("de", "12,5")])
def test_a_part_of_a_per_cent_is_written_as_in_the_readers_language(
    client: Client, language: str, written: str
) -> None:
    run = make_run(total=8, filed=1)
    address = reverse("admin:catalog_ai_run_change", args=[run.pk])
    page = client.get(address, headers={"accept-language": language}).content.decode()
    assert f"{written}{NO_BREAK}%" in page
    with translation.override(language):
        assert tell_error(Estimate(0.125, 0.05, 0.2, 9)).startswith(f"{written}{NO_BREAK}%")


@pytest.mark.parametrize(("language", "written"), [("en", "12.5"), ("de", "12,5")])
@pytest.mark.parametrize("code", REASONS)
def test_so_is_a_figure_that_a_reason_keeps(code: str, language: str, written: str) -> None:
    names = re.findall(r"%\((\w+)\)", REASONS[code])
    reason = Reason(code, {**dict.fromkeys(names, "12.5"), "number": 40})
    with translation.override(language):
        assert f"{written}{NO_BREAK}%" in tell_reason(code, reason.figures, "")
        assert f"12.5{NO_BREAK}%" in reason.sentence


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("code", REASONS)
def test_nor_does_a_reason_of_a_threshold(code: str, language: str) -> None:
    figures = {"budget": "2", "error": "1.5", "lower": "1.0", "upper": "3.0", "number": 40}
    with translation.override(language):
        told = tell_reason(code, figures, "")
    assert TOGETHER.search(told)
    assert not ALONE.search(told)
