"""What changed thresholds, when, why and by whom: one row a change, never changed itself."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog_ai.models.rules import LabelRule
from catalog_ai.models.signatures import SignedModel
from catalog_ai.models.threshold_reasons import LONGEST, tell_reason


class ThresholdChange(SignedModel):
    """One label's threshold before and after, or an error budget that was stated."""

    class Kind(models.TextChoices):
        PERSON = "person", _("Set by a person")
        BUDGET = "budget", _("Followed the error budget")
        MOVED_BACK = "moved_back", _("Moved back to review")
        CAME_BACK = "came_back", _("Files again: people's decisions show it may")
        LET_FILE = "let_file", _("Files again: a person said so")
        STATED = "stated", _("Error budget stated")
        UNDONE = "undone", _("Undone")

    target = models.CharField(_("product model"), max_length=100)
    label = models.CharField(_("label"), max_length=64, blank=True)
    kind = models.CharField(_("what happened"), max_length=10, choices=Kind)
    why = models.CharField(_("why"), max_length=LONGEST, blank=True)  # in English
    why_code = models.CharField(
        max_length=40, blank=True, default="", db_default="", editable=False
    )
    why_figures = models.JSONField(null=True, blank=True, editable=False)
    # None: the default. `asks`: every product of the label asks a person.
    auto_before = models.FloatField(null=True)
    auto_after = models.FloatField(null=True)
    asks_before = models.BooleanField(default=False)
    asks_after = models.BooleanField(default=False)
    by_before = models.CharField(max_length=6, choices=LabelRule.SetBy, blank=True)
    batch = models.UUIDField(_("batch"), default=uuid.uuid4, db_index=True)
    reverts = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reverted_by"
    )
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("threshold change")
        verbose_name_plural = _("threshold changes")
        indexes = [models.Index(fields=["target", "-id"], name="catalog_ai_thr_target")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.label}"

    @property
    def told_why(self) -> str:
        """The reason in the reader's language."""
        return tell_reason(self.why_code, self.why_figures, self.why)
