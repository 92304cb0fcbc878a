"""`manage.py convert_classifier`: see docs/training.md."""

from argparse import ArgumentParser, Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog_ai.inference.bundle import BundleError
from catalog_ai.training.command import format_figures
from catalog_ai.training.export import add_arguments, export
from catalog_ai.training.photos import PhotoError


class Command(BaseCommand):
    help = "Converts a trained network again, into a calibrated bundle."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            figures = export(Namespace(**options))
        except (BundleError, PhotoError) as error:
            raise CommandError(str(error)) from error
        except ModuleNotFoundError as error:
            raise CommandError(f'{error}: pip install "catalog-ai[train]".') from error
        except FileNotFoundError as error:
            raise CommandError(f"There is no file {error.filename}.") from error
        self.stdout.write(format_figures(figures))
