"""`manage.py benchmark_papers`: see docs/training.md."""

from argparse import ArgumentParser, Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog_ai.inference.bundle import BundleError
from catalog_ai.training.command import format_figures
from catalog_ai.training.papers import add_arguments, run_papers
from catalog_ai.training.photos import PhotoError


class Command(BaseCommand):
    help = "Repeats published protocols with our network, beside the published figures."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            figures = run_papers(Namespace(**options))
        except (BundleError, PhotoError) as error:
            raise CommandError(str(error)) from error
        except FileNotFoundError as error:
            raise CommandError(f"There is no file {error.filename}.") from error
        self.stdout.write(format_figures(figures))
