"""`manage.py benchmark_papers`: see docs/training.md."""

from argparse import ArgumentParser, Namespace
from typing import Any

from catalog_ai.management.figures import FiguresCommand
from catalog_ai.training.papers import add_arguments, run_papers


class Command(FiguresCommand):
    help = "Repeats published protocols with our network, beside the published figures."

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def find_figures(self, options: Namespace) -> dict[str, Any]:
        return run_papers(options)
