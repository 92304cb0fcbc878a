"""A model on disk: `bundle.json` beside `model.tflite`. Docs: docs/bundle-format.md."""

import hashlib
import json
from pathlib import Path
from typing import Any

from catalog_ai.inference.mistakes import find_mistakes
from catalog_ai.inference.parts import (
    MODEL_FILE,
    PRESETS,
    Bundle,
    BundleError,
    Calibration,
    Facet,
    InputSpec,
    Known,
    Label,
    Thresholds,
    fold_name,
)

__all__ = [
    "FORMAT",
    "MODEL_FILE",
    "PRESETS",
    "SHIPPED_BUNDLE",
    "Bundle",
    "BundleError",
    "Calibration",
    "Facet",
    "InputSpec",
    "Known",
    "Label",
    "Thresholds",
    "fold_name",
    "load_bundle",
    "match_label",
]

FORMAT = 1
SHIPPED_BUNDLE = Path(__file__).resolve().parent.parent / "bundles" / "fashion"


def load_bundle(path: Path) -> Bundle:
    """Read and check a bundle.

    Raises:
        BundleError: it is missing, damaged, of another format or contradicts itself.
    """
    raw = _read_json(Path(path))
    try:
        bundle = _parse(Path(path), raw)
        mistakes = find_mistakes(bundle) + _find_file_mistakes(bundle, raw)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise BundleError(
            f"{path}/bundle.json is incomplete or of a wrong shape ({error!r}). "
            "Export the bundle again."
        ) from error
    if mistakes:
        more = f" {len(mistakes) - 1} more mistake(s) follow." if len(mistakes) > 1 else ""
        raise BundleError(f"{path}: {mistakes[0]}{more} Export the bundle again.")
    return bundle


def _read_json(path: Path) -> dict[str, Any]:
    file = path / "bundle.json"
    try:
        raw = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise BundleError(
            f"There is no model bundle at {path}: bundle.json is missing. Check the path."
        ) from error
    except (OSError, ValueError, RecursionError) as error:
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
        input=_parse_input(raw["input"]),
        outputs={str(key): str(value) for key, value in raw["outputs"].items()},
        embedding_size=int(raw["embedding_size"]),
        provenance=dict(raw.get("provenance", {})),
        known=_parse_known(raw["known"]) if raw.get("known") else None,
        network=_read_network(path),
    )


def _read_network(path: Path) -> bytes:
    try:
        return (path / MODEL_FILE).read_bytes()
    except OSError as error:
        raise BundleError(
            f"{path}: {MODEL_FILE} is missing or unreadable ({error.strerror}). "
            "Export the bundle again."
        ) from error


def _parse_known(item: dict[str, Any]) -> Known:
    return Known(
        facet=str(item["facet"]),
        parents=float(item["parents"]),
        scale=float(item["scale"]),
        offset=float(item["offset"]),
    )


def _parse_input(item: dict[str, Any]) -> InputSpec:
    return InputSpec(
        width=int(item["width"]),
        height=int(item["height"]),
        fit=str(item["fit"]),
        pad_value=int(item["pad_value"]),
        scale=float(item["scale"]),
        offset=float(item["offset"]),
    )


def _parse_label(item: dict[str, Any]) -> Label:
    calibration, aliases = item["calibration"], item.get("aliases", ())
    if isinstance(aliases, str):
        raise TypeError("aliases is a text, and must be a list")
    return Label(
        id=str(item["id"]),
        name=str(item["name"]),
        facet=str(item["facet"]),
        parent=str(item.get("parent") or ""),
        aliases=tuple(str(alias) for alias in aliases),
        calibration=Calibration(float(calibration["scale"]), float(calibration["offset"])),
        thresholds={
            preset: Thresholds(float(pair["auto"]), float(pair["review"]))
            for preset, pair in item["thresholds"].items()
        },
    )


def _find_file_mistakes(bundle: Bundle, raw: dict[str, Any]) -> list[str]:
    data, expected = bundle.network, raw["files"][MODEL_FILE]
    if len(data) != expected["bytes"] or hashlib.sha256(data).hexdigest() != expected["sha256"]:
        return [f"{MODEL_FILE} is damaged: its size or checksum is not the one in bundle.json."]
    return []


def match_label(bundle: Bundle, name: str, facet: str | None = None) -> Label | None:
    """The label called `name`, in one facet or in any: an id counts before a name, then aliases.

    Among equals the first in the network's order is taken.
    """
    return bundle.labels_by_folded_name.get((facet, fold_name(name)))
