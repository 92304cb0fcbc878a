"""`manage.py calibrate_classifier`: see docs/training.md."""

from argparse import ArgumentParser, Namespace
from typing import Any

from catalog_ai.management.figures import FiguresCommand
from catalog_ai.training.recalibrate import add_arguments, recalibrate


class Command(FiguresCommand):
    help = "Fits confidences and thresholds of a model again, on labelled photos."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def find_figures(self, options: Namespace) -> dict[str, Any]:
        return recalibrate(options)
