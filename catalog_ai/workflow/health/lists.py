"""What the health page counts and lists; each from a bounded few indexed queries."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from django.core.cache import cache
from django.db import models
from django.db.models import Count, Q, Sum

from catalog_ai.conf import get_settings
from catalog_ai.models import Classification, HealthCheck, HealthFinding, HealthGroup
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.describe import LabelMapping, describe_mapping
from catalog_ai.workflow.kept import name_kept

State = Classification.State
TROUBLED = (State.REJECTED, State.FAILED)
MANY = 5_000  # unreadable photos, or results of labels, whose counts are kept for a while
KEPT_SECONDS = 60


@dataclass(frozen=True)
class Found:
    """How many lines and products a check found of a kind."""

    groups: int = 0
    products: int = 0


def count_found(check: HealthCheck | None) -> dict[str, Found]:
    """By kind; what a person silenced is left out."""
    if check is None:
        return {}
    rows = check.groups.filter(silenced=False, size__gt=0).order_by().values_list("kind")
    return {
        kind: Found(groups, products)
        for kind, groups, products in rows.annotate(groups=Count("kind"), products=Sum("size"))
    }


def list_groups(
    check: HealthCheck,
    kind: str,
    *,
    silenced: bool = False,
    search: str = "",
    labels: Collection[str] = (),
) -> "models.QuerySet[HealthGroup]":
    """The lines of a kind, the largest first; a search finds those of these labels as well."""
    groups = check.groups.filter(kind=kind, silenced=silenced, size__gt=0)
    if search:
        groups = groups.filter(Q(title__icontains=search) | Q(label__in=labels))
    return groups.order_by("-size", "pk")


def list_findings(group: HealthGroup) -> "models.QuerySet[HealthFinding]":
    """The products of a line, the surest first."""
    return group.findings.order_by("-confidence", "pk")


def list_unreadable(
    target: ProductTarget, state: str, code: str | None = None
) -> "models.QuerySet[Classification]":
    """Products whose latest photo could not be judged, in the order of an index."""
    rows = Classification.objects.filter(target=target.key, is_current=True, state=state)
    if code is not None:
        rows = rows.filter(error_code=code)
    # Where nothing was judged these two are the same in all rows, and stand before the product.
    return rows.order_by("top_label", "top_confidence", "object_id", "pk")


def count_unreadable(target: ProductTarget) -> dict[str, int]:
    """By state."""
    rows = Classification.objects.filter(
        target=target.key, is_current=True, state__in=TROUBLED
    ).order_by()
    counts = dict(rows.values_list("state").annotate(number=Count("target")))
    return {str(state): counts.get(state, 0) for state in TROUBLED}


def count_reasons(target: ProductTarget, state: str) -> list[tuple[str, int]]:
    """(error code, products), commonest first; of many, up to KEPT_SECONDS old."""
    key = name_kept("health.reasons", target.key, state)
    kept: list[tuple[str, int]] | None = cache.get(key)
    if kept is not None:
        return kept
    rows = list_unreadable(target, state).order_by().values_list("error_code")
    counts = sorted(rows.annotate(number=Count("pk")), key=lambda pair: (-pair[1], pair[0]))
    if sum(number for _code, number in counts) > MANY:
        cache.set(key, counts, KEPT_SECONDS)
    return counts


@dataclass(frozen=True)
class LabelGap:
    """A label that leads nowhere, or whose rule names a category that is gone."""

    mapping: LabelMapping
    gone: str  # key that the rule names; empty where no rule names a missing one
    is_nowhere: bool
    products: int = 0  # whose likeliest label it is

    @property
    def name(self) -> str:
        return self.mapping.label.name


def find_gaps(target: ProductTarget) -> list[LabelGap]:
    """Labels to be mapped, without how many products each has.

    Raises:
        BundleError: the model is missing or damaged.
    """
    gaps = []
    for mapping in describe_mapping(target, get_settings().PRESET):
        named = mapping.rule.category if mapping.rule else ""
        gone = named if named != mapping.category else ""
        nowhere = not mapping.is_mapped and not target.can_make
        if gone or nowhere:
            gaps.append(LabelGap(mapping, gone, nowhere))
    return gaps


def count_gaps(target: ProductTarget) -> list[LabelGap]:
    """The same with their products, the commonest first; of many, up to KEPT_SECONDS old."""
    gaps = find_gaps(target)
    counts = _count_labels(target, sorted(one.mapping.label.id for one in gaps)) if gaps else {}
    counted = [
        LabelGap(one.mapping, one.gone, one.is_nowhere, counts.get(one.mapping.label.id, 0))
        for one in gaps
    ]
    return sorted(counted, key=lambda one: (-one.products, one.name.casefold()))


def _count_labels(target: ProductTarget, labels: list[str]) -> dict[str, int]:
    """Products by their likeliest label, without those in which nothing was recognised."""
    digest = hashlib.sha256(" ".join(labels).encode()).hexdigest()
    key = name_kept("health.labels", target.key, digest)
    kept: dict[str, int] | None = cache.get(key)
    if kept is not None:
        return kept
    rows = Classification.objects.filter(
        target=target.key,
        is_current=True,
        state__in=(State.FILED, State.REVIEW, State.REVIEWED),
        top_label__in=labels,
    ).order_by()
    counts = dict(rows.values_list("top_label").annotate(number=Count("target")))
    if sum(counts.values()) > MANY:
        cache.set(key, counts, KEPT_SECONDS)
    return counts
