"""What training processes are started with."""

import os

import pytest

from catalog_ai.training.processes import ALLOCATION, keep_memory


def test_the_allocator_is_told_only_while_processes_start(monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = ALLOCATION
    for name in others:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(first, "what the user has set")
    before = dict(os.environ)
    with keep_memory():
        assert os.environ[first] == "what the user has set"
        assert {name: os.environ[name] for name in others} == {n: ALLOCATION[n] for n in others}
    assert dict(os.environ) == before
