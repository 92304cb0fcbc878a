"""The ledger: every change of state, by a person or by the model, one row, never changed."""

import uuid
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog_ai.errors import LedgerIsAppendOnly
from catalog_ai.models.classifications import Classification
from catalog_ai.models.signatures import SignedModel, link_to_user
from catalog_ai.models.suggestions import Suggestion


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Reads and appends only."""

    def update(self, **kwargs: Any) -> int:
        raise LedgerIsAppendOnly

    def delete(self) -> tuple[int, dict[str, int]]:
        raise LedgerIsAppendOnly


class Decision(SignedModel):
    """Who did what to which suggestion, and the product's categories before and after."""

    class Action(models.TextChoices):
        APPLY = "apply", _("Filed by the model")
        APPROVE = "approve", _("Approved")
        REJECT = "reject", _("Rejected")
        CORRECT = "correct", _("Corrected")
        ASK = "ask", _("Sent to review")
        UNDO = "undo", _("Undone")
        ROLL_BACK = "roll_back", _("Rolled back")

    actor = link_to_user(_("by"), db_index=False)  # an index of actor and id begins with it
    classification = models.ForeignKey(
        Classification, on_delete=models.PROTECT, related_name="decisions"
    )
    suggestion = models.ForeignKey(
        Suggestion, on_delete=models.PROTECT, related_name="decisions", null=True, blank=True
    )
    action = models.CharField(_("action"), max_length=10, choices=Action)
    batch = models.UUIDField(_("batch"), default=uuid.uuid4, db_index=True)
    label = models.CharField(_("label"), max_length=64, blank=True)
    state_before = models.CharField(max_length=12, blank=True)
    state_after = models.CharField(max_length=12, blank=True)
    classification_before = models.CharField(max_length=12, blank=True)
    classification_after = models.CharField(max_length=12, blank=True)
    categories_before = models.JSONField(default=list)
    categories_after = models.JSONField(default=list)
    reverts = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reverted_by"
    )
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        indexes = [
            models.Index(fields=["actor", "-id"], name="catalog_ai_dec_actor"),
            models.Index(fields=["created_at"], name="catalog_ai_dec_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()} {self.label}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise LedgerIsAppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise LedgerIsAppendOnly

    @property
    def by_person(self) -> bool:
        return self.actor_id is not None or bool(self.actor_name)
