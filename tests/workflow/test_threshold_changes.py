"""The history of thresholds: what is written, and what undoing does."""

from typing import Any

import pytest
from django.utils import timezone

from catalog_ai.errors import CannotUndo, NotPermitted
from catalog_ai.models import ErrorBudget, LabelRule, ThresholdChange
from catalog_ai.models.threshold_reasons import Reason
from catalog_ai.workflow.budget import save_budget, save_thresholds
from catalog_ai.workflow.follow import follow_budgets
from catalog_ai.workflow.move_back import let_file_again
from catalog_ai.workflow.threshold_changes import (
    Kind,
    RuleState,
    lock_rule,
    record_change,
    undo_batch,
    undo_change,
)
from tests.factories import make_rule, make_user

pytestmark = pytest.mark.django_db
LABEL, OTHER = "article:tshirts", "article:jeans"
SetBy = LabelRule.SetBy


@pytest.fixture
def keeper() -> Any:
    return make_user("change_labelrule")


def last() -> ThresholdChange:
    return ThresholdChange.objects.latest("pk")


def get_rule(label: str = LABEL) -> LabelRule:
    return LabelRule.objects.get(label=label)


def test_a_change_is_written_with_who_and_what_was_before(target: Any, keeper: Any) -> None:
    save_thresholds(target, {LABEL: 0.8, OTHER: 0.7}, keeper)
    save_thresholds(target, {LABEL: 0.8}, keeper)  # nothing new
    first, second = ThresholdChange.objects.order_by("pk")
    assert (first.label, first.auto_before, first.auto_after) == (OTHER, None, 0.7)
    assert (second.actor, second.actor_name) == (keeper, keeper.username)
    assert first.batch == second.batch


def test_undo_puts_back_what_was_and_is_written_too(target: Any, keeper: Any) -> None:
    save_thresholds(target, {LABEL: 0.8}, keeper)
    save_thresholds(target, {LABEL: 0.6}, keeper)
    undo_change(last().pk, keeper)
    assert (get_rule().auto_threshold, get_rule().auto_by) == (0.8, SetBy.PERSON)
    assert (last().kind, last().auto_after) == ("undone", 0.8)
    with pytest.raises(CannotUndo):  # once only
        undo_change(last().reverts_id, keeper)
    with pytest.raises(CannotUndo):  # and an undo is none
        undo_change(last().pk, keeper)


def test_what_changed_since_is_not_undone(target: Any, keeper: Any) -> None:
    save_thresholds(target, {LABEL: 0.8}, keeper)
    old = last()
    save_thresholds(target, {LABEL: 0.6}, keeper)
    with pytest.raises(CannotUndo):
        undo_change(old.pk, keeper)
    assert get_rule().auto_threshold == 0.6


def test_what_the_budget_did_and_a_person_undoes_is_the_persons(target: Any, keeper: Any) -> None:
    save_budget(target, 0.05, keeper, follows=True)
    assert follow_budgets() > 1
    batch = last().batch
    save_thresholds(target, {last().label: 0.123}, keeper)
    changed_since = last().label
    done = undo_batch(batch, keeper)
    assert changed_since not in {change.label for change in done}
    assert follow_budgets(now=True) == 0  # it is a person's word now
    assert get_rule(changed_since).auto_threshold == 0.123
    others = LabelRule.objects.exclude(label=changed_since)
    assert set(others.values_list("auto_threshold", "auto_by")) == {(None, SetBy.PERSON)}
    with pytest.raises(CannotUndo):
        undo_batch(batch, keeper)


def test_undoing_a_move_back_lets_the_label_file(target: Any, keeper: Any) -> None:
    rule = lock_rule(target.key, LABEL)
    before = RuleState.read(rule)
    reason = Reason("measured", {"budget": "2"})
    rule.always_review, rule.moved_back_at = True, timezone.now()
    rule.annotate(reason)
    rule.save()
    record_change(rule, before, Kind.MOVED_BACK, reason)
    undo_change(last().pk, keeper)
    rule = get_rule()
    assert (rule.always_review, rule.moved_back_at) == (False, None)
    assert (rule.note, rule.note_code, rule.told_note) == ("", "", "")


def test_undoing_a_return_is_a_persons_word_to_ask(target: Any, keeper: Any) -> None:
    make_rule(LABEL, always_review=True, moved_back_at=timezone.now())
    let_file_again(target, LABEL, keeper)
    undo_change(last().pk, keeper)
    assert get_rule().always_review and get_rule().moved_back_at is None


def test_who_may_not_change_rules_undoes_nothing(target: Any, keeper: Any) -> None:
    save_thresholds(target, {LABEL: 0.8}, keeper)
    other = make_user("view_labelrule", "review_suggestions")
    with pytest.raises(NotPermitted):
        undo_change(last().pk, other)
    with pytest.raises(NotPermitted):
        undo_batch(last().batch, other)


def test_a_stated_budget_is_in_the_history(target: Any, keeper: Any) -> None:
    save_budget(target, 0.03, keeper, LABEL, follows=True)
    assert (last().kind, last().label) == ("stated", LABEL)
    assert "3\N{NO-BREAK SPACE}%" in last().why and "follow" in last().why
    with pytest.raises(CannotUndo):
        undo_change(last().pk, keeper)
    assert ErrorBudget.objects.filter(label=LABEL, follows=True).exists()
