"""Day summaries: what the dashboard shows of one day, counted once and kept."""

from django.db import models


class DaySummary(models.Model):
    """The figures of a product model's day, as they were counted from the rows.

    A copy, never the truth: it is counted anew where anything of its day may have changed, as a
    whole, so that nothing can be counted twice.
    """

    target = models.CharField(max_length=100)
    day = models.DateField()
    zone = models.CharField(max_length=64)  # whose midnights the day begins and ends with
    figures = models.JSONField(default=dict)  # see workflow.statistics.days
    counted_at = models.DateTimeField()  # before the first row was read
    is_stale = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["target", "day"], name="catalog_ai_one_summary")
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.day}"
