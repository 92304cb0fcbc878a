"""`manage.py check_catalogue`: start a health check of a product model, or of all of them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from catalog_ai.management.shop_command import ShopCommand
from catalog_ai.targets import get_targets
from catalog_ai.workflow.health.check import start_check


class Command(ShopCommand):
    help = "Lets the workers look for wrong categories, missing photos and duplicates."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", nargs="?", help='Such as "shop.product"; without it, all.')

    def handle(self, *args: Any, **options: Any) -> None:
        targets = get_targets()
        asked = (options["target"] or "").lower()  # a target says "shop.Product"
        if asked and asked not in targets:
            known = ", ".join(targets) or _("none")
            raise CommandError(
                _("There is no target %(asked)s; known: %(known)s.")
                % {"asked": asked, "known": known}
            )
        for key in [asked] if asked else targets:
            check = start_check(targets[key], None, by_system=True)
            self.stdout.write(str(check))
