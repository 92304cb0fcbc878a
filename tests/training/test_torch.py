"""Training in PyTorch: the same network and losses as in Keras, in several processes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("keras", reason="the train extra is not installed")
pytest.importorskip("torch", reason="PyTorch is not installed")

import torch
from torch import nn

from catalog_ai.inference.bundle import SHIPPED_BUNDLE
from catalog_ai.training import feed, processes, recipe, run_file, torch_fit
from catalog_ai.training.folded import read_folded
from catalog_ai.training.network import build_network, load_folded_backbone
from catalog_ai.training.taxonomy import LabelSpec, Taxonomy
from catalog_ai.training.torch_functions import HalvingDepthwise, load_compiled, spread_back
from catalog_ai.training.torch_network import (
    Network,
    Unit,
    list_norm,
    load_from_keras,
    write_to_keras,
)
from tests.training.plain_run import make_plain_run

pytestmark = [
    pytest.mark.slow,
    # Keras itself, when it saves.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy"),
]
SIDE = 64


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """As in the processes that train: threads that wait for each other take all day when busy."""
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def photos() -> Any:
    return np.random.default_rng(1).uniform(-1, 1, (8, SIDE, SIDE, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def source(photos: Any) -> Any:
    network = build_network(5, SIDE)
    load_folded_backbone(network, read_folded(SHIPPED_BUNDLE), photos)
    return network


def compute(network: Network, photos: Any) -> tuple[Any, Any]:
    network.eval()
    with torch.no_grad():
        features = network.compute_features(torch.from_numpy(photos).permute(0, 3, 1, 2))
        return network.logits(features).numpy(), network.embedding(features).numpy()


def test_it_computes_what_the_keras_network_does(source: Any, photos: Any) -> None:
    network = Network(5, 2)
    load_from_keras(network, source)
    expected = source(photos, training=False)
    for found, name in zip(compute(network, photos), ("logits", "embedding"), strict=True):
        wanted = np.asarray(expected[name])
        assert np.abs(found - wanted).max() < 1e-3 * np.abs(wanted).max()


def test_and_gives_its_weights_back(source: Any) -> None:
    network, target = Network(5, 2), build_network(5, SIDE)
    load_from_keras(network, source)
    write_to_keras(network, target)
    for wanted, found in zip(source.get_weights(), target.get_weights(), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_the_short_way_back_is_the_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog_ai.training.torch_functions.load_compiled", lambda: None)
    torch.manual_seed(1)
    images = torch.randn(2, 4, 8, 8, dtype=torch.double, requires_grad=True)
    kernel = torch.randn(4, 1, 3, 3, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(HalvingDepthwise.apply, (images, kernel))


@pytest.fixture
def compiled() -> Any:
    functions = load_compiled()
    if functions is None:
        pytest.skip("there is no compiler or ninja here")
    return functions


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_the_compiled_way_back_is_the_short_one(compiled: Any, kind: torch.dtype) -> None:
    """Of photos higher than wide, in channels that fill no whole vector."""
    torch.manual_seed(1)
    gradient = torch.randn(3, 21, 5, 4, dtype=kind).contiguous(memory_format=torch.channels_last)
    kernel = torch.randn(21, 1, 3, 3, dtype=kind)
    found = compiled.halving_backward(gradient, kernel.float().permute(2, 3, 0, 1).contiguous())
    wanted = spread_back(gradient, kernel)
    assert found.shape == wanted.shape == (3, 21, 10, 8)
    assert (found.float() - wanted.float()).norm() < 0.01 * wanted.float().norm()


@pytest.mark.parametrize("kind", ["expand", "project"])
@pytest.mark.parametrize(("narrow", "close"), [(False, 1e-5), (True, 0.02)])
def test_the_compiled_norm_computes_what_that_of_pytorch_does(
    compiled: Any, narrow: bool, close: float, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within what floats or bfloat16 round: forward, backward, moving mean and variance."""
    torch.manual_seed(1)
    unit = Unit((16, 32), 1, kind=kind).train()
    nn.init.uniform_(unit.norm.weight, 0.5, 2)
    nn.init.uniform_(unit.norm.bias, -1, 3)
    images, weights = torch.randn(4, 16, 20, 20), torch.randn(4, 32, 20, 20)

    def run_once() -> list[torch.Tensor]:
        unit.norm.reset_running_stats()
        unit.zero_grad()
        entering = images.to(memory_format=torch.channels_last).requires_grad_()
        with torch.autocast("cpu", torch.bfloat16, enabled=narrow):
            found = unit(entering)
        (found.float() * weights).sum().backward()
        gradients = [one.grad.clone() for one in unit.parameters()]
        return [found, entering.grad, *gradients, *(one.clone() for one in list_norm(unit)[2:])]

    ours = run_once()
    monkeypatch.setattr("catalog_ai.training.torch_network.load_compiled", lambda: None)
    for one, other in zip(ours, run_once(), strict=True):
        assert (one.float() - other.float()).norm() < close * other.float().norm()


