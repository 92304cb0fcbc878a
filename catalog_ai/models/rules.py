"""Label rules: what a shop says of one label - its category and its own thresholds."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog_ai.models.threshold_reasons import LONGEST, Reason, tell_reason

FRACTION = [MinValueValidator(0.0), MaxValueValidator(1.0)]


class LabelRule(models.Model):
    """A shop's own word on one label. Empty fields leave the default as it is."""

    class SetBy(models.TextChoices):
        NOBODY = "", _("Nobody: the default")
        PERSON = "person", _("A person")  # never overwritten by the budget
        BUDGET = "budget", _("The error budget")

    target = models.CharField(_("product model"), max_length=100)
    label = models.CharField(_("label"), max_length=64)
    category = models.CharField(_("category"), max_length=200, blank=True)
    auto_threshold = models.FloatField(
        _("files by itself from"), null=True, blank=True, validators=FRACTION
    )
    auto_by = models.CharField(
        _("threshold set by"), max_length=6, choices=SetBy, default=SetBy.NOBODY, blank=True
    )
    review_threshold = models.FloatField(
        _("asks a person from"), null=True, blank=True, validators=FRACTION
    )
    always_review = models.BooleanField(_("always ask a person"), default=False)
    note = models.CharField(_("note"), max_length=LONGEST, blank=True)  # in English
    note_code = models.CharField(
        max_length=40, blank=True, default="", db_default="", editable=False
    )
    note_figures = models.JSONField(null=True, blank=True, editable=False)
    moved_back_at = models.DateTimeField(
        _("moved back to review by the system"), null=True, blank=True, editable=False
    )
    # Suggestions up to this one say nothing new: the label was moved, or let file again, since.
    evidence_after = models.PositiveBigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("label rule")
        verbose_name_plural = _("label rules")
        constraints = [
            models.UniqueConstraint(fields=["target", "label"], name="catalog_ai_one_rule"),
            models.CheckConstraint(
                condition=Q(auto_threshold__isnull=True)
                | Q(review_threshold__isnull=True)
                | Q(review_threshold__lte=F("auto_threshold")),
                name="catalog_ai_rule_order",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def told_note(self) -> str:
        """The note in the reader's language."""
        return tell_reason(self.note_code, self.note_figures, self.note)

    def annotate(self, reason: Reason | None) -> None:
        """Say why the rule is as it is. Not saved."""
        self.note = reason.sentence if reason else ""
        self.note_code = reason.code if reason else ""
        self.note_figures = dict(reason.figures) if reason else None

    def clean(self) -> None:
        auto, review = self.auto_threshold, self.review_threshold
        if auto is not None and review is not None and review > auto:
            raise ValidationError(
                {"review_threshold": _("A person cannot be asked from above what files by itself.")}
            )
