"""What happened in the months since: when people decided, thresholds, a rollback."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from catalog_ai.inference.bundle import Label
from catalog_ai.models import (
    Classification,
    Decision,
    ErrorBudget,
    LabelRule,
    Rollback,
    Run,
    ThresholdChange,
)
from catalog_ai.models.signatures import sign
from shop_demo.backdrop import TARGET

DAYS = 94  # that people have been deciding
HOURS = 8  # a working day
CHANGES = 5  # of a label's threshold, by the budget or by a person
# A moment as SQL, a moment so many seconds behind another, and the later of two.
MOMENT = {"sqlite": "'{}'", "postgresql": "timestamptz '{}+00'"}
LATER = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', {}, '+' || ({}) || ' seconds')",
    "postgresql": "{} + ({}) * interval '1 second'",
}
LATEST = {"sqlite": "max", "postgresql": "greatest"}
BY_PEOPLE = "action IN ('approve', 'correct', 'reject')"


def tell_reviewed(key: str, first: int, last: int) -> str:
    """When the result with the id `key` was reviewed, in SQL; none where it was not.

    In working hours, day after day, the oldest results first; newer ones within a day.
    """
    database = connection.vendor
    start = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0)
    begin = MOMENT[database].format(f"{start - timedelta(days=DAYS):%Y-%m-%d %H:%M:%S}")
    day = HOURS * 3600
    worked = f"CAST(({key} - {first}) * {DAYS * day / (last - first + 1)} AS bigint)"
    in_turn = LATER[database].format(begin, f"{worked} / {day} * 86400 + {worked} % {day}")
    at_once = LATER[database].format("finished_at", f"60 + {key} * 7919 % {day}")
    moment = f"{LATEST[database]}({in_turn}, {at_once})"
    return f"CASE WHEN state = 'reviewed' THEN {moment} END"


def tell_decided(key: str) -> str:
    """When an entry on the result with the id `key` was written, in SQL."""
    results = Classification._meta.db_table
    reviewed = f"(SELECT r.reviewed_at FROM {results} r WHERE r.id = {key})"  # noqa: S608 - our own names
    return f"CASE WHEN {BY_PEOPLE} THEN {reviewed} ELSE created_at END"


def spread_decisions(results: int, last: int, decisions: int) -> None:
    """Let the rows written from these ids on be decided as their copies up to `last` will be."""
    pairs = (
        (Classification, "reviewed_at", tell_reviewed("id", results, last), results),
        (Decision, "created_at", tell_decided("classification_id"), decisions),
    )
    with connection.cursor() as cursor:
        for model, column, value, first in pairs:
            cursor.execute(
                f"UPDATE {model._meta.db_table} SET {column} = {value} WHERE id >= {first}"  # noqa: S608
            )


def make_rollback(run: Run, boss: Any) -> None:
    """The row of a rollback that took back all that the run had filed."""
    made = Decision.objects.filter(
        classification__run=run, action=Decision.Action.ROLL_BACK
    ).count()
    row = Rollback.objects.create(
        run=run,
        state=Rollback.State.DONE,
        **sign(boss),
        total=made,
        taken_back=made,
        finished_at=run.rolled_back_at,
    )
    began = run.rolled_back_at and run.rolled_back_at - timedelta(minutes=40)
    Rollback.objects.filter(pk=row.pk).update(created_at=began)


def make_threshold_changes(labels: Sequence[Label], reviewers: Sequence[Any]) -> None:
    """A budget that is followed, and what it and people did to thresholds over the months."""
    ErrorBudget.objects.get_or_create(target=TARGET, label="", defaults={"follows": True})
    chance = random.Random(len(labels))  # noqa: S311 - no secret, and the same each time
    now = timezone.now()
    for label in labels:
        moments = sorted(now - timedelta(days=chance.uniform(1, DAYS)) for _ in range(CHANGES))
        last = None
        for moment in moments:
            person = chance.choice(reviewers) if chance.random() < 0.3 else None
            last = _change(label, last, round(chance.uniform(0.75, 0.97), 2), person, moment)
        if last is not None:
            LabelRule.objects.update_or_create(
                target=TARGET,
                label=label.id,
                defaults={
                    "auto_threshold": last.auto_after,
                    "auto_by": _set_by(last.actor),
                },
            )


def _change(
    label: Label, last: ThresholdChange | None, auto: float, person: Any, moment: datetime
) -> ThresholdChange:
    Kind = ThresholdChange.Kind
    change = ThresholdChange.objects.create(
        target=TARGET,
        label=label.id,
        kind=Kind.PERSON if person else Kind.BUDGET,
        auto_before=last.auto_after if last else None,
        auto_after=auto,
        by_before=_set_by(last.actor) if last else LabelRule.SetBy.NOBODY,
        actor=person,
        actor_name=person.get_username() if person else "",
    )
    ThresholdChange.objects.filter(pk=change.pk).update(created_at=moment)
    return change


def _set_by(person: Any) -> str:
    return LabelRule.SetBy.PERSON if person else LabelRule.SetBy.BUDGET
