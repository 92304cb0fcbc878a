"""Thresholds with two at once, on PostgreSQL: the person wins, and nothing is done twice."""

from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse

from catalog_ai.models import LabelRule, ThresholdChange
from catalog_ai.workflow.budget import save_budget, save_thresholds
from catalog_ai.workflow.follow import follow_budget, follow_budgets
from catalog_ai.workflow.mapping import CategoryMap
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.move_back import let_file_again, move_back_if_broken
from catalog_ai.workflow.threshold_changes import undo_change
from tests.factories import (
    make_classification,
    make_rule,
    make_run,
    make_suggestion,
    make_superuser,
    make_user,
)
from tests.workflow.racing import NEEDS_ROW_LOCKS, Rival, race, start_together

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
    make_rule(LABEL)
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
    make_rule(LABEL)
    moved, let = race(
        LabelRule.objects.filter(label=LABEL),
        lambda: move_back_if_broken(target.key, LABEL),
        lambda: let_file_again(target, LABEL, keeper),
    )
    assert (moved, let) == (True, True)
    assert not LabelRule.objects.get(label=LABEL).always_review


def test_thresholds_are_saved_while_a_chunk_maps_the_same_labels_the_other_way_round(
    target: Any, keeper: Any
) -> None:
    first, second = sorted(label.id for label in get_bundle().labels_of("article"))[:2]
    for label in (first, second):
        make_rule(label)
    with transaction.atomic():
        chunk = CategoryMap(target, get_bundle())
        found = [chunk.find(second)]
        person = Rival(lambda: save_thresholds(target, {first: 0.7, second: 0.8}, keeper))
        person.wait_in_line()
        found.append(chunk.find(first))
    assert [rule.auto_threshold for rule in person.finish()] == [0.7, 0.8]
    kept = LabelRule.objects.order_by("-label").values_list("category", "auto_threshold")
    assert list(kept) == [(found[0], 0.8), (found[1], 0.7)]


def test_the_mapping_page_is_saved_while_a_chunk_maps_the_label_for_the_first_time(
    target: Any, client: Any
) -> None:
    client.force_login(make_superuser())
    page = reverse("admin:catalog_ai_labelrule_changelist") + f"?target={target.key}"
    row = {"category": "", "auto_threshold": "0.77", "review_threshold": ""}
    with transaction.atomic():
        key = CategoryMap(target, get_bundle()).find(LABEL)
        person = Rival(
            lambda: client.post(page, {f"{LABEL}-{name}": value for name, value in row.items()})
        )
        person.wait_in_line()
    assert person.finish().status_code == 302
    rule = LabelRule.objects.get(label=LABEL)
    assert (rule.category, rule.auto_threshold) == (key, 0.77)
