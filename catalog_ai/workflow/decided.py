"""What people decided of the model's labels, each decision with the chance that it was asked.

Which decisions count, and why: docs/adr/0006-audits.md.
"""

from dataclasses import dataclass

from django.db.models import Count, F, FloatField, Func, Q, Sum
from django.db.models.functions import Cast

from catalog_ai.models import Classification, LabelRule, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.estimate import Evidence
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.plans import expect_few, filter_unindexed, has_state

NEWEST_DECIDED = 100_000  # of all labels, that are looked through
NEWEST_AUDITS = 1_000  # of a label
# Django's own Round counts in exact decimals on PostgreSQL, which is slow.
THOUSANDTHS = Func(F("confidence") * 1000, function="ROUND", output_field=FloatField())
RIGHT = Q(state=Suggestion.State.APPROVED)
# Results over the threshold that every one is asked of, for a reason that is none of the photo's.
ASKED_ALL = (Classification.Reason.NOT_PERMITTED, Classification.Reason.UNMAPPED)
# Others over the threshold were asked, or found by somebody, because they look wrong.
IS_SAMPLED = (
    Q(audit=True) | Q(confidence__lt=F("auto_threshold")) | Q(classification__reason__in=ASKED_ALL)
)


@dataclass(frozen=True)
class DecidedAt:
    """The decisions on one label at one confidence (0-1, to 0.001)."""

    confidence: float
    evidence: Evidence

    @property
    def figures(self) -> tuple[float, ...]:
        one = self.evidence
        return one.number, one.weight, one.wrong, one.squares, one.squares_wrong


def load_decided(target: ProductTarget) -> dict[str, list[DecidedAt]]:
    """By label, the newest decisions on results of the model in use; three queries."""
    by_person = has_state(Suggestion.BY_PERSON)
    newest = Suggestion.objects.filter(by_person).order_by("-pk").values_list("pk", flat=True)
    last = newest[NEWEST_DECIDED : NEWEST_DECIDED + 1].first()
    rows = Suggestion.objects.filter(
        by_person,
        IS_SAMPLED,
        ~_is_old(target),
        confidence__isnull=False,
        classification__model_version=get_bundle().model_version,
        pk__gt=last or 0,
    )
    # Grouped by thousandths, for in a large shop hardly two confidences are the same.
    own = filter_unindexed(rows, "classification__target", target.key)
    grouped = expect_few(own).annotate(thousandths=THOUSANDTHS).order_by()
    found: dict[str, list[DecidedAt]] = {}
    weight = 1.0 / Cast("asked_chance", FloatField())
    for label, thousandths, *figures in grouped.values_list("label", "thousandths").annotate(
        number=Count("pk"),
        weight=Sum(weight),
        wrong=Sum(weight, filter=~RIGHT),
        squares=Sum(weight * weight),
        squares_wrong=Sum(weight * weight, filter=~RIGHT),
    ):
        evidence = Evidence(*(figure or 0 for figure in figures))
        found.setdefault(label, []).append(DecidedAt(thousandths / 1000, evidence))
    return found


def _is_old(target: ProductTarget) -> Q:
    """Decisions on results from before a label was moved back, or let file again."""
    rules = LabelRule.objects.filter(target=target.key, evidence_after__gt=0)
    old = Q(pk__in=[])
    for label, last in rules.values_list("label", "evidence_after"):
        old |= Q(label=label, pk__lte=last)
    return old


def gather_audits(rule: LabelRule, auto: float) -> Evidence:
    """The label's newest audits: of this model, from `auto` on, and not settled already."""
    rows = Suggestion.objects.filter(
        audit=True,
        label=rule.label,
        pk__gt=rule.evidence_after,
        state__in=Suggestion.BY_PERSON,
        confidence__gte=auto,
        classification__target=rule.target,
        classification__model_version=get_bundle().model_version,
    )
    newest = rows.order_by("-pk").values_list("state", "asked_chance")[:NEWEST_AUDITS]
    return Evidence.gather((state == Suggestion.State.APPROVED, chance) for state, chance in newest)
