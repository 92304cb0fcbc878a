"""Why a picture is refused: a code and figures, and the sentence that they make."""

from collections.abc import Mapping


def gettext_noop(sentence: str) -> str:
    """Marks a sentence for translation, where there is no Django to translate it."""
    return sentence


# What is stored is the code with its figures: whoever reads it is told in their own language.
REASONS: Mapping[str, str] = {
    "empty": gettext_noop("The file is empty."),
    "missing": gettext_noop("The image file is missing from the storage."),
    "too_large": gettext_noop("The file is larger than %(megabytes)s MB."),
    "unsupported_format": gettext_noop(
        "The file is not a picture in a format that can be read (%(formats)s)."
    ),
    "too_many_pixels": gettext_noop("The picture has more than %(megapixels)s megapixels."),
    "too_small": gettext_noop("The picture is smaller than %(pixels)s pixels on a side."),
    "too_complex": gettext_noop(
        "The picture is stored in too many layers. Save it again as an ordinary JPEG."
    ),
    "out_of_memory": gettext_noop("The picture needs more memory than there is. Try it smaller."),
    "damaged": gettext_noop("The picture is damaged or cut off."),
}


class ImageRejected(Exception):
    """An image that cannot be judged. `reason` is a sentence in English for the shop's staff."""

    def __init__(self, code: str, **figures: str) -> None:
        self.code = code
        self.figures = figures
        self.reason = REASONS[code] % figures
        super().__init__(self.reason)
