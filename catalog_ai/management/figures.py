"""What commands share that print figures as one JSON object and refuse in a sentence."""

from argparse import Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog_ai.training.command import REFUSALS, explain_refusal, format_figures


class FiguresCommand(BaseCommand):
    requires_system_checks: list[str] = []

    def find_figures(self, options: Namespace) -> dict[str, Any]:
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            figures = self.find_figures(Namespace(**options))
        except REFUSALS as error:
            raise CommandError(explain_refusal(error)) from error
        self.stdout.write(format_figures(figures))
