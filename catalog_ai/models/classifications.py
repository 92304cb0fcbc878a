"""A classification: one image of one product, judged once by one model version."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog_ai.models.causes import Cause, tell_cause
from catalog_ai.models.changes import Change
from catalog_ai.models.runs import Run

WAITS = Q(is_current=True, state__in=("review", "unidentified"))  # condition of partial indexes
# States that hardly any row may be in, each with an index of its own.
FEW = (
    "unidentified",
    "reviewed",
    "unchanged",
    "rejected",
    "failed",
    "cancelled",
    "superseded",
    "rolled_back",
)


class Classification(models.Model):
    """What the model said of one product's image, and how far a person has got with it.

    The product is named by (target, object_id), not by a foreign key: any model with any kind of
    primary key can be a shop's product, and history outlives the product.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        FILED = "filed", _("Filed")
        REVIEW = "review", _("To review")
        UNIDENTIFIED = "unidentified", _("Unidentified")
        REVIEWED = "reviewed", _("Reviewed")
        UNCHANGED = "unchanged", _("Unchanged")
        REJECTED = "rejected", _("Unreadable")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")
        SUPERSEDED = "superseded", _("Superseded")
        ROLLED_BACK = "rolled_back", _("Rolled back")

    class Reason(models.TextChoices):
        NONE = "", _("Confident")
        LOW_CONFIDENCE = "low_confidence", _("Low confidence")
        SEVERAL_CLOSE = "several_close", _("Several close labels")
        DISAGREES = "disagrees", _("Disagrees with the present category")
        UNIDENTIFIED = "unidentified", _("Nothing recognised")
        UNMAPPED = "unmapped", _("No category for the label")
        NOT_PERMITTED = "not_permitted", _("Filing by itself is not permitted")
        SHOP_REFUSED = "shop_refused", _("The shop refused the category")
        AUDIT = "audit", _("Random audit")

    IN_FLIGHT = (State.QUEUED, State.RUNNING)
    WAITING = (State.REVIEW, State.UNIDENTIFIED)

    # Its own index, beside that of run, state and id: SQLite reads a run's rows in order by it.
    run = models.ForeignKey(
        Run, verbose_name=_("run"), on_delete=models.PROTECT, related_name="classifications"
    )
    target = models.CharField(_("product model"), max_length=100)
    object_id = models.CharField(_("product"), max_length=64)
    image_name = models.CharField(_("image"), max_length=500)
    image_digest = models.CharField(_("image digest"), max_length=64, blank=True)
    model_version = models.CharField(_("model version"), max_length=100)
    preset = models.CharField(_("preset"), max_length=20)
    is_current = models.BooleanField(_("latest result"), default=False)

    state = models.CharField(_("state"), max_length=12, choices=State, default=State.QUEUED)
    reason = models.CharField(
        _("why it waits"), max_length=20, choices=Reason, default=Reason.NONE, blank=True
    )
    error_code = models.CharField(_("error code"), max_length=40, blank=True)
    error = models.CharField(_("what went wrong"), max_length=300, blank=True)

    error_figures = models.JSONField(
        _("figures of what went wrong"), default=dict, blank=True, editable=False
    )

    scores = models.JSONField(
        _("scores"), default=dict, blank=True, help_text=_("Confidence by label, from 0.01 up.")
    )
    top_label = models.CharField(_("likeliest label"), max_length=64, blank=True)
    top_confidence = models.FloatField(_("confidence"), null=True, blank=True)
    uncertainty = models.FloatField(
        _("uncertainty"),
        default=0.0,
        help_text=_(
            "0 where the model is sure, 1 where it knows nothing: orders the queue. Less by 1, and "
            "so last, where nothing was recognised."
        ),
    )
    value = models.FloatField(_("value of the product"), default=0.0)

    created_at = models.DateTimeField(_("queued"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent to the queue"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    reviewed_at = models.DateTimeField(_("reviewed"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    interruptions = models.PositiveSmallIntegerField(
        default=0,
        editable=False,
        help_text="By no fault of the image, weighed: see workflow/claim.py.",
    )
    lease_token = models.CharField(max_length=36, blank=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("assigned to"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,  # nearly all rows have none: see the partial index
    )
    assigned_until = models.DateTimeField(null=True, blank=True, editable=False)
    change = models.ForeignKey(
        Change,
        verbose_name=_("what it would change"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="classifications",
        db_index=False,  # only rows of dry runs have one: see the partial index
    )

    class Meta:
        verbose_name = _("classification")
        verbose_name_plural = _("classifications")
        constraints = [
            models.UniqueConstraint(
                fields=["target", "object_id"],
                condition=Q(state__in=("queued", "running")),
                name="catalog_ai_one_in_flight",
            ),
            models.UniqueConstraint(
                fields=["target", "object_id"],
                condition=Q(is_current=True),
                name="catalog_ai_one_current",
            ),
        ]
        indexes = [
            models.Index(fields=["target", "object_id", "-id"], name="catalog_ai_cls_product"),
            models.Index(fields=["run", "state", "id"], name="catalog_ai_cls_run"),
            # The newest with a label: behind a dry run of everything a million others are newer.
            models.Index(
                fields=["top_label", "id"],
                condition=Q(is_current=True),
                name="catalog_ai_cls_newest",
            ),
            models.Index(
                fields=["lease_expires_at"],
                condition=Q(state="running"),
                name="catalog_ai_cls_lease",
            ),
            models.Index(
                fields=["sent_at", "id"], condition=Q(state="queued"), name="catalog_ai_cls_unsent"
            ),
            # What ended lately, by state: for health and metrics.
            models.Index(
                fields=["finished_at", "state"],
                condition=Q(finished_at__isnull=False),
                name="catalog_ai_cls_finished",
            ),
            # With all that the filters of a product list count and select by.
            models.Index(
                fields=["target", "state", "top_label", "top_confidence", "object_id"],
                condition=Q(is_current=True),
                name="catalog_ai_cls_list",
            ),
            # The review queue in each of its orders, and by its two commonest filters.
            models.Index(
                fields=["target", "-uncertainty", "-id"],
                condition=WAITS,
                name="catalog_ai_cls_queue",
            ),
            models.Index(
                fields=["target", "-value", "-id"], condition=WAITS, name="catalog_ai_cls_valuable"
            ),
            models.Index(
                fields=["target", "created_at", "id"], condition=WAITS, name="catalog_ai_cls_oldest"
            ),
            models.Index(
                fields=["target", "top_label", "-uncertainty", "-id"],
                condition=WAITS,
                name="catalog_ai_cls_label",
            ),
            models.Index(
                fields=["target", "reason", "-uncertainty", "-id"],
                condition=WAITS,
                name="catalog_ai_cls_reason",
            ),
            models.Index(
                fields=["assigned_to"],
                condition=Q(assigned_to__isnull=False),
                name="catalog_ai_cls_assigned",
            ),
            models.Index(
                fields=["change", "id"],
                condition=Q(change__isnull=False),
                name="catalog_ai_cls_change",
            ),
            # The newest in a state that hardly any is in, among a million others.
            *[
                models.Index(
                    fields=["state", "id"], condition=Q(state=state), name=f"catalog_ai_cls_{state}"
                )
                for state in FEW
            ],
            # With all that the review queue counts by.
            models.Index(
                fields=["target", "top_label", "reason", "model_version", "run", "created_at"],
                condition=WAITS,
                name="catalog_ai_cls_facets",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.object_id}: {self.get_state_display()}"

    @staticmethod
    def error_fields(cause: Cause | None) -> dict[str, Any]:
        """What a row keeps of what went wrong with it, by field."""
        if cause is None:
            return {"error": "", "error_code": "", "error_figures": {}}
        figures = dict(cause.figures)
        return {"error": cause.sentence, "error_code": cause.code, "error_figures": figures}

    @property
    def waits(self) -> bool:
        """Whether a person is to decide it now."""
        return self.is_current and self.state in self.WAITING

    @property
    def trouble(self) -> str:
        """What went wrong, in the reader's language; empty where nothing did."""
        return tell_cause(self.error_code, self.error_figures, self.error)
