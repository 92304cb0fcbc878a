"""Figures of a scored collection against its labels."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog_ai.inference.bundle import PRESETS, Bundle
from catalog_ai.training import metrics
from catalog_ai.training.naming import (
    NamedClass,
    choose_facet,
    match_name,
    name_classes,
    score_classes,
)
from catalog_ai.training.predict import PhotoScores

ERRORS = (0.01, 0.02, 0.05)
COSINES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


class EvaluationError(Exception):
    """An evaluation that cannot be made. The message says what to give instead."""


@dataclass(frozen=True)
class Judged:
    """What a report shows beside the figures."""

    classes: list[str]
    confusion: NDArray[Any]
    scores: NDArray[Any]
    truth: NDArray[Any]
    names: list[str]


def judge_classes(
    bundle: Bundle,
    scored: PhotoScores,
    names: list[str],
    column: str,
    values: list[str],
    wanted: Sequence[str] | None = None,
) -> tuple[dict[str, Any], Judged]:
    """Figures over classes that exclude one another, and what the report needs."""
    classes, places = name_classes(bundle, column, values, wanted)
    inside = np.array([value in places for value in values])
    if not inside.any():
        raise EvaluationError(f"No photo is of the classes asked for in column {column}.")
    truth = np.array([places[value] for value in values if value in places])
    scores = score_classes(bundle, scored.confidences[inside], classes)
    judged = Judged(
        [one.name for one in classes],
        metrics.count_confusion(truth, scores.argmax(1), len(classes)),
        scores,
        truth,
        [name for name, kept in zip(names, inside, strict=True) if kept],
    )
    unknown = {one.name for one in classes if not one.labels}
    counts = Counter(value for value in values if value in unknown)
    figures = {
        "images": len(truth),
        "column": column,
        "unknown_names": {name: counts[name] for name in sorted(unknown)},
        "not_judged": dict(Counter(value for value in values if value not in places)),
    }
    figures["filed"] = measure_filing(bundle, classes, judged)
    pairs = metrics.measure_likeness(scored.embeddings[inside], truth, COSINES)
    figures["alike"] = [one._asdict() for one in pairs]
    return figures | measure_classes(judged), judged


def measure_filing(
    bundle: Bundle, classes: Sequence[NamedClass], judged: Judged
) -> dict[str, dict[str, float]]:
    """What the bundle's own AUTO thresholds file, by preset: share of photos, share wrong of it.

    Only where a class is one label; unlike `automation` nothing is fitted to these photos.
    """
    predicted, confidence = judged.scores.argmax(1), judged.scores.max(1)
    figures = {}
    for preset in PRESETS:
        limits = np.array([_find_auto(bundle, one, preset) for one in classes])
        filed = confidence >= limits[predicted]
        wrong = (predicted != judged.truth)[filed]
        error = float(wrong.mean()) if filed.any() else float("nan")
        figures[preset] = {"share": float(filed.mean()), "error": error}
    return figures


def _find_auto(bundle: Bundle, one: NamedClass, preset: str) -> float:
    if len(one.labels) != 1:
        return float("inf")
    return bundle.labels_by_id[one.labels[0]].thresholds[preset].auto


def measure_classes(judged: Judged) -> dict[str, Any]:
    """Accuracy, F1, AUPRC, ROC-AUC, ECE, automation, per class and confusions."""
    each = metrics.score_classes(judged.confusion)
    support = each["support"]
    occurs = support > 0
    predicted, confidence = judged.scores.argmax(1), judged.scores.max(1)
    correct = (predicted == judged.truth).astype(int)
    chance = metrics.find_chance_error(confidence)
    columns = [
        (judged.scores[:, at], (judged.truth == at).astype(int)) for at in np.flatnonzero(occurs)
    ]
    areas = [metrics.find_average_precision(*column) for column in columns]
    curves = [metrics.find_roc_auc(*column) for column in columns]
    return {
        "accuracy": float(correct.mean()),
        "macro_f1": float(each["f1"][occurs].mean()),
        "weighted_f1": float(np.average(each["f1"], weights=support)),
        "macro_auprc": metrics.average_over_classes(areas),
        "roc_auc": metrics.average_over_classes(curves),
        "ece": metrics.find_calibration_error(confidence, correct),
        "ece_by_chance": {"mean": chance[0], "one_in_twenty": chance[1]},
        "automation": {
            str(error): metrics.find_automation(confidence, correct, error) for error in ERRORS
        },
        "per_class": {
            name: {key: float(each[key][at]) for key in ("precision", "recall", "f1", "support")}
            for at, name in enumerate(judged.classes)
        },
        "confused": list_confusions(judged),
    }


def list_confusions(judged: Judged, limit: int = 15) -> list[dict[str, Any]]:
    """The commonest mistakes: truth, prediction, count."""
    wrong = judged.confusion - np.diag(np.diag(judged.confusion))
    places = np.argsort(-wrong, axis=None, kind="stable")[:limit]
    pairs = [divmod(int(place), len(judged.classes)) for place in places]
    return [
        {"truth": judged.classes[a], "predicted": judged.classes[b], "count": int(wrong[a, b])}
        for a, b in pairs
        if wrong[a, b]
    ]


def judge_tags(bundle: Bundle, scored: PhotoScores, values: Sequence[str]) -> dict[str, Any]:
    """Mean average precision and F1 over tags, several a photo, separated by |."""
    lists = [[tag for tag in value.split("|") if tag] for value in values]
    counts = Counter(tag for tags in lists for tag in tags)
    facet = choose_facet(bundle, "", counts)
    found = {tag: match_name(bundle, tag, facet) for tag in counts}
    known = {tag: label for tag, label in found.items() if label}
    if not known:
        raise EvaluationError("The model knows none of the tags.")
    columns = sorted({label.id for label in known.values()})
    place = {label.id: at for at, label in enumerate(bundle.labels)}
    truth = np.zeros((len(lists), len(columns)), int)
    for row, tags in enumerate(lists):
        for label in (known[tag] for tag in tags if tag in known):
            truth[row, columns.index(label.id)] = 1
    scores = scored.confidences[:, [place[one] for one in columns]]
    limits = np.array([bundle.labels_by_id[one].thresholds["balanced"].review for one in columns])
    micro, macro = metrics.score_tags(truth, (scores >= limits).astype(int))
    areas = {
        one: metrics.find_average_precision(scores[:, at], truth[:, at])
        for at, one in enumerate(columns)
    }
    common = [areas[one] for at, one in enumerate(columns) if truth[:, at].sum() >= 10]
    return {
        "map": metrics.average_over_classes(list(areas.values())),
        "map_of_tags_with_10": metrics.average_over_classes(common),
        "tags_with_10": len(common),
        "micro_f1": micro,
        "macro_f1": macro,
        "per_tag": {
            one: {"ap": area, "support": int(truth[:, at].sum())}
            for at, (one, area) in enumerate(areas.items())
        },
        "unknown_names": {tag: counts[tag] for tag in sorted(set(counts) - set(known))},
    }
