"""The network at work: batches of RGB images to calibrated confidences and embeddings."""

from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog_ai.inference.bundle import Bundle, BundleError, load_bundle
from catalog_ai.inference.known import make_gate
from catalog_ai.inference.quiet import hide_greeting

try:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
except ImportError:  # the same runtime under its old name, for machines that still have it
    from tflite_runtime.interpreter import Interpreter, OpResolverType

BATCH = 8  # planned for at the start; any other size works
KEEP_TENSORS: dict[str, Any] = {  # the default delegate would keep none
    "experimental_preserve_all_tensors": True,
    "experimental_op_resolver_type": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
}


@dataclass(frozen=True)
class Predictions:
    """Results of a batch of N images, in order."""

    confidences: NDArray[np.float32]  # (N, labels), 0-1
    embeddings: NDArray[np.float32]  # (N, embedding_size), L2-normalised


class Classifier:
    """A bundle ready to judge images, for the threads of one process in turn.

    Not to be shared across a fork.
    """

    def __init__(self, bundle: Bundle, *, threads: int = 1, keep_tensors: bool = False) -> None:
        """One thread a process is the fastest use of many cores.

        `keep_tensors` keeps what lies between input and output for `read_tensor`, at some speed.

        Raises:
            BundleError: the network is unreadable or does not fit the bundle.
        """
        self.bundle = bundle
        self._lock = Lock()  # the interpreter's tensors belong to one image batch at a time
        try:
            self._interpreter: Any = Interpreter(
                model_content=bundle.network,
                num_threads=threads,
                **(KEEP_TENSORS if keep_tensors else {}),
            )
        except (ValueError, RuntimeError) as error:
            raise BundleError(
                f"{bundle.model_path} is no network that the runtime can read ({error}). "
                "Export the bundle again."
            ) from error
        inputs = self._interpreter.get_input_details()
        self._input = inputs[0]
        self._check_input(len(inputs))
        with hide_greeting():
            self._set_batch(BATCH)  # a network that takes one image at a time shows itself here
        outputs = {item["name"]: item for item in self._interpreter.get_output_details()}
        self._logits = self._find_output(outputs, "logits", len(bundle.labels))
        self._embedding = self._find_output(outputs, "embedding", bundle.embedding_size)
        self._scale = np.array([b.calibration.scale for b in bundle.labels], np.float32)
        self._offset = np.array([b.calibration.offset for b in bundle.labels], np.float32)
        self._gate = make_gate(bundle.labels, bundle.known) if bundle.known else None

    def _find_output(self, outputs: dict[str, Any], role: str, size: int) -> Any:
        name = self.bundle.outputs[role]
        found = outputs.get(name)
        if found is None:
            raise BundleError(
                f"{self.bundle.path}: the network has no output {name!r} for {role}, only "
                f"{', '.join(outputs)}. Export the bundle again."
            )
        shape = tuple(int(side) for side in found["shape"])
        if shape[-1] != size:
            raise BundleError(
                f"{self.bundle.path}: the {role} output has {shape[-1]} numbers, and "
                f"bundle.json speaks of {size}. Export the bundle again."
            )
        if shape != (self._batch, size):
            raise BundleError(
                f"{self.bundle.path}: the {role} output has the shape {shape} for a batch of "
                f"{self._batch} images. Export the bundle with a free batch size."
            )
        self._check_dtype(found, role)
        return found

    def _check_input(self, inputs: int) -> None:
        spec = self.bundle.input
        shape = tuple(int(side) for side in self._input["shape"][1:])
        if shape != (spec.height, spec.width, 3) or inputs != 1:
            raise BundleError(
                f"{self.bundle.path}: the network takes {inputs} input(s), the first {shape}, and "
                f"bundle.json speaks of one {(spec.height, spec.width, 3)}. "
                "Export the bundle again."
            )
        self._check_dtype(self._input, "input")

    def _check_dtype(self, tensor: Any, role: str) -> None:
        """Float, or 8 bits with a scale to turn them into numbers by."""
        dtype, scale = tensor["dtype"], tensor["quantization"][0]
        if dtype != np.float32 and not (dtype in (np.int8, np.uint8) and scale > 0):
            raise BundleError(
                f"{self.bundle.path}: the {role} tensor is {np.dtype(dtype).name} with the scale "
                f"{scale}; float32, int8 and uint8 with a scale can be used. "
                "Export the bundle again."
            )

    def _set_batch(self, size: int) -> None:
        shape = (size, *self._input["shape"][1:])
        try:
            self._interpreter.resize_tensor_input(self._input["index"], shape)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise BundleError(
                f"{self.bundle.path}: the network does not take a batch of {size} images "
                f"({error}). Export the bundle with a free batch size."
            ) from error
        self._batch = size

    def classify(self, images: NDArray[np.uint8]) -> Predictions:
        """Judge images of shape (N, height, width, 3), RGB, N >= 1.

        Another N than the last one makes the runtime plan anew: less than a millisecond.
        """
        with self._lock:
            if len(images) != self._batch:
                self._set_batch(len(images))
            self._feed(images)
            self._interpreter.invoke()
            logits, embeddings = self._read(self._logits), self._read(self._embedding)
        return Predictions(self._calibrate(logits), normalise(embeddings))

    def _calibrate(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, labels) logits to confidences; those of a picture of nothing known come out low."""
        confidences = sigmoid(self._scale * logits + self._offset)
        known = self.bundle.known
        if known is not None and self._gate is not None:
            chance = sigmoid(known.scale * self._gate.score(logits) + known.offset)
            confidences[:, self._gate.rows] *= chance[:, None]
        return confidences

    def list_tensors(self) -> list[dict[str, Any]]:
        """The runtime's own description of every tensor, in the network's order."""
        return list(self._interpreter.get_tensor_details())

    def read_tensor(self, tensor: dict[str, Any]) -> NDArray[np.float32]:
        """A tensor's numbers after `classify`, in its own shape, from 8 bits back to float.

        What lies between input and output is kept only with `keep_tensors`.
        """
        return self._read(tensor)

    def _feed(self, images: NDArray[np.uint8]) -> None:
        """Write pixels, as the network wants its numbers, right into the runtime's own memory."""
        spec, dtype = self.bundle.input, self._input["dtype"]
        tensor = self._interpreter.tensor(self._input["index"])()  # gone before the next call
        values = tensor if dtype == np.float32 else np.empty(images.shape, np.float32)
        np.multiply(images, np.float32(spec.scale), out=values, dtype=np.float32)
        values += np.float32(spec.offset)
        if dtype != np.float32:
            scale, zero = self._input["quantization"]
            limits = np.iinfo(dtype)
            np.clip(np.rint(values / scale + zero), limits.min, limits.max, out=values)
            tensor[...] = values

    def _read(self, output: Any) -> NDArray[np.float32]:
        values = self._interpreter.get_tensor(output["index"])
        return dequantise(values, output["quantization_parameters"])


def dequantise(values: NDArray[Any], parameters: dict[str, Any]) -> NDArray[np.float32]:
    """A tensor's numbers from 8 bits back to float, by the runtime's `quantization_parameters`.

    Of any shape. Weights have a scale a channel, what flows through the network one for all.
    """
    scales, zeros = parameters["scales"], parameters["zero_points"]
    if not len(scales):
        return np.asarray(values, np.float32)
    shape = [1] * values.ndim
    if len(scales) > 1:
        shape[parameters["quantized_dimension"]] = -1
    floats = (values.astype(np.float32) - zeros.reshape(shape)) * scales.reshape(shape)
    return np.asarray(floats, np.float32)


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 / (1 + exp(-x)), 0 to 1, of any shape; without overflow at either end."""
    small = np.exp(-np.abs(logits))
    return np.asarray(np.where(logits >= 0, 1, small) / (1 + small), np.float32)


def normalise(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(..., size) vectors at length 1; one of zeros stays zero."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def load_classifier(path: Path, threads: int = 1) -> Classifier:
    """Load and check a bundle and its network.

    Raises:
        BundleError: see `load_bundle` and `Classifier`.
    """
    return Classifier(load_bundle(path), threads=threads)
