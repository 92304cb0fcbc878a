"""What the commands have in common: figures as one JSON object, refusals in words."""

import json
import math
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from typing import Any

from catalog_ai.inference.bundle import BundleError
from catalog_ai.training.judging import EvaluationError
from catalog_ai.training.photos import PhotoError

REFUSALS = (EvaluationError, BundleError, PhotoError, ModuleNotFoundError, FileNotFoundError)


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
    return str(error)


def format_figures(figures: dict[str, Any]) -> str:
    """One JSON object; what is undefined is null."""
    return json.dumps(_replace_nan(figures), indent=1, ensure_ascii=False, allow_nan=False)


def _replace_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _replace_nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_replace_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
