"""What a dry run would change, counted by "from these categories to those"."""

import json
from collections.abc import Collection

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog_ai.models.runs import Run

LONGEST = 400  # characters of a side


class Change(models.Model):
    """Products of one dry run that would go the same way, counted as their results are stored.

    `before` and `after` are written by `write_side`.
    """

    class Effect(models.TextChoices):
        FIRST_TIME = "first_time", _("New: they have no category yet")
        CHANGED = "changed", _("Changed: they get another or a further category")
        CONTRADICTING = "contradicting", _("Contradicts the present category or a person")
        AGREEING = "agreeing", _("No change: they are in that category already")

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="changes")
    effect = models.CharField(_("effect"), max_length=13, choices=Effect)
    before = models.CharField(_("from"), max_length=LONGEST)
    after = models.CharField(_("to"), max_length=LONGEST)
    products = models.PositiveIntegerField(_("products"), default=0)

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "effect", "before", "after"], name="catalog_ai_one_change"
            )
        ]

    def __str__(self) -> str:
        return f"{self.before} → {self.after}: {self.products}"


def write_side(keys: Collection[str], labels: Collection[str] = ()) -> str:
    """One side of a change: the shop's keys, and labels whose category would only be made.

    Of a product in a great many categories the first few stand for all.
    """
    kept: list[str | list[str]] = [*sorted(keys), *([label] for label in sorted(labels))]
    while len(text := json.dumps(kept)) > LONGEST:
        kept.pop()
    return text


def read_side(text: str) -> tuple[list[str], list[str]]:
    """The keys and labels that `write_side` wrote."""
    kept = json.loads(text)
    keys = [one for one in kept if isinstance(one, str)]
    return keys, [one[0] for one in kept if isinstance(one, list)]
