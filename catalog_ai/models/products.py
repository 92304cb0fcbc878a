"""An optional base for a shop's product model: the latest result on the product itself."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog_ai.models.classifications import Classification


class CategorizedProduct(models.Model):
    """Fields that the worker keeps in step with the product's latest classification.

    Shops that cannot change their model leave this out: the admin then reads the same values
    through the classification rows.
    """

    ai_state = models.CharField(
        _("categorisation"),
        max_length=12,
        choices=Classification.State,
        blank=True,
        default="",
        db_index=True,
        editable=False,
    )
    ai_labels = models.JSONField(
        _("suggested labels"),
        default=list,
        blank=True,
        editable=False,
        help_text=_("List of {label, confidence, state}, likeliest first."),
    )
    ai_top_label = models.CharField(
        _("likeliest label"), max_length=64, blank=True, default="", db_index=True, editable=False
    )
    ai_confidence = models.FloatField(
        _("confidence"), null=True, blank=True, db_index=True, editable=False
    )
    ai_categorized_at = models.DateTimeField(
        _("categorised"), null=True, blank=True, db_index=True, editable=False
    )

    class Meta:
        abstract = True
