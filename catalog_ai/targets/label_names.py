"""What a label is called in the shop: by the bundle, and in the shop's own language."""

from django.conf import settings
from django.utils.translation import override, pgettext

from catalog_ai.inference.bundle import Label


def get_own_name(label: Label) -> str:
    """Its name in LANGUAGE_CODE, whoever reads: a category that is made for it is called so."""
    with override(settings.LANGUAGE_CODE):
        return pgettext("label", label.name)


def get_names(label: Label) -> tuple[str, ...]:
    """The bundle's names first, as the own one is a translation of the first of them."""
    return (*label.names, get_own_name(label))
