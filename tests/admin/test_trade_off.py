"""The chart of the trade-off, and the sample that it and the sliders stand on."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog_ai.admin.thresholds_setting import Setting
from catalog_ai.admin.trade_off import chart_trade_off
from catalog_ai.models import Classification
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow import sample as samples
from catalog_ai.workflow.sample import FRESH, STALE, get_sample, load_sample
from tests.admin.people import log_in
from tests.factories import make_classification, make_rule, make_run, make_suggestion

pytestmark = pytest.mark.django_db
LABEL = "article:jeans"
PAGE = "admin:catalog_ai_thresholds"


@pytest.fixture(autouse=True)
def results(target: ProductTarget) -> None:
    run = make_run()
    for score in (0.6, 0.7, 0.8, 0.9, 0.99):
        make_classification(run=run, top_label=LABEL, scores={LABEL: score})


def draw(target: ProductTarget, **query: str) -> Any:
    return chart_trade_off(Setting.read(target, query), load_sample(target))


def names(chart: Any) -> list[str]:
    return [str(line[0]) for line in chart.lines]


def test_presets_and_the_present_are_points_with_figures(target: ProductTarget) -> None:
    chart = draw(target)
    assert "Balanced, Now" in ", ".join(names(chart))  # in one place, with one name
    assert [len(line) for line in chart.lines] == [len(chart.heads)] * len(chart.lines)
    assert "Now" in chart.plot and chart.plot.startswith("<svg")


def test_what_is_tried_is_a_point_of_its_own(target: ProductTarget) -> None:
    assert "Tried" not in draw(target).plot
    assert "Tried" in draw(target, **{f"auto-{LABEL}": "0.65"}).plot


def test_a_label_that_always_asks_files_at_no_sensitivity(target: ProductTarget) -> None:
    make_rule(LABEL, always_review=True)
    assert {line[1] for line in draw(target).lines} == {0.0}


def test_the_page_has_the_chart_its_table_and_its_file(target: ProductTarget) -> None:
    client = log_in("view_labelrule")
    address = f"{reverse(PAGE)}?target={target.key}"
    page = client.get(address).content.decode()
    assert 'role="img"' in page and "More filed, or fewer mistakes" in page
    file = client.get(f"{address}&csv=trade-off")
    assert file["Content-Type"].startswith("text/csv")
    assert b"Balanced" in b"".join(file.streaming_content)
    assert client.get(f"{address}&csv=other").status_code == 404
    answer = client.get(address, headers={"Accept": "application/json"}).json()
    assert answer["plot"].startswith("<svg") and "Review left" in answer["summary"]["said"]


def test_a_shop_without_results_has_no_chart(target: ProductTarget) -> None:
    make_run().classifications.model.objects.all().delete()
    assert draw(target) is None
    page = log_in("view_labelrule").get(f"{reverse(PAGE)}?target={target.key}")
    assert page.status_code == 200


def test_a_slider_reads_the_sample_of_a_large_shop_once(
    target: ProductTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "LARGE", 3)
    cache.clear()
    get_sample(target)
    with CaptureQueriesContext(connection) as queries:
        kept = get_sample(target, STALE)
    assert len(queries) == 0 and kept.waiting.size == 5
    later = samples.time() + FRESH + 1
    monkeypatch.setattr(samples, "time", lambda: later)
    make_classification(top_label=LABEL, scores={LABEL: 0.5})
    assert get_sample(target, STALE).waiting.size == 5  # while its sliders are moved
    assert get_sample(target).waiting.size == 6  # the page is opened again
    cache.clear()


def test_a_sample_of_decisions_alone_is_kept_as_well(
    target: ProductTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "LARGE", 3)
    Classification.objects.update(is_current=False)  # as behind the rows of a long dry run
    for _ in range(3):
        row = make_classification(state="reviewed", is_current=False)
        make_suggestion(row, state="approved")
    cache.clear()
    assert get_sample(target).waiting.size == 0
    with CaptureQueriesContext(connection) as queries:
        get_sample(target)
    assert len(queries) == 0
    cache.clear()


def test_a_small_shop_sees_every_decision_at_once(target: ProductTarget) -> None:
    get_sample(target)
    make_classification(top_label=LABEL, scores={LABEL: 0.5})
    assert get_sample(target, STALE).waiting.size == 6
