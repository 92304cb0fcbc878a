"""Rows written many at once read back as Django's own writing would have left them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DataError, connection

from catalog_ai.models import Classification, Embedding, Run
from catalog_ai.workflow.rows import insert_alike, insert_rows, update_rows

pytestmark = pytest.mark.django_db

MOMENT = datetime(2026, 11, 21, 12, 30, 15, 250_000, tzinfo=UTC)
# Quotes, backslashes, line breaks and a control character, as text and within JSON.
AWKWARD = ['a"b\\c', "it's {1,2} %s", "line\nbreak", "ünï ✓", "NULL", ""]


def make_rows(count: int, **fields: Any) -> list[Classification]:
    run = Run.objects.create(target="t", source="admin", preset="balanced", model_version="1")
    rows = [Classification(run=run, target="t", object_id=str(at), **fields) for at in range(count)]
    insert_rows(rows)
    return list(Classification.objects.order_by("pk"))


@pytest.mark.parametrize(
    "texts", [AWKWARD, AWKWARD[:1], [""], [*AWKWARD, "a\x1fb"], ["\x1f"], ["NULL", "None"]]
)
def test_what_is_updated_is_read_back_unchanged(texts: list[str]) -> None:
    rows = make_rows(len(texts))
    for row, text in zip(rows, texts, strict=True):
        row.state, row.reason = Classification.State.FILED, Classification.Reason.AUDIT
        row.image_name, row.error = text, "the same in all"
        row.scores = {text: 0.1234, "\x1f": 1.0}
        row.top_confidence, row.finished_at = (0.5, MOMENT) if text else (None, None)
    names = ("state", "reason", "image_name", "error", "scores", "top_confidence", "finished_at")
    update_rows(Classification, rows, names)
    for row, stored in zip(rows, Classification.objects.order_by("pk"), strict=True):
        assert [getattr(stored, name) for name in names] == [getattr(row, name) for name in names]


def test_numbers_are_read_back_unchanged() -> None:
    rows = make_rows(5)
    for row, number in zip(rows, [0.1, 1e-300, -1 / 3, None, 0.0], strict=True):
        row.top_confidence, row.uncertainty = number, number or 2.0
        row.attempts, row.is_current = row.pk % 3, bool(row.pk % 2)
    names = ("top_confidence", "uncertainty", "attempts", "is_current")
    update_rows(Classification, rows, names)
    for row, stored in zip(rows, Classification.objects.order_by("pk"), strict=True):
        assert [getattr(stored, name) for name in names] == [getattr(row, name) for name in names]


def test_other_rows_and_other_fields_stay_as_they_are() -> None:
    rows = make_rows(3, preset="strict")
    for row in rows:
        row.error, row.preset = "written", "not written"
    update_rows(Classification, rows[:2], ["error"])
    stored = Classification.objects.order_by("pk").values_list("error", "preset")
    assert list(stored) == [("written", "strict"), ("written", "strict"), ("", "strict")]


def test_nothing_to_write_writes_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        update_rows(Classification, [], ["error"])
        insert_rows([])
        insert_alike(Embedding(), {"classification_id": [], "vector": []})


def test_inserted_rows_have_their_defaults_and_their_own_values() -> None:
    first, second = make_rows(2)
    assert (first.object_id, second.object_id) == ("0", "1")
    assert (first.state, first.scores, first.top_confidence) == ("queued", {}, None)
    assert first.created_at is not None
    vectors = [bytes(range(256)), b"\\x00\x1f\"'"]
    insert_alike(Embedding(), {"classification_id": [first.pk, second.pk], "vector": vectors})
    stored = Embedding.objects.order_by("pk").values_list("vector", flat=True)
    assert [bytes(vector) for vector in stored] == vectors


def test_rows_in_conflict_are_left_out_where_that_is_asked() -> None:
    (first,) = make_rows(1)
    pattern = Classification(run=first.run, target="t", preset="strict")
    changing = {"object_id": ["0", "new"], "image_name": ["a", "b"]}
    insert_alike(pattern, changing, ignore_conflicts=True)
    stored = Classification.objects.order_by("pk").values_list("object_id", "preset", "image_name")
    assert list(stored) == [("0", "", ""), ("new", "strict", "b")]


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite knows no lengths")
def test_what_is_too_long_is_refused_and_not_cut() -> None:
    rows = make_rows(2)
    rows[0].error_code = "x" * 41
    with pytest.raises(DataError):
        update_rows(Classification, rows, ["error_code"])


def test_json_is_written_as_json() -> None:
    rows = make_rows(2)
    rows[0].error_figures = {"pixels": "8"}
    update_rows(Classification, rows, ["error_figures"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT error_figures FROM catalog_ai_classification ORDER BY id")
        written = [value for (value,) in cursor.fetchall()]
    assert [json.loads(v) if isinstance(v, str) else v for v in written] == [{"pixels": "8"}, {}]
