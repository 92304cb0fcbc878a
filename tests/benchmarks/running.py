"""Runs a benchmark as its docstring says to, on services of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


def run_benchmark(name: str, tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """Its JSON; on SQLite and a Redis of its own, never on those of the tests."""
    outside = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "DEMO_VAR"}
    environment = {key: value for key, value in os.environ.items() if key not in outside}
    environment["DEMO_VAR"] = str(tmp_path / "stage")
    done = subprocess.run(
        [sys.executable, f"benchmarks/{name}.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures
