"""A training so small that tests can run it. Needs Keras."""

from argparse import Namespace
from pathlib import Path

import numpy as np

from catalog_ai.training.manifest import Examples, Manifest
from catalog_ai.training.recipe import Run
from catalog_ai.training.taxonomy import LabelSpec, Taxonomy

TRAINED_AT = 32  # pixels


def make_plain_run(folder: Path, side: int) -> Run:
    """64 plain photos of two kinds, dark and light in turn, an epoch in batches of 16."""
    kinds = np.arange(64) % 2
    rows = [{"file": str(at), "split": "train"} for at in range(64)]
    labels = [LabelSpec(f"article:{name}", name, "article") for name in "ab"]
    truth = np.eye(2, dtype=np.int8)[kinds]
    known = np.ones_like(truth, np.uint8)
    examples = Examples([Manifest(folder, rows)], truth, known, np.array(["train"] * 64))
    pixels = np.zeros((64, side, side, 3), np.uint8)
    pixels += (kinds * 200).astype(np.uint8)[:, None, None, None]
    options = Namespace(
        stages=[(TRAINED_AT, 1)],
        batch=16,
        rate=1e-3,
        mixed=0.5,
        seed=7,
        weights=[1],
        work=folder,
        backbone=None,
    )
    return Run(options, Taxonomy({}, labels), examples, pixels)
