"""What commands share that print figures as one JSON object and refuse in a sentence."""

from argparse import Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog_ai.inference.bundle import BundleError
from catalog_ai.training.command import format_figures
from catalog_ai.training.judging import EvaluationError
from catalog_ai.training.photos import PhotoError


class FiguresCommand(BaseCommand):
    requires_system_checks: list[str] = []

    def find_figures(self, options: Namespace) -> dict[str, Any]:
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            figures = self.find_figures(Namespace(**options))
        except (EvaluationError, BundleError, PhotoError) as error:
            raise CommandError(str(error)) from error
        except ModuleNotFoundError as error:
            raise CommandError(f'{error}: pip install "catalog-ai[train]".') from error
        except FileNotFoundError as error:
            raise CommandError(f"There is no file {error.filename}.") from error
        self.stdout.write(format_figures(figures))
