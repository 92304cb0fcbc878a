"""A model on disk: `bundle.json` beside `model.tflite`. Docs: docs/bundle-format.md."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

FORMAT = 1
MODEL_FILE = "model.tflite"
SHIPPED_BUNDLE = Path(__file__).resolve().parent.parent / "bundles" / "fashion"
PRESETS = ("permissive", "balanced", "strict")


class BundleError(Exception):
    """A bundle that cannot be used. The message says what is wrong and how to mend it."""


@dataclass(frozen=True)
class Calibration:
    """confidence = sigmoid(scale * logit + offset): Platt scaling, one pair a label."""

    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True)
class Thresholds:
    """From `auto` up a label files a product by itself, from `review` up a person is asked.

    An `auto` above 1 means never by itself.
    """

    auto: float
    review: float


@dataclass(frozen=True)
class Facet:
    """A question that labels answer, such as the article type or the colour."""

    id: str
    name: str


@dataclass(frozen=True)
class Label:
    """One output of the network."""

    id: str
    name: str
    facet: str
    parent: str = ""
    aliases: tuple[str, ...] = ()
    calibration: Calibration = Calibration()
    thresholds: Mapping[str, Thresholds] = field(default_factory=dict)


@dataclass(frozen=True)
class InputSpec:
    """What the network is fed: pixel * scale + offset, fitted to width x height."""

    width: int = 224
    height: int = 224
    fit: str = "pad"
    pad_value: int = 255
    scale: float = 1 / 127.5
    offset: float = -1.0


@dataclass(frozen=True)
class Bundle:
    """A checked bundle. Labels are in the order of the network's logits."""

    path: Path
    name: str
    version: str
    facets: tuple[Facet, ...]
    labels: tuple[Label, ...]
    input: InputSpec
    outputs: Mapping[str, str]
    embedding_size: int
    provenance: Mapping[str, Any]

    @property
    def model_version(self) -> str:
        return f"{self.name}-{self.version}"

    @property
    def model_path(self) -> Path:
        return self.path / MODEL_FILE

    @cached_property
    def labels_by_id(self) -> dict[str, Label]:
        return {label.id: label for label in self.labels}

    def labels_of(self, facet: str) -> tuple[Label, ...]:
        """The labels of one facet, in the network's order."""
        return tuple(label for label in self.labels if label.facet == facet)


def load_bundle(path: Path) -> Bundle:
    """Read and check a bundle.

    Raises:
        BundleError: it is missing, damaged, of another format or contradicts itself.
    """
    raw = _read_json(Path(path))
    try:
        bundle = _parse(Path(path), raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError(
            f"{path}/bundle.json is incomplete or of a wrong shape ({error!r}). "
            "Export the bundle again."
        ) from error
    for mistake in (*_find_mistakes(bundle), *_find_file_mistakes(bundle, raw)):
        raise BundleError(f"{path}: {mistake} Export the bundle again.")
    return bundle


def _read_json(path: Path) -> dict[str, Any]:
    file = path / "bundle.json"
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BundleError(
            f"There is no model bundle at {path}: bundle.json is missing. Check the path."
        ) from error
    except (OSError, ValueError) as error:
        raise BundleError(f"{file} cannot be read ({error}). Export the bundle again.") from error
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        found = raw.get("format") if isinstance(raw, dict) else None
        raise BundleError(
            f"{file} has format {found!r}, and this version of catalog_ai reads format {FORMAT}. "
            "Use a bundle made for it."
        )
    return raw


def _parse(path: Path, raw: dict[str, Any]) -> Bundle:
    return Bundle(
        path=path,
        name=str(raw["name"]),
        version=str(raw["version"]),
        facets=tuple(Facet(str(item["id"]), str(item["name"])) for item in raw["facets"]),
        labels=tuple(_parse_label(item) for item in raw["labels"]),
        input=InputSpec(**raw["input"]),
        outputs={str(key): str(value) for key, value in raw["outputs"].items()},
        embedding_size=int(raw["embedding_size"]),
        provenance=dict(raw.get("provenance", {})),
    )


def _parse_label(item: dict[str, Any]) -> Label:
    calibration = item["calibration"]
    return Label(
        id=str(item["id"]),
        name=str(item["name"]),
        facet=str(item["facet"]),
        parent=str(item.get("parent") or ""),
        aliases=tuple(str(alias) for alias in item.get("aliases", ())),
        calibration=Calibration(float(calibration["scale"]), float(calibration["offset"])),
        thresholds={
            preset: Thresholds(float(pair["auto"]), float(pair["review"]))
            for preset, pair in item["thresholds"].items()
        },
    )


def _find_mistakes(bundle: Bundle) -> list[str]:
    ids = [label.id for label in bundle.labels]
    facets = {facet.id for facet in bundle.facets}
    known = set(ids)
    mistakes = [] if ids else ["It has no labels."]
    mistakes += [f"Label {one!r} occurs twice." for one in sorted(known) if ids.count(one) > 1]
    for label in bundle.labels:
        mistakes += _find_label_mistakes(label, facets, known)
    if not {"logits", "embedding"} <= set(bundle.outputs):
        mistakes.append("Its outputs must name `logits` and `embedding`.")
    if bundle.input.fit not in {"pad", "stretch"}:
        mistakes.append(f"Its input fit {bundle.input.fit!r} is neither pad nor stretch.")
    if min(bundle.input.width, bundle.input.height, bundle.embedding_size) < 1:
        mistakes.append("Its sizes must be positive.")
    return mistakes


def _find_label_mistakes(label: Label, facets: set[str], known: set[str]) -> list[str]:
    mistakes = []
    if label.facet not in facets:
        mistakes.append(f"Label {label.id!r} has the unknown facet {label.facet!r}.")
    if label.parent and label.parent not in known:
        mistakes.append(f"Label {label.id!r} has the unknown parent {label.parent!r}.")
    if not re.fullmatch(r"[a-z0-9_-]+:[a-z0-9_-]+", label.id) or len(label.id) > 64:
        mistakes.append(f"Label id {label.id!r} is not facet:slug of at most 64 characters.")
    for preset in PRESETS:
        pair = label.thresholds.get(preset)
        if pair is None:
            mistakes.append(f"Label {label.id!r} has no thresholds for {preset}.")
        elif not 0 <= pair.review <= pair.auto:
            mistakes.append(f"Label {label.id!r}, {preset}: review must lie in 0 to auto.")
    return mistakes


def _find_file_mistakes(bundle: Bundle, raw: dict[str, Any]) -> list[str]:
    try:
        data = bundle.model_path.read_bytes()
    except OSError:
        return [f"{MODEL_FILE} is missing."]
    expected = raw.get("files", {}).get(MODEL_FILE, {}).get("sha256")
    if hashlib.sha256(data).hexdigest() != expected:
        return [f"{MODEL_FILE} is damaged: its checksum is not the one in bundle.json."]
    return []


def fold_name(name: str) -> str:
    """Letters and digits only, lower case: "T-Shirts" and "t shirts" are one name."""
    return re.sub(r"[\W_]+", "", name).casefold()


def match_label(bundle: Bundle, name: str, facet: str | None = None) -> Label | None:
    """The label called `name` by id, display name or alias, in one facet or in any."""
    wanted = fold_name(name)
    for label in bundle.labels:
        names = (label.id, label.id.partition(":")[2], label.name, *label.aliases)
        if (facet in (None, label.facet)) and wanted in map(fold_name, names):
            return label
    return None
