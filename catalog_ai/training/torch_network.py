"""The network in PyTorch: what `network.build_network` makes in Keras, by the same layer names."""

from itertools import pairwise
from typing import Any

import keras
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from catalog_ai.training.network import EMBEDDING, EPSILON, HEADS, list_convolutions
from catalog_ai.training.recipe import LIKENESS_SCALE
from catalog_ai.training.torch_functions import FusedNorm, HalvingDepthwise, load_compiled

FEATURES = 1_280
EXPANSION = 6
# Channels and stride of every block from block_1 on.
BLOCKS = (
    *((24, 2), (24, 1), (32, 2), (32, 1), (32, 1), (64, 2), (64, 1), (64, 1), (64, 1)),
    *((96, 1), (96, 1), (96, 1), (160, 2), (160, 1), (160, 1), (320, 1)),
)


class Unit(nn.Module):
    """A convolution without bias, its batch norm and, unless it projects, ReLU6."""

    def __init__(self, places: tuple[int, int], size: int, stride: int = 1, kind: str = "") -> None:
        super().__init__()
        channels_in, channels = places
        self.is_depthwise, self.is_linear = kind == "depthwise", kind == "project"
        groups = channels if self.is_depthwise else 1
        padding = size // 2 if stride == 1 else 0
        self.convolution = nn.Conv2d(
            channels_in, channels, size, stride, padding, groups=groups, bias=False
        )
        self.norm = nn.BatchNorm2d(channels, EPSILON)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        kernel, stride = self.convolution.weight, self.convolution.stride[0]
        if stride == 2 and self.is_depthwise:
            if torch.is_autocast_enabled("cpu"):  # which does not look into functions of one's own
                images, kernel = images.bfloat16(), kernel.bfloat16()
            found = HalvingDepthwise.apply(images, kernel)
        else:
            padded = functional.pad(images, (0, 1, 0, 1)) if stride == 2 else images
            found = self.convolution(padded)
        if self.training and load_compiled():
            norm = self.norm
            return FusedNorm.apply(found, norm.weight, norm.bias, norm, not self.is_linear)
        found = self.norm(found)
        return found if self.is_linear else functional.relu6(found)


class Network(nn.Module):
    """Images (N, 3, side, side) in -1 to 1 -> logits and cosines to the article types."""

    def __init__(self, labels: int, articles: int) -> None:
        super().__init__()
        self.units = nn.ModuleDict({"Conv1": Unit((3, 32), 3, 2)})
        self._add_block("expanded_conv", (32, 16), 1, 1)
        sizes = (16, *(channels for channels, _ in BLOCKS))
        for number, places in enumerate(pairwise(sizes), start=1):
            self._add_block(f"block_{number}", places, BLOCKS[number - 1][1], EXPANSION)
        self.units["Conv_1"] = Unit((sizes[-1], FEATURES), 1)
        self.dropout = nn.Dropout(0.2)
        self.logits = nn.Linear(FEATURES, labels)
        self.embedding = nn.Linear(FEATURES, EMBEDDING)
        self.points = nn.Parameter(0.05 * torch.randn(EMBEDDING, articles))

    def _add_block(self, name: str, places: tuple[int, int], stride: int, expansion: int) -> None:
        channels_in, channels = places
        wide = channels_in * expansion
        if expansion > 1:
            self.units[f"{name}_expand"] = Unit((channels_in, wide), 1)
        self.units[f"{name}_depthwise"] = Unit((wide, wide), 3, stride, "depthwise")
        self.units[f"{name}_project"] = Unit((wide, channels), 1, kind="project")

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        features = self.compute_features(images)
        unit = functional.normalize(self.embedding(features), dim=1)
        cosines = unit @ functional.normalize(self.points, dim=0)
        return self.logits(self.dropout(features)), LIKENESS_SCALE * cosines

    def compute_features(self, images: torch.Tensor) -> torch.Tensor:
        """(N, FEATURES) averages of the last feature maps."""
        found = entered = images
        for name, unit in self.units.items():
            if name.endswith("_expand"):
                entered = found
            found = unit(found)
            # A block whose input has its output's shape adds it; expanded_conv's has not.
            if unit.is_linear and entered.shape == found.shape:
                found = found + entered
        return found.float().mean((2, 3))


def load_from_keras(network: Network, source: keras.Model) -> None:
    """All weights but the points of likeness, in place."""
    with torch.no_grad():
        for convolution, norm in list_convolutions(source):
            unit = network.units[convolution.name]
            (kernel,) = convolution.get_weights()
            axes = (2, 3, 0, 1) if unit.is_depthwise else (3, 2, 0, 1)
            copy_into(unit.convolution.weight, kernel.transpose(axes))
            for tensor, values in zip(list_norm(unit), norm.get_weights(), strict=True):
                copy_into(tensor, values)
        for name in HEADS:
            kernel, bias = source.get_layer(name).get_weights()
            copy_into(getattr(network, name).weight, kernel.T)
            copy_into(getattr(network, name).bias, bias)


def write_to_keras(network: Network, target: keras.Model) -> None:
    """The way back, in place."""
    for convolution, norm in list_convolutions(target):
        unit = network.units[convolution.name]
        axes = (2, 3, 0, 1) if unit.is_depthwise else (2, 3, 1, 0)
        convolution.set_weights([read(unit.convolution.weight).transpose(axes)])
        norm.set_weights([read(tensor) for tensor in list_norm(unit)])
    for name in HEADS:
        layer = getattr(network, name)
        target.get_layer(name).set_weights([read(layer.weight).T, read(layer.bias)])


def list_norm(unit: Any) -> list[torch.Tensor]:
    """In the order of Keras: gamma, beta, moving mean, moving variance."""
    norm = unit.norm
    return [norm.weight, norm.bias, norm.running_mean, norm.running_var]


def copy_into(tensor: torch.Tensor, values: NDArray[np.float32]) -> None:
    tensor.copy_(torch.from_numpy(np.ascontiguousarray(values)))


def read(tensor: torch.Tensor) -> NDArray[np.float32]:
    return np.asarray(tensor.detach().cpu().numpy())
