"""Many values as one parameter of a statement: neither written into it nor parsed one by one.

A chunk's statements name 256 rows each. As 256 parameters they cost Django, psycopg and the
server's parser more than the rows themselves.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import F
from django.db.models.lookups import In

NUMBERS = {bool, float, int, type(None)}
SEPARATOR = "\x1f"  # between texts: nobody's holds it, or so we look
SPLIT = "string_to_array(%s, chr(31))"


def write_array(values: Sequence[Any], kind: str) -> tuple[str, Any, str]:
    """For PostgreSQL: an array's SQL, its parameter, and what makes an element `{}` a `kind`.

    psycopg writes an array element by element. Where that cannot be mistaken, one text goes in
    its place, for the server to split.
    """
    kinds = set(map(type, values))
    if kinds <= NUMBERS:
        numbers = ",".join(map(str, values)).replace("None", "NULL")
        return f"%s::{kind}[]", f"{{{numbers}}}", "{}"
    if kinds == {bytes}:
        return SPLIT, SEPARATOR.join(value.hex() for value in values), "decode({}, 'hex')"
    if all(isinstance(value, str) for value in values):
        text = SEPARATOR.join(values)
        if text and text.count(SEPARATOR) == len(values) - 1:
            return SPLIT, text, f"{{}}::{kind}"
    return f"%s::{kind}[]", list(values), "{}"


def name_kind(field: Any, connection: Any) -> str:
    """A field's type, without its length: a cast would cut what is too long, not refuse it."""
    return str(field.db_type(connection)).split("(")[0]


def is_among(name: str, values: Collection[Any]) -> "Among":
    """The condition `name__in=values`, for many values; none of them None."""
    return Among(F(name), list(values))


class Among(In):  # type: ignore[type-arg]
    """`IN` with one parameter, where the database can take its values so."""

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        left, parameters = self.process_lhs(compiler, connection)
        values = self._prepare(connection)
        # A number that the column cannot hold is in no row, and no mistake.
        whole = {type(value) for value in values} == {int}
        kind = "bigint" if whole else name_kind(self.lhs.output_field, connection)
        array, parameter, _element = write_array(values, kind)
        return f"{left} = ANY ({array}::{kind}[])", [*parameters, parameter]

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        values = self._prepare(connection)
        if not {type(value) for value in values} <= {int, str}:
            return super().as_sql(compiler, connection)
        left, parameters = self.process_lhs(compiler, connection)
        text = json.dumps(values)
        return f"{left} IN (SELECT value FROM json_each(%s))", [*parameters, text]  # noqa: S608

    def _prepare(self, connection: Any) -> list[Any]:
        """The values as the database has them.

        Raises:
            EmptyResultSet: there are none, so that no row can be meant.
        """
        if not self.rhs:
            raise EmptyResultSet
        field = self.lhs.output_field
        return [
            value if type(value) in (int, str) else field.get_db_prep_value(value, connection)
            for value in self.rhs
        ]
