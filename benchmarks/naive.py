"""The design that one writes first: a job an image, the model loaded in each, one save a label.

Only what benchmarks/pipeline.py compares the product with. `python -m benchmarks.naive FILE...`
is the Keras one: it needs TensorFlow and nothing of the shop, and judges each file in a process
of its own, without a queue and without a database, which flatters it.
"""

import os
import sys
import time

import numpy as np
from PIL import Image

SIDE = 224


def read_pixels(path: str) -> np.ndarray:
    """(1, 224, 224, 3) in -1 to 1."""
    image = Image.open(path).convert("RGB").resize((SIDE, SIDE))
    return np.asarray(image, np.float32)[None] / 127.5 - 1


def tag_product(pk: int, network: str) -> None:
    """What an RQ job of the naive shop does for one product."""
    from ai_edge_litert.interpreter import Interpreter

    from catalog_ai.models import Suggestion
    from catalog_ai.workflow.models_in_use import get_bundle
    from shop_demo.models import Product
    from tests.factories import make_classification

    product = Product.objects.get(pk=pk)
    interpreter = Interpreter(model_path=network)
    interpreter.allocate_tensors()
    interpreter.set_tensor(
        interpreter.get_input_details()[0]["index"], read_pixels(product.image.path)
    )
    interpreter.invoke()
    labels = get_bundle().labels
    outputs = [interpreter.get_tensor(one["index"])[0] for one in interpreter.get_output_details()]
    scores = next(one for one in outputs if len(one) == len(labels))
    row = make_classification(product)
    for place in np.argsort(-scores)[:5]:
        label = labels[place]
        confidence = float(1 / (1 + np.exp(-scores[place])))
        Suggestion(
            classification=row, label=label.id, facet=label.facet, confidence=confidence
        ).save()


def judge_with_keras(path: str) -> None:
    """A model built, and one `predict`: weights do not matter for the time it takes."""
    import keras

    network = keras.applications.MobileNetV2(weights=None, classes=257)
    network.predict(read_pixels(path), verbose=0)


def main(paths: list[str]) -> None:
    """Each file in a forked process, as many at once as there are cores; prints images a second."""
    cores, running, started = len(os.sched_getaffinity(0)), 0, time.perf_counter()
    for path in paths:
        if running == cores:
            os.wait()
            running -= 1
        if os.fork() == 0:
            judge_with_keras(path)
            os._exit(0)
        running += 1
    while running:
        os.wait()
        running -= 1
    sys.stdout.write(f"{len(paths) / (time.perf_counter() - started)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
