"""From what was found to rows: products under the line that they belong to."""

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import F

from catalog_ai.models import DifferentProducts, HealthCheck, HealthFinding, HealthGroup
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.health.disagreement import Disagreement, load_disagreements
from catalog_ai.workflow.health.duplicates import Duplicates
from catalog_ai.workflow.mapping import CategoryMap
from catalog_ai.workflow.models_in_use import get_bundle, get_label_name

Kind = HealthGroup.Kind
ARROW = " → "
WRITTEN_TOGETHER = 1_000


@dataclass(frozen=True)
class Line:
    """What names a group."""

    kind: str
    key: str
    title: str = ""
    label: str = ""


def digest_key(parts: object) -> str:
    """A group's key: the same parts, the same key."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def write_page(check: HealthCheck, target: ProductTarget, keys: Sequence[str]) -> None:
    """Look at a page of products and keep what is found, in the caller's transaction."""
    products = target.load_products(keys)
    categories = CategoryMap(target, get_bundle(), dry=True)
    disagreements = load_disagreements(target, products, categories)
    names = _name_present(target, disagreements.values())
    found: dict[Line, list[HealthFinding]] = {}
    for key in keys:
        if key in products and not target.get_image(products[key]):
            found.setdefault(Line(Kind.NO_IMAGE, "all"), []).append(HealthFinding(object_id=key))
        if (one := disagreements.get(key)) is not None:
            finding = HealthFinding(object_id=key, confidence=one.confidence, asked=one.asked)
            found.setdefault(_name_pair(one, names), []).append(finding)
    _write(check, found)


def _name_present(target: ProductTarget, disagreements: Iterable[Disagreement]) -> dict[str, str]:
    keys = {key for one in disagreements for key in one.present}
    return target.get_category_names(keys) if keys else {}


def _name_pair(one: Disagreement, names: dict[str, str]) -> Line:
    present = ", ".join(sorted(names.get(key, key) for key in one.present))
    title = f"{present[:400]}{ARROW}{get_label_name(one.label)}"
    return Line(Kind.DISAGREES, digest_key([one.present, one.label]), title[:500], one.label)


def _write(check: HealthCheck, found: dict[Line, list[HealthFinding]]) -> None:
    known = {
        (group.kind, group.key): group
        for group in check.groups.filter(key__in=[line.key for line in found])
    }
    new = [
        HealthGroup(
            check_run=check, kind=line.kind, key=line.key, title=line.title, label=line.label
        )
        for line in found
        if (line.kind, line.key) not in known
    ]
    HealthGroup.objects.bulk_create(new)
    known |= {(group.kind, group.key): group for group in new}
    for line, findings in found.items():
        group = known[line.kind, line.key]
        for finding in findings:
            finding.group = group
        asked = sum(finding.asked for finding in findings)
        HealthGroup.objects.filter(pk=group.pk).update(
            size=F("size") + len(findings), asked=F("asked") + asked
        )
    HealthFinding.objects.bulk_create(
        [finding for findings in found.values() for finding in findings],
        batch_size=WRITTEN_TOGETHER,
    )


def write_duplicates(check: HealthCheck, groups: Sequence[Duplicates]) -> None:
    """Keep groups of products whose photos are alike; those a person silenced stay silent."""
    different = load_different(check.target)
    rows = [
        HealthGroup(
            check_run=check,
            kind=Kind.DUPLICATES,
            key=digest_key(sorted(members)),
            size=len(members),
            silenced=is_different(members, different),
        )
        for members in groups
    ]
    HealthGroup.objects.bulk_create(rows, batch_size=WRITTEN_TOGETHER)
    findings = (
        HealthFinding(group=group, object_id=key, confidence=likeness)
        for group, members in zip(rows, groups, strict=True)
        for key, likeness in members.items()
    )
    # Part by part: Django makes a list of all that it is given.
    while part := list(islice(findings, WRITTEN_TOGETHER)):
        HealthFinding.objects.bulk_create(part)


def load_different(target: str) -> dict[str, list[frozenset[str]]]:
    """Sets of products that people said are different, by each of their members."""
    found: dict[str, list[frozenset[str]]] = {}
    rows = DifferentProducts.objects.filter(target=target)
    for members in rows.values_list("members", flat=True).iterator():
        one = frozenset(members)
        for key in one:
            found.setdefault(key, []).append(one)
    return found


def is_different(members: Collection[str], different: dict[str, list[frozenset[str]]]) -> bool:
    """Whether a person has looked at all of these together and said so."""
    first = next(iter(members), "")
    return any(one.issuperset(members) for one in different.get(first, ()))
