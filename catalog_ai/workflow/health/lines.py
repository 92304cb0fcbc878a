"""The health page's sections as CSV, written while they are sent."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import models

from catalog_ai.models import HealthCheck, HealthFinding, HealthGroup
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.export import PAGE
from catalog_ai.workflow.export_lines import Cell, format_lines
from catalog_ai.workflow.health.lists import TROUBLED, count_gaps, list_unreadable

Kind = HealthGroup.Kind
FOUND = {
    Kind.DISAGREES: ("product_id", "product", "present_and_predicted", "label_id", "confidence"),
    Kind.NO_IMAGE: ("product_id", "product"),
    Kind.DUPLICATES: ("group", "product_id", "product", "likeness", "different_products"),
}
UNREADABLE = ("product_id", "product", "state", "error_code", "reason", "image", "looked_at_at")
GAPS = ("label_id", "label", "products", "missing_category", "leads_nowhere")
Line = Sequence[Cell]


def write_found(target: ProductTarget, check: HealthCheck, kind: Kind) -> Iterator[str]:
    """Every product that a check found of a kind, line by line of the page."""
    yield format_lines([FOUND[kind]])
    findings = HealthFinding.objects.filter(
        group__check_run=check, group__kind=kind
    ).select_related("group")
    make = _LINES[kind]
    for page in _read_pages(findings.order_by("group", "pk")):
        titles = _load_titles(target, [one.object_id for one in page])
        yield format_lines([make(one, titles.get(one.object_id, "")) for one in page])


def _read_pages(findings: "models.QuerySet[HealthFinding]") -> Iterator[list[HealthFinding]]:
    """Group by group; a page starts behind the last finding, and not at a number."""
    page = list(findings[:PAGE])
    while page:
        yield page
        last = page[-1]
        behind = models.Q(group__gt=last.group_id) | models.Q(group=last.group_id, pk__gt=last.pk)
        page = list(findings.filter(group__gte=last.group_id).filter(behind)[:PAGE])


def _load_titles(target: ProductTarget, keys: Sequence[str]) -> dict[str, str]:
    return {key: target.get_title(one) for key, one in target.load_products(keys).items()}


def _tell_disagreement(one: HealthFinding, title: str) -> Line:
    return (one.object_id, title, one.group.title, one.group.label, one.confidence)


def _tell_missing(one: HealthFinding, title: str) -> Line:
    return (one.object_id, title)


def _tell_duplicate(one: HealthFinding, title: str) -> Line:
    different = "yes" if one.group.silenced else ""
    return (one.group_id, one.object_id, title, round(one.confidence, 4), different)


_LINES: dict[Any, Callable[[HealthFinding, str], Line]] = {
    Kind.DISAGREES: _tell_disagreement,
    Kind.NO_IMAGE: _tell_missing,
    Kind.DUPLICATES: _tell_duplicate,
}


def write_unreadable(target: ProductTarget) -> Iterator[str]:
    """Every product whose latest photo could not be judged."""
    yield format_lines([UNREADABLE])
    for state in TROUBLED:
        rows = list_unreadable(target, state).order_by("pk").defer("scores")
        page = list(rows[:PAGE])
        while page:
            titles = _load_titles(target, [row.object_id for row in page])
            yield format_lines(
                [
                    (
                        row.object_id,
                        titles.get(row.object_id, ""),
                        row.state,
                        row.error_code,
                        row.error,
                        row.image_name,
                        row.finished_at.isoformat(timespec="seconds") if row.finished_at else "",
                    )
                    for row in page
                ]
            )
            page = list(rows.filter(pk__gt=page[-1].pk)[:PAGE])


def write_gaps(target: ProductTarget) -> Iterator[str]:
    """Every label that leads nowhere, and every rule whose category is gone."""
    yield format_lines([GAPS])
    yield format_lines(
        [
            (
                one.mapping.label.id,
                one.name,
                one.products,
                one.gone,
                "yes" if one.is_nowhere else "",
            )
            for one in count_gaps(target)
        ]
    )
