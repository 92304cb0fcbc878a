"""Error budgets: how many of the products filed by themselves may be wrong."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

DEFAULT_BUDGET = 0.02  # of the products filed without a person; what "balanced" was measured for
LEAST_BUDGET, LARGEST_BUDGET = 0.001, 0.5


class ErrorBudget(models.Model):
    """The share of wrong categories that a shop accepts; no label: for all labels."""

    target = models.CharField(_("product model"), max_length=100)
    label = models.CharField(_("label"), max_length=64, blank=True)
    share = models.FloatField(
        _("at most wrong"),
        default=DEFAULT_BUDGET,
        validators=[MinValueValidator(LEAST_BUDGET), MaxValueValidator(LARGEST_BUDGET)],
        help_text=_("0.02 means 2 of 100 products."),
    )
    follows = models.BooleanField(
        _("thresholds follow"),
        default=False,
        help_text=_("The worker sets thresholds by what people decided; a person's own stay."),
    )
    # Of the row for all labels only; None: to be looked at with the worker's next pass.
    looked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("error budget")
        verbose_name_plural = _("error budgets")
        constraints = [
            models.UniqueConstraint(fields=["target", "label"], name="catalog_ai_one_budget")
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.label}: {self.share:.1%}"
