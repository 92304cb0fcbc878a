"""Many rows of one model, written by one statement; no signal is sent.

bulk_update builds a CASE a field and row, bulk_create prepares every value of every row one by one:
most of them are the same in all rows. On PostgreSQL the rows travel as one array a column, which
is parsed and planned once; elsewhere one prepared statement is run for every row.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connections, models, router
from django.db.models.constants import OnConflict

from catalog_ai.arrays import name_kind, write_array

# What Django passes on to every database as it is; asking it costs as much as all else here.
PLAIN: dict[type, type] = {
    models.AutoField: int,
    models.BigAutoField: int,
    models.BinaryField: bytes,
    models.BooleanField: bool,
    models.CharField: str,
    models.FloatField: float,
    models.ForeignKey: int,
    models.OneToOneField: int,
}

COMPACT = json.JSONEncoder(separators=(",", ":"))


class _Column(NamedTuple):
    """A field's values as the database takes them, one a row."""

    field: Any
    values: list[Any]
    shared: bool  # all the same


def update_rows(
    model: type[models.Model], rows: Sequence[models.Model], names: Sequence[str]
) -> None:
    """Write these fields of rows that exist already."""
    if not rows:
        return
    # Of an inherited model, the table that has the fields.
    meta = model._meta.get_field(names[0]).model._meta
    fields: list[Any] = [*map(meta.get_field, names), meta.pk]
    connection = connections[router.db_for_write(model)]
    columns = [
        _prepare(field, [getattr(row, field.attname) for row in rows], connection)
        for field in fields
    ]
    quote = connection.ops.quote_name
    table, key = quote(meta.db_table), quote(fields[-1].column)
    if connection.vendor == "postgresql":
        sources, spread, parameters = _spread(columns, connection)
        changes = _list_changes(fields[:-1], sources, quote)
        where = f"{spread} WHERE {table}.{key} = {sources[-1]}"
        _execute(connection, f"UPDATE {table} SET {changes} FROM {where}", parameters)  # noqa: S608
    else:
        changes = _list_changes(fields[:-1], ["%s"] * len(names), quote)
        _execute_many(connection, f"UPDATE {table} SET {changes} WHERE {key} = %s", columns)  # noqa: S608


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model. Unlike bulk_create it leaves their keys unset."""
    if rows:
        fields = type(rows[0])._meta.concrete_fields
        kept = {
            field.attname: [field.pre_save(row, add=True) for row in rows]
            for field in fields
            if not isinstance(field, models.AutoField)
        }
        insert_alike(rows[0], kept)


def insert_alike(
    pattern: models.Model, changing: Mapping[str, Sequence[Any]], *, ignore_conflicts: bool = False
) -> None:
    """Insert rows like `pattern` save for the fields (attnames) of `changing`: a value a row."""
    number = len(next(iter(changing.values())))
    if not number:
        return
    model = type(pattern)
    fields: list[Any] = [
        f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)
    ]
    connection = connections[router.db_for_write(model)]
    columns = [
        _prepare(field, changing[field.attname], connection)
        if field.attname in changing
        else _repeat(field, field.pre_save(pattern, add=True), number, connection)
        for field in fields
    ]
    conflict = OnConflict.IGNORE if ignore_conflicts else None
    quote, ops = connection.ops.quote_name, connection.ops
    names = ", ".join(quote(field.column) for field in fields)
    into = f"{ops.insert_statement(on_conflict=conflict)} {quote(model._meta.db_table)} ({names})"
    suffix = ops.on_conflict_suffix_sql(fields, conflict, [], [])
    if connection.vendor == "postgresql":
        sources, spread, parameters = _spread(columns, connection)
        select = f"SELECT {', '.join(sources)} FROM {spread}"  # noqa: S608
        _execute(connection, f"{into} {select} {suffix}", parameters)
    else:
        values = ", ".join(["%s"] * len(fields))
        _execute_many(connection, f"{into} VALUES ({values}) {suffix}", columns)


def _prepare(field: Any, values: Sequence[Any], connection: Any) -> _Column:
    """The values as the database takes them; one that all rows share is prepared once."""
    if len(values) > 1 and list(values).count(values[0]) == len(values):
        return _repeat(field, values[0], len(values), connection)
    plain = PLAIN.get(type(field), ())
    written = [
        value if isinstance(value, plain) else _write(field, value, connection) for value in values
    ]
    return _Column(field, written, False)


def _repeat(field: Any, value: Any, number: int, connection: Any) -> _Column:
    return _Column(field, [_write(field, value, connection)] * number, True)


def _write(field: Any, value: Any, connection: Any) -> Any:
    if isinstance(field, models.JSONField):
        encoder = field.encoder(separators=(",", ":")) if field.encoder else COMPACT
        return encoder.encode(value)  # as text, which every database reads
    return field.get_db_prep_save(value, connection)


def _list_changes(fields: Sequence[Any], sources: Sequence[str], quote: Any) -> str:
    pairs = zip(fields, sources, strict=False)
    return ", ".join(f"{quote(field.column)} = {source}" for field, source in pairs)


def _spread(columns: Sequence[_Column], connection: Any) -> tuple[list[str], str, list[Any]]:
    """For PostgreSQL: what stands for each column, the table it comes from, and the parameters.

    What all rows share is passed once, save for the last column, which says how many rows there
    are; and before the arrays, because it stands before them.
    """
    sources, given, names = [], [], []
    shared: list[Any] = []
    arrays: list[Any] = []
    for at, (field, values, same) in enumerate(columns):
        kind = name_kind(field, connection)
        if same and at < len(columns) - 1:
            sources.append(f"%s::{kind}")
            shared.append(values[0])
            continue
        array, parameter, source = write_array(values, kind)
        names.append(f"c{at}")
        sources.append(source.format(f"given.c{at}"))
        given.append(array)
        arrays.append(parameter)
    spread = f"UNNEST({', '.join(given)}) AS given({', '.join(names)})"
    return sources, spread, [*shared, *arrays]


def _execute(connection: Any, sql: str, parameters: Sequence[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)


def _execute_many(connection: Any, sql: str, columns: Sequence[_Column]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(sql, list(zip(*(column.values for column in columns), strict=True)))
