"""Thresholds that follow their budgets, and labels that come back: over simulated time."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.utils import timezone

from catalog_ai.errors import NotPermitted
from catalog_ai.models import Classification, ErrorBudget, LabelRule, Suggestion, ThresholdChange
from catalog_ai.workflow.budget import hand_to_budget, remove_budget, save_budget, save_thresholds
from catalog_ai.workflow.follow import follow_budgets, plan_budget
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.move_back import let_file_again, move_back_if_broken
from catalog_ai.workflow.policies import NEVER, get_thresholds
from catalog_ai.workflow.propose import Proposal, propose_threshold
from catalog_ai.workflow.review import approve, reject
from catalog_ai.workflow.sample import LabelSample, load_sample
from catalog_ai.workflow.store import Judged, store_results
from tests.factories import (
    claim_one,
    make_classification,
    make_result,
    make_rule,
    make_run,
    make_suggestion,
    make_unjudged,
    make_user,
)

pytestmark = pytest.mark.django_db
LABEL, OTHER = "article:tshirts", "article:jeans"
SetBy = LabelRule.SetBy


@pytest.fixture
def keeper() -> Any:
    return make_user("change_labelrule", "review_suggestions")


def decide(right: int, wrong: int, confidence: float, label: str = LABEL) -> None:
    """What people said of results under the threshold, all of which were asked."""
    run = make_run()
    rows = Classification.objects.bulk_create(
        [
            Classification(
                run=run,
                target=run.target,
                object_id=f"{run.pk}-{number}",
                model_version=run.model_version,
                state="reviewed",
            )
            for number in range(right + wrong)
        ]
    )
    Suggestion.objects.bulk_create(
        [
            Suggestion(
                classification=row,
                label=label,
                facet="article",
                confidence=confidence,
                auto_threshold=NEVER,
                state="approved" if number < right else "rejected",
            )
            for number, row in enumerate(rows)
        ]
    )


def auto_of(target: Any, label: str = LABEL) -> float:
    return get_thresholds(target, "balanced")[label].auto


def kinds() -> list[str]:
    return list(ThresholdChange.objects.order_by("pk").values_list("kind", flat=True))


def test_without_a_word_of_a_person_nothing_moves(target: Any) -> None:
    decide(400, 0, 0.6)
    ErrorBudget.objects.create(target=target.key, share=0.05)
    assert follow_budgets(now=True) == 0
    assert not ThresholdChange.objects.exists()


def test_thresholds_follow_as_the_evidence_grows(target: Any, keeper: Any) -> None:
    save_budget(target, 0.02, keeper, follows=True)
    before = auto_of(target)
    follow_budgets()
    assert auto_of(target) == before  # measured for just this budget
    decide(100, 0, 0.6)
    assert follow_budgets(now=True) == 0  # too few to be sure
    decide(100, 0, 0.6)
    assert follow_budgets(now=True) == 1
    assert auto_of(target) == 0.01  # nothing that was asked was wrong
    decide(10, 40, 0.3)
    follow_budgets(now=True)
    assert auto_of(target) == 0.31
    change = ThresholdChange.objects.latest("pk")
    assert (change.kind, change.auto_before, change.auto_after) == ("budget", 0.01, 0.31)
    assert "200 decisions" in change.why and change.actor is None


def test_a_threshold_goes_up_at_once_where_the_decisions_speak_against_it(
    target: Any, keeper: Any
) -> None:
    save_budget(target, 0.05, keeper, follows=True)
    follow_budgets()
    decide(40, 40, 1.0)
    follow_budgets(now=True)
    assert auto_of(target) == 1.0
    assert "Against the measured" in ThresholdChange.objects.latest("pk").why


def test_a_few_mistakes_raise_it_only_past_themselves(target: Any, keeper: Any) -> None:
    save_budget(target, 0.05, keeper, follows=True)
    follow_budgets()
    measured = auto_of(target)
    decide(0, 8, measured + 0.05)
    follow_budgets(now=True)
    assert measured + 0.05 < auto_of(target) <= measured + 0.07
    assert "8 decisions, 100.0\N{NO-BREAK SPACE}% wrong" in ThresholdChange.objects.latest("pk").why


def test_the_models_own_word_alone_contradicts_nothing() -> None:
    label = get_bundle().labels_by_id[LABEL]
    doubtful = LabelSample.make([label.thresholds["permissive"].auto] * 3)
    proposal = propose_threshold(label, doubtful, 0.05, 0.9)
    assert proposal == Proposal(label.thresholds["permissive"].auto)


def test_it_goes_down_no_further_than_the_decisions_so_far_allow(target: Any, keeper: Any) -> None:
    # Above what the model's makers measured for the budget, below what is in force.
    doubted = get_bundle().labels_by_id[LABEL].thresholds["permissive"].auto + 0.05
    assert doubted < auto_of(target)
    decide(9, 1, doubted)  # no proof against anything, but no reason to file these
    save_budget(target, 0.05, keeper, follows=True)
    follow_budgets()
    assert doubted < auto_of(target) <= doubted + 0.03
    assert "Only as low as the decisions" in ThresholdChange.objects.get(label=LABEL).why


def test_a_persons_own_threshold_is_never_overwritten(target: Any, keeper: Any) -> None:
    save_thresholds(target, {LABEL: 0.77}, keeper)
    save_budget(target, 0.05, keeper, follows=True)
    decide(400, 0, 0.6)
    follow_budgets(now=True)
    assert auto_of(target) == 0.77
    assert hand_to_budget(target, LABEL, keeper)
    assert follow_budgets() > 0  # without waiting for its time
    assert auto_of(target) == 0.01


def test_what_a_person_said_between_is_kept(
    target: Any, keeper: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker has read the rules already when the person saves."""
    save_budget(target, 0.02, keeper, follows=True)
    decide(400, 0, 0.6)

    def read_and_wait(*args: Any) -> Any:
        sample = load_sample(*args)
        rules = LabelRule.objects.filter(target=target.key)
        assert not rules.filter(auto_by=SetBy.PERSON).exists()
        return sample

    original = LabelRule.objects.filter(target=target.key).count()
    monkeypatch.setattr("catalog_ai.workflow.follow.load_sample", read_and_wait)
    real = plan_budget.__globals__["plan_change"]

    def plan(label: Any, rule: Any, *args: Any) -> Any:
        found = real(label, rule, *args)
        if label.id == LABEL:
            save_thresholds(target, {LABEL: 0.5}, keeper)
        return found

    monkeypatch.setattr("catalog_ai.workflow.follow.plan_change", plan)
    follow_budgets(now=True)
    rule = LabelRule.objects.get(target=target.key, label=LABEL)
    assert (rule.auto_threshold, rule.auto_by, original) == (0.5, SetBy.PERSON, 0)


