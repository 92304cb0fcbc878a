"""Whatever is done to a small shop in whatever order, what design promises holds after each step.

A hypothesis state machine: people, the model, workers and the shop's own staff act at random.
CI looks longer, in the test that is marked slow.
"""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from catalog_ai.errors import CannotUndo, RunIsRolledBack
from catalog_ai.inference.images import digest_image
from catalog_ai.models import (
    Change,
    Classification,
    Decision,
    HealthFinding,
    LabelRule,
    Rollback,
    Run,
    Suggestion,
)
from catalog_ai.models.causes import Cause
from catalog_ai.targets import get_target
from catalog_ai.workflow.choose import choose
from catalog_ai.workflow.claim import Blame, claim, put_back
from catalog_ai.workflow.ends import fail_rows
from catalog_ai.workflow.enqueue import enqueue
from catalog_ai.workflow.for_real import collect_results, recall_results, run_for_real
from catalog_ai.workflow.health.actions import ask_again, keep_present
from catalog_ai.workflow.health.check import go_on_checking, start_check
from catalog_ai.workflow.reconcile import Reconciled, let_go_cancelled, take_back_expired
from catalog_ai.workflow.review import approve, correct, dismiss, reject
from catalog_ai.workflow.rollback import (
    continue_rollback,
    resume_rollback,
    start_rollback,
    stop_rollback,
)
from catalog_ai.workflow.runs import cancel_run, pause_run, resume_run, retry_failed
from catalog_ai.workflow.store import Judged, store_results
from catalog_ai.workflow.undo import PERSONAL as UNDOABLE
from catalog_ai.workflow.undo import undo
from shop_demo.models import Category, Product
from tests.factories import make_product, make_result, make_superuser, make_unique_image_bytes

LABELS = ("article:tshirts", "article:shirts", "article:jeans")
NAMES = ("Tshirts", "Shirts", "Jeans", "Sale")
PERSONAL = set(Suggestion.BY_PERSON)
State = Classification.State

slots = st.integers(0, 3)
labels = st.sampled_from(LABELS)
people = st.integers(0, 1)
scores = st.dictionaries(labels, st.sampled_from([0.3, 0.6, 0.999]), max_size=2)


