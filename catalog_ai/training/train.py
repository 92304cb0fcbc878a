"""From labelled photos to a bundle. Run: `python -m catalog_ai.training.train --help`."""

import importlib.util
import json
import math
import os
import re
import subprocess
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from catalog_ai.inference.bundle import SHIPPED_BUNDLE
from catalog_ai.inference.mistakes import find_name_mistakes
from catalog_ai.training.command import read_whole, run_command
from catalog_ai.training.manifest import (
    Examples,
    Manifest,
    encode_manifests,
    load_manifest,
    refuse_missing,
)
from catalog_ai.training.photos import PhotoError, Photos
from catalog_ai.training.run_file import describe_run, save_run
from catalog_ai.training.taxonomy import FASHION, Taxonomy, build_taxonomy, load_rules

STAGES = "128:3,176:2,224:2"
FEW = 2_000  # training photos
LAST_LAYERS = "none"  # stages: the backbone stays as it is
REFIT_HELP = "Fit the last layers again on the converted network's features: slower, better."


def add_arguments(parser: ArgumentParser) -> None:
    """The options, for the management command and for running without a shop alike."""
    add_data_arguments(parser)
    parser.add_argument("--work", type=Path, help="Folder for what is kept between runs.")
    parser.add_argument(
        "--backbone",
        type=Path,
        default=SHIPPED_BUNDLE,
        help="A bundle, or an .npz of folded MobileNetV2 weights, to start from.",
    )
    parser.add_argument(
        "--stages",
        help=f"side:epochs, in order, or `{LAST_LAYERS}`: the last layers only. {STAGES} unless "
        f"named otherwise, and `{LAST_LAYERS}` with fewer than {FEW} training photos.",
    )
    parser.add_argument("--batch", type=read_whole(1), default=64)
    parser.add_argument("--rate", type=read_rate, default=1e-3, help="Highest learning rate.")
    parser.add_argument(
        "--trainer",
        default="keras",
        choices=("keras", "pytorch"),
        help="keras on whatever backend KERAS_BACKEND names, or pytorch on processor cores.",
    )
    parser.add_argument("--seed", type=read_whole(0), default=7)
    parser.add_argument(
        "--mixed",
        type=read_share,
        default=0.2,
        help="Share of the batches whose photos are mixed in pairs: 0 to 1, fewer for few epochs.",
    )
    parser.add_argument("--weights", help="How often photos of each set are seen: 1,2,4,1.")
    parser.add_argument("--kind", default="int8", choices=("float32", "float16", "int8"))
    parser.add_argument("--refit", action="store_true", help=REFIT_HELP)


def read_share(text: str) -> float:
    """Of an option.

    Raises:
        ArgumentTypeError: it is no number from 0 to 1.
    """
    try:
        share = float(text)
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise ArgumentTypeError(f"{text} is no share: give a number from 0 to 1.")
    return share


def read_rate(text: str) -> float:
    """Of an option.

    Raises:
        ArgumentTypeError: it is no number above 0.
    """
    try:
        rate = float(text)
    except ValueError:
        rate = 0
    if not 0 < rate < math.inf:
        raise ArgumentTypeError(f"{text} is no learning rate: give a number above 0.")
    return rate


def add_data_arguments(parser: ArgumentParser) -> None:
    """What a bundle is made from and called: also for calibrating one again."""
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, help="CSVs, or folders of folders."
    )
    parser.add_argument(
        "--negatives", type=Path, nargs="*", default=[], help="Photos of none of the labels."
    )
    parser.add_argument("--rules", help="Rules that join several sets: a JSON file, or `fashion`.")
    parser.add_argument("--out", type=Path, required=True, help="Folder of the new bundle.")
    parser.add_argument("--name", help="Name of the bundle; its folder's if left out.")
    parser.add_argument("--bundle-version", default=time.strftime("%Y.%m.%d"))


def train(options: Namespace) -> dict[str, Any]:
    """Train, convert, calibrate; returns the calibration's summary.

    Raises:
        PhotoError: a manifest cannot be used, the work folder holds another training, or PyTorch is
            to train and is not installed.
    """
    taxonomy, examples = prepare(options)
    train_network = choose_trainer(options.trainer)
    from catalog_ai.training import feed, recipe  # Keras: only here, after KERAS_BACKEND is set

    pixels = feed.decode_all(examples, options.work / feed.PHOTOS_FILE)
    train_network(recipe.Run(options, taxonomy, examples, pixels))
    # A process of its own: TensorFlow converts, whatever backend trained.
    command = [sys.executable, "-m", "catalog_ai.training.export"]
    places = ["--work", str(options.work), "--out", str(options.out), "--kind", options.kind]
    refit = ["--refit"] if options.refit else []
    finished = subprocess.run(
        [*command, *places, *refit], check=True, stdout=subprocess.PIPE, text=True
    )
    summary: dict[str, Any] = json.loads(finished.stdout)
    return summary


