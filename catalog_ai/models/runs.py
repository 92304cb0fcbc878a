"""A run: one request to categorise products, however many."""

import operator
from functools import reduce

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog_ai.models.causes import ExplainedModel
from catalog_ai.models.signatures import StartedModel


class Run(StartedModel, ExplainedModel):
    """One request to categorise, with its settings frozen and its progress counted.

    The counters say what the run produced; what people decided afterwards is in the decisions.
    They are raised in the same transaction that stores the results, so they never drift.
    """

    class Source(models.TextChoices):
        UPLOAD = "upload", _("Upload")
        ADMIN = "admin", _("Admin")
        API = "api", _("API")
        COMMAND = "command", _("Command")

    class Mode(models.TextChoices):
        MISSING = "missing", _("Only products without an up-to-date result")
        REDO = "redo", _("All of them again")

    class State(models.TextChoices):
        EXPANDING = "expanding", _("Collecting products")
        RUNNING = "running", _("Running")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")

    class Breaker(models.TextChoices):
        ON = "on", _("On")
        TRIPPED = "tripped", _("Stopped the run")
        OFF = "off", _("Off: a person let the run go on")

    target = models.CharField(_("product model"), max_length=100)
    source = models.CharField(_("started from"), max_length=10, choices=Source)
    mode = models.CharField(_("mode"), max_length=10, choices=Mode, default=Mode.MISSING)
    preset = models.CharField(_("preset"), max_length=20)
    model_version = models.CharField(_("model version"), max_length=100)
    apply_automatically = models.BooleanField(
        _("file confident results without a person"), default=False
    )
    dry_run = models.BooleanField(_("dry run"), default=False)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.EXPANDING)
    breaker = models.CharField(
        _("automatic stop"), max_length=10, choices=Breaker, default=Breaker.ON
    )
    created_at = models.DateTimeField(_("started"), auto_now_add=True, db_index=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    rolled_back_at = models.DateTimeField(_("rolled back"), null=True, blank=True)
    results_of = models.ForeignKey(
        "self",
        verbose_name=_("results of"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="done_for_real",
        help_text=_("The dry run whose results this run files; the model looks at nothing again."),
    )

    # Of a client that asks again because it saw no answer: its key, and what was asked with it.
    request_key = models.CharField(max_length=200, blank=True, editable=False)
    request_digest = models.CharField(max_length=64, blank=True, editable=False)

    # The SQL that selects the primary keys of the products, so that a run over a million
    # products is started at once and collects its products page by page in the worker.
    selection_sql = models.TextField(blank=True, editable=False)
    selection_params = models.JSONField(default=list, blank=True, editable=False)
    expanded_through = models.CharField(max_length=64, blank=True, editable=False)
    collected = models.BooleanField(default=False, editable=False)

    total = models.PositiveIntegerField(_("products"), default=0)
    skipped = models.PositiveIntegerField(_("already up to date"), default=0)
    without_image = models.PositiveIntegerField(_("without an image"), default=0)
    filed = models.PositiveIntegerField(_("filed"), default=0)
    review = models.PositiveIntegerField(_("to review"), default=0)
    unidentified = models.PositiveIntegerField(_("unidentified"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("unreadable"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    cancelled = models.PositiveIntegerField(_("cancelled"), default=0)

    # What the results mean for the products' categories; in a dry run, what they would mean.
    first_time = models.PositiveIntegerField(_("get their first category"), default=0)
    changed = models.PositiveIntegerField(_("get another or a further category"), default=0)
    agreeing = models.PositiveIntegerField(_("are in that category already"), default=0)
    contradicting = models.PositiveIntegerField(
        _("contradict the present category or a person"), default=0
    )
    decided = models.PositiveIntegerField(_("were decided by a person"), default=0)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        permissions = [
            ("categorize_products", _("Can start categorisation")),
            ("auto_apply", _("Can let confident results be filed without a person")),
            ("review_suggestions", _("Can approve, reject and correct suggestions")),
            ("roll_back_run", _("Can roll back a run")),
            ("export_results", _("Can export results")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["created_by", "request_key"],
                condition=~Q(request_key=""),
                name="catalog_ai_one_run_a_request",
            )
        ]
        indexes = [
            models.Index(fields=["state", "created_at"], name="catalog_ai_run_state"),
            # Runs among a great many uploads.
            models.Index(fields=["source", "-id"], name="catalog_ai_run_source"),
        ]

    REQUESTED = (Source.ADMIN, Source.API, Source.COMMAND)  # all but uploads: somebody wanted them
    COUNTERS = ("filed", "review", "unidentified", "unchanged", "rejected", "failed", "cancelled")
    EFFECTS = ("first_time", "changed", "agreeing", "contradicting", "decided")

    def __str__(self) -> str:
        return _("Run %(number)s") % {"number": self.pk}

    @property
    def is_upload(self) -> bool:
        """Whether a save in the shop made it; its products have a queue of their own."""
        return self.source == self.Source.UPLOAD

    @property
    def done(self) -> int:
        """Products of this run that reached an end, of any kind."""
        return sum(getattr(self, name) for name in self.COUNTERS)

    @property
    def handled(self) -> int:
        """Of these, all but those that cancelling the run let go of."""
        return self.done - self.cancelled if self.state == self.State.CANCELLED else self.done

    @property
    def is_active(self) -> bool:
        return self.state in {self.State.EXPANDING, self.State.RUNNING}

    @property
    def is_moving(self) -> bool:
        """Whether its counters still change: a cancelled run is let go of page by page."""
        return self.is_active or (self.state == self.State.CANCELLED and self.done < self.total)

    @property
    def may_have_filed(self) -> bool:
        """Whether there may be something to roll back, or may be yet; from the counters alone."""
        if self.dry_run or not self.apply_automatically:
            return False
        if self.is_moving or self.state == self.State.PAUSED:
            return True
        return any((self.filed, self.first_time, self.changed, self.agreeing, self.contradicting))

    @property
    def percent(self) -> int:
        """Progress, 0-100."""
        return min(100, 100 * self.handled // self.total) if self.total else 0

    @classmethod
    def finished_condition(cls) -> Q:
        """SQL condition: every product of a fully collected run has reached an end."""
        ended = reduce(operator.add, map(F, cls.COUNTERS))
        return Q(state=cls.State.RUNNING, total__lte=ended)
