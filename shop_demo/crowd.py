"""Fills the demo shop with any number of products: a block, copied inside the database."""

from collections.abc import Iterator

from django.core.management.color import no_style
from django.db import connection, models, transaction

from catalog_ai.models import Classification, DaySummary, Decision, Embedding, Run, Suggestion
from shop_demo.backdrop import ROLLED_BACK, count_results, draw_photos
from shop_demo.block import Block
from shop_demo.history import (
    make_rollback,
    make_threshold_changes,
    spread_decisions,
    tell_decided,
    tell_reviewed,
)
from shop_demo.indexes import without_indexes
from shop_demo.models import Product
from shop_demo.rows import MODELS, Filing
from shop_demo.shares import DROP

BLOCK = 1000  # products made one by one
AT_ONCE = 64_000  # at most so many are copied in one go
RANDOM_UUID = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}
RANDOM_DIGEST = {
    "sqlite": "lower(hex(randomblob(32)))",
    "postgresql": "encode(sha256(gen_random_uuid()::text::bytea), 'hex')",
}
COPIED_EVERY = 50  # one photo in so many is the same file as another product's


def seed_crowd(count: int, *, embeddings: bool = False) -> Iterator[int]:
    """Add `count` products with their results; yields how many more there are each time.

    All or nothing: one transaction. Only SQLite and PostgreSQL.
    """
    draw_photos()
    with transaction.atomic():
        # Behind many others, a few rows are added more quickly than indexes are made.
        tables = [] if Product.objects.exists() else MODELS
        block = Block(min(BLOCK, count), embeddings=embeddings)
        with without_indexes(tables):
            yield from fill_tables(block, count)
        count_results(block.runs)
        make_rollback(block.runs[ROLLED_BACK], block.verdicts.reviewers[0])
        make_threshold_changes(block.labels, block.verdicts.reviewers)
        reset_sequences(block)
        DaySummary.objects.all().delete()  # these products came past the workflow
    # As its autovacuum does by itself, only later.
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def fill_tables(block: Block, count: int) -> Iterator[int]:
    """Save the block and copy it until there are `count` products; yields as `seed_crowd`."""
    block.save()
    results = block.tables[Classification]
    last = results.first + results.count(count) - 1
    spread_decisions(results.first, last, block.tables[Decision].first)
    made = min(BLOCK, count)
    yield made
    while made < count:
        part = min(made, count - made, AT_ONCE)
        copy_products(block, made, part, last)
        made += part
        yield part


def copy_products(block: Block, made: int, part: int, last: int) -> None:
    """Copy the first `part` of `made` products, with all that belongs to them.

    `last` is the id of the last result that there will be.
    """
    shifts = {model: table.count(made) for model, table in block.tables.items()}
    changed = list_changes(shifts, block.tables[Run].first)
    result = shifts[Classification]
    reviewed = tell_reviewed(f"(id + {result})", block.tables[Classification].first, last)
    changed[Classification]["reviewed_at"] = reviewed
    changed[Decision]["created_at"] = tell_decided(
        f"{Decision._meta.db_table}.classification_id + {result}"
    )
    for model, table in block.tables.items():
        copy_rows(model, table.first, table.count(part), changed.get(model, {}), shifts[model])
    if block.embeddings is not None:
        table = block.tables[Classification]
        copy_rows(Embedding, table.first, table.count(part), {}, shifts[Classification])


def list_changes(
    shifts: dict[type[models.Model], int], first_upload: int
) -> dict[type[models.Model], dict[str, str]]:
    """Columns that a copy does not share with its row, and their values in SQL."""

    def move(column: str, model: type[models.Model]) -> str:
        return f"{column} + {shifts[model]}"

    result, product = Classification, Product
    # A title names its product's id; few results are equally sure.
    title = f"replace(title, CAST(id AS text), CAST({move('id', product)} AS text))"
    key = f"CAST(CAST(object_id AS bigint) + {shifts[product]} AS text)"
    run = f"CASE WHEN run_id < {first_upload} THEN run_id ELSE {move('run_id', Run)} END"
    digest = RANDOM_DIGEST[connection.vendor]
    photo = f"CASE WHEN id % {COPIED_EVERY} = 0 THEN image_digest ELSE {digest} END"
    drop = f"(1 - {DROP} * (({{}} + {shifts[result]}) * 7919 % 997) / 997.0)"
    own, of_result = drop.format("id"), drop.format("classification_id")
    return {
        Product: {"title": title},
        Filing: {"product_id": move("product_id", product)},
        Classification: {
            "object_id": key,
            "run_id": run,
            "image_digest": photo,
            "top_confidence": f"top_confidence * {own}",
            "uncertainty": f"uncertainty + coalesce(top_confidence * (1 - {own}), 0)",
        },
        Suggestion: {
            "classification_id": move("classification_id", result),
            "confidence": f"confidence * {of_result}",
        },
        Decision: {
            "classification_id": move("classification_id", result),
            "suggestion_id": move("suggestion_id", Suggestion),
            "reverts_id": move("reverts_id", Decision),
            "batch": RANDOM_UUID[connection.vendor],
        },
    }


def copy_rows(
    model: type[models.Model], first: int, rows: int, changed: dict[str, str], shift: int
) -> None:
    """Copy rows, from the id `first` on, to ids higher by `shift`."""
    meta = model._meta
    assert meta.pk is not None  # noqa: S101 - every model has one
    key = str(meta.pk.column)
    columns = [str(field.column) for field in meta.local_concrete_fields]
    values = {column: f'"{column}"' for column in columns} | changed | {key: f"{key} + {shift}"}
    names = ", ".join(f'"{column}"' for column in values)
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{meta.db_table}" ({names}) SELECT {", ".join(values.values())} '  # noqa: S608 - our own columns
            f'FROM "{meta.db_table}" WHERE {key} >= {first} AND {key} < {first + rows}'
        )


def reset_sequences(block: Block) -> None:
    """Let the database's own ids go on behind ours."""
    statements = connection.ops.sequence_reset_sql(no_style(), list(block.tables))
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
