"""A network and its labels to a bundle that the app reads: calibrated, with thresholds."""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from catalog_ai.inference.bundle import FORMAT, MODEL_FILE, load_bundle
from catalog_ai.inference.classifier import sigmoid
from catalog_ai.inference.known import make_gate
from catalog_ai.training import calibrate
from catalog_ai.training.known import fit_known
from catalog_ai.training.manifest import Examples
from catalog_ai.training.predict import score_photos
from catalog_ai.training.taxonomy import LabelSpec, Taxonomy

PLACEHOLDER = {name: {"auto": calibrate.NEVER, "review": 0.5} for name in calibrate.BUDGETS}
FILED_FACET = "article"
SMALL_FACET = 30  # photos: with fewer to fit on, a facet keeps its raw confidences


def write_raw_bundle(
    folder: Path, network: Path, taxonomy: Taxonomy, identity: Mapping[str, Any]
) -> Path:
    """A bundle with raw confidences that files nothing. `identity`: name, version, provenance."""
    folder.mkdir(parents=True, exist_ok=True)
    if network.resolve() != (folder / MODEL_FILE).resolve():
        shutil.copyfile(network, folder / MODEL_FILE)
    embedding, logits = _find_outputs(folder / MODEL_FILE, len(taxonomy.labels))
    content = {
        "format": FORMAT,
        **identity,
        "input": {
            **{"width": 224, "height": 224, "fit": "pad", "pad_value": 255},
            **{"scale": 1 / 127.5, "offset": -1.0},
        },
        "outputs": {"logits": logits[0], "embedding": embedding[0]},
        "embedding_size": embedding[1],
        "facets": taxonomy.rules["facets"],
        "labels": [_describe(label) for label in taxonomy.labels],
        "files": {MODEL_FILE: _sum_file(folder / MODEL_FILE)},
    }
    save_content(folder, content)
    return folder


def _find_outputs(network: Path, labels: int) -> tuple[tuple[str, int], tuple[str, int]]:
    """(embedding, logits) as (name, size), told apart by the number of labels."""
    details = Interpreter(model_path=str(network)).get_output_details()
    sizes = [(str(one["name"]), int(one["shape"][-1])) for one in details]
    logits = next(one for one in sizes if one[1] == labels)
    return next(one for one in sizes if one is not logits), logits


def _describe(label: LabelSpec) -> dict[str, Any]:
    return {
        "id": label.id,
        "name": label.name,
        "facet": label.facet,
        "parent": label.parent,
        "aliases": label.aliases,
        "calibration": {"scale": 1.0, "offset": 0.0},
        "thresholds": PLACEHOLDER,
    }


def _sum_file(path: Path) -> dict[str, Any]:
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def save_content(folder: Path, content: Mapping[str, Any]) -> None:
    """Write `bundle.json`."""
    text = json.dumps(content, indent=1, ensure_ascii=False)
    (folder / "bundle.json").write_text(text + "\n", encoding="utf-8")


def calibrate_bundle(folder: Path, taxonomy: Taxonomy, examples: Examples) -> dict[str, Any]:
    """Fit calibration and thresholds on `val` and write them into the bundle; returns a summary.

    Photos of none of the labels count from every split but `test`: they have no `val` of their
    own in small sets.
    """
    content = json.loads((folder / "bundle.json").read_text(encoding="utf-8"))
    for label in content["labels"]:
        label["calibration"] = {"scale": 1.0, "offset": 0.0}
    content.pop("known", None)
    save_content(folder, content)
    negative = np.array([one.negative for one in examples.manifests])[examples.source]
    chosen = (examples.split == "val") | (negative & (examples.split != "test"))
    logits = score_logits(folder, examples, chosen)
    truth, mask, outside = examples.truth[chosen], examples.mask[chosen], negative[chosen]
    summary: dict[str, Any] = {}
    chance = np.ones(len(logits), np.float32)
    own = _find_own(taxonomy, examples, FILED_FACET)[chosen] & ~outside & (truth.any(1))
    if known := fit_known(load_bundle(folder), logits[own], bool(outside.any())):
        gate = make_gate(load_bundle(folder).labels, known)
        chance = sigmoid(known.scale * gate.score(logits) + known.offset)
        content["known"] = asdict(known)
    for facet in dict.fromkeys(label.facet for label in taxonomy.labels):
        places = taxonomy.find_places(facet)
        several = _is_several(taxonomy, facet)
        named = (outside | _find_own(taxonomy, examples, facet)[chosen])[:, None]
        part = _Part(logits[:, places], truth[:, places], mask[:, places] * named, outside, several)
        if facet == FILED_FACET:
            part.chance = chance
        entries, summary[facet] = fit_facet(part, filed=facet == FILED_FACET)
        for place, entry in zip(places, entries, strict=True):
            content["labels"][place] |= entry
    content.setdefault("provenance", {})["calibration"] = summary
    save_content(folder, content)
    return summary


