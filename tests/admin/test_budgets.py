"""The budget page, the list of changes, and what the run page says of labels moved back."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog_ai.models import ErrorBudget, LabelRule, ThresholdChange
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.budget import save_thresholds
from catalog_ai.workflow.follow import follow_budgets
from tests.admin.people import log_in
from tests.factories import make_rule, make_run, make_user

pytestmark = pytest.mark.django_db
LABEL, KEY = "article:jeans", "shop_demo.product"
DEEDS = ("budget_drop", "hand_over", "let_file", "threshold_undo")


def find(name: str) -> str:
    return reverse(f"admin:catalog_ai_{name}")


@pytest.fixture
def editor() -> Any:
    return log_in("view_labelrule", "change_labelrule", "categorize_products")


def test_the_pages_are_closed_to_others() -> None:
    stranger = log_in("review_suggestions")
    pages = {stranger.get(find(page)).status_code for page in ("budget", "threshold_changes")}
    assert pages == {403}


def test_who_may_only_look_states_nothing() -> None:
    viewer = log_in("view_labelrule")
    page = viewer.get(find("budget"))
    assert page.status_code == 200 and b"State a budget" not in page.content
    assert viewer.post(find("budget"), {"target": KEY, "budget": "5"}).status_code == 403
    assert {viewer.post(find(deed), {"target": KEY}).status_code for deed in DEEDS} == {403}
    assert not ErrorBudget.objects.exists()


def test_what_a_budget_would_change_is_seen_before_it_is_saved(editor: Any) -> None:
    shown = editor.get(find("budget"), {"target": KEY, "budget": "5", "follows": "1"})
    assert shown.context["plans"] and not ErrorBudget.objects.exists()
    loose = editor.get(find("budget"), {"target": KEY, "budget": "5"})
    assert loose.context["plans"] == []  # nothing follows
    data = {"target": KEY, "budget": "5", "follows": "1"}
    page = editor.post(find("budget"), data, follow=True).content.decode()
    assert "At most 5 of 100" in page and "The worker looks within a minute" in page
    budget = ErrorBudget.objects.get()
    assert (budget.label, budget.share, budget.follows) == ("", 0.05, True)
    assert LogEntry.objects.count() == 1 and ThresholdChange.objects.get().kind == "stated"
    assert follow_budgets() == len(shown.context["plans"])


@pytest.mark.parametrize("typed", ["", "0", "51", "nan", "-1", "two"])
def test_an_impossible_budget_is_told_and_nothing_saved(editor: Any, typed: str) -> None:
    for answer in (
        editor.post(find("budget"), {"target": KEY, "budget": typed}, follow=True),
        editor.get(find("budget"), {"target": KEY, "budget": typed}),
    ):
        assert "Type a number from 0.1 to 50" in answer.content.decode()
    assert not ErrorBudget.objects.exists()


def test_a_label_has_a_budget_of_its_own_until_it_is_removed(editor: Any) -> None:
    editor.post(find("budget"), {"target": KEY, "label": LABEL, "budget": "10"})
    assert ErrorBudget.objects.get().label == LABEL
    page = editor.get(find("thresholds"), {"target": KEY})
    assert {row.budget for row in page.context["rows"]} == {"2", "10"}
    done = editor.post(find("budget_drop"), {"target": KEY, "label": LABEL}, follow=True)
    assert "keeps to the budget for all labels again" in done.content.decode()
    assert not ErrorBudget.objects.exists()
    again = editor.post(find("budget_drop"), {"target": KEY, "label": LABEL}, follow=True)
    assert "keeps to the budget for all" not in again.content.decode()


def test_a_persons_threshold_is_named_and_can_be_left_to_the_budget(
    editor: Any, target: ProductTarget
) -> None:
    ErrorBudget.objects.create(target=KEY, follows=True)
    save_thresholds(target, {LABEL: 0.77}, make_user("change_labelrule"))
    page = editor.get(find("thresholds"), {"target": KEY}).content.decode()
    assert "set by a person" in page and "Leave it to the budget" in page
    editor.post(find("hand_over"), {"target": KEY, "label": LABEL})
    assert LabelRule.objects.get().auto_by == LabelRule.SetBy.BUDGET


def test_the_mapping_page_makes_a_threshold_a_persons_and_writes_it(editor: Any) -> None:
    page = f"{find('labelrule_changelist')}?target={KEY}"
    fields = {f"{LABEL}-{name}": "" for name in ("category", "auto_threshold", "review_threshold")}
    editor.post(page, {**fields, f"{LABEL}-auto_threshold": "0.6"})
    assert LabelRule.objects.get().auto_by == LabelRule.SetBy.PERSON
    editor.post(page, {**fields, f"{LABEL}-always_review": "on"})
    assert LabelRule.objects.get().auto_by == LabelRule.SetBy.NOBODY
    changes = ThresholdChange.objects.order_by("pk")
    assert [(one.auto_after, one.asks_after) for one in changes] == [(0.6, False), (None, True)]
    assert {one.actor_name for one in changes} != {""}


def test_changes_are_listed_with_why_and_undone(editor: Any) -> None:
    ErrorBudget.objects.create(target=KEY, share=0.05, follows=True)
    changed = follow_budgets()
    page = editor.get(find("threshold_changes"), {"target": KEY})
    lines = page.context["history"]
    assert "Too few decisions yet" in page.content.decode()
    assert lines[0].together == min(changed, 50) and lines[0].who == "by itself"
    editor.post(find("threshold_undo"), {"target": KEY, "change": lines[0].change.pk})
    assert LabelRule.objects.get(label=lines[0].change.label).auto_threshold is None
    done = editor.post(
        find("threshold_undo"), {"target": KEY, "batch": lines[0].change.batch}, follow=True
    )
    assert f"{changed - 1} changes were undone" in done.content.decode()
    late = editor.post(
        find("threshold_undo"), {"target": KEY, "batch": lines[0].change.batch}, follow=True
    )
    assert "cannot be undone" in late.content.decode()


@pytest.mark.parametrize("sent", [{"change": "x"}, {"change": "9" * 30}, {"batch": "x"}, {}])
def test_what_names_no_change_undoes_none(editor: Any, sent: dict[str, str]) -> None:
    answer = editor.post(find("threshold_undo"), {"target": KEY, **sent}, follow=True)
    assert answer.status_code == 200 and "undone." not in answer.content.decode()


def test_the_list_is_paged_by_constant_queries(editor: Any, target: ProductTarget) -> None:
    person, counts = make_user("change_labelrule"), []
    for auto in (0.5, 0.6):
        for _round in range(20):
            save_thresholds(target, {LABEL: auto}, person)
            save_thresholds(target, {LABEL: 0.9}, person)
        with CaptureQueriesContext(connection) as queries:
            page = editor.get(find("threshold_changes"), {"target": KEY})
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert len(page.context["history"]) == 50
    older = {"target": KEY, "before": page.context["more"], "label": LABEL}
    assert len(editor.get(find("threshold_changes"), older).context["history"]) == 30


def test_the_run_page_says_which_labels_were_moved_back(editor: Any) -> None:
    run = make_run()
    address = reverse("admin:catalog_ai_run_change", args=[run.pk])
    assert "broke its error budget" not in editor.get(address).content.decode()
    make_rule(LABEL, always_review=True, moved_back_at=timezone.now(), note="5 of 30.")
    assert "5 of 30." in editor.get(address).content.decode()
    polled = editor.get(reverse("admin:catalog_ai_run_progress", args=[run.pk])).json()
    assert "broke its error budget" in polled["parts"]["cai-progress"]
    run.finished_at = timezone.now() + timedelta(hours=1)
    run.save()
    assert "5 of 30." in editor.get(address).content.decode()
    LabelRule.objects.update(moved_back_at=timezone.now() - timedelta(days=1))
    assert "5 of 30." not in editor.get(address).content.decode()


def test_without_a_model_the_budget_page_says_so(editor: Any, settings: Any, tmp_path: Any) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "BUNDLE": tmp_path}
    answer = editor.get(find("budget"), follow=True)
    assert answer.redirect_chain and "bundle.json" in answer.content.decode()
