"""What a training goes by, noted in its work folder: for conversion, and for going on with it."""

import hashlib
import json
import platform
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from catalog_ai.training.manifest import Examples, digest_photos, encode_manifests, load_manifest
from catalog_ai.training.photos import PhotoError
from catalog_ai.training.taxonomy import LabelSpec, Taxonomy

RUN_FILE = "run.json"
KERAS_PROGRESS = "progress.json"
PYTORCH_STATE = "training.pt"
AFTERWARDS = ("kind", "python")  # settings that training does not depend on


def describe_run(options: Namespace, taxonomy: Taxonomy, examples: Examples) -> dict[str, Any]:
    """What conversion and a second run need to know, and what the bundle records."""
    settings = {
        key: getattr(options, key)
        for key in ("stages", "trainer", "batch", "rate", "mixed", "seed", "weights", "kind")
    }
    run = {
        "identity": {"name": options.name or options.out.name, "version": options.bundle_version},
        "settings": settings | {"python": platform.python_version()},
        "backbone": str(options.backbone),
        "data": [str(path.resolve()) for path in options.data],
        "negatives": [str(path.resolve()) for path in options.negatives],
        "photos": digest_photos(examples.files),
        "targets": _digest_targets(examples),
        "rules": dict(taxonomy.rules),
        "labels": [asdict(label) for label in taxonomy.labels],
    }
    return dict(json.loads(json.dumps(run)))  # as it will be read


def save_run(work: Path, run: dict[str, Any]) -> None:
    """Note it, where no other training was begun.

    Raises:
        PhotoError: the folder holds a training that goes by something else.
    """
    file = work / RUN_FILE
    if file.exists() and has_begun(work):
        earlier = json.loads(file.read_text(encoding="utf-8"))
        if differences := list_differences(earlier, run):
            raise PhotoError(
                f"{work} holds a training that was begun with other {', '.join(differences)}. To "
                "go on with it, repeat what it was begun with. To begin anew, remove that folder, "
                "or name another one with --work."
            )
    file.write_text(json.dumps(run, indent=1, ensure_ascii=False), encoding="utf-8")


def has_begun(work: Path) -> bool:
    """Whether there is something to go on with."""
    return any((work / name).exists() for name in (KERAS_PROGRESS, PYTORCH_STATE))


def list_differences(earlier: dict[str, Any], run: dict[str, Any]) -> list[str]:
    """What the weights depend on and is not as it was, in the user's words."""
    before, now = earlier["settings"], run["settings"]
    found = [
        f"--{key} ({_show(before[key])}, now {_show(now[key])})"
        for key in now
        if key in before and key not in AFTERWARDS and before[key] != now[key]
    ]
    words = {"photos": "photos", "targets": "labels of the photos", "backbone": "--backbone"}
    # A folder of an earlier version does not say all of it.
    return found + [words[key] for key in words if key in earlier and earlier[key] != run[key]]


def _show(setting: Any) -> str:
    if isinstance(setting, list):
        pairs = [one if isinstance(one, list) else [one] for one in setting]
        return ",".join(":".join(map(str, one)) for one in pairs)
    return str(setting)


def _digest_targets(examples: Examples) -> str:
    parts = (examples.truth, examples.mask, np.char.encode(examples.split, "utf-8"))
    return hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()


def load_run(work: Path) -> tuple[dict[str, Any], Taxonomy, Examples]:
    """A run as `save_run` noted it, with its photos' targets."""
    run = json.loads((work / RUN_FILE).read_text(encoding="utf-8"))
    taxonomy = Taxonomy(run["rules"], [LabelSpec(**label) for label in run["labels"]])
    manifests = [load_manifest(Path(path)) for path in run["data"]]
    manifests += [load_manifest(Path(path), negative=True) for path in run["negatives"]]
    return run, taxonomy, encode_manifests(taxonomy, manifests)
