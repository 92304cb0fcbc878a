"""A rollback: the taking back of what a run filed, as far as it has got."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.models.runs import Run
from catalog_ai.models.signatures import SignedModel


class Rollback(SignedModel):
    """One person's wish to take a run back, worked off in the background page by page.

    Counters and `through` change in the transaction that changes the products, so that a worker
    that dies repeats nothing and skips nothing.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("Rolling back")
        CANCELLED = "cancelled", _("Stopped")
        DONE = "done", _("Rolled back")

    run = models.ForeignKey(
        Run, verbose_name=_("run"), on_delete=models.CASCADE, related_name="rollbacks"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.RUNNING)
    batch = models.UUIDField(_("batch"), default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    worked_at = models.DateTimeField(auto_now_add=True, editable=False)  # or sent to a worker
    # Counted by the worker before the first one is taken back.
    total = models.PositiveIntegerField(_("labels"), null=True, blank=True)
    through = models.PositiveBigIntegerField(default=0, editable=False)  # id of a classification
    taken_back = models.PositiveIntegerField(_("taken back"), default=0)
    kept = models.PositiveIntegerField(_("left alone: something later stands on them"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    errors = models.JSONField(_("why"), default=list, blank=True)  # in English

    COUNTERS = ("taken_back", "kept", "refused")

    class Meta:
        verbose_name = _("rollback")
        verbose_name_plural = _("rollbacks")
        constraints = [
            models.UniqueConstraint(
                fields=["run"], condition=Q(state="running"), name="catalog_ai_one_rollback"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run}: {self.get_state_display()}"

    @property
    def refusals(self) -> list[str]:
        """Why labels were refused, in the reader's language: each sentence once, a few."""
        return [gettext(error) for error in self.errors]

    @property
    def done(self) -> int:
        """Labels that were come to, whatever became of them."""
        return sum(getattr(self, name) for name in self.COUNTERS)

    @property
    def is_active(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def percent(self) -> int:
        """Progress, 0-100."""
        if not self.total:
            return 100 if self.state == self.State.DONE else 0
        return min(100, 100 * self.done // self.total)
