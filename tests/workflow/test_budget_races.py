"""Thresholds with two at once, on PostgreSQL: the person wins, and nothing is done twice."""

from typing import Any

import pytest

from catalog_ai.models import LabelRule, ThresholdChange
from catalog_ai.workflow.budget import save_budget, save_thresholds
from catalog_ai.workflow.follow import follow_budget, follow_budgets
from catalog_ai.workflow.move_back import let_file_again, move_back_if_broken
from catalog_ai.workflow.threshold_changes import undo_change
from tests.factories import make_classification, make_run, make_suggestion, make_user
from tests.workflow.racing import NEEDS_ROW_LOCKS, race, start_together

pytestmark = NEEDS_ROW_LOCKS

LABEL = "article:tshirts"


@pytest.fixture
def keeper() -> Any:
    return make_user("change_labelrule")


def make_audits(right: int, wrong: int) -> None:
    run = make_run()
    for number in range(right + wrong):
        row = make_classification(run=run, state="reviewed", reason="audit")
        state = "approved" if number < right else "rejected"
        make_suggestion(row, audit=True, confidence=0.999, state=state)


def test_a_person_who_saves_just_before_the_worker_keeps_the_word(target: Any, keeper: Any) -> None:
    save_budget(target, 0.05, keeper, follows=True)
    LabelRule.objects.create(target=target.key, label=LABEL)
    rule = LabelRule.objects.filter(label=LABEL)
    race(
        rule,
        lambda: save_thresholds(target, {LABEL: 0.77}, keeper),
        lambda: follow_budget(target),
    )
    assert rule.get().auto_threshold == 0.77 and rule.get().auto_by == LabelRule.SetBy.PERSON
    assert not ThresholdChange.objects.filter(label=LABEL, kind="budget").exists()


def test_of_many_hosts_one_takes_the_moment(target: Any, keeper: Any) -> None:
    save_budget(target, 0.05, keeper, follows=True)
    counts = start_together(*[follow_budgets] * 4)
    assert sorted(counts)[:3] == [0, 0, 0] and max(counts) > 0
    changes = ThresholdChange.objects.filter(kind="budget")
    assert changes.count() == max(counts) == changes.values("label").distinct().count()


def test_a_label_is_moved_back_once_however_many_look(target: Any) -> None:
    make_audits(25, 5)
    answers = start_together(*[lambda: move_back_if_broken(target.key, LABEL)] * 4)
    assert sorted(answers) == [False, False, False, True]
    assert ThresholdChange.objects.filter(kind="moved_back").count() == 1


def test_a_change_is_undone_once(target: Any, keeper: Any) -> None:
    save_thresholds(target, {LABEL: 0.5}, keeper)
    change = ThresholdChange.objects.get()
    answers = start_together(*[lambda: undo_change(change.pk, keeper)] * 3)
    assert sum(isinstance(answer, ThresholdChange) for answer in answers) == 1
    assert ThresholdChange.objects.filter(kind="undone").count() == 1


def test_a_person_who_comes_behind_the_move_back_is_heard(target: Any, keeper: Any) -> None:
    make_audits(25, 5)
    LabelRule.objects.create(target=target.key, label=LABEL)
    moved, let = race(
        LabelRule.objects.filter(label=LABEL),
        lambda: move_back_if_broken(target.key, LABEL),
        lambda: let_file_again(target, LABEL, keeper),
    )
    assert (moved, let) == (True, True)
    assert not LabelRule.objects.get(label=LABEL).always_review
