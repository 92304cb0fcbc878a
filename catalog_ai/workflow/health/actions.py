"""What people do about what a health check found. A person's word is never overwritten by it.

All raise NotPermitted where the actor may not do it.
"""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from catalog_ai.errors import CatalogAIError
from catalog_ai.models import (
    Classification,
    Decision,
    DifferentProducts,
    HealthFinding,
    HealthGroup,
    Suggestion,
)
from catalog_ai.models.signatures import sign
from catalog_ai.targets import ProductTarget, get_target
from catalog_ai.workflow.health.disagreement import Disagreement, load_disagreements
from catalog_ai.workflow.health.findings import digest_key
from catalog_ai.workflow.ledger import append, close_if_decided, record
from catalog_ai.workflow.locks import lock_classification, lock_products
from catalog_ai.workflow.mapping import CategoryMap
from catalog_ai.workflow.mirror import mirror_current
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import REVIEW, as_user, require

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

AT_ONCE = 500  # products a request decides on; of a larger group the rest takes another press
State = Classification.State


@dataclass
class Acted:
    """What a call did; `settled` were no disagreement any more, or had been asked about."""

    done: int = 0
    settled: int = 0
    errors: list[str] = field(default_factory=list)
    batch: uuid.UUID = field(default_factory=uuid.uuid4)


Verb = Callable[[Disagreement, ProductTarget, "Actor", uuid.UUID], bool]


def ask_again(finding_ids: Collection[int], actor: "Actor") -> Acted:
    """Send products to the review queue because the model disagrees with their category."""
    require(actor, REVIEW)
    return _act_on_each(finding_ids, actor, _ask, keeps=True)


def keep_present(finding_ids: Collection[int], actor: "Actor") -> Acted:
    """Say that the present category is right; of this photo nobody is asked about it again.

    In the ledger it is the rejection of what the model says, and is undone like one.
    """
    require(actor, REVIEW)
    return _act_on_each(finding_ids, actor, _keep, keeps=False)


def _act_on_each(finding_ids: Collection[int], actor: "Actor", verb: Verb, *, keeps: bool) -> Acted:
    """Product by product: one refusal must not undo the others. `keeps` the findings or not."""
    acted = Acted()
    findings = HealthFinding.objects.filter(
        pk__in=list(finding_ids)[:AT_ONCE], group__kind=HealthGroup.Kind.DISAGREES
    ).select_related("group__check_run")
    maps: dict[str, CategoryMap] = {}
    for finding in findings.order_by("pk"):
        target = get_target(finding.group.check_run.target)
        categories = maps.get(target.key)
        if categories is None:
            categories = maps[target.key] = CategoryMap(target, get_bundle(), dry=True)
        try:
            with transaction.atomic():
                found = lock_disagreement(target, finding.object_id, categories)
                done = found is not None and verb(found, target, actor, acted.batch)
                _settle(finding, stays=found is not None and keeps)
        except CatalogAIError as refused:
            acted.errors.append(str(refused))
            continue
        acted.done += done
        acted.settled += not done
    return acted


def lock_disagreement(
    target: ProductTarget, key: str, categories: CategoryMap
) -> Disagreement | None:
    """The product's disagreement as it stands behind the locks; None where it is settled."""
    lock_products(target, [key])  # first, so that its latest result stays the latest
    rows = Classification.objects.filter(target=target.key, object_id=key, is_current=True)
    pk = rows.values_list("pk", flat=True).first()
    if pk is None:
        return None
    lock_classification(pk)
    return load_disagreements(target, target.load_products([key]), categories).get(key)


def _settle(finding: HealthFinding, *, stays: bool) -> None:
    """Mark the finding as asked about, or take it off its line; once, whoever else does it too."""
    mine = HealthFinding.objects.filter(pk=finding.pk)
    group = HealthGroup.objects.filter(pk=finding.group_id)
    if stays:
        if mine.filter(asked=False).update(asked=True):
            group.update(asked=F("asked") + 1)
        return
    asked = mine.filter(asked=True).delete()[0]
    plain = mine.delete()[0]
    group.update(size=F("size") - asked - plain, asked=F("asked") - asked)


def _ask(found: Disagreement, target: ProductTarget, actor: "Actor", batch: uuid.UUID) -> bool:
    row = found.row
    if found.asked:
        return False
    entries = [
        record(row, suggestion, Decision.Action.ASK, actor, batch, set(), set())
        for suggestion in found.suggestions
    ]
    row.state, row.reason = State.REVIEW, Classification.Reason.DISAGREES
    row.reviewed_at = None
    for suggestion, entry in zip(found.suggestions, entries, strict=True):
        suggestion.state = Suggestion.State.PENDING
        suggestion.save(update_fields=["state"])
        append(entry, row, suggestion)
    row.save(update_fields=["state", "reason", "reviewed_at"])
    mirror_current(target, [row])
    return True


def _keep(found: Disagreement, target: ProductTarget, actor: "Actor", batch: uuid.UUID) -> bool:
    for suggestion in found.suggestions:
        entry = record(found.row, suggestion, Decision.Action.REJECT, actor, batch, set(), set())
        suggestion.state = Suggestion.State.REJECTED
        suggestion.save(update_fields=["state"])
        close_if_decided(found.row)
        append(entry, found.row, suggestion)
    mirror_current(target, [found.row])
    return True


def list_open(group: HealthGroup, *, unasked: bool = False) -> list[int]:
    """Ids of the next findings of a group that a request can decide on."""
    findings = group.findings.order_by("-confidence", "pk")
    if unasked:
        findings = findings.filter(asked=False)
    return list(findings.values_list("pk", flat=True)[:AT_ONCE])


def keep_apart(group: HealthGroup, actor: "Actor") -> None:
    """Say that the products of a group are different ones: no later check shows it again.

    A product more with such a photo makes another group, which is shown.
    """
    require(actor, REVIEW)
    with transaction.atomic():
        members = _lock_members(group)
        DifferentProducts.objects.get_or_create(
            target=group.check_run.target,
            key=digest_key(members),
            defaults={"members": members, **sign(as_user(actor))},
        )
        HealthGroup.objects.filter(pk=group.pk).update(silenced=True)


def compare_again(group: HealthGroup, actor: "Actor") -> None:
    """Take back that the products of a group are different ones."""
    require(actor, REVIEW)
    with transaction.atomic():
        members = set(_lock_members(group))
        rows = DifferentProducts.objects.filter(target=group.check_run.target)
        said = [pk for pk, known in rows.values_list("pk", "members") if members <= set(known)]
        rows.filter(pk__in=said).delete()
        HealthGroup.objects.filter(pk=group.pk).update(silenced=False)


def _lock_members(group: HealthGroup) -> list[str]:
    """Keys of the group's products, sorted; the group's row is locked, so that two take turns."""
    list(HealthGroup.objects.select_for_update().filter(pk=group.pk).values_list("pk"))
    return sorted(group.findings.values_list("object_id", flat=True))