def test_a_label_of_its_own_budget_goes_its_own_way(target: Any, keeper: Any) -> None:
    save_budget(target, 0.02, keeper, follows=True)
    save_budget(target, 0.1, keeper, LABEL, follows=False)
    decide(400, 0, 0.6)
    decide(400, 0, 0.6, OTHER)
    follow_budgets(now=True)
    assert (auto_of(target, OTHER), auto_of(target) > 0.5) == (0.01, True)
    assert remove_budget(target, LABEL, keeper) and not remove_budget(target, LABEL, keeper)
    follow_budgets()
    assert auto_of(target) == 0.01


def test_only_who_may_change_rules_states_a_budget(target: Any) -> None:
    with pytest.raises(NotPermitted):
        save_budget(target, 0.02, make_user("review_suggestions"), follows=True)
    with pytest.raises(NotPermitted):
        remove_budget(target, LABEL, make_user("review_suggestions"))
    with pytest.raises(NotPermitted):
        hand_to_budget(target, LABEL, make_user("review_suggestions"))


def test_the_moment_comes_once_an_hour_and_for_one_host(target: Any, keeper: Any) -> None:
    save_budget(target, 0.05, keeper, follows=True)
    assert follow_budgets() > 0  # with the worker's next pass
    decide(400, 0, 0.6)
    assert follow_budgets() == 0
    hour_ago = timezone.now() - timedelta(hours=1, seconds=1)
    ErrorBudget.objects.filter(label="").update(looked_at=hour_ago)
    assert (follow_budgets(), follow_budgets()) == (1, 0)


