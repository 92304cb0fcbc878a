"""`manage.py update_statistics`: count the dashboard's figures; safe to run at any time."""

from argparse import ArgumentParser
from typing import Any

from catalog_ai.management.shop_command import ShopCommand
from catalog_ai.workflow.statistics import rebuild_summaries, update_summaries


class Command(ShopCommand):
    help = (
        "Brings the dashboard's day summaries up to date, as the workers do by themselves every "
        "minute."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rebuild",
            action="store_true",
            help="Count every day anew, as after results were imported or repaired by hand.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        done = rebuild_summaries() if options["rebuild"] else update_summaries()
        self.stdout.write(str(done))
