"""`manage.py evaluate_classifier`: judge a model on labelled photos."""

from argparse import ArgumentParser, Namespace
from typing import Any

from catalog_ai.management.figures import FiguresCommand
from catalog_ai.training.evaluate import add_arguments, evaluate


class Command(FiguresCommand):
    help = "Judges a model on labelled photos and prints one JSON object."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def find_figures(self, options: Namespace) -> dict[str, Any]:
        return evaluate(options)
