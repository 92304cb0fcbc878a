"""Weights to start from: batch norm folded into kernel and bias, by Keras layer name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from catalog_ai.inference.bundle import MODEL_FILE
from catalog_ai.inference.classifier import dequantise

Weights = Mapping[str, NDArray[np.float32]]
BLOCKS = 17
CONVOLUTIONS = {"CONV_2D", "DEPTHWISE_CONV_2D"}


def list_layers() -> list[str]:
    """Names of MobileNetV2's convolutions, from the image on, as keras.applications has them."""
    names = ["Conv1", "expanded_conv_depthwise", "expanded_conv_project"]
    for block in range(1, BLOCKS):
        names += [f"block_{block}_{part}" for part in ("expand", "depthwise", "project")]
    return [*names, "Conv_1"]


def read_folded(path: Path) -> Weights:
    """`layer/kernel` and `layer/bias` from an .npz file, or from the network of a bundle.

    Raises:
        ValueError: the bundle's network is no MobileNetV2.
    """
    if path.suffix == ".npz":
        return dict(np.load(path))
    return _read_network(path / MODEL_FILE if path.is_dir() else path)


def _read_network(path: Path) -> Weights:
    """Kernels of a TFLite file, from 8 bits back to float where need be."""
    interpreter = Interpreter(model_path=str(path))
    interpreter.allocate_tensors()
    tensors = {one["index"]: one for one in interpreter.get_tensor_details()}
    found = [one for one in interpreter._get_ops_details() if one["op_name"] in CONVOLUTIONS]
    names = list_layers()
    if len(found) != len(names):
        raise ValueError(f"{path} has {len(found)} convolutions, MobileNetV2 has {len(names)}.")
    weights = {}
    for name, operation in zip(names, found, strict=True):
        kernel, bias = (
            _read_tensor(interpreter, tensors[index]) for index in operation["inputs"][1:3]
        )
        # TFLite: output, height, width, input; depthwise 1, height, width, channel. Both end up
        # as Keras has them: height, width, input (or channel), output (or 1).
        weights[f"{name}/kernel"] = kernel.transpose(1, 2, 3, 0)
        weights[f"{name}/bias"] = bias
    return weights


def _read_tensor(interpreter: Any, details: dict[str, Any]) -> NDArray[np.float32]:
    return dequantise(interpreter.get_tensor(details["index"]), details["quantization_parameters"])
