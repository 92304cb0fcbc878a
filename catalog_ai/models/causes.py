"""Why a product or a run did not go on: a code and figures, told in the reader's own language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from catalog_ai.inference.reasons import REASONS

LONGEST = 300  # characters kept of a sentence

CAUSES: Mapping[str, str] = {
    **REASONS,
    # A product that is left out.
    "product_deleted": gettext_noop("The product was deleted."),
    "image_removed": gettext_noop("The product no longer has an image."),
    "upload_first": gettext_noop("A new photo was uploaded meanwhile: it is judged as an upload."),
    "image_changed": gettext_noop("The photo was changed since the dry run."),
    "judged_since": gettext_noop("The product was judged again since the dry run."),
    "decided_since": gettext_noop("A person has decided since the dry run."),
    "label_changed": gettext_noop("What its label means was changed since the dry run."),
    # Work that broke off.
    "worker_stopped": gettext_noop("The worker stopped while it had this image in hand."),
    "stops_worker": gettext_noop("The image stopped the worker %(tries)d times."),
    "broken_off": gettext_noop("The work on this image was broken off too often."),
    "check_stopped": gettext_noop("The worker stopped while it was at it."),
    # A run as a whole.
    "unrecognised": gettext_noop(
        "Nothing was recognised on %(odd)d of %(judged)d photos. Look at a few of them: "
        "are they photos of products of the kinds the model knows? Then resume or cancel."
    ),
    "contradicting": gettext_noop(
        "The model contradicts the category of %(odd)d of %(judged)d products. Look at a few "
        "of them and at “Labels and categories”. Then resume or cancel."
    ),
    "photos_lost": gettext_noop(
        "No photo can be opened: %(looked)d were tried. Is the folder or storage of the photos the "
        "right one, is it there, and may the workers read it? The products wait unharmed. Mend it, "
        "then resume."
    ),
    "handed_on": gettext_noop("Started with model %(old)s; goes on with %(new)s."),
}
FAILED = "failed"  # an exception said why, in its own words


@dataclass(frozen=True)
class Cause:
    """A code of `CAUSES` with the figures of its sentence, or what an exception said."""

    code: str
    figures: Mapping[str, str | int] = field(default_factory=dict)
    said: str = ""

    @classmethod
    def from_error(cls, error: BaseException) -> "Cause":
        return cls(FAILED, said=f"{type(error).__name__}: {error}")

    @property
    def sentence(self) -> str:
        """In English, for logs and files: at most `LONGEST` characters that any database takes."""
        text = self.said or CAUSES[self.code] % self.figures
        # Some refuse NUL, and all of them half a character.
        return text.encode(errors="replace").decode().replace("\0", "?")[:LONGEST]


def tell_cause(code: str, figures: Mapping[str, Any], sentence: str) -> str:
    """What was stored of a cause, in the reader's language.

    Rows of earlier versions have a sentence only, and are told as they stand where its figures
    went into it.
    """
    known = CAUSES.get(code, "")
    if not known:
        return gettext(sentence) if sentence else ""
    if "%(" in known and not figures:
        return sentence
    return gettext(known) % figures


class ExplainedModel(models.Model):
    """A row whose state may have a cause."""

    EXPLANATION = ("state_reason", "state_code", "state_figures")

    state_reason = models.CharField(gettext_lazy("why"), max_length=LONGEST, blank=True)
    state_code = models.CharField(max_length=40, blank=True, editable=False)
    state_figures = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        abstract = True

    def explain(self, cause: Cause | None) -> None:
        """Set the cause of the state, not saved yet: the fields of `EXPLANATION`."""
        self.state_reason = cause.sentence if cause else ""
        self.state_code = cause.code if cause else ""
        self.state_figures = dict(cause.figures) if cause else {}

    @property
    def why(self) -> str:
        """The cause of the state in the reader's language; empty where there is none."""
        return tell_cause(self.state_code, self.state_figures, self.state_reason)
