"""`manage.py categorize`: start a run over a whole product model from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from catalog_ai.management.shop_command import ShopCommand
from catalog_ai.models import Run
from catalog_ai.policy import Preset
from catalog_ai.targets import get_target, get_targets
from catalog_ai.workflow.enqueue import enqueue_some


class Command(ShopCommand):
    help = "Queues all products of a target for categorisation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "target", nargs="?", help='Such as "shop.product"; the only one if left out.'
        )
        parser.add_argument("--redo", action="store_true", help="Also products with a result.")
        parser.add_argument("--dry-run", action="store_true", help="File nothing.")
        parser.add_argument(
            "--preset",
            choices=[preset.value for preset in Preset],
            help="How much files by itself.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        targets = get_targets()
        asked = (options["target"] or "").lower()  # a target says "shop.Product"
        key = asked or next(iter(targets), "")
        if key not in targets or (len(targets) > 1 and not asked):
            known = ", ".join(targets) or _("none")
            raise CommandError(_("Name one of these: %(known)s.") % {"known": known})
        target = get_target(key)
        run = enqueue_some(
            target,
            target.get_products(),
            source=Run.Source.COMMAND,
            mode=Run.Mode.REDO if options["redo"] else Run.Mode.MISSING,
            dry_run=options["dry_run"],
            preset=options["preset"],
        )
        if run is None:
            self.stdout.write(
                _("Nothing to do: all products are up to date, wait in a run, or have no image.")
            )
            return
        told = _("%(run)s: %(state)s, %(count)d products queued so far.")
        figures = {"run": run, "state": run.get_state_display(), "count": run.total}
        self.stdout.write(told % figures)
