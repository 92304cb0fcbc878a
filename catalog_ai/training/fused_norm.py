"""Batch norm and ReLU6 together, compiled for this processor: what most of training waits for."""

import logging
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.utils import cpp_extension

logger = logging.getLogger(__name__)
SOURCE = Path(__file__).with_suffix(".cpp")
FLAGS = ["-O3", "-march=native", "-fno-math-errno", "-fassociative-math", "-fno-signed-zeros"]
FLAGS += ["-fno-trapping-math", "-mprefer-vector-width=512"]


class FusedNorm(torch.autograd.Function):
    """(N, channels, height, width) in bfloat16 -> the same, normed, and bounded by ReLU6 if so."""

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


@cache
def load_compiled() -> Any:
    """The compiled functions, made on first use (half a minute); None where they cannot be."""
    if not has_bfloat16():
        return None
    try:
        return cpp_extension.load("catalog_ai_fused_norm", [str(SOURCE)], extra_cflags=FLAGS)
    except (RuntimeError, OSError, ImportError) as error:  # no compiler, no ninja, no room
        reason = str(error).partition("\n")[0]
        logger.warning("batch norm is not compiled, training takes half as long again: %s", reason)
        return None


def has_bfloat16() -> bool:
    """Whether the processor computes in it; one that does not is slower by it."""
    return bool(getattr(torch.cpu, "_is_avx512_bf16_supported", bool)())
