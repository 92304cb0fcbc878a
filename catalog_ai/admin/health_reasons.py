"""Why a photo could not be judged, and what a person does about it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# By the codes of `inference.images.ImageRejected`, of the storage and of the worker.
REASONS: dict[str, tuple[Promise, Promise]] = {
    "missing": (
        _("The file is missing"),
        _("Upload the photo again, or put the file back into the storage and try again."),
    ),
    "empty": (_("The file is empty"), _("Upload the photo again.")),
    "damaged": (
        _("Damaged or cut off"),
        _("Upload the photo again from the original; it was probably cut off on the way."),
    ),
    "unsupported_format": (
        _("Not in a format that can be read"),
        _("Save it as JPEG, PNG or WEBP and upload that."),
    ),
    "too_large": (_("The file is too large"), _("Save it smaller and upload that.")),
    "too_many_pixels": (_("Too many pixels"), _("Save it with fewer pixels and upload that.")),
    "too_small": (_("Too small"), _("Upload a larger photo.")),
    "too_complex": (_("Too many layers"), _("Save it as an ordinary JPEG and upload that.")),
    "out_of_memory": (
        _("Needs too much memory"),
        _("Save it smaller and upload that, or give the workers more memory and try again."),
    ),
    "stops_worker": (
        _("It stops the worker"),
        _("Replace the photo; the worker's log and its host's memory may say more."),
    ),
    "broken_off": (
        _("Broken off too often"),
        _("Look after the workers, then try again: the photo is hardly to blame."),
    ),
    "failed": (
        _("The worker failed"),
        _("Try again; if it fails again, replace the photo or look into the worker's log."),
    ),
}
OTHER = (_("Another reason"), _("Replace the photo, or try again."))


def name_reason(code: str) -> str:
    return str(REASONS.get(code, OTHER)[0])


def advise(code: str) -> str:
    """What to do about it."""
    return str(REASONS.get(code, OTHER)[1])
