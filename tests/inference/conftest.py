"""Fixtures of the tests that run without Django's models."""

import shutil
from pathlib import Path

import pytest

from tests.inference.tiny import TINY


@pytest.fixture
def bundle_dir(tmp_path: Path) -> Path:
    """A bundle that a test may damage."""
    return Path(shutil.copytree(TINY / "float32", tmp_path / "bundle"))
