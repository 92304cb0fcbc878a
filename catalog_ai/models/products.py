"""An optional base for a shop's product model: the latest result on the product itself."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog_ai.models.classifications import Classification

INDEXED = ("ai_state", "ai_top_label", "ai_confidence")  # what the product list is filtered by


class KeyedIndex(models.Index):
    """An index of one column and then the primary key, whatever the model calls that.

    With it a list in the order of the column needs no sorting. Migrations see a plain index.
    """

    def set_name_with_model(self, model: type[models.Model]) -> None:
        assert model._meta.pk is not None  # noqa: S101 - every model has one
        key = (model._meta.pk.name, "")
        self.fields = [self.fields[0], key[0]]
        self.fields_orders = [self.fields_orders[0], key]
        super().set_name_with_model(model)

    def deconstruct(self) -> tuple[str, Any, dict[str, Any]]:
        _path, expressions, kwargs = super().deconstruct()
        return "django.db.models.Index", expressions, kwargs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, models.Index) and self.deconstruct() == other.deconstruct()


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
        _("likeliest label"), max_length=64, blank=True, default="", editable=False
    )
    ai_confidence = models.FloatField(_("confidence"), null=True, blank=True, editable=False)
    ai_categorized_at = models.DateTimeField(
        _("categorised"), null=True, blank=True, editable=False
    )

    class Meta:
        abstract = True
        # For a Meta that inherits from this one. Each costs every result something: no others.
        indexes = tuple(KeyedIndex(fields=[name]) for name in INDEXED)
