"""`manage.py reconcile_classifications`: send what the queue lost; safe to run at any time."""

from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext as _

from catalog_ai.management.shop_command import ShopCommand
from catalog_ai.models import Run
from catalog_ai.targets import get_targets
from catalog_ai.workflow.enqueue import enqueue_some
from catalog_ai.workflow.reconcile import reconcile


class Command(ShopCommand):
    help = "Takes back rows of dead workers and sends queued rows that Redis lost or never got."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--missing",
            action="store_true",
            help="Also queue every product whose image has no result of the present model.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["missing"]:
            for target in get_targets().values():
                run = enqueue_some(target, target.get_products(), source=Run.Source.COMMAND)
                if run is not None:
                    told = run.total or _("collecting products")
                    self.stdout.write(f"{run}: {told}")
        self.stdout.write(str(reconcile()))