class Shop(RuleBasedStateMachine):
    """Verbs are rules; the promises are invariants."""

    @initialize()
    def open_shop(self) -> None:
        self.target = get_target("shop_demo.product")
        self.people = [make_superuser(), make_superuser()]
        self.categories = [str(Category.objects.create(name=name).pk) for name in NAMES]
        self.products = [make_product() for _ in range(2)]
        self.ledger: list[dict[str, Any]] = []
        self.suggestions: dict[int, str] = {}
        self.hand: dict[tuple[int, str], bool] = {}  # (product, category) -> a person's last word
        self.before: dict[int, set[str]] = {}
        self.remember()

    # What happens ----------------------------------------------------------------------------

    @rule(redo=st.booleans(), apply=st.booleans(), dry=st.booleans())
    def enqueue_all(self, redo: bool, apply: bool, dry: bool) -> None:
        mode = Run.Mode.REDO if redo else Run.Mode.MISSING
        enqueue(
            self.target,
            Product.objects.all(),
            source=Run.Source.COMMAND,
            mode=mode,
            apply_automatically=apply,
            dry_run=dry,
        )

    @rule(found=scores, fresh=st.booleans(), same=st.booleans())
    def work(self, found: dict[str, float], fresh: bool, same: bool) -> None:
        """A chunk with made-up confidences; `same`: the image that the product had before."""
        rows = self._claim(fresh)
        for row in rows:
            if row.run.results_of_id:
                store_results(recall_results([row]))
                continue
            digest = self._digest(row) if same else ""
            store_results([Judged(row, row.image_name, make_result(found, digest))])

    def _digest(self, row: Classification) -> str:
        """That of the photo that the product has now."""
        product = Product.objects.filter(pk=row.object_id).first()
        if product is None or not product.image:
            return ""
        with product.image.storage.open(product.image.name) as file:
            return digest_image(file.read())

    @rule(fresh=st.booleans(), blame=st.sampled_from(Blame))
    def work_and_fail(self, fresh: bool, blame: Blame) -> None:
        rows = self._claim(fresh)
        cause = Cause.from_error(ConnectionError("down"))
        again = set(put_back(rows, cause, blame))
        fail_rows([row for row in rows if row.pk not in again], cause)

    @rule(fresh=st.booleans())
    def work_and_die(self, fresh: bool) -> None:
        self._claim(fresh)

    def _claim(self, fresh: bool) -> list[Classification]:
        ids = list(Classification.objects.values_list("pk", flat=True))
        return claim(ids, fresh=fresh)

    @rule()
    def reconcile_rows(self) -> None:
        past = timezone.now() - timedelta(seconds=1)
        Classification.objects.filter(state=State.RUNNING).update(lease_expires_at=past)
        take_back_expired(Reconciled())
        let_go_cancelled()

    @rule(verb=st.sampled_from([approve, reject, choose]), who=people, slot=slots)
    def decide(self, verb: Any, who: int, slot: int) -> None:
        if ids := self._pick_suggestions(slot):
            verb(ids, self.people[who])
            self._note_hand(by_person=True)

    @rule(who=people, slot=slots, category=slots)
    def correct_card(self, who: int, slot: int, category: int) -> None:
        if (row := self._pick_card(slot)) is not None:
            correct(row.pk, [self.categories[category]], self.people[who])
            self._note_hand(by_person=True)

    @rule(who=people, slot=slots)
    def dismiss_card(self, who: int, slot: int) -> None:
        if (row := self._pick_card(slot)) is not None:
            dismiss([row.pk], self.people[who])

    @rule(verb=st.sampled_from([ask_again, keep_present]), who=people, ready=st.booleans())
    def decide_on_findings(self, verb: Any, who: int, ready: bool) -> None:
        """Of a check made just now, or of the one before: what it found may be settled since."""
        if not ready:
            go_on_checking(start_check(self.target, None, by_system=True).pk)
        categories = self._categories()
        verb(HealthFinding.objects.values_list("pk", flat=True), self.people[who])
        assert self._categories() == categories, "health moved a product"

    @rule(who=people, which=slots)
    def undo_batch(self, who: int, which: int) -> None:
        own = Decision.objects.filter(actor=self.people[who], action__in=UNDOABLE, reverted_by=None)
        batches = list(dict.fromkeys(own.order_by("-pk").values_list("batch", flat=True)))
        if not batches:
            return
        try:
            undo(batches[which % len(batches)], self.people[who])
        except CannotUndo:
            assert self._categories() == self.before, "a refused undo changed something"
            return
        self.allow_reopening = True
        self._note_hand(by_person=False)

    @rule(which=slots)
    def start_rollback(self, which: int) -> None:
        run = self._pick_run(which)
        if run is not None and not run.dry_run:
            start_rollback(run, self.people[0])

    @rule(steps=st.integers(1, 3), work=st.sampled_from([continue_rollback, None]))
    def work_on_rollbacks(self, steps: int, work: Any) -> None:
        """A few pages of each, or what people do to it."""
        for rollback in Rollback.objects.order_by("pk"):
            if work is None:
                verb = stop_rollback if steps > 1 else resume_rollback
                verb(rollback, self.people[0])
            else:
                for _ in range(steps):
                    work(rollback.pk)

    @rule(which=slots)
    def run_for_real(self, which: int) -> None:
        run = self._pick_run(which)
        if run is not None and run.dry_run and run.finished_at:
            run_for_real(run, self.people[0])

    @rule(pages=st.integers(1, 2))
    def collect(self, pages: int) -> None:
        for run in Run.objects.filter(results_of__isnull=False).order_by("pk"):
            for _ in range(pages):
                collect_results(run.pk)

    @rule(which=slots, verb=st.sampled_from([cancel_run, pause_run, resume_run, retry_failed]))
    def steer_run(self, which: int, verb: Any) -> None:
        if (run := self._pick_run(which)) is not None:
            try:
                verb(run, self.people[0])
            except RunIsRolledBack:
                assert verb is retry_failed and run.rollbacks.exists()

    @rule(slot=slots)
    def replace_image(self, slot: int) -> None:
        product = self._pick_product(slot)
        if product is not None:
            product.image.save("new.png", ContentFile(make_unique_image_bytes()))

    @precondition(lambda self: Product.objects.count() < 4)
    @rule()
    def add_product(self) -> None:
        make_product()

    @precondition(lambda self: Product.objects.count() > 1)
    @rule(slot=slots)
    def delete_product(self, slot: int) -> None:
        product = self._pick_product(slot)
        if product is not None:
            product.delete()

    @rule(slot=slots, category=slots, give=st.booleans())
    def edit_by_hand(self, slot: int, category: int, give: bool) -> None:
        product = self._pick_product(slot)
        if product is not None:
            change = product.categories.add if give else product.categories.remove
            change(int(self.categories[category]))
            self._note_hand(by_person=True)

    @rule(slot=slots)
    def replace_category(self, slot: int) -> None:
        """The shop deletes a category, with products in it or not, and makes one of that name."""
        old = Category.objects.get(pk=self.categories[slot])
        old.delete()
        self.categories[slot] = str(Category.objects.create(name=old.name).pk)
        self._note_hand(by_person=True)

    @rule(label=labels, auto=st.sampled_from([0.5, 0.9, 1.0]), category=slots)
    def change_rule(self, label: str, auto: float, category: int) -> None:
        LabelRule.objects.update_or_create(
            target=self.target.key,
            label=label,
            defaults={"auto_threshold": auto, "category": self.categories[category]},
        )

    # What must hold --------------------------------------------------------------------------

    @invariant()
    def one_row_in_flight_and_one_current(self) -> None:
        for rows in (
            Classification.objects.filter(state__in=Classification.IN_FLIGHT),
            Classification.objects.filter(is_current=True),
        ):
            keys = list(rows.values_list("object_id", flat=True))
            assert len(keys) == len(set(keys))

    @invariant()
    def nothing_refers_to_what_is_gone(self) -> None:
        """Each step stands for a transaction, at whose end the database would ask."""
        connection.check_constraints()

    @invariant()
    def counters_equal_the_rows(self) -> None:
        for run in Run.objects.all():
            rows = run.classifications.all()
            assert run.total == rows.count()
            assert run.done == rows.exclude(state__in=Classification.IN_FLIGHT).count(), run.state
            assert (run.state != Run.State.DONE) or run.done == run.total

    @invariant()
    def nothing_waits_with_nothing_to_decide(self) -> None:
        for row in Classification.objects.filter(is_current=True, state=State.REVIEW):
            assert row.suggestions.filter(state="pending").exists(), row
        pending = Suggestion.objects.filter(state="pending", classification__is_current=True)
        assert not pending.exclude(classification__state=State.REVIEW).exists()
        gone = Suggestion.objects.filter(state="pending", classification__is_current=False)
        assert not gone.exists()
        ours = Suggestion.objects.filter(state__in=("proposed", "would_ask"))
        assert not ours.exclude(classification__run__dry_run=True).exists()

    @invariant()
    def a_dry_run_touches_nothing_and_counts_what_it_says(self) -> None:
        dry = Classification.objects.filter(run__dry_run=True)
        assert not dry.filter(is_current=True).exists()
        assert not Decision.objects.filter(classification__in=dry).exists()
        for change in Change.objects.all():
            assert change.products == change.classifications.count()

    @invariant()
    def a_rollback_that_is_done_leaves_nothing_filed_that_it_could_have_taken(self) -> None:
        for rollback in Rollback.objects.all():
            entries = Decision.objects.filter(batch=rollback.batch)
            assert entries.count() == rollback.taken_back
            if rollback.state == Rollback.State.DONE:
                assert not rollback.run.classifications.filter(
                    state__in=Classification.IN_FLIGHT
                ).exists()

    @invariant()
    def each_change_by_a_person_or_of_the_product_has_its_entry(self) -> None:
        entries = defaultdict(list)
        for entry in Decision.objects.order_by("pk"):
            entries[entry.suggestion_id].append(entry)
        for suggestion in Suggestion.objects.all():
            if suggestion.state in {*PERSONAL, "applied", "rolled_back"}:
                assert entries[suggestion.pk][-1].state_after == suggestion.state
            for first, second in zip(
                entries[suggestion.pk], entries[suggestion.pk][1:], strict=False
            ):
                assert second.state_before == first.state_after

    @invariant()
    def the_ledger_only_grows(self) -> None:
        rows = list(Decision.objects.order_by("pk").values())
        assert rows[: len(self.ledger)] == self.ledger

    @invariant()
    def a_persons_decision_goes_back_only_by_undo(self) -> None:
        now = dict(Suggestion.objects.values_list("pk", "state"))
        for pk, state in self.suggestions.items():
            if state in PERSONAL and now[pk] != state:
                last = Decision.objects.filter(suggestion=pk).latest("pk")
                assert last.by_person and last.action != Decision.Action.ROLL_BACK

    @invariant()
    def what_the_app_changes_is_in_the_ledger_and_no_persons_word_is_overruled(self) -> None:
        now = self._categories()
        explained = self._explain_changes()
        for product, categories in now.items():
            changed = categories ^ self.before.get(product, categories)
            for category in changed:
                if self.hand.get((product, category)) is None:
                    assert (product, category) in explained, "a change that nobody wrote down"
                else:
                    assert self.hand[product, category] == (category in categories)
        self.remember()

    def _explain_changes(self) -> set[tuple[int, str]]:
        new = Decision.objects.select_related("classification").order_by("pk")[len(self.ledger) :]
        return {
            (int(entry.classification.object_id), category)
            for entry in new
            for category in {*entry.categories_before} ^ {*entry.categories_after}
        }

    def remember(self) -> None:
        self.before = self._categories()
        self.suggestions = dict(Suggestion.objects.values_list("pk", "state"))
        self.ledger = list(Decision.objects.order_by("pk").values())

    # How it is picked ------------------------------------------------------------------------

    def _note_hand(self, *, by_person: bool) -> None:
        """What a person has just given or taken away is theirs; what they undo is free again."""
        for product, categories in self._categories().items():
            for category in categories ^ self.before.get(product, set()):
                if by_person:
                    self.hand[product, category] = category in categories
                else:
                    self.hand.pop((product, category), None)

    def _categories(self) -> dict[int, set[str]]:
        return {
            product.pk: {str(pk) for pk in product.categories.values_list("pk", flat=True)}
            for product in Product.objects.all()
        }

    def _pick_product(self, slot: int) -> Product | None:
        found = list(Product.objects.order_by("pk"))
        return found[slot % len(found)] if found else None

    def _pick_run(self, which: int) -> Run | None:
        found = list(Run.objects.order_by("-pk"))
        return found[which % len(found)] if found else None

    def _pick_card(self, slot: int) -> Classification | None:
        found = list(Classification.objects.filter(is_current=True).order_by("-pk"))
        return found[slot % len(found)] if found else None

    def _pick_suggestions(self, slot: int) -> list[int]:
        found = list(Suggestion.objects.order_by("-pk").values_list("pk", flat=True))
        return found[slot % len(found) :][:2] if found else []

    def teardown(self) -> None:
        transaction.set_rollback(True)


class UndoneShop(Shop):
    """Each example in a transaction that is taken back."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)


def run_machine(machine: type[UndoneShop], *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.django_db
def test_the_promises_hold_whatever_happens() -> None:
    run_machine(UndoneShop, examples=25, steps=25)


@pytest.mark.slow
@pytest.mark.django_db
def test_the_promises_hold_for_long() -> None:
    run_machine(UndoneShop, examples=60, steps=40)
