"""What went wrong with a row, in the language of whoever reads it."""

from collections.abc import Mapping

from django.utils.translation import gettext

from catalog_ai.inference.reasons import REASONS


def tell_trouble(code: str, figures: Mapping[str, str], stored: str) -> str:
    """The code's sentence with its figures; what is `stored` where a row has no more than that."""
    sentence = REASONS.get(code, "")
    if not sentence:
        return gettext(stored) if stored else ""
    if "%(" in sentence and not figures:
        return stored  # of an earlier version: its figures are in the sentence only
    return gettext(sentence) % figures
