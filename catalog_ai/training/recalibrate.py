"""Confidences and thresholds of a bundle fitted again, its network left as it is.

Run: `python -m catalog_ai.training.recalibrate --help`. Needs no Keras and no TensorFlow.
"""

import json
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from catalog_ai.inference.bundle import MODEL_FILE, SHIPPED_BUNDLE, Bundle, load_bundle
from catalog_ai.training.command import run_command
from catalog_ai.training.manifest import encode_manifests
from catalog_ai.training.photos import PhotoError
from catalog_ai.training.taxonomy import LabelSpec, Taxonomy
from catalog_ai.training.train import add_data_arguments, load_data, refuse_place
from catalog_ai.training.write_bundle import calibrate_bundle, save_content


def add_arguments(parser: ArgumentParser) -> None:
    """The options, for the management command and for running without a shop alike."""
    parser.add_argument("--bundle", type=Path, default=SHIPPED_BUNDLE, help="Folder of the model.")
    add_data_arguments(parser)


def recalibrate(options: Namespace) -> dict[str, Any]:
    """Write `--out` with the bundle's network, fitted on `val` of the data; returns a summary.

    Labels are the bundle's own. A photo of a value that it has no label for counts as wrong
    whatever the answer, as it would in the shop.

    Raises:
        BundleError, PhotoError: the reason, for people.
    """
    bundle = load_bundle(options.bundle)
    refuse_place(options.out, options.name or bundle.name, options.bundle_version)
    rules, manifests = load_data(options)
    labels = [
        LabelSpec(one.id, one.name, one.facet, list(one.aliases), one.parent)
        for one in bundle.labels
    ]
    taxonomy = Taxonomy(rules, labels)
    examples = encode_manifests(taxonomy, manifests)
    if not (examples.truth[examples.split == "val"]).any():
        raise PhotoError("No photo of the split `val` has a label of the bundle: nothing to fit.")
    copy_bundle(bundle, options)
    return calibrate_bundle(options.out, taxonomy, examples)


def copy_bundle(bundle: Bundle, options: Namespace) -> None:
    """The bundle under its new name and version, with a note of what it is being fitted on."""
    options.out.mkdir(parents=True, exist_ok=True)
    if options.out.resolve() != bundle.path.resolve():
        shutil.copyfile(bundle.model_path, options.out / MODEL_FILE)
    content = json.loads((bundle.path / "bundle.json").read_text(encoding="utf-8"))
    data = [path.name for path in (*options.data, *options.negatives)]
    content |= {"name": options.name or bundle.name, "version": options.bundle_version}
    content["provenance"] = {
        **bundle.provenance,
        "calibrated_again": {"network_of": bundle.model_version, "data": data},
    }
    save_content(options.out, content)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run without a shop: prints the calibration's summary as JSON."""
    return run_command("recalibrate", __doc__, add_arguments, recalibrate, arguments)


if __name__ == "__main__":
    sys.exit(main())
