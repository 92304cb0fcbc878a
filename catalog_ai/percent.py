"""How a number of per cent is written: never without its sign on the same line."""

from django.utils.formats import number_format
from django.utils.translation import gettext

NO_BREAK = "\N{NO-BREAK SPACE}"


def keep_percent(text: str) -> str:
    """The text with each per cent sign bound to its number, in whichever language it is."""
    return text.replace(" %", f"{NO_BREAK}%")


def write_number(number: float, places: int = 0) -> str:
    """Rounded, as the reader's language writes it."""
    return number_format(round(number, places), places)


def write_percent(number: float | str, places: int = 0) -> str:
    """A number that is in per cent already, with its sign; a text is taken as it is."""
    written = number if isinstance(number, str) else write_number(number, places)
    return keep_percent(gettext("%(number)s %%") % {"number": written})
