"""The shipped network with its 8-bit weights written out as floats, for benchmarks/pipeline.py.

    PYTHON benchmarks/float_network.py OUT.tflite [--kind float32|float16|int8]

PYTHON is one that has TensorFlow and ai-edge-litert (`requirements-train.txt`). Prints one JSON
object: the kind, the bytes, and how far the logits of the demo shop's drawings are, on average,
from those of the shipped network: what 8-bit arithmetic changes.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from catalog_ai.training.convert import convert_network  # isort: skip # it chooses Keras' backend

import keras  # noqa: E402
import numpy as np  # noqa: E402
from ai_edge_litert.interpreter import Interpreter  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

from catalog_ai.inference.bundle import SHIPPED_BUNDLE, load_bundle  # noqa: E402
from catalog_ai.inference.classifier import dequantise  # noqa: E402
from catalog_ai.training.folded import read_folded  # noqa: E402
from catalog_ai.training.network import (  # noqa: E402
    SIDE,
    build_network,
    load_folded_backbone,
)
from shop_demo.drawings import DRAWINGS, render_drawing  # noqa: E402

KINDS = ("float32", "float16", "int8")


def draw_photos(count: int = 32) -> NDArray[np.uint8]:
    drawings = (render_drawing(one).convert("RGB") for one in DRAWINGS[:count])
    return np.stack([np.asarray(drawing.resize((SIDE, SIDE))) for drawing in drawings])


def rebuild_network(photos: NDArray[np.uint8]) -> keras.Model:
    """The shipped network in Keras."""
    labels = len(load_bundle(SHIPPED_BUNDLE).labels)
    network = build_network(labels)
    scaled = photos[:8].astype(np.float32) / 127.5 - 1
    load_folded_backbone(network, read_folded(SHIPPED_BUNDLE), scaled)
    for name, size in (("logits", labels), ("embedding", 256)):
        network.get_layer(name).set_weights(read_dense(size))
    return network


def read_dense(size: int) -> list[NDArray[np.float32]]:
    """Kernel and bias of the shipped network's layer with so many outputs."""
    interpreter = open_network(load_bundle(SHIPPED_BUNDLE).model_path.read_bytes())
    tensors = {one["index"]: one for one in interpreter.get_tensor_details()}
    for operation in interpreter._get_ops_details():
        if operation["op_name"] != "FULLY_CONNECTED":
            continue
        found = [tensors[index] for index in operation["inputs"][1:3]]
        if found[0]["shape"][0] == size:
            kernel, bias = (
                dequantise(interpreter.get_tensor(one["index"]), one["quantization_parameters"])
                for one in found
            )
            return [kernel.T, bias]
    raise ValueError(f"The shipped network has no layer of {size} outputs.")


def open_network(network: bytes) -> Any:
    interpreter = Interpreter(model_content=network)
    interpreter.allocate_tensors()
    return interpreter


def read_logits(network: bytes, photos: NDArray[np.uint8]) -> NDArray[np.float32]:
    labels = len(load_bundle(SHIPPED_BUNDLE).labels)
    interpreter = open_network(network)
    found = []
    for photo in photos:
        pixels = photo[None].astype(np.float32) / 127.5 - 1
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], pixels)
        interpreter.invoke()
        outputs = [
            interpreter.get_tensor(one["index"])[0] for one in interpreter.get_output_details()
        ]
        found.append(next(one for one in outputs if len(one) == labels))
    return np.stack(found)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--kind", default="float32", choices=KINDS)
    options = parser.parse_args()
    photos = draw_photos()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.keras"
        rebuild_network(photos).save(file)
        network = convert_network(file, options.kind, photos)
    options.out.write_bytes(network)
    shipped = load_bundle(SHIPPED_BUNDLE).model_path.read_bytes()
    difference = np.abs(read_logits(network, photos) - read_logits(shipped, photos)).mean()
    facts = {"kind": options.kind, "bytes": len(network), "logits": round(float(difference), 4)}
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
