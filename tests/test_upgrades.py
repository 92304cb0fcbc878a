"""Zero-downtime upgrades: workers of the version before go on while a migration has been run."""

from collections.abc import Iterator

import pytest
from django.db import models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import (
    AddField,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
)
from django.db.migrations.operations.base import Operation

FIRST_RELEASE = 12  # migrations up to this number were never run under older workers
BREAKING = (RemoveField, RenameField, DeleteModel, RenameModel)


def find_breaks(operations: list[Operation]) -> Iterator[str]:
    """What the code before would stumble over: it still reads and inserts the old columns only."""
    for one in operations:
        if isinstance(one, BREAKING):
            yield f"{one.describe()}: the code before still uses it; drop it one version later"
        elif isinstance(one, AddField) and not is_optional(one.field):
            yield f"{one.describe()}: the code before inserts without it; give it a db_default"


def is_optional(field: models.Field) -> bool:  # type: ignore[type-arg]
    return field.null or field.has_db_default() or field.many_to_many


def test_the_code_before_can_go_on_under_every_migration() -> None:
    found = MigrationLoader(None).disk_migrations
    breaks = {
        name: told
        for (app, name), migration in found.items()
        if app == "catalog_ai" and int(name[:4]) > FIRST_RELEASE
        if (told := list(find_breaks(migration.operations)))
    }
    assert not breaks


@pytest.mark.parametrize(
    ("operation", "breaks"),
    [
        (AddField("run", "a", models.IntegerField(default=0)), 1),
        (AddField("run", "a", models.IntegerField(default=0, db_default=0)), 0),
        (AddField("run", "a", models.IntegerField(null=True)), 0),
        (RemoveField("run", "total"), 1),
    ],
)
def test_a_break_is_found(operation: Operation, breaks: int) -> None:
    assert len(list(find_breaks([operation]))) == breaks