def test_its_losses_are_those_of_keras() -> None:
    """Over two labels of three, some of them masked."""
    labels = [LabelSpec(f"article:{name}", name, "article") for name in "ab"]
    taxonomy = Taxonomy({}, [*labels, LabelSpec("gender:c", "c", "gender")])
    random = np.random.default_rng(1)
    logits, truth, mask = random.normal(size=(3, 4, 3)).astype(np.float32)
    target = np.concatenate([truth > 0, mask > -0.5], axis=1).astype(np.float32)
    one_hot = np.eye(3, dtype=np.float32)[[0, 2, 1, 1]] * np.array([[1], [0], [1], [1]], "f4")
    weights = torch.from_numpy(recipe.weigh_labels(taxonomy))
    pairs = (
        (
            torch_fit.find_label_loss(torch.from_numpy(target), torch.from_numpy(logits), weights),
            recipe.make_label_loss(taxonomy)(target, logits),
        ),
        (
            torch_fit.find_likeness_loss(torch.from_numpy(one_hot), torch.from_numpy(logits)),
            recipe.find_likeness_loss(one_hot, logits),
        ),
    )
    for found, wanted in pairs:
        assert float(found) == pytest.approx(float(np.mean(np.asarray(wanted))), rel=1e-5)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> recipe.Run:
    """In rounds of two batches, its photos where the processes find them."""
    monkeypatch.setattr(feed, "ROUND", 2)
    made = make_plain_run(tmp_path, 224)
    np.save(tmp_path / feed.PHOTOS_FILE, made.pixels)
    return made


@pytest.fixture
def alone() -> Iterator[None]:
    """A group of this process only."""
    address = f"tcp://127.0.0.1:{processes.find_port()}"
    torch.distributed.init_process_group("gloo", init_method=address, rank=0, world_size=1)
    yield
    torch.distributed.destroy_process_group()


def test_a_killed_training_goes_on_after_its_last_round(
    run: recipe.Run, alone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two rounds of two batches; the process ends before the fourth batch."""
    rates: list[float] = []
    take_step = torch_fit.Part.take_step

    def watch(part: torch_fit.Part, images: Any, targets: Any) -> float:
        if len(rates) == 3:
            raise KeyboardInterrupt
        rates.append(part.optimizer.param_groups[0]["lr"])
        return take_step(part, images, targets)

    file = run.options.work / run_file.PYTORCH_STATE
    torch_fit.write_start(run, recipe.start_network(run), file)
    monkeypatch.setattr(torch_fit.Part, "take_step", watch)
    with pytest.raises(KeyboardInterrupt):
        torch_fit.Part(run, 0, 1).train()
    saved = torch.load(file, weights_only=True)
    assert (saved["stage"], saved["round"]) == (0, 1)
    killed, rates[:] = rates[2], []
    resumed = torch_fit.Part(run, 0, 1)
    for name, tensor in resumed.network.state_dict().items():
        torch.testing.assert_close(tensor, saved["network"][name])
    assert {int(one["step"]) for one in resumed.optimizer.state.values()} == {2}
    resumed.train()
    assert rates[0] == pytest.approx(killed)
    assert len(rates) == 2
    assert torch.load(file, weights_only=True)["round"] == 2


def wait_long(rank: int) -> None:
    """Stands for a part that trains."""
    processes.end_with_parent()
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    time.sleep(120)


def test_no_process_outlives_the_one_that_started_it() -> None:
    """Killed in the background, where a shell has its jobs ignore SIGINT."""
    code = "import torch; from tests.training.test_torch import wait_long as wait; "
    code += "torch.multiprocessing.spawn(wait, (), 1)"
    command = ["sh", "-c", 'trap "" INT; exec "$0" -c "$1"', sys.executable, code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    for _look in range(100):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("it still runs")


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one core: one process")
def test_several_processes_learn_together(run: recipe.Run) -> None:
    """Dark and light are told apart after 24 batches in two processes."""
    run.options.batch, run.options.stages = 2 * processes.FEWEST, [(32, 12)]
    torch_fit.train_network(run)
    state = torch.load(run.options.work / run_file.PYTORCH_STATE, weights_only=True)
    network = Network(2, 2)
    network.load_state_dict(state["average"])
    network.train()  # norms of these very photos: two dozen batches do not make good averages
    network.dropout.eval()
    small = torch.from_numpy(run.pixels[:16, :32, :32].astype(np.float32) / 127.5 - 1)
    logits, _cosines = network(small.permute(0, 3, 1, 2))
    np.testing.assert_array_equal(logits.detach().numpy().argmax(axis=1), np.arange(16) % 2)
    steps = {int(one["step"]) for one in state["optimizer"]["state"].values()}
    assert steps == {24}
    assert (run.options.work / "network.keras").exists()