def test_the_preview_is_what_happens(target: Any, keeper: Any) -> None:
    decide(400, 0, 0.6)
    plans = {plan.label.id: plan.auto for plan in plan_budget(target, load_sample(target), 0.05)}
    save_budget(target, 0.05, keeper, follows=True)
    call_command("follow_budgets")
    autos = dict(
        LabelRule.objects.exclude(auto_threshold=None).values_list("label", "auto_threshold")
    )
    assert plans == autos and plans[LABEL] == 0.01


def test_a_label_moved_back_returns_when_its_newer_products_prove_it(target: Any) -> None:
    run = make_run()
    for number in range(30):
        row = make_classification(run=run, state="reviewed", reason="audit")
        state = "approved" if number < 25 else "rejected"
        make_suggestion(row, audit=True, confidence=0.999, state=state)
    assert move_back_if_broken(target.key, LABEL)
    assert auto_of(target) == NEVER
    decide(150, 0, 0.999)
    assert follow_budgets() == 0 and auto_of(target) == NEVER  # surely less than 2.5 %
    decide(50, 0, 0.999)
    assert follow_budgets(now=True) == 1
    rule = LabelRule.objects.get(label=LABEL)
    assert not rule.always_review and rule.moved_back_at is None and rule.auto_threshold is None
    assert kinds() == ["moved_back", "came_back"]
    assert not move_back_if_broken(target.key, LABEL)  # the old audits are settled


def test_a_label_that_goes_on_erring_stays() -> None:
    make_rule(LABEL, always_review=True, moved_back_at=timezone.now())
    decide(380, 20, 0.999)
    assert follow_budgets() == 0 and LabelRule.objects.get().always_review


def test_what_a_person_said_must_always_ask_never_comes_back_by_itself(
    target: Any, keeper: Any
) -> None:
    make_rule(LABEL, always_review=True)
    save_budget(target, 0.05, keeper, follows=True)
    decide(400, 0, 0.999)
    follow_budgets()
    assert LabelRule.objects.get(label=LABEL).always_review


def live_a_day(target: Any, keeper: Any, day: int, is_wrong: Any) -> None:
    """Ten products are judged; people decide on what they are asked, the same evening."""
    cache.clear()
    run = make_run(target.key, total=10)
    for number in range(10):
        row = claim_one(target, make_unjudged(), run)
        store_results([Judged(row, row.image_name, make_result({LABEL: 0.999}))])
        pending = list(row.suggestions.filter(state="pending").values_list("pk", flat=True))
        verb = reject if is_wrong(day * 10 + number) else approve
        verb(pending, keeper)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_life_from_audits_to_review_and_back(
    target: Any, settings: Any, keeper: Any, live_queues: Any
) -> None:
    """Nothing but the product's own verbs: audits find the error, evidence lifts the ban."""
    settings.CATALOG_AI = {**settings.CATALOG_AI, "AUDIT_SHARE_START": 0.6}
    save_budget(target, 0.1, keeper, follows=True)
    day = 0
    while not LabelRule.objects.filter(label=LABEL, always_review=True).exists():
        live_a_day(target, keeper, day, lambda number: number % 3 == 0)
        day += 1
        assert day < 15
    audits = Suggestion.objects.filter(audit=True)
    assert set(audits.values_list("asked_chance", flat=True)) == {0.6}
    assert 20 <= audits.count() < 10 * day
    while LabelRule.objects.filter(label=LABEL, always_review=True).exists():
        live_a_day(target, keeper, day, lambda _number: False)
        follow_budgets(now=True)
        day += 1
        assert day < 30
    assert kinds()[-1] == "came_back" or "came_back" in kinds()
    assert let_file_again(target, LABEL, keeper) is False


def test_every_label_of_the_bundle_can_be_planned(target: Any) -> None:
    labels = get_bundle().labels_of(*target.facets)
    plans = plan_budget(target, load_sample(target), 0.05)
    assert {plan.label.id for plan in plans} <= {label.id for label in labels}
    # Those that never file by default are left so without people's word.
    never = {label.id for label in labels if label.thresholds["balanced"].auto > 1}
    assert not never & {plan.label.id for plan in plans if plan.auto == 1.0}
