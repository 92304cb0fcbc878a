"""What the rows say once the faults of benchmarks/chaos.py are over: lost, repeated and stuck."""

from collections import Counter

from django.db import close_old_connections
from django.db.models import Count

from benchmarks.chaos_settings import POISON
from catalog_ai.conf import get_settings
from catalog_ai.models import Classification, Decision, Run, Suggestion
from shop_demo.models import Product

IN_FLIGHT = Classification.IN_FLIGHT


def judge() -> tuple[dict[str, int], dict[str, int]]:
    """What the rows say, and nothing else: lost, repeated and stuck, and what they are made of."""
    close_old_connections()
    parts = {"lost": count_lost(), "repeated": count_repeated(), "stuck": count_stuck()}
    details = {name: number for part in parts.values() for name, number in part.items() if number}
    return {name: sum(part.values()) for name, part in parts.items()}, details


def count_lost() -> dict[str, int]:
    sound = {
        str(pk) for pk in Product.objects.exclude(title__in=POISON).values_list("pk", flat=True)
    }
    ended = (
        Classification.State.FILED,
        Classification.State.REVIEW,
        Classification.State.UNIDENTIFIED,
    )
    current = Classification.objects.filter(is_current=True, state__in=ended)
    answered = set(current.values_list("object_id", flat=True))
    failed = Classification.objects.filter(state=Classification.State.FAILED)
    wrong = 0
    for run in Run.objects.exclude(state=Run.State.EXPANDING):
        states = Counter(run.classifications.values_list("state", flat=True))
        wrong += sum(states.values()) - run.total
    return {
        "without a result": len(sound - answered),
        "sound but failed": failed.filter(object_id__in=sound).count(),
        "missing from their run": abs(wrong),
        "counted wrongly": count_wrong_counters(),
    }


def count_wrong_counters() -> int:
    """Ends that a run counted and its rows do not show; superseded rows had waited for a person."""
    wrong = 0
    for run in Run.objects.all():
        ends = run.classifications.exclude(state__in=IN_FLIGHT).count()
        wrong += abs(run.done - ends)
    return wrong


def count_repeated() -> dict[str, int]:
    rows = Classification.objects.values("run", "object_id").annotate(number=Count("pk"))
    suggestions = Suggestion.objects.values("classification", "label").annotate(number=Count("pk"))
    filings = Decision.objects.filter(action=Decision.Action.APPLY).values("suggestion")
    current = Classification.objects.filter(is_current=True).values("object_id")
    return {
        "results twice in a run": rows.filter(number__gt=1).count(),
        "suggestions twice": suggestions.filter(number__gt=1).count(),
        "filed twice": filings.annotate(number=Count("pk")).filter(number__gt=1).count(),
        "current twice": current.annotate(number=Count("pk")).filter(number__gt=1).count(),
    }


def count_stuck() -> dict[str, int]:
    bound = get_settings().MAX_ATTEMPTS
    poison = [
        str(pk) for pk in Product.objects.filter(title__in=POISON).values_list("pk", flat=True)
    ]
    ended = Classification.objects.filter(object_id__in=poison).exclude(state__in=IN_FLIGHT)
    stopped = (
        Classification.State.FAILED,
        Classification.State.REJECTED,
        Classification.State.CANCELLED,
    )
    return {
        "in flight": Classification.objects.filter(state__in=IN_FLIGHT).count(),
        "runs without an end": Run.objects.filter(state__in=("running", "expanding")).count(),
        "poison not stopped": ended.exclude(state__in=stopped).count(),
        "poison tried too often": ended.filter(attempts__gt=bound).count(),
    }
