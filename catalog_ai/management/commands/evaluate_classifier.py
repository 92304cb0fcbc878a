"""`manage.py evaluate_classifier`: judge a model on labelled photos."""

from argparse import ArgumentParser, Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog_ai.inference.bundle import BundleError
from catalog_ai.training.command import format_figures
from catalog_ai.training.evaluate import add_arguments, evaluate
from catalog_ai.training.judging import EvaluationError
from catalog_ai.training.photos import PhotoError


class Command(BaseCommand):
    help = "Judges a model on labelled photos and prints one JSON object."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            figures = evaluate(Namespace(**options))
        except (EvaluationError, BundleError, PhotoError) as error:
            raise CommandError(str(error)) from error
        except FileNotFoundError as error:
            raise CommandError(f"There is no file {error.filename}.") from error
        self.stdout.write(format_figures(figures))
