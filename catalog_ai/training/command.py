"""What the commands that judge have in common: figures as one JSON object, refusals in words."""

import json
import math
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from typing import Any

from catalog_ai.inference.bundle import BundleError
from catalog_ai.training.judging import EvaluationError
from catalog_ai.training.photos import PhotoError


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
    except (EvaluationError, BundleError, PhotoError) as error:
        parser.error(str(error))
    sys.stdout.write(f"{format_figures(figures)}\n")
    return 0


def format_figures(figures: dict[str, Any]) -> str:
    """One JSON object; what is undefined is null."""
    return json.dumps(_replace_nan(figures), indent=1, ensure_ascii=False, allow_nan=False)


def _replace_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _replace_nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_replace_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
