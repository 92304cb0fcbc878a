"""`manage.py catalog_ai_worker`: warm workers for bulk runs and uploads, kept alive."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from django_rq.settings import QUEUES

from catalog_ai.inference.cores import count_cores
from catalog_ai.management.shop_command import ShopCommand
from catalog_ai.workflow.supervisor import Supervisor
from catalog_ai.workflow.worker import run_worker


class Command(ShopCommand):
    help = (
        "Runs one worker for uploads and several for bulk runs, restarts those that die, and "
        "reconciles every half minute. Stops gracefully on SIGTERM and Ctrl-C."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--bulk",
            type=int,
            default=count_cores(),  # one inference thread each is the fastest
            help="Bulk workers; as many as cores, or as a limit of the time on them gives.",
        )
        parser.add_argument("--queue", help="Run one worker on this queue, without a supervisor.")

    def handle(self, *args: Any, **options: Any) -> None:
        if name := options["queue"]:
            if name not in QUEUES:
                told = _("RQ_QUEUES has no queue %(name)s; it has: %(known)s.")
                raise CommandError(told % {"name": name, "known": ", ".join(QUEUES)})
            run_worker(name)
        elif options["bulk"] < 0:
            raise CommandError(_("--bulk: give 0 or more workers."))
        else:
            told = _("Workers: 1 for uploads, %d for runs. Ctrl-C or SIGTERM stops them.")
            self.stdout.write(told % options["bulk"])
            self.stdout.flush()  # a log must have it now, and not when the workers end
            Supervisor(options["bulk"]).run()
