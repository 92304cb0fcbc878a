"""A suggestion: one label for one classified image, and what became of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog_ai.models.classifications import Classification


class Suggestion(models.Model):
    """One label that the model (or a person correcting it) gives a product."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for a person")
        PROPOSED = "proposed", _("Would be filed (dry run)")
        WOULD_ASK = "would_ask", _("Would ask a person (dry run)")
        APPLIED = "applied", _("Filed by the model")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        CORRECTED = "corrected", _("Corrected")
        SUPERSEDED = "superseded", _("Superseded")
        ROLLED_BACK = "rolled_back", _("Rolled back")
        KEPT = "kept", _("A person had decided already")

    class Source(models.TextChoices):
        MODEL = "model", _("Model")
        PERSON = "person", _("Person")

    BY_PERSON = (State.APPROVED, State.REJECTED, State.CORRECTED)
    HOLDING = (State.APPLIED, State.APPROVED)  # they keep the product in their category

    classification = models.ForeignKey(
        Classification,
        verbose_name=_("classification"),
        on_delete=models.CASCADE,
        related_name="suggestions",
    )
    label = models.CharField(_("label"), max_length=64, blank=True)
    facet = models.CharField(_("facet"), max_length=32, blank=True)
    confidence = models.FloatField(_("confidence"), null=True, blank=True)
    auto_threshold = models.FloatField(_("files by itself from"), null=True, blank=True)
    review_threshold = models.FloatField(_("asks a person from"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.PENDING)
    source = models.CharField(_("made by"), max_length=6, choices=Source, default=Source.MODEL)
    audit = models.BooleanField(
        _("random audit"),
        default=False,
        help_text=_("Would have been filed, and was picked at random to ask a person."),
    )
    # What a decision on it stands for is the inverse of this.
    asked_chance = models.FloatField(
        _("chance of being asked"),
        default=1.0,
        help_text=_("1: every product like it is asked; an audit: the share in force (0-1)."),
    )
    category = models.CharField(
        _("category"), max_length=200, blank=True, help_text=_("The shop's own key of it.")
    )

    class Meta:
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")
        constraints = [
            models.UniqueConstraint(
                fields=["classification", "label"],
                condition=Q(source="model"),
                name="catalog_ai_one_suggestion_a_label",
            )
        ]
        indexes = [
            models.Index(
                fields=["label", "-confidence", "id"],
                condition=Q(state="pending"),
                name="catalog_ai_sug_pending",
            ),
            # Those of a run, by its results.
            models.Index(
                fields=["-classification", "-id"],
                condition=Q(state="pending"),
                name="catalog_ai_sug_waiting",
            ),
            # The newest of a label.
            models.Index(fields=["label", "-id"], name="catalog_ai_sug_newest"),
            # What people decided last, and what of it was audited.
            models.Index(
                fields=["-id"],
                condition=Q(state__in=("approved", "rejected", "corrected")),
                name="catalog_ai_sug_decided",
            ),
            models.Index(
                fields=["label", "-id"], condition=Q(audit=True), name="catalog_ai_sug_audit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label or self.category}: {self.get_state_display()}"
