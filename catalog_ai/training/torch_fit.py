"""Training in PyTorch on processor cores: a process a core, each with one thread, in bfloat16.

Every process computes the gradients of its part of a batch, and all take the same step. One process
with as many threads is half as fast (docs/adr/0011-training-on-cores.md).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch
from numpy.typing import NDArray
from torch import distributed, multiprocessing, nn
from tqdm import tqdm

from catalog_ai.training.feed import PHOTOS_FILE, Batches
from catalog_ai.training.network import build_network
from catalog_ai.training.processes import (
    count_processes,
    end_with_parent,
    find_port,
    keep_memory,
)
from catalog_ai.training.recipe import (
    DECAY,
    LABEL_SHARE,
    LIKENESS_WEIGHT,
    CosineSlice,
    Run,
    find_momentum,
    finish_network,
    replace_file,
    start_network,
    weigh_labels,
)
from catalog_ai.training.run_file import PYTORCH_STATE
from catalog_ai.training.torch_functions import has_bfloat16, load_compiled
from catalog_ai.training.torch_network import Network, load_from_keras, write_to_keras

PATIENCE = timedelta(minutes=10)  # of processes for one another
CLIP = 5.0


def train_network(run: Run) -> keras.Model:
    """Train through all stages, going on after the last finished round of batches.

    An interrupted run loses at most the round it was in.
    """
    file = run.options.work / PYTORCH_STATE
    network = build_network(len(run.taxonomy.labels)) if file.exists() else start_network(run)
    if run.options.stages:
        if not file.exists():
            write_start(run, network, file)
        load_compiled()  # here once, not in every process
        ranks = count_processes(run.options.batch)
        # Processes read the photos themselves: millions of pixels are not sent to them.
        bare = replace(run, pixels=np.empty(0, np.uint8))
        with keep_memory():
            multiprocessing.spawn(train_part, (bare, ranks, find_port()), ranks)
        trained = make_network(run)
        trained.load_state_dict(torch.load(file, weights_only=True)["average"])
        write_to_keras(trained, network)
    return finish_network(run, network)


def write_start(run: Run, source: keras.Model, file: Path) -> None:
    """What all processes begin from."""
    torch.manual_seed(run.options.seed)
    network = make_network(run)
    load_from_keras(network, source)
    weights = network.state_dict()
    save_state(file, {"stage": 0, "round": 0, "network": weights, "average": weights})


def save_state(file: Path, state: dict[str, Any]) -> None:
    replace_file(file, lambda path: torch.save(state, path))


def make_network(run: Run) -> Network:
    return Network(len(run.taxonomy.labels), max(1, len(run.taxonomy.find_places("article"))))


def train_part(rank: int, run: Run, ranks: int, port: int) -> None:
    """One of the processes, from its start to its end."""
    end_with_parent()
    torch.set_num_threads(1)
    where = f"tcp://127.0.0.1:{port}"
    distributed.init_process_group(
        "gloo", init_method=where, rank=rank, world_size=ranks, timeout=PATIENCE
    )
    torch.manual_seed(run.options.seed + rank)  # of dropout: each process leaves out other numbers
    run.pixels = np.load(run.options.work / PHOTOS_FILE, mmap_mode="r")
    Part(run, rank, ranks).train()
    distributed.destroy_process_group()


class Part:
    """What one process has in hand: the whole network, and its part of every batch."""

    def __init__(self, run: Run, rank: int, ranks: int) -> None:
        self.run, self.rank, self.ranks = run, rank, ranks
        self.state = torch.load(run.options.work / PYTORCH_STATE, weights_only=True)
        self.network = make_network(run).to(memory_format=torch.channels_last)
        self.network.load_state_dict(self.state["network"])
        self.optimizer = make_optimizer(self.network, run.options.rate)
        if "optimizer" in self.state:
            self.optimizer.load_state_dict(self.state["optimizer"])
        self.average = {name: tensor.clone() for name, tensor in self.state["average"].items()}
        self.weights = torch.from_numpy(weigh_labels(run.taxonomy))

    def train(self) -> None:
        """Through all stages, from where the saved state ends."""
        feeds = self.run.make_feeds(self.ranks)
        rounds = [
            feed.rounds * epochs
            for feed, (_, epochs) in zip(feeds, self.run.options.stages, strict=True)
        ]
        lengths = [len(feed) // self.ranks for feed in feeds]  # steps a round
        steps = [length * count for length, count in zip(lengths, rounds, strict=True)]
        starts = list(accumulate(steps, initial=0))
        first, at = self.state["stage"], self.state["round"]
        done = starts[first] + at * lengths[first]
        shown = {"unit": "batch", "desc": "training", "disable": self.rank > 0}
        bar = tqdm(total=starts[-1], initial=done, **shown)
        self.network.train()
        for stage in range(first, len(feeds)):
            rate = CosineSlice(self.run.options.rate, starts[stage], starts[-1])
            momentum = find_momentum(steps[stage])
            for number in range(at if stage == first else 0, rounds[stage]):
                feeds[stage].begin_round(number)
                for step, batch in enumerate(self.list_parts(feeds[stage])):
                    for group in self.optimizer.param_groups:
                        group["lr"] = float(rate(number * lengths[stage] + step))
                    bar.set_postfix(loss=f"{self.take_step(*batch):.3f}")
                    bar.update()
                    self.follow(momentum)
                self.save(stage, number + 1)

    def list_parts(self, feed: Batches) -> Iterator[Any]:
        """This process' part of every batch of a round."""
        for step in range(len(feed) // self.ranks):
            yield feed[step * self.ranks + self.rank]

    def take_step(self, images: NDArray[np.float32], targets: dict[str, Any]) -> float:
        """One step along the mean gradient of all processes; the loss of this one's part."""
        pixels = torch.from_numpy(images).permute(0, 3, 1, 2)  # channels stay last in memory
        with torch.autocast("cpu", torch.bfloat16, enabled=has_bfloat16()):
            logits, cosines = self.network(pixels)
        target, one_hot = (torch.from_numpy(targets[name]) for name in ("logits", "likeness"))
        loss = find_label_loss(target, logits.float(), self.weights)
        loss += LIKENESS_WEIGHT * find_likeness_loss(one_hot, cosines.float())
        self.optimizer.zero_grad()
        loss.backward()
        share_gradients(self.network, self.ranks)
        nn.utils.clip_grad_norm_(self.network.parameters(), CLIP)
        self.optimizer.step()
        return float(loss.detach())

    def follow(self, momentum: float) -> None:
        """The averaged weights; what batch norm has seen is no weight, and measured at the end."""
        with torch.no_grad():
            for name, tensor in self.network.state_dict().items():
                if tensor.is_floating_point() and "running" not in name:
                    self.average[name].lerp_(tensor, 1 - momentum)
                else:
                    self.average[name].copy_(tensor)

    def save(self, stage: int, number: int) -> None:
        """All processes have the same weights: one writes them."""
        if self.rank:
            return
        state = {"stage": stage, "round": number, "average": self.average}
        weights = {"network": self.network.state_dict(), "optimizer": self.optimizer.state_dict()}
        save_state(self.run.options.work / PYTORCH_STATE, {**state, **weights})


def make_optimizer(network: nn.Module, rate: float) -> torch.optim.Optimizer:
    """AdamW without decay of norms and biases."""
    tensors = list(network.parameters())
    return torch.optim.AdamW(
        [
            {"params": [one for one in tensors if one.ndim > 1], "weight_decay": DECAY},
            {"params": [one for one in tensors if one.ndim == 1], "weight_decay": 0.0},
        ],
        lr=rate,
        fused=True,
    )


def find_label_loss(
    target: torch.Tensor, logits: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """As `recipe.make_label_loss`, the mean of the batch."""
    truth, mask = target.chunk(2, dim=1)
    each = nn.functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return LABEL_SHARE * (each * mask * weights).sum() / len(target)


def find_likeness_loss(one_hot: torch.Tensor, cosines: torch.Tensor) -> torch.Tensor:
    """As `recipe.find_likeness_loss`, the mean of the batch."""
    return -(one_hot * cosines.log_softmax(dim=1)).sum() / len(one_hot)


def share_gradients(network: nn.Module, ranks: int) -> None:
    """Each process' gradients become the mean of all, in one exchange."""
    gradients = [one.grad for one in network.parameters() if one.grad is not None]
    together = torch.cat([one.flatten() for one in gradients])
    distributed.all_reduce(together)
    parts = (together / ranks).split([one.numel() for one in gradients])
    for gradient, part in zip(gradients, parts, strict=True):
        gradient.copy_(part.view_as(gradient))
