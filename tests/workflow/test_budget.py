"""Random audits, and labels that break their budget."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import translation

from catalog_ai.errors import NotPermitted
from catalog_ai.models import Classification, ErrorBudget, LabelRule, Suggestion, ThresholdChange
from catalog_ai.workflow.budget import save_thresholds
from catalog_ai.workflow.decided import DecidedAt, load_decided
from catalog_ai.workflow.estimate import Evidence
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.move_back import let_file_again, move_back_if_broken
from catalog_ai.workflow.policies import NEVER, get_thresholds
from catalog_ai.workflow.propose import propose_threshold
from catalog_ai.workflow.review import approve, reject
from catalog_ai.workflow.sample import LabelSample, load_sample
from catalog_ai.workflow.simulate import simulate
from catalog_ai.workflow.store import Judged, store_results
from catalog_ai.workflow.undo import undo
from shop_demo.models import Product
from tests.factories import (
    claim_one,
    make_classification,
    make_product,
    make_result,
    make_rule,
    make_run,
    make_suggestion,
    make_user,
)

pytestmark = pytest.mark.django_db
LABEL = "article:tshirts"


@pytest.fixture
def keeper() -> Any:
    return make_user("change_labelrule", "review_suggestions")


def make_audits(right: int, wrong: int, **fields: Any) -> None:
    run = make_run()
    for number in range(right + wrong):
        make_suggestion(
            make_classification(run=run, state="reviewed", reason="audit"),
            **{
                "audit": True,
                "confidence": 0.999,
                "state": "approved" if number < right else "rejected",
                **fields,
            },
        )


def judge(target: Any, product: Product, settings: Any, share: float) -> Classification:
    settings.CATALOG_AI = {
        **settings.CATALOG_AI,
        "AUDIT_SHARE_START": share,
        "AUDIT_SHARE_LEAST": share,
    }
    cache.clear()
    LabelRule.objects.update_or_create(
        target=target.key, label=LABEL, defaults={"auto_threshold": 0.9}
    )
    Classification.objects.all().delete()
    row = claim_one(target, product)
    store_results([Judged(row, row.image_name, make_result({LABEL: 0.999}))])
    row.refresh_from_db()
    return row


def test_an_audited_product_waits_and_says_why(target: Any, settings: Any) -> None:
    product = make_product()
    row = judge(target, product, settings, 1.0)
    suggestion = row.suggestions.get()
    assert (row.state, row.reason, suggestion.audit) == ("review", "audit", True)
    assert suggestion.asked_chance == 1.0
    assert suggestion.state == "pending" and not product.categories.exists()


def test_approving_an_audit_files_it_and_undo_opens_it_again(
    target: Any, settings: Any, keeper: Any
) -> None:
    product = make_product()
    row = judge(target, product, settings, 1.0)
    done = approve([row.suggestions.get().pk], keeper)
    assert product.categories.count() == 1
    undo(done.batch, keeper)
    row.refresh_from_db()
    assert (row.state, row.reason, product.categories.count()) == ("review", "audit", 0)


def test_without_audits_a_certain_product_is_filed(target: Any, settings: Any) -> None:
    row = judge(target, make_product(), settings, 0)
    assert (row.state, row.suggestions.get().audit) == ("filed", False)


def test_a_label_surely_over_its_budget_is_moved_back(target: Any) -> None:
    make_audits(25, 5)  # 16.7 %, surely more than 7 %
    assert move_back_if_broken(target.key, LABEL)
    rule = LabelRule.objects.get()
    assert rule.always_review and rule.moved_back_at and "16.7" in rule.note
    assert get_thresholds(target, "balanced")[LABEL].auto == NEVER


def test_why_is_told_in_the_language_of_the_reader_and_not_of_the_worker(target: Any) -> None:
    make_audits(25, 5)
    with translation.override("de"):
        assert move_back_if_broken(target.key, LABEL)
    rule, change = LabelRule.objects.get(), ThresholdChange.objects.get()
    assert rule.note == change.why == rule.told_note == change.told_why
    assert rule.note.startswith(
        "Of 30 audited products 16.7\N{NO-BREAK SPACE}% were wrong (surely more than"
    )
    with translation.override("de"):
        assert rule.told_note == change.told_why != rule.note
        assert "16,7\N{NO-BREAK SPACE}%" in rule.told_note and "Von 30" in rule.told_note


@pytest.mark.parametrize(
    ("right", "wrong", "fields"),
    [
        (29, 1, {}),  # 0.6 % to 16.7 %: may still be within 2 %
        (10, 5, {}),  # too few
        (25, 5, {"audit": False}),
        (25, 5, {"confidence": 0.01}),  # under the threshold that is in force
    ],
)
def test_a_label_that_may_be_within_its_budget_stays(
    target: Any, right: int, wrong: int, fields: dict[str, Any]
) -> None:
    make_audits(right, wrong, **fields)
    assert not move_back_if_broken(target.key, LABEL)


def test_a_wider_budget_of_the_label_is_kept(target: Any) -> None:
    ErrorBudget.objects.create(target=target.key, label=LABEL, share=0.3)
    make_audits(25, 5)
    assert not move_back_if_broken(target.key, LABEL)


def test_a_persons_own_rule_is_neither_marked_nor_lifted(target: Any, keeper: Any) -> None:
    make_rule(LABEL, always_review=True)
    make_audits(25, 5)
    assert not move_back_if_broken(target.key, LABEL)
    assert not let_file_again(target, LABEL, keeper)
    rule = LabelRule.objects.get()
    assert rule.always_review and rule.moved_back_at is None


def test_switched_back_by_a_person_it_takes_new_evidence(target: Any, keeper: Any) -> None:
    make_audits(25, 5)
    move_back_if_broken(target.key, LABEL)
    make_audits(25, 5)  # the person knows of these too
    assert let_file_again(target, LABEL, keeper)
    assert not move_back_if_broken(target.key, LABEL)
    make_audits(25, 5)
    assert move_back_if_broken(target.key, LABEL)


@pytest.mark.django_db(transaction=True)
def test_the_decision_that_breaks_the_budget_moves_the_label(keeper: Any) -> None:
    make_audits(25, 4)
    assert not LabelRule.objects.filter(always_review=True).exists()
    product = make_product()
    Classification.objects.filter(object_id=str(product.pk)).delete()
    row = make_classification(product, reason="audit")
    reject([make_suggestion(row, audit=True, confidence=0.999).pk], keeper)
    assert LabelRule.objects.get().moved_back_at is not None


def test_thresholds_are_saved_by_those_who_may(target: Any, keeper: Any) -> None:
    with pytest.raises(NotPermitted):
        save_thresholds(target, {LABEL: 0.5}, make_user("review_suggestions"))
    make_rule(LABEL, review_threshold=0.6)
    save_thresholds(target, {LABEL: 0.5, "no:label": 0.5}, keeper)
    rule = LabelRule.objects.get()
    assert (rule.auto_threshold, rule.review_threshold) == (0.5, 0.5)


def test_the_lowest_threshold_within_the_budget_is_proposed() -> None:
    label = get_bundle().labels_by_id[LABEL]
    decided = [
        DecidedAt(0.3, Evidence.gather([(False, 1.0)] * 50)),
        DecidedAt(0.62, Evidence.gather([(True, 1.0)] * 400)),
    ]
    proposal = propose_threshold(label, LabelSample.make([], decided), 0.02, 0.9)
    assert proposal.auto == 0.31 and proposal.estimate and proposal.estimate.decisions == 400


def test_without_decisions_the_measured_threshold_is_proposed() -> None:
    label = get_bundle().labels_by_id[LABEL]
    proposal = propose_threshold(label, LabelSample(), 0.05, 0.9)
    assert proposal.auto == min(1.0, label.thresholds["permissive"].auto)
    assert proposal.estimate is None


def test_the_sample_has_the_newest_results_of_this_target_and_model(target: Any) -> None:
    make_classification(scores={LABEL: 0.95})
    make_classification(scores={LABEL: 0.95}, model_version="another")  # waits all the same
    make_classification(scores={LABEL: 0.95}, is_current=False)
    make_classification(run=make_run("shops.uuidproduct"), scores={LABEL: 0.95})
    make_suggestion(make_classification(state="reviewed"), state="approved", confidence=0.8)
    sample = load_sample(target)
    assert sample.waiting.size == 2  # the reviewed one has no scores
    assert sample.get(LABEL).confidences.tolist() == [0.95]
    assert sample.get(LABEL).decided.tolist() == [0.8]
    assert sample.get(LABEL).find_evidence(0.5) == Evidence(1, 1.0, 0.0, 1.0, 0.0)
    thresholds = get_thresholds(target, "balanced")
    assert simulate(sample, thresholds).backlog == 2


def test_decisions_are_told_apart_by_thousandths_of_their_confidence(target: Any) -> None:
    for confidence in (0.8001, 0.8003, 0.57):
        make_suggestion(
            make_classification(state="reviewed"), state="approved", confidence=confidence
        )
    found = {one.confidence: one.evidence.number for one in load_decided(target)[LABEL]}
    assert found == {0.8: 2, 0.57: 1}


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own choice")
def test_the_sample_reads_no_whole_product_model_on_sqlite(target: Any) -> None:
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        cursor = connection.connection.cursor()
        plan = cursor.execute(f"EXPLAIN QUERY PLAN {sql.replace('%s', '?')}", params).fetchall()
        plans.extend(line[-1] for line in plan)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        load_sample(target)
    assert any("catalog_ai_sug_decided" in line for line in plans)
    assert not [line for line in plans if "catalog_ai_cls_product" in line or "one_current" in line]


def test_suggestions_by_default_are_no_audits() -> None:
    assert not Suggestion(label=LABEL).audit


@pytest.mark.parametrize(
    ("fields", "reason", "weight"),
    [
        ({"confidence": 0.7}, "low_confidence", 1),  # under its threshold: all are asked
        ({"confidence": 0.95, "audit": True, "asked_chance": 0.1}, "audit", 10),
        ({"confidence": 0.95, "audit": True, "asked_chance": 0.01}, "audit", 100),
        ({"confidence": 0.95}, "not_permitted", 1),  # nothing of the run was filed
        ({"confidence": 0.95}, "disagrees", None),  # asked because it looks wrong
        ({"confidence": 0.95}, "", None),  # filed, and somebody came across it
    ],
)
def test_a_decision_counts_for_those_it_was_picked_from(
    target: Any, fields: dict[str, Any], reason: str, weight: int | None
) -> None:
    row = make_classification(state="reviewed", reason=reason)
    make_suggestion(row, state="rejected", **fields)
    found = [one.evidence for one in load_decided(target).get(LABEL, [])]
    expected = [] if weight is None else [Evidence(1, weight, weight, weight**2, weight**2)]
    assert [pytest.approx(vars(one)) for one in expected] == [vars(one) for one in found]
