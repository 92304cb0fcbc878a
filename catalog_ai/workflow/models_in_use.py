"""The bundle and classifier in use: loaded once a process, and built after a worker's fork."""

from functools import cache
from pathlib import Path

from django.utils.translation import pgettext

from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import Bundle, load_bundle
from catalog_ai.inference.classifier import Classifier


@cache
def _load_bundle(path: Path) -> Bundle:
    return load_bundle(path)


@cache
def _load_classifier(path: Path) -> Classifier:
    return Classifier(_load_bundle(path))


def get_bundle() -> Bundle:
    """The bundle that the settings name.

    Raises:
        BundleError: it is missing, damaged or of a wrong shape.
    """
    return _load_bundle(get_settings().BUNDLE)


def get_classifier() -> Classifier:
    """The warm classifier of this process (one thread: processes scale better)."""
    return _load_classifier(get_settings().BUNDLE)


def get_label_name(label_id: str) -> str:
    """The bundle's name of a label; of one the present bundle no longer knows, its id."""
    label = get_bundle().labels_by_id.get(label_id)
    return label.name if label else label_id


def translate_name(name: str) -> str:
    """A label's or facet's name in the present language, where a catalogue has it."""
    return pgettext("label", name) if name else ""