def choose_trainer(name: str) -> Callable[[Any], Any]:
    """The function that trains a run's network.

    Raises:
        PhotoError: PyTorch is to train and is not installed.
    """
    if name == "keras":
        from catalog_ai.training import fit

        return fit.train_network
    if importlib.util.find_spec("torch") is None:
        raise PhotoError("--trainer pytorch needs PyTorch: pip install torch.")
    os.environ["KERAS_BACKEND"] = "torch"  # also of the processes that this one starts
    from catalog_ai.training import torch_fit

    return torch_fit.train_network


def prepare(options: Namespace) -> tuple[Taxonomy, Examples]:
    """Read the manifests, make the taxonomy and note both in the work folder."""
    refuse_place(options.out, options.name or options.out.name, options.bundle_version)
    options.work = options.work or options.out.with_name(f"{options.out.name}-work")
    options.work.mkdir(parents=True, exist_ok=True)
    rules, manifests = load_data(options)
    options.stages = parse_stages(options.stages or choose_stages(manifests))
    options.refit = options.refit or not options.stages
    rows = [row for one in manifests if not one.negative for row in one.rows]
    taxonomy = build_taxonomy(rules, rows)
    options.weights = parse_weights(options.weights, len(manifests))
    examples = encode_manifests(taxonomy, manifests)
    save_run(options.work, describe_run(options, taxonomy, examples))
    return taxonomy, examples


def refuse_place(out: Path, name: str, version: str) -> None:
    """Told before the work: the bundle is written last.

    Raises:
        PhotoError: the place of the new bundle is taken by a file, or its names are too long.
    """
    if out.exists() and not out.is_dir():
        raise PhotoError(f"--out {out}: there is a file of this name; name a folder.")
    if mistakes := find_name_mistakes(name, version):
        raise PhotoError(f"--name {name} --bundle-version {version}: {mistakes[0]}")


def parse_weights(text: str | None, count: int) -> list[int]:
    """How often the photos of each of `count` sets are seen; once each unless named.

    Raises:
        PhotoError: they are not as many whole numbers, or all are 0.
    """
    parts = text.replace(" ", "").split(",") if text else ["1"] * count
    if not all(part.isascii() and part.isdigit() for part in parts) or not any(map(int, parts)):
        raise PhotoError(f"--weights {text}: write whole numbers, such as 1,2, and not only 0.")
    if len(parts) != count:
        raise PhotoError(f"Give {count} weights, one a set, or none.")
    return [int(part) for part in parts]


def load_data(options: Namespace) -> tuple[dict[str, Any], list[Manifest]]:
    """The rules that read rows, and the collections of `--data` and `--negatives`, in order.

    Raises:
        PhotoError: a collection cannot be used, or names photos that it does not have.
    """
    manifests = [load_manifest(path) for path in options.data]
    path = FASHION if options.rules == "fashion" else options.rules and Path(options.rules)
    rules = load_rules(path or None, manifests[0].rows[0])
    manifests += [load_manifest(one, negative=True) for one in options.negatives]
    for manifest in manifests:
        refuse_missing(Photos(manifest.photos), manifest.rows)
    return rules, manifests


def choose_stages(manifests: Sequence[Manifest]) -> str:
    """Few photos fit the last layers as well as the whole network does, at half the cost."""
    count = sum(row["split"] == "train" for one in manifests for row in one.rows)
    stages = LAST_LAYERS if count < FEW else STAGES
    sys.stderr.write(f"{count} training photos: --stages {stages}\n")
    return stages


def parse_stages(text: str) -> list[tuple[int, int]]:
    """ "128:3,224:2" -> [(128, 3), (224, 2)]: sides and epochs; "none" -> [].

    Raises:
        PhotoError: it is nothing of the kind.
    """
    if text == LAST_LAYERS:
        return []
    pairs = re.findall(r"(\d+):(\d+)", text)
    if (
        not pairs
        or ",".join(map(":".join, pairs)) != text
        or any(int(side) < 32 or int(epochs) < 1 for side, epochs in pairs)
    ):
        raise PhotoError(
            f"--stages {text}: write side:epochs, side:epochs, such as {STAGES}, sides of 32 "
            f"pixels or more, epochs of 1 or more; or {LAST_LAYERS}."
        )
    return [(int(side), int(epochs)) for side, epochs in pairs]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run without a shop: prints the calibration's summary as JSON."""
    return run_command("train", __doc__, add_arguments, train, arguments)


if __name__ == "__main__":
    sys.exit(main())
