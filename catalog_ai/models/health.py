"""Catalogue health: what a check of a whole catalogue found, and what people said of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog_ai.models.causes import ExplainedModel
from catalog_ai.models.signatures import SignedModel, StartedModel


class HealthCheck(StartedModel, ExplainedModel):
    """One look at all products of a product model, made by the workers page by page."""

    class State(models.TextChoices):
        LOOKING = "looking", _("Looking at the products")
        COMPARING = "comparing", _("Comparing the photos")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    IN_PROGRESS = (State.LOOKING, State.COMPARING)

    target = models.CharField(_("product model"), max_length=100)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.LOOKING)
    products = models.PositiveIntegerField(_("products looked at"), default=0)
    looked_through = models.CharField(max_length=64, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("started"), auto_now_add=True)
    touched_at = models.DateTimeField(auto_now=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("health check")
        verbose_name_plural = _("health checks")
        constraints = [
            models.UniqueConstraint(
                fields=["target"],
                condition=Q(state__in=("looking", "comparing")),
                name="catalog_ai_one_check",
            )
        ]
        indexes = [models.Index(fields=["target", "state", "-id"], name="catalog_ai_check_latest")]

    def __str__(self) -> str:
        return f"{self.target}: {self.get_state_display()}"

    @property
    def is_active(self) -> bool:
        return self.state in self.IN_PROGRESS


class HealthGroup(models.Model):
    """Findings that are one line of the page: a pair of categories, a group of photos."""

    class Kind(models.TextChoices):
        DISAGREES = "disagrees", _("Another category than the model's")
        NO_IMAGE = "no_image", _("Without a photo")
        DUPLICATES = "duplicates", _("The same photo twice")

    check_run = models.ForeignKey(
        HealthCheck, on_delete=models.CASCADE, related_name="groups", db_index=False
    )
    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(max_length=64)
    title = models.CharField(_("title"), max_length=500, blank=True)
    label = models.CharField(_("label"), max_length=64, blank=True)
    size = models.PositiveIntegerField(_("products"), default=0)
    asked = models.PositiveIntegerField(_("in the review queue"), default=0)
    silenced = models.BooleanField(_("different products, a person said"), default=False)

    class Meta:
        verbose_name = _("health finding")
        verbose_name_plural = _("health findings")
        constraints = [
            models.UniqueConstraint(
                fields=["check_run", "kind", "key"], name="catalog_ai_one_health_group"
            )
        ]
        indexes = [
            models.Index(
                fields=["check_run", "kind", "silenced", "-size", "id"],
                name="catalog_ai_health_largest",
            )
        ]

    def __str__(self) -> str:
        return self.title or str(self.get_kind_display())


class HealthFinding(models.Model):
    """One product of a group."""

    group = models.ForeignKey(
        HealthGroup, on_delete=models.CASCADE, related_name="findings", db_index=False
    )
    object_id = models.CharField(_("product"), max_length=64)
    confidence = models.FloatField(
        default=0.0,
        help_text=_("Of the model in its label; of duplicates, how alike to the first: 1 is equal"),
    )
    asked = models.BooleanField(_("in the review queue"), default=False)

    class Meta:
        verbose_name = _("product of a health finding")
        verbose_name_plural = _("products of health findings")
        indexes = [
            models.Index(fields=["group", "-confidence", "id"], name="catalog_ai_health_product")
        ]

    def __str__(self) -> str:
        return self.object_id


class DifferentProducts(SignedModel):
    """A person's word that these products, alike as their photos are, are no duplicates."""

    target = models.CharField(_("product model"), max_length=100)
    key = models.CharField(max_length=64)  # digest of the members
    members = models.JSONField(_("products"), default=list)
    created_at = models.DateTimeField(_("at"), auto_now_add=True)

    class Meta:
        verbose_name = _("different products")
        verbose_name_plural = _("different products")
        constraints = [
            models.UniqueConstraint(fields=["target", "key"], name="catalog_ai_one_difference")
        ]

    def __str__(self) -> str:
        return f"{self.target}: {len(self.members)}"
