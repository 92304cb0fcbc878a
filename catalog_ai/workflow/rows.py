"""Fields of many rows of one model, written at once."""

from collections.abc import Sequence
from typing import Any

from django.db import connections, models, router


def update_rows(
    model: type[models.Model], rows: Sequence[models.Model], names: Sequence[str]
) -> None:
    """Write these fields of rows that exist already; no signal is sent.

    One prepared UPDATE, run for every row: bulk_update builds a CASE a field and row, and an upsert
    prepares every field of the model.
    """
    # Of an inherited model, the table that has the fields.
    meta = model._meta.get_field(names[0]).model._meta
    fields: list[Any] = [*map(meta.get_field, names), meta.pk]
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    changes = ", ".join(f"{quote(field.column)} = %s" for field in fields[:-1])
    sql = f"UPDATE {quote(meta.db_table)} SET {changes} WHERE {quote(fields[-1].column)} = %s"  # noqa: S608
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
