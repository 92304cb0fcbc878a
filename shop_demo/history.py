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
from shop_demo.backdrop import TARGET

DAYS = 94  # that people have been deciding
HOURS = 8  # a working day
CHANGES = 5  # of a label's threshold, by the budget or by a person
# A moment, and so many seconds behind it; the later of two moments.
LATER = {
    "sqlite": (
        "strftime('%%Y-%%m-%%d %%H:%%M:%%f', {moment}, '+' || ({seconds}) || ' seconds')",
        "max",
    ),
    "postgresql": ("{moment} + ({seconds}) * interval '1 second'", "greatest"),
}


def spread_decisions(first_result: int, first_decision: int) -> None:
    """Let people have decided in working hours, day after day, the oldest results first."""
    add, latest = LATER[connection.vendor]
    results = Classification._meta.db_table
    last = Classification.objects.latest("pk").pk
    start = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0)
    # Seconds of work up to each result: whole days of it, and the rest of one.
    pace = DAYS * HOURS * 3600 / (last - first_result + 1)
    worked = f"CAST((id - {first_result}) * {pace} AS bigint)"
    in_turn = add.format(moment="%s", seconds=_tell_clock(worked))
    at_once = add.format(moment="finished_at", seconds=f"60 + id * 7919 %% {HOURS * 3600}")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {results} SET reviewed_at = {latest}({in_turn}, {at_once}) "  # noqa: S608 - our own columns
            f"WHERE id >= {first_result} AND state = 'reviewed'",
            [connection.ops.adapt_datetimefield_value(start - timedelta(days=DAYS))],
        )
        cursor.execute(
            f"UPDATE {Decision._meta.db_table} SET created_at = ("  # noqa: S608
            f"SELECT reviewed_at FROM {results} WHERE {results}.id = classification_id) "
            f"WHERE id >= {first_decision} AND action IN ('approve', 'correct', 'reject')"
        )


def _tell_clock(worked: str) -> str:
    """Seconds by the clock, in SQL, since the morning of the first day."""
    day = HOURS * 3600
    return f"{worked} / {day} * 86400 + {worked} %% {day}"


def make_rollback(run: Run, boss: Any) -> None:
    """The row of a rollback that took back all that the run had filed."""
    made = Decision.objects.filter(
        classification__run=run, action=Decision.Action.ROLL_BACK
    ).count()
    row = Rollback.objects.create(
        run=run,
        state=Rollback.State.DONE,
        created_by=boss,
        actor_name=boss.get_username(),
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
