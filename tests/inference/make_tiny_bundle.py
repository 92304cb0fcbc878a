"""Makes tests/data/tiny_bundle, once: networks of a few kB that know a picture's mean colour.

Needs TensorFlow: `python -m tests.inference.make_tiny_bundle` in an environment that has it.
A plain picture of a label's colour gets about 0.98 for it, and 0.02 for the others of its facet.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

FOLDER = Path(__file__).resolve().parent.parent / "data" / "tiny_bundle"
SIDE, EMBEDDING = 32, 16
COLOURS = {
    "article:red-shirts": (1, -1, -1),
    "article:green-bags": (-1, 1, -1),
    "article:blue-jeans": (-1, -1, 1),
    "article:white-shoes": (1, 1, 1),
    "article:black-belts": (-1, -1, -1),
    "article:yellow-caps": (1, 1, -1),
    "colour:warm": (1, 0, -1),
    "colour:cool": (-1, 0, 1),
}
THRESHOLDS = {
    "permissive": {"auto": 0.6, "review": 0.1},
    "balanced": {"auto": 0.8, "review": 0.2},
    "strict": {"auto": 0.95, "review": 0.3},
}


class ColourNetwork(tf.Module):
    """(N, 32, 32, 3) in -1 to 1 to logits (N, 8) and an embedding (N, 16)."""

    def __init__(self, rows: int = -1) -> None:
        super().__init__()
        self.rows = rows  # -1: any batch
        mix = np.random.default_rng(0).normal(size=(3, EMBEDDING)).astype(np.float32)
        mix[:, :3] = np.eye(3)
        weights = np.zeros((EMBEDDING, len(COLOURS)), np.float32)
        weights[:3] = 4 * np.array(list(COLOURS.values()), np.float32).T
        need = [sum(abs(part) for part in colour) - 1 for colour in COLOURS.values()]
        self.mix, self.weights = tf.constant(mix), tf.constant(weights)
        self.bias = tf.constant([-4.0 * part for part in need])

    @tf.function(input_signature=[tf.TensorSpec([None, SIDE, SIDE, 3], tf.float32)])
    def judge(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
        mean = tf.reshape(tf.reduce_mean(images, axis=[1, 2]), [self.rows, 3])
        embedding = tf.matmul(mean, self.mix)
        logits = tf.matmul(embedding, self.weights) + self.bias
        return {"logits": logits, "embedding": embedding}


def convert(kind: str, rows: int = -1) -> bytes:
    network = ColourNetwork(rows)
    function = network.judge.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], network)
    if kind != "float32":
        random = np.random.default_rng(0)
        corners = np.array(np.meshgrid(*[[-1, 1]] * 3)).reshape(3, 8).T
        shades = np.concatenate([corners, random.uniform(-1, 1, (50, 3))]).astype(np.float32)
        pictures = [np.full((1, SIDE, SIDE, 3), shade, np.float32) for shade in shades]
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([picture] for picture in pictures)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.dtypes.as_dtype(kind)
    return bytes(converter.convert())


def name_outputs(network: bytes) -> dict[str, str]:
    sizes = {len(COLOURS): "logits", EMBEDDING: "embedding"}
    details = tf.lite.Interpreter(model_content=network).get_output_details()
    return {sizes[int(one["shape"][-1])]: str(one["name"]) for one in details}


def write_bundle(kind: str, rows: int = -1, folder: str = "") -> None:
    network = convert(kind, rows)
    labels = [
        {
            "id": label,
            "name": label.partition(":")[2].replace("-", " ").capitalize(),
            "facet": label.partition(":")[0],
            "parent": "",
            "aliases": [],
            "calibration": {"scale": 1.0, "offset": 0.0},
            "thresholds": THRESHOLDS,
        }
        for label in COLOURS
    ]
    content = {
        "format": 1,
        "name": f"tiny-{kind}",
        "version": "1",
        "input": {"width": SIDE, "height": SIDE, "fit": "pad", "pad_value": 255}
        | {"scale": 1 / 127.5, "offset": -1.0},
        "outputs": name_outputs(network),
        "embedding_size": EMBEDDING,
        "facets": [{"id": "article", "name": "Article"}, {"id": "colour", "name": "Colour"}],
        "labels": labels,
        "files": {
            "model.tflite": {
                "sha256": hashlib.sha256(network).hexdigest(),
                "bytes": len(network),
            }
        },
        "provenance": {"made_by": "tests/inference/make_tiny_bundle.py", "trained": False},
    }
    path = FOLDER / (folder or kind)
    path.mkdir(parents=True, exist_ok=True)
    (path / "model.tflite").write_bytes(network)
    (path / "bundle.json").write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    for kind in ("float32", "int8", "uint8"):
        write_bundle(kind)
    write_bundle("float32", rows=1, folder="one_at_a_time")
    sys.exit()
