"""`manage.py sweep_thumbnails`: delete small copies of photos that no product has any more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from catalog_ai.management.shop_command import ShopCommand
from catalog_ai.workflow.thumbnails import sweep_thumbnails


class Command(ShopCommand):
    help = "Deletes small copies of photos that no product has any more; safe to run at any time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count them.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            gone, left = sweep_thumbnails(dry=options["dry_run"])
        except NotImplementedError as error:
            raise CommandError(
                _("The storage of the thumbnails cannot list its files; nothing was deleted.")
            ) from error
        text = _("%(gone)d would go, %(left)d stay.") if options["dry_run"] else ""
        text = text or _("%(gone)d deleted, %(left)d stay.")
        self.stdout.write(text % {"gone": gone, "left": left})