def score_logits(
    folder: Path, examples: Examples, chosen: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Raw logits of the chosen photos from a bundle that is not calibrated yet."""
    bundle = load_bundle(folder)
    parts = []
    for number, manifest in enumerate(examples.manifests):
        rows = np.flatnonzero(chosen[examples.source == number])
        if len(rows):
            names = [manifest.rows[row]["file"] for row in rows]
            parts.append(score_photos(bundle, manifest.photos, names).confidences)
    chance = np.clip(np.concatenate(parts).astype(np.float64), 1e-7, 1 - 1e-7)
    return np.log(chance / (1 - chance)).astype(np.float32)


def _is_several(taxonomy: Taxonomy, facet: str) -> bool:
    """Whether a photo may have several values of a facet."""
    columns = taxonomy.rules["columns"].values()
    return any(one["facet"] == facet and one.get("several") for one in columns)


def _find_own(taxonomy: Taxonomy, examples: Examples, facet: str) -> NDArray[np.bool_]:
    """Photos of the sets that have a column of this facet, rather than one that hints at it."""
    columns = [name for name, one in taxonomy.rules["columns"].items() if one["facet"] == facet]
    named = [any(column in one.rows[0] for column in columns) for one in examples.manifests]
    return np.asarray(np.array(named)[examples.source], bool)


class _Part:
    """One facet's share of the photos to fit on, (N, labels of the facet) each."""

    def __init__(
        self,
        logits: NDArray[np.float32],
        truth: NDArray[np.int8],
        mask: NDArray[np.uint8],
        outside: NDArray[np.bool_],
        several: bool,
    ) -> None:
        self.logits, self.truth, self.mask = logits, truth, mask
        self.outside, self.several = outside, several
        known = mask.any(1) & ~outside
        # A photo whose one value is certain: the others are unlike it or not judged.
        self.single = known & (truth.sum(1) == 1) if not several else known
        # Also photos of values too rare to be labels: a shop has such, and every answer is wrong.
        self.nothing = known & (truth.sum(1) == 0) & mask.all(1)
        self.chance = np.ones(len(logits), np.float32)  # that something known is shown

    @property
    def judged(self) -> NDArray[np.bool_]:
        return self.single if self.several else self.single | self.nothing


def fit_facet(part: _Part, *, filed: bool) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Calibration and thresholds of one facet's labels, and the figures behind them."""
    logits, truth = part.logits[part.judged], part.truth[part.judged]
    if len(logits) < SMALL_FACET:
        fit = calibrate.Fit()
    elif part.several:
        fit = calibrate.fit_platt(logits.ravel(), truth.ravel())
    else:
        # What the mask hides is no wrong answer: it must not be among the two best.
        hidden = np.where(part.mask[part.judged] > 0, logits, -30.0)
        fit = calibrate.fit_single_valued(hidden, truth)
    confidence = fit.apply(part.logits) * part.chance[:, None]
    floor = 0.05
    if filed:
        own = confidence[part.single].max(1)
        floor = calibrate.choose_floor(confidence[part.outside].max(1), own)
    pairs = _choose_pairs(part, confidence, floor)
    entries = [
        {
            "calibration": {"scale": round(fit.scale, 5), "offset": round(fit.offset, 5)},
            "thresholds": thresholds,
        }
        for thresholds in pairs
    ]
    summary = {"photos": len(logits), "scale": fit.scale, "offset": fit.offset, "floor": floor}
    return entries, summary


def _choose_pairs(
    part: _Part, confidence: NDArray[np.float32], floor: float
) -> Sequence[dict[str, dict[str, float]]]:
    """AUTO and REVIEW limits of each label for every preset."""
    rows, labels = part.judged, range(part.logits.shape[1])
    shown = np.where(part.mask[rows] > 0, confidence[rows], 0.0)
    logits, truth = part.logits[rows], part.truth[rows]
    pairs: list[dict[str, dict[str, float]]] = [{} for _ in labels]
    for preset, budget in calibrate.BUDGETS.items():
        recall = calibrate.RECALLS[preset]
        if part.several:
            autos = [calibrate.choose_tag_auto(shown[:, at], truth[:, at], budget) for at in labels]
            reviews = [calibrate.choose_f1_limit(shown[:, at], truth[:, at]) for at in labels]
        else:
            autos = list(calibrate.choose_label_autos(shown, logits, truth, budget))
            reviews = [
                calibrate.choose_review(shown[:, at], truth[:, at], recall, floor) for at in labels
            ]
        for at in labels:
            # By few photos' luck a stricter budget can fall back on a lower limit: it must not.
            milder = max((pair["auto"] for pair in pairs[at].values()), default=floor)
            auto = max(float(autos[at]), milder)
            pairs[at][preset] = {"auto": auto, "review": min(float(reviews[at]), auto)}
    return pairs
