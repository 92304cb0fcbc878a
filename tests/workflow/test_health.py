"""Catalogue health: what a check finds, and what people's actions do and never do."""

from typing import Any

import pytest
from django.db import transaction

from catalog_ai.errors import NotPermitted
from catalog_ai.models import (
    Classification,
    Decision,
    DifferentProducts,
    HealthCheck,
    HealthFinding,
    HealthGroup,
    Run,
    Suggestion,
)
from catalog_ai.targets import get_targets
from catalog_ai.workflow.health import check as checking
from catalog_ai.workflow.health.actions import (
    ask_again,
    compare_again,
    keep_apart,
    keep_present,
    list_open,
)
from catalog_ai.workflow.health.check import find_done, go_on_checking, start_check
from catalog_ai.workflow.undo import last_batch, undo
from shop_demo.models import Category
from tests.factories import make_classification, make_suggestion, make_superuser, make_user, names
from tests.shops.models import GalleryImage, GalleryProduct, Kind, SlugProduct, UuidProduct
from tests.workflow.catalogue import add_product, make_copies, place, run_check

pytestmark = pytest.mark.django_db
State, Said = Classification.State, Suggestion.State


@pytest.fixture(autouse=True)
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Checks that were handed to the queue; tests run them themselves."""
    sent: list[int] = []
    monkeypatch.setattr(checking, "check_after_commit", lambda check: sent.append(check.pk))
    monkeypatch.setattr(checking, "send_check", lambda check: sent.append(check.pk))
    return sent


@pytest.fixture
def boss() -> Any:
    return make_superuser()


def lines(check: HealthCheck, kind: str = "disagrees") -> list[tuple[str, int, int]]:
    groups = check.groups.filter(kind=kind).order_by("-size", "pk")
    return list(groups.values_list("title", "size", "asked"))


def test_three_hundred_of_a_pair_are_one_line(target: Any) -> None:
    for number in range(3):
        place(f"a{number}", "Tops")
    place("b", "Shirts")
    assert lines(run_check(target)) == [("Tops → Tshirts", 3, 3), ("Shirts → Tshirts", 1, 1)]


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({}, 1),
        ({"reason": "audit"}, 0),
        ({"state": "reviewed", "reason": "", "said": Said.KEPT}, 0),
        ({"state": "filed", "reason": "", "said": Said.APPLIED}, 0),
    ],
)
def test_found_wherever_the_confident_label_stands(
    target: Any, fields: dict[str, Any], asked: int
) -> None:
    place("a", "Tops", **fields)
    assert lines(run_check(target)) == [("Tops → Tshirts", 1, asked)]


@pytest.mark.parametrize("said", [Said.REJECTED, Said.CORRECTED, Said.SUPERSEDED, Said.ROLLED_BACK])
def test_what_a_person_refused_is_not_brought_up_again(target: Any, said: str) -> None:
    place("a", "Tops", state="reviewed", reason="", said=said)
    assert lines(run_check(target)) == []


def test_a_label_refused_for_this_product_before_is_kept_quiet(target: Any) -> None:
    product, _now = place("a", "Tops", state="reviewed", reason="", said=Said.KEPT)
    old = make_classification(product, is_current=False, state="reviewed")
    make_suggestion(old, state=Said.REJECTED)
    assert lines(run_check(target)) == []


def test_unsure_labels_contradict_nothing(target: Any) -> None:
    _product, suggestion = place("a", "Tops")
    Suggestion.objects.filter(pk=suggestion.pk).update(confidence=0.8)
    assert lines(run_check(target)) == []


def test_categories_that_the_model_filed_are_nobodys_word(target: Any) -> None:
    product, _suggestion = place("a", "Tops")
    old = make_classification(product, is_current=False, state="filed")
    key = str(Category.objects.get(name="Tops").pk)
    make_suggestion(old, label="article:tops", state=Said.APPLIED, category=key)
    assert lines(run_check(target)) == []


def test_a_category_that_the_model_filed_and_a_person_approved_is_that_persons_word(
    target: Any,
) -> None:
    product, _suggestion = place("a", "Tops")
    key = str(Category.objects.get(name="Tops").pk)
    for said in (Said.APPLIED, Said.APPROVED):
        old = make_classification(product, is_current=False, state="filed")
        make_suggestion(old, label="article:tops", state=said, category=key)
    assert lines(run_check(target)) == [("Tops → Tshirts", 1, 1)]


def test_categories_of_another_kind_and_a_second_sure_label_are_no_contradiction(
    target: Any,
) -> None:
    place("a", "Sale")  # no label means it
    product, suggestion = place("b", "Belts")
    make_suggestion(suggestion.classification, label="article:belts", confidence=0.99)
    assert lines(run_check(target)) == []
    assert not Category.objects.filter(name="Tshirts").exists()  # looking makes nothing


def test_products_without_a_photo_are_found(target: Any) -> None:
    bare = add_product("bare")
    add_product("other", "products/other.png")
    check = run_check(target)
    found = HealthFinding.objects.filter(group__check_run=check, group__kind="no_image")
    assert [one.object_id for one in found] == [str(bare.pk)]
    assert check.products == 2


def make_gallery() -> tuple[Any, Any]:
    one, bare = GalleryProduct.objects.create(name="a"), GalleryProduct.objects.create(name="b")
    GalleryImage.objects.create(product=one, original="g/a.png")
    one.categories.add(Kind.objects.create(name="Tops"))
    return one, bare


def make_uuid() -> tuple[Any, Any]:
    tops = Kind.objects.create(name="Tops")
    return UuidProduct.objects.create(photo="u/a.png", category=tops), UuidProduct.objects.create()


def make_slug() -> tuple[Any, Any]:
    shoes = SlugProduct.objects.create(slug="a", image="s/a.png", section="shoes")
    return shoes, SlugProduct.objects.create(slug="b")


@pytest.mark.parametrize(
    ("key", "make", "title"),
    [
        ("shops.galleryproduct", make_gallery, "Tops → Tshirts"),
        ("shops.uuidproduct", make_uuid, "Tops → Tshirts"),
        ("shops.slugproduct", make_slug, "Casual Shoes → Tshirts"),
    ],
)
def test_any_shop_can_be_checked(key: str, make: Any, title: str, boss: Any) -> None:
    target = get_targets()[key]
    one, bare = make()
    Classification.objects.all().delete()  # of the upload hook
    Run.objects.all().delete()
    run = Run.objects.create(target=key, source="command", model_version="v", preset="balanced")
    row = make_classification(run=run, object_id=target.to_key(one.pk), reason="audit")
    make_suggestion(row, confidence=0.97)
    check = run_check(target)
    assert lines(check) == [(title, 1, 0)]
    found = HealthFinding.objects.get(group__check_run=check, group__kind="no_image")
    assert found.object_id == target.to_key(bare.pk)
    assert ask_again(list_open(check.groups.get(kind="disagrees")), boss).done == 1
    row.refresh_from_db()
    assert (row.state, row.reason) == (State.REVIEW, "disagrees")


# Jobs ---------------------------------------------------------------------------------------------


def test_a_lost_job_goes_on_where_it_was(target: Any, settings: Any, jobs: list[int]) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "EXPAND_PAGE": 2}
    for number in range(5):
        place(f"a{number}", "Tops")
    check = start_check(target, None, by_system=True)
    checking.look_at_page(check.pk)  # and then the worker dies
    check.refresh_from_db()
    assert (check.products, check.state) == (2, HealthCheck.State.LOOKING)
    go_on_checking(check.pk)
    check.refresh_from_db()
    assert (check.products, check.state) == (5, HealthCheck.State.DONE)
    assert lines(check) == [("Tops → Tshirts", 5, 5)]
    go_on_checking(check.pk)  # the same job once more
    assert lines(check) == [("Tops → Tshirts", 5, 5)]


def test_a_large_check_lets_others_to_the_queue(
    target: Any, settings: Any, jobs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "EXPAND_PAGE": 1}
    monkeypatch.setattr(checking, "PAGES_A_JOB", 2)
    for number in range(3):
        place(f"a{number}", "Tops")
    check = start_check(target, None, by_system=True)
    go_on_checking(check.pk)
    assert jobs == [check.pk, check.pk]
    check.refresh_from_db()
    assert check.products == 2


def test_only_one_check_of_a_product_model_is_in_progress(target: Any) -> None:
    first = start_check(target, None, by_system=True)
    assert start_check(target, None, by_system=True).pk == first.pk
    go_on_checking(first.pk)
    second = run_check(target)
    assert list(HealthCheck.objects.all()) == [second]  # what was found before is gone


def test_a_check_that_fails_every_time_is_given_up_with_its_reason(
    target: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place("a", "Tops")
    good = run_check(target)

    def refuse(self: Any, product: Any) -> set[str]:
        raise RuntimeError("the shop's own code")

    monkeypatch.setattr(type(target), "get_categories", refuse)
    check = start_check(target, None, by_system=True)
    for _try in range(3):
        with pytest.raises(RuntimeError):
            go_on_checking(check.pk)
    go_on_checking(check.pk)
    check.refresh_from_db()
    assert (check.state, check.state_reason) == ("failed", "RuntimeError: the shop's own code")
    assert find_done(target.key) == good
    assert lines(good) == [("Tops → Tshirts", 1, 1)]


def test_who_may_not_categorise_may_not_start_one(target: Any) -> None:
    with pytest.raises(NotPermitted):
        start_check(target, make_user("review_suggestions"))
    with pytest.raises(NotPermitted):
        start_check(target, None)
    assert not HealthCheck.objects.exists()


# What people do -----------------------------------------------------------------------------------


def find_line(check: HealthCheck) -> HealthGroup:
    return check.groups.get(kind="disagrees")


@pytest.mark.parametrize(
    ("state", "said"), [("reviewed", Said.KEPT), ("filed", Said.APPLIED), ("review", Said.PENDING)]
)
def test_sent_to_review_it_waits_as_disagreeing_and_stays_where_it_is(
    target: Any, boss: Any, state: str, said: str
) -> None:
    product, suggestion = place("a", "Tops", state=state, said=said, reason="")
    line = find_line(run_check(target))
    acted = ask_again(list_open(line, unasked=True), boss)
    assert (acted.done, acted.settled) == (1, 0)
    suggestion.refresh_from_db()
    row = suggestion.classification
    row.refresh_from_db()
    assert (row.state, row.reason, suggestion.state) == ("review", "disagrees", Said.PENDING)
    assert names(product) == {"Tops"}
    entry = Decision.objects.get()
    assert (entry.action, entry.classification_before) == ("ask", state)
    line.refresh_from_db()
    assert (line.size, line.asked) == (1, 1)
    again = ask_again(list_open(line), boss)
    assert (again.done, again.settled) == (0, 1)
    assert Decision.objects.count() == 1
    line.refresh_from_db()
    assert (line.size, line.asked) == (1, 1)


@pytest.mark.parametrize(
    ("state", "said"), [("reviewed", Said.KEPT), ("filed", Said.APPLIED), ("review", Said.PENDING)]
)
def test_kept_it_is_never_asked_again_and_undo_takes_that_back(
    target: Any, boss: Any, state: str, said: str
) -> None:
    product, suggestion = place("a", "Tops", state=state, said=said)
    line = find_line(run_check(target))
    assert keep_present(list_open(line), boss).done == 1
    suggestion.refresh_from_db()
    row = suggestion.classification
    row.refresh_from_db()
    assert (row.state, suggestion.state) == ("reviewed", Said.REJECTED)
    assert names(product) == {"Tops"}
    line.refresh_from_db()
    assert (line.size, line.asked) == (0, 0)
    assert lines(run_check(target)) == []
    batch = last_batch(boss)
    assert batch is not None and undo(batch, boss).done == 1
    suggestion.refresh_from_db()
    row.refresh_from_db()
    assert (row.state, suggestion.state) == (state, said)
    assert len(lines(run_check(target))) == 1


@pytest.mark.parametrize("verb", [ask_again, keep_present])
def test_a_product_moved_meanwhile_is_left_alone(target: Any, boss: Any, verb: Any) -> None:
    product, suggestion = place("a", "Tops", state="filed", said=Said.APPLIED, reason="")
    line = find_line(run_check(target))
    product.categories.set([Category.objects.create(name="Tshirts")])
    Suggestion.objects.update(category=str(Category.objects.get(name="Tshirts").pk))
    acted = verb(list_open(line), boss)
    assert (acted.done, acted.settled) == (0, 1)
    assert names(product) == {"Tshirts"}
    assert not Decision.objects.exists()
    assert not line.findings.exists()


def test_a_deleted_product_is_no_error(target: Any, boss: Any) -> None:
    product, _suggestion = place("a", "Tops")
    line = find_line(run_check(target))
    product.delete()
    assert keep_present(list_open(line), boss).settled == 1


def test_without_the_right_to_review_nothing_is_decided(target: Any) -> None:
    place("a", "Tops")
    line = find_line(run_check(target))
    actor = make_user("categorize_products", "export_results", "roll_back_run", "auto_apply")
    for verb in (ask_again, keep_present):
        with pytest.raises(NotPermitted):
            verb(list_open(line), actor)
    for silence in (keep_apart, compare_again):
        with pytest.raises(NotPermitted):
            silence(line, actor)
    assert not Decision.objects.exists() and not DifferentProducts.objects.exists()


def test_of_many_products_those_are_taken_that_a_request_can_do(
    target: Any, boss: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog_ai.workflow.health.actions.AT_ONCE", 2)
    for number in range(3):
        place(f"a{number}", "Tops")
    line = find_line(run_check(target))
    assert keep_present(list_open(line), boss).done == 2
    assert keep_present(list_open(line), boss).done == 1


# The same photo twice -----------------------------------------------------------------------------


def duplicates(check: HealthCheck, *, silenced: bool = False) -> list[set[str]]:
    groups = check.groups.filter(kind="duplicates", silenced=silenced)
    return [set(one.findings.values_list("object_id", flat=True)) for one in groups]


def test_different_products_stay_silent_until_one_more_has_the_photo(
    target: Any, boss: Any
) -> None:
    products = make_copies(2)
    keys = {str(one.pk) for one in products}
    check = run_check(target)
    assert duplicates(check) == [keys]
    keep_apart(check.groups.get(), boss)
    keep_apart(check.groups.get(), boss)  # twice is once
    assert DifferentProducts.objects.count() == 1
    check = run_check(target)
    assert (duplicates(check), duplicates(check, silenced=True)) == ([], [keys])
    (third,) = make_copies(1)
    assert duplicates(run_check(target)) == [keys | {str(third.pk)}]


def test_of_silenced_ones_fewer_are_silent_too_and_can_be_compared_again(
    target: Any, boss: Any
) -> None:
    products = make_copies(3)
    keep_apart(run_check(target).groups.get(), boss)
    products[0].delete()
    check = run_check(target)
    assert len(duplicates(check, silenced=True)) == 1
    compare_again(check.groups.get(), boss)
    assert len(duplicates(check)) == 1
    assert len(duplicates(run_check(target))) == 1


def test_looking_writes_nothing_to_the_shop(target: Any) -> None:
    product, suggestion = place("a", "Tops")
    before = list(Classification.objects.values())
    with transaction.atomic():
        run_check(target)
    assert list(Classification.objects.values()) == before
    assert names(product) == {"Tops"}
    assert not Decision.objects.exists()
