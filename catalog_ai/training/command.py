"""What the commands have in common: figures as one JSON object, refusals in words."""

import json
import math
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from typing import Any

from catalog_ai.inference.bundle import BundleError
from catalog_ai.training.judging import EvaluationError
from catalog_ai.training.photos import PhotoError

REFUSALS = (EvaluationError, BundleError, PhotoError, ModuleNotFoundError, OSError)


def run_command(
    name: str,
    description: str | None,
    add_arguments: Callable[[ArgumentParser], None],
    judge: Callable[[Namespace], dict[str, Any]],
    arguments: Sequence[str] | None,
) -> int:
    """Run the module `name` of this package without a shop; what it found goes to the output."""
    parser = ArgumentParser(prog=f"python -m catalog_ai.training.{name}", description=description)
    add_arguments(parser)
    options = parser.parse_args(arguments)
    try:
        figures = judge(options)
    except REFUSALS as error:
        parser.error(explain_refusal(error))
    sys.stdout.write(f"{format_figures(figures)}\n")
    return 0


def explain_refusal(error: Exception) -> str:
    """What to tell of one of `REFUSALS`."""
    if isinstance(error, ModuleNotFoundError):
        return f'{error}: pip install "catalog-ai[train]".'
    if isinstance(error, FileNotFoundError) and error.filename:
        return f"There is no file {error.filename}."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}."
    return str(error)


def read_whole(least: int) -> Callable[[str], int]:
    """The `type` of an option that is a whole number, from `least` to what 32 bits hold."""

    def read(text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 11 else -1
        if not least <= number < 2**32:
            raise ArgumentTypeError(f"{text} is no whole number of {least} or more.")
        return number

    return read


def format_figures(figures: dict[str, Any]) -> str:
    """One JSON object; what is undefined is null."""
    return json.dumps(_replace_nan(figures), indent=1, ensure_ascii=False, allow_nan=False)


def _replace_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _replace_nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_replace_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
