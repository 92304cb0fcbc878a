"""A trained Keras network to TFLite. Needs TensorFlow (the `train` extra), whatever trained it."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from ai_edge_litert.interpreter import Interpreter  # noqa: E402
from numpy.typing import NDArray  # noqa: E402


def convert_network(network: Path, kind: str, images: NDArray[np.uint8]) -> bytes:
    """One TFLite file: float32, float16, or int8: 8-bit, per channel, with ranges from `images`.

    `images` is (N, 224, 224, 3) RGB; only 8-bit looks at them.
    """
    model = keras.models.load_model(network, compile=False)
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if kind == "float32":
            return bytes(converter.convert())
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if kind == "float16":
            converter.target_spec.supported_types = [tf.float16]
            return bytes(converter.convert())
        return _quantise(converter, images, model.get_layer("logits").units)


def _quantise(converter: tf.lite.TFLiteConverter, images: NDArray[np.uint8], labels: int) -> bytes:
    """8-bit but for the layer of the logits: 256 steps over all logits are too coarse for
    calibrated confidences, and one small layer in float costs no speed."""

    def represent() -> Iterator[list[NDArray[np.float32]]]:
        for image in images:
            yield [image[None].astype(np.float32) / 127.5 - 1]

    converter.representative_dataset = represent
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    options = tf.lite.experimental.QuantizationDebugOptions(
        denylisted_nodes=[_find_logits(bytes(converter.convert()), labels)]
    )
    debugger = tf.lite.experimental.QuantizationDebugger(
        converter=converter, debug_dataset=represent, debug_options=options
    )
    return bytes(debugger.get_nondebug_quantized_model())


def _find_logits(network: bytes, labels: int) -> str:
    details = Interpreter(model_content=network).get_output_details()
    return next(str(one["name"]) for one in details if int(one["shape"][-1]) == labels)
