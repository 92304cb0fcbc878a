"""A trained network to a calibrated bundle. Run: `python -m catalog_ai.training.export --help`."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog_ai.training.command import run_command
from catalog_ai.training.manifest import Examples
from catalog_ai.training.run_file import load_run
from catalog_ai.training.taxonomy import Taxonomy
from catalog_ai.training.train import REFIT_HELP
from catalog_ai.training.write_bundle import calibrate_bundle, write_raw_bundle

KINDS = ("float32", "float16", "int8")
CALIBRATION_PHOTOS = 400


def add_arguments(parser: ArgumentParser) -> None:
    """The options, for the management command and for running without a shop alike."""
    parser.add_argument("--work", type=Path, required=True, help="Work folder of the training.")
    parser.add_argument("--out", type=Path, required=True, help="Folder of the bundle.")
    parser.add_argument("--kind", default="int8", choices=KINDS)
    parser.add_argument("--refit", action="store_true", help=REFIT_HELP)


def export(options: Namespace) -> dict[str, Any]:
    """Convert, write the bundle, calibrate it on `val`; returns the calibration's summary."""
    # Here and not above: processes spawned to score photos import this file, and no TensorFlow.
    from catalog_ai.training.convert import convert_network
    from catalog_ai.training.feed import PHOTOS_FILE, decode_all

    run, taxonomy, examples = load_run(options.work)
    pixels = decode_all(examples, options.work / PHOTOS_FILE)
    images = pixels[choose_photos(examples, run["settings"]["seed"])]

    def write(source: str, refitted: dict[str, Any] | None) -> None:
        network = options.work / f"{options.kind}.tflite"
        network.write_bytes(convert_network(options.work / source, options.kind, images))
        identity = run["identity"] | {"provenance": describe_origin(run, options.kind, refitted)}
        write_raw_bundle(options.out, network, taxonomy, identity)

    write("network.keras", None)
    if options.refit:
        write("refitted.keras", _refit(options, run, taxonomy, examples))
    return calibrate_bundle(options.out, taxonomy, examples)


def _refit(
    options: Namespace, run: dict[str, Any], taxonomy: Taxonomy, examples: Examples
) -> dict[str, Any]:
    """Write `refitted.keras`, with the last layers of the bundle's features; what was done."""
    import keras

    from catalog_ai.training.feed import PHOTOS_FILE
    from catalog_ai.training.refit import refit_heads

    settings = run["settings"]
    network = keras.models.load_model(options.work / "network.keras", compile=False)
    photos = options.work / PHOTOS_FILE
    done = refit_heads(
        network, options.out, taxonomy, examples, photos, settings["weights"], settings["seed"]
    )
    network.save(options.work / "refitted.keras")
    return done


def describe_origin(
    run: dict[str, Any], kind: str, refitted: dict[str, Any] | None
) -> dict[str, Any]:
    """What the bundle records of its making."""
    return {
        "settings": run["settings"] | {"kind": kind},
        **({"last_layers_fitted_again": refitted} if refitted else {}),
        "backbone": Path(run["backbone"]).name,
        "data": [Path(path).name for path in (*run["data"], *run["negatives"])],
        **run.get("provenance", {}),
    }


def choose_photos(examples: Examples, seed: int) -> NDArray[np.integer]:
    """Rows of training photos that show 8-bit conversion the ranges, from every set alike."""
    random = np.random.default_rng(seed)
    share = CALIBRATION_PHOTOS // len(examples.manifests)
    rows = [
        np.flatnonzero((examples.source == number) & (examples.split == "train"))
        for number in range(len(examples.manifests))
    ]
    return np.sort(
        np.concatenate([random.choice(r, min(share, len(r)), replace=False) for r in rows])
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run without a shop: prints the calibration's summary as JSON."""
    return run_command("export", __doc__, add_arguments, export, arguments)


if __name__ == "__main__":
    sys.exit(main())
