"""`manage.py train_classifier`: see docs/training.md."""

from argparse import ArgumentParser, Namespace
from typing import Any

from catalog_ai.management.figures import FiguresCommand
from catalog_ai.training.train import add_arguments, train


class Command(FiguresCommand):
    help = "Trains a model on labelled photos: a CSV beside its photos, or a folder of folders."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def find_figures(self, options: Namespace) -> dict[str, Any]:
        return train(options)
