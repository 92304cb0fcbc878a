"""Protocol d: Fashion-MNIST with a small network of its own, trained from nothing."""

import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

HELD_OUT = 10_000
SEED = 7


def run_d(data: Path, epochs: int = 28) -> dict[str, Any]:
    """Train on 50,000 of the training half and test, once, on the 10,000 held out."""
    keras.utils.set_random_seed(SEED)
    images, labels = load_images(data)
    order = np.random.default_rng(SEED).permutation(len(images))
    test, train = order[:HELD_OUT], order[HELD_OUT:]
    network = build_small_network()
    steps = epochs * (len(train) // 128)
    network.compile(
        keras.optimizers.AdamW(
            keras.optimizers.schedules.CosineDecay(
                1e-4, steps, warmup_target=3e-3, warmup_steps=200
            ),
            weight_decay=0.02,
            use_ema=True,
            ema_momentum=0.995,
        ),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.05),
        metrics=["accuracy"],
    )
    targets = keras.utils.to_categorical(labels, 10)
    started = time.time()
    network.fit(images[train], targets[train], batch_size=128, epochs=epochs, verbose=2)
    seconds = time.time() - started
    # Both sides of a garment look alike: the mean over the picture and its mirror image.
    scores = sum(network.predict(side, verbose=0) for side in mirror(images[test]))
    return {
        "images": HELD_OUT,
        "accuracy": float((np.argmax(scores, 1) == labels[test]).mean()),
        "parameters": int(network.count_params()),
        "epochs": epochs,
        "training_seconds": round(seconds),
    }


def load_images(data: Path) -> tuple[NDArray[np.float32], NDArray[np.integer]]:
    """(N, 28, 28, 1) of mean 0 and spread 1, and classes 0-9."""
    archive = np.load(data)
    name = next(key for key in archive.files if archive[key].ndim == 3)
    images = archive[name].astype(np.float32)[..., None] / 255
    return (images - images.mean()) / images.std(), archive["labels"].astype(int)


def mirror(images: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The images and their mirror images."""
    return images, images[:, :, ::-1]


def build_small_network() -> keras.Model:
    """A small residual network for 28 x 28 grey: 10 logits."""
    image = keras.Input((28, 28, 1))
    seen = layers.RandomFlip("horizontal")(image)
    seen = layers.RandomTranslation(0.08, 0.08, fill_mode="nearest")(seen)
    seen = layers.RandomErasing(factor=0.5, scale=(0.02, 0.15), value_range=(-1, 2))(seen)
    seen = _convolve(seen, 24)
    for width, blocks in ((24, 1), (48, 2), (96, 1)):
        seen = _convolve(seen, width, stride=1 if width == 24 else 2)
        for _ in range(blocks):
            seen = layers.add([seen, _convolve(_convolve(seen, width), width)])
    pooled = layers.GlobalAveragePooling2D()(seen)
    return keras.Model(image, layers.Dense(10)(layers.Dropout(0.3)(pooled)))


def _convolve(seen: Any, width: int, stride: int = 1) -> Any:
    seen = layers.Conv2D(width, 3, strides=stride, padding="same", use_bias=False)(seen)
    return layers.ReLU()(layers.BatchNormalization()(seen))
