"""Categories that the shop deletes or makes while we file, review, undo and roll back.

With real transactions: a database checks most references only when they end.
"""

from typing import Any

import pytest

from catalog_ai.models import Classification, Decision, Rollback, Run, Suggestion
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.review import approve, correct
from catalog_ai.workflow.store import Judged, store_results
from catalog_ai.workflow.undo import undo
from tests.factories import claim_one, make_result, make_rule, make_run, make_superuser, roll_back
from tests.shops.models import Kind

pytestmark = pytest.mark.django_db(transaction=True)
SHIRT = {"article:tshirts": 0.999}


@pytest.fixture
def one_each() -> ProductTarget:
    """One category a product, as a foreign key."""
    return get_target("shops.uuidproduct")


@pytest.fixture
def several() -> ProductTarget:
    return get_target("shops.intproduct")


def make_photographed(target: ProductTarget) -> Any:
    """A product with a photo, saved past the upload hook."""
    model: Any = target.get_model()
    return model.objects.bulk_create([model(**{target.image_field.name: "a.png"})])[0]


def file_one(target: ProductTarget, product: Any, scores: dict[str, float] = SHIRT) -> Run:
    run = make_run(target.key, total=1)
    row = claim_one(target, product, run)
    store_results([Judged(row, row.image_name, make_result(scores))])
    return run


def map_label(target: ProductTarget, label: str, kind: Kind) -> None:
    make_rule(label, target=target.key, category=kind)


def make_refiled(target: ProductTarget, product: Any) -> tuple[Kind, Run]:
    """The product filed under one category and then, by a second run, under another."""
    old, new = Kind.objects.create(name="Old"), Kind.objects.create(name="New")
    map_label(target, "article:tshirts", old)
    map_label(target, "article:shirts", new)
    file_one(target, product)
    return old, file_one(target, product, {"article:shirts": 0.999})


@pytest.mark.parametrize("fixture", ["one_each", "several"])
def test_a_rollback_goes_on_though_the_category_before_was_deleted(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    target = request.getfixturevalue(fixture)
    product = make_photographed(target)
    old, run = make_refiled(target, product)
    old.delete()
    rollback = roll_back(run, make_superuser())
    assert rollback.state == Rollback.State.DONE and rollback.taken_back == 1
    product = target.get_model().objects.get(pk=product.pk)
    assert target.get_categories(product) == set()


@pytest.mark.parametrize("fixture", ["one_each", "several"])
def test_a_decision_is_undone_though_the_category_before_was_deleted(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    target = request.getfixturevalue(fixture)
    product = make_photographed(target)
    old, new = Kind.objects.create(name="Old"), Kind.objects.create(name="New")
    map_label(target, "article:tshirts", old)
    file_one(target, product)
    boss = make_superuser()
    row = Classification.objects.get(is_current=True)
    batch = correct(row.pk, [str(new.pk)], boss).batch
    old.delete()
    undo(batch, boss)
    product = target.get_model().objects.get(pk=product.pk)
    assert target.get_categories(product) == set()


def test_approving_what_was_filed_under_a_deleted_category_files_it_anew(
    several: ProductTarget,
) -> None:
    product = make_photographed(several)
    kind = Kind.objects.create(name="Old")
    map_label(several, "article:tshirts", kind)
    file_one(several, product)
    kind.delete()
    reviewed = approve([Suggestion.objects.get().pk], make_superuser())
    assert (reviewed.done, reviewed.errors) == (1, [])
    assert [one.name for one in product.categories.all()] == ["Tshirts"]


def test_a_category_deleted_behind_its_rule_is_found_anew(several: ProductTarget) -> None:
    kind = Kind.objects.create(name="Old")
    map_label(several, "article:tshirts", kind)
    kind.delete()
    product = make_photographed(several)
    file_one(several, product)
    assert product.categories.count() == 1
    assert Decision.objects.count() == 1
