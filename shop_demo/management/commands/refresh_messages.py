"""`make messages`: gather what is to be translated, and compile what is."""

import os
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.commands import makemessages

from catalog_ai.inference.bundle import SHIPPED_BUNDLE, load_bundle

APP = Path(__file__).resolve().parents[3] / "catalog_ai"
NAMES = APP / "names.html"  # there while the messages are gathered


class Command(makemessages.Command):
    help = "Refreshes catalog_ai/locale: strings of code and templates, names of the labels."
    # A guess that looks like a translation is worse than none.
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def handle(self, *args: Any, **options: Any) -> None:
        languages = sorted(folder.name for folder in (APP / "locale").iterdir() if folder.is_dir())
        gathered = {"locale": languages, "all": False, "no_obsolete": True, "no_location": True}
        os.chdir(APP)
        NAMES.write_text(self._write_names(), encoding="utf-8")
        try:
            super().handle(*args, **{**options, **gathered, "verbosity": 0})
        finally:
            NAMES.unlink()
        call_command("compilemessages", locale=languages, verbosity=0)

    def _write_names(self) -> str:
        """The names of labels and facets as a template would have them translated."""
        bundle = load_bundle(SHIPPED_BUNDLE)
        names = {facet.name for facet in bundle.facets} | {label.name for label in bundle.labels}
        return "\n".join(f'{{% translate "{name}" context "label" %}}' for name in sorted(names))
