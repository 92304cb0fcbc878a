"""A training that was killed goes on with the weights, the rate and the averages that it had."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tqdm import tqdm

pytest.importorskip("keras", reason="the train extra is not installed")

import keras

from catalog_ai.training import feed, fit, recipe
from catalog_ai.training.network import build_network
from tests.training.plain_run import make_plain_run

pytestmark = [
    pytest.mark.slow,
    # Keras itself, when it saves what its optimiser has.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy"),
]
SIDE, ROUNDS, LENGTH = 32, 2, 2


class Killed(Exception):
    """Stands for the end of the process: nothing that comes after it is done."""


class Watch(fit.Keeper):
    """Notes where every batch starts from, and ends the run before a batch."""

    def __init__(self, run: recipe.Run, network: Any, end: int = ROUNDS * LENGTH) -> None:
        super().__init__(network, run.options.work, 0, tqdm(disable=True))
        self.seen: list[dict[str, Any]] = []
        self.end = end

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if len(self.seen) == self.end:
            raise Killed
        optimizer = self.model.optimizer
        self.seen.append(
            {
                "rate": float(optimizer.learning_rate),
                "points": keras.ops.convert_to_numpy(self.model.get_layer("likeness").points),
                "kernel": keras.ops.convert_to_numpy(self.model.get_layer("Conv1").kernel),
                "moments": [keras.ops.convert_to_numpy(one) for one in optimizer.variables[:6]],
            }
        )


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> recipe.Run:
    """In rounds of two batches."""
    monkeypatch.setattr(feed, "ROUND", LENGTH)
    return make_plain_run(tmp_path, SIDE)


def train(run: recipe.Run, watch: Watch, first: int) -> None:
    rate = recipe.CosineSlice(1e-3, 0, ROUNDS * LENGTH)
    fit.train_stage(run, watch.network, run.make_feeds()[0], rate, (first, ROUNDS), watch)


def test_it_goes_on_where_it_was(run: recipe.Run) -> None:
    killed = Watch(run, build_network(2, SIDE), end=LENGTH + 1)
    with pytest.raises(Killed):
        train(run, killed, 0)
    assert fit.read_progress(run.options.work) == (0, 1)
    saved = keras.models.load_model(run.options.work / "network.keras", compile=False)
    resumed = Watch(run, saved)
    train(run, resumed, 1)
    before, after = killed.seen[LENGTH], resumed.seen[0]
    assert after["rate"] == pytest.approx(before["rate"])
    assert len(resumed.seen) == (ROUNDS - 1) * LENGTH
    for name in ("points", "kernel"):
        np.testing.assert_allclose(after[name], before[name], rtol=1e-4, atol=1e-6)
    for one, other in zip(after["moments"], before["moments"], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_a_run_killed_while_it_saves_keeps_what_it_had(run: recipe.Run) -> None:
    file = run.options.work / "progress.json"
    recipe.replace_file(file, lambda path: path.write_text('{"stage": 1, "round": 2}'))

    def write_half(path: Path) -> None:
        path.write_text('{"sta')
        raise Killed

    with pytest.raises(Killed):
        recipe.replace_file(file, write_half)
    assert fit.read_progress(run.options.work) == (1, 2)
