"""Parts of the network with a way back of our own: what most of training on a processor waits for.

Compiled for this processor (`torch_functions.cpp`) where there is a compiler.
"""

import logging
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.utils import cpp_extension

logger = logging.getLogger(__name__)
SOURCE = Path(__file__).with_suffix(".cpp")
FLAGS = ["-O3", "-march=native", "-fno-math-errno", "-fassociative-math", "-fno-signed-zeros"]
FLAGS += ["-fno-trapping-math", "-mprefer-vector-width=512"]


class FusedNorm(torch.autograd.Function):
    """(N, channels, height, width) -> the same, normed, and bounded by ReLU6 if so.

    In floats or bfloat16, compiled only.
    """

    @staticmethod
    def forward(
        context: Any,
        images: torch.Tensor,
        gamma: torch.Tensor,
        beta: torch.Tensor,
        norm: nn.BatchNorm2d,
        bounded: bool,
    ) -> torch.Tensor:
        images = images.contiguous(memory_format=torch.channels_last)
        moving = (norm.running_mean, norm.running_var, norm.momentum, norm.eps)
        output, mean, inverse = load_compiled().forward(images, gamma, beta, *moving, bounded)
        context.save_for_backward(images, gamma, beta, mean, inverse)
        context.bounded = bounded
        return output  # type: ignore[no-any-return]

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> tuple[Any, ...]:
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        found = load_compiled().backward(gradient, *context.saved_tensors, context.bounded)
        return (*found, None, None)


class HalvingDepthwise(torch.autograd.Function):
    """A depthwise 3x3 convolution of stride 2, padded below and to the right as TensorFlow does.

    PyTorch's own way back to its input takes half of all training time on a processor in
    bfloat16.
    """

    @staticmethod
    def forward(context: Any, images: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
        padded = functional.pad(images, (0, 1, 0, 1))
        context.save_for_backward(padded, kernel)
        return functional.conv2d(padded, kernel, stride=2, groups=len(kernel))

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        padded, kernel = context.saved_tensors
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        if compiled := load_compiled():
            by_place = kernel.float().permute(2, 3, 0, 1).contiguous()
            images = compiled.halving_backward(gradient, by_place)
        else:
            images = spread_back(gradient, kernel)
        return images, nn.grad.conv2d_weight(
            padded, kernel.shape, gradient, stride=2, groups=len(kernel)
        )


def spread_back(gradient: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """The way back through a halving convolution without a compiler.

    A convolution of stride 1 over the gradient with zeros between its numbers.
    """
    count, channels, height, width = gradient.shape
    spread = gradient.new_zeros((count, 2 * height - 1, 2 * width - 1, channels))
    spread = spread.permute(0, 3, 1, 2)  # channels stay last in memory
    spread[:, :, ::2, ::2] = gradient
    turned = kernel.flip(2, 3).contiguous(memory_format=torch.channels_last)
    images = functional.conv2d(spread, turned, padding=2, groups=channels)
    return images[:, :, :-1, :-1]


@cache
def load_compiled() -> Any:
    """The compiled functions, made on first use (half a minute); None where they cannot be."""
    try:
        return cpp_extension.load("catalog_ai_functions", [str(SOURCE)], extra_cflags=FLAGS)
    except (RuntimeError, OSError, ImportError) as error:  # no compiler, no ninja, no room
        reason = str(error).partition("\n")[0]
        logger.warning("nothing is compiled, training takes half as long again: %s", reason)
        return None


def has_bfloat16() -> bool:
    """Whether the processor computes in it; one that does not is slower by it."""
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())
