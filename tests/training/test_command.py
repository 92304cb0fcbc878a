"""Commands without a shop: figures on the output, refusals in one sentence."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import pytest

from catalog_ai.training.command import run_command


def run(judge: Any) -> int:
    def add_arguments(parser: ArgumentParser) -> None:
        parser.add_argument("--data")

    return run_command("judge", "Judges.", add_arguments, judge, ["--data", "x"])


def test_what_is_undefined_is_null(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(lambda options: {"data": options.data, "found": [float("nan"), 1]}) == 0
    assert json.loads(capsys.readouterr().out) == {"data": "x", "found": [None, 1]}


def need_library(options: Namespace) -> dict[str, Any]:
    import no_such_library

    return {"is": no_such_library}


def read_nothing(options: Namespace) -> dict[str, Any]:
    return {"is": Path("/nowhere/run.json").read_text()}


@pytest.mark.parametrize(
    ("judge", "told"),
    [
        (need_library, "No module named 'no_such_library': pip install \"catalog-ai[train]\"."),
        (read_nothing, "There is no file /nowhere/run.json."),
    ],
)
def test_what_is_missing_is_told(judge: Any, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(judge)
    assert ended.value.code == 2
    assert capsys.readouterr().err.endswith(f"error: {told}\n")
