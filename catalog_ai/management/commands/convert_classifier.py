"""`manage.py convert_classifier`: see docs/training.md."""

from argparse import ArgumentParser, Namespace
from typing import Any

from catalog_ai.management.figures import FiguresCommand
from catalog_ai.training.export import add_arguments, export


class Command(FiguresCommand):
    help = "Converts a trained network again, into a calibrated bundle."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def find_figures(self, options: Namespace) -> dict[str, Any]:
        return export(options)
