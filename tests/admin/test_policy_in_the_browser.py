"""The browser's policy gives the answers of catalog_ai.policy, number for number."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import catalog_ai
from catalog_ai.inference.bundle import Label, Thresholds
from catalog_ai.policy import decide, decide_label, interpolate_thresholds

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
SCRIPT = Path(catalog_ai.__file__).parent / "static" / "catalog_ai" / "policy.js"
STEPS = [step / 20 for step in range(21)]
PRESETS = {
    "strict": Thresholds(1.01, 0.35),
    "balanced": Thresholds(0.83, 0.17),
    "permissive": Thresholds(0.52, 0.08),
}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no /usr/bin/chromium"),
]


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        opened = browser.new_page()
        opened.add_script_tag(path=str(SCRIPT))
        yield opened
        browser.close()


def as_json(presets: dict[str, Thresholds]) -> dict[str, dict[str, float]]:
    return {name: {"auto": pair.auto, "review": pair.review} for name, pair in presets.items()}


def test_thresholds_between_the_presets_are_the_same(page: Any) -> None:
    label = Label("article:a", "A", "article", thresholds=PRESETS)
    answers = page.evaluate(
        "([pairs, steps]) => steps.map((step) => CatalogAI.interpolateThresholds(pairs, step))",
        [as_json(PRESETS), STEPS],
    )
    for step, answer in zip(STEPS, answers, strict=True):
        expected = interpolate_thresholds(label, step)
        assert (answer["auto"], answer["review"]) == (expected.auto, expected.review), step


def test_decisions_on_a_label_are_the_same(page: Any) -> None:
    pair = PRESETS["balanced"]
    scores = [0.0, 0.1699, 0.17, 0.5, 0.83, 0.8301, 1.0]
    answers = page.evaluate(
        "([pair, scores]) => scores.map((score) => CatalogAI.decideLabel(score, pair))",
        [{"auto": pair.auto, "review": pair.review}, scores],
    )
    assert answers == [decide_label(score, pair) for score in scores]


@pytest.mark.parametrize("single", [True, False])
def test_the_word_on_the_whole_image_is_the_same(page: Any, single: bool) -> None:
    labels = [
        Label(f"{facet}:{name}", name, facet, thresholds=PRESETS)
        for facet, name in (("article", "a"), ("article", "b"), ("colour", "c"))
    ]
    for scores in itertools.product((0.05, 0.3, 0.9), repeat=3):
        for step in (0.0, 0.3, 0.5, 0.8, 1.0):
            thresholds = {label.id: interpolate_thresholds(label, step) for label in labels}
            verdict = decide(scores, labels, thresholds, ("article",), single_valued=single)
            sent = [
                {"facet": label.facet, "confidence": score, "thresholds": as_json(PRESETS)}
                for label, score in zip(labels, scores, strict=True)
            ]
            answer = page.evaluate(
                "([labels, step, single]) =>"
                " CatalogAI.decideOutcome(labels, step, ['article'], single)",
                [sent, step, single],
            )
            assert answer == verdict.outcome, (scores, step)
