"""Conditions on many values at once find what `IN` finds."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q

from catalog_ai.arrays import SEPARATOR, is_among
from catalog_ai.models import Classification, Decision, Suggestion
from tests.factories import make_classification

pytestmark = pytest.mark.django_db

AWKWARD = ["a'b", '"{1,2}"', "NULL", "", "back\\slash", f"a{SEPARATOR}b", "ünï ✓", "%s"]


def find(condition: Any) -> list[int]:
    return list(
        Classification.objects.filter(condition).order_by("pk").values_list("pk", flat=True)
    )


@pytest.mark.parametrize("number", [1, 3, len(AWKWARD)])
def test_texts_are_found_whatever_they_hold(number: int) -> None:
    rows = [
        make_classification(object_id=str(at), image_name=text) for at, text in enumerate(AWKWARD)
    ]
    wanted = AWKWARD[-number:]
    found = find(is_among("image_name", wanted))
    assert found == [row.pk for row in rows[-number:]]


def test_keys_are_found_by_themselves_and_through_a_relation() -> None:
    rows = [make_classification(object_id=str(at)) for at in range(3)]
    kept = [Suggestion.objects.create(classification=row, label="a:b") for row in rows]
    assert find(is_among("pk", [rows[0].pk, rows[2].pk, -1])) == [rows[0].pk, rows[2].pk]
    condition = is_among("classification__object_id", {"1", "9"})
    assert list(Suggestion.objects.filter(condition)) == [kept[1]]
    assert list(Suggestion.objects.filter(is_among("classification", [rows[1].pk]))) == [kept[1]]
    assert find(~Q(is_among("pk", [rows[1].pk]))) == [rows[0].pk, rows[2].pk]


def test_nothing_is_among_nothing() -> None:
    row = make_classification()
    assert find(is_among("pk", [])) == []
    assert find(~Q(is_among("pk", []))) == [row.pk]


def test_a_number_that_no_column_holds_is_no_mistake() -> None:
    row = make_classification(attempts=2)
    assert find(is_among("attempts", [2, 2**40])) == [row.pk]


def test_uuids_are_found() -> None:
    row = make_classification()
    batches = [uuid.uuid4(), uuid.uuid4()]
    for batch in batches:
        Decision(classification=row, action=Decision.Action.UNDO, batch=batch).save()
    found = Decision.objects.filter(is_among("batch", [batches[1], uuid.uuid4()]))
    assert [decision.batch for decision in found] == [batches[1]]


def test_rows_are_changed_by_it(django_assert_num_queries: Any) -> None:
    rows = [make_classification(object_id=str(at)) for at in range(3)]
    with django_assert_num_queries(1):
        some = Classification.objects.filter(is_among("pk", [row.pk for row in rows[:2]]))
        assert some.update(error="changed") == 2
    assert find(Q(error="changed")) == [row.pk for row in rows[:2]]


@pytest.mark.skipif(connection.vendor not in ("postgresql", "sqlite"), reason="these take lists")
def test_all_values_are_one_parameter() -> None:
    for name, values in (("pk", range(40_000)), ("object_id", map(str, range(40_000)))):
        _sql, parameters = Classification.objects.filter(
            is_among(name, [*values])
        ).query.sql_with_params()
        assert len(parameters) == 1
        assert find(is_among(name, [*map(str, range(9))] if name == "object_id" else [1])) == []
