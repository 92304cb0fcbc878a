"""A blind second look at labels: how many would a person confirm?

Run `python -m catalog_ai.training.second_look --help`. It scores labelled photos, draws some that
the model got wrong and some that it got right, and puts them on sheets without saying which name
is the label's. A person fills in `decisions.csv`; `--score` then says how good the labels are.
"""

import csv
import json
import sys
from argparse import ArgumentParser, Namespace
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from catalog_ai.inference.bundle import load_bundle
from catalog_ai.training.command import run_command
from catalog_ai.training.judging import EvaluationError, Judged
from catalog_ai.training.labelled import add_arguments, judge_photos
from catalog_ai.training.photos import Photos
from catalog_ai.training.reading import (
    CLOSE,
    DECISIONS,
    NEITHER,
    OTHER,
    RIGHT,
    WRONG,
    Item,
    score_reading,
)
from catalog_ai.training.sheets import Caption, draw_sheets

KEY, FORM, DISPUTED = "key.json", "decisions.csv", "disputed.csv"


def add_options(parser: ArgumentParser) -> None:
    """What is drawn, and the scoring."""
    add_arguments(parser)
    parser.add_argument("--wrong", type=int, default=150, help="Photos the model got wrong.")
    parser.add_argument("--right", type=int, default=75, help="Controls it got right.")
    parser.add_argument("--close", type=int, default=50, help="Controls of names it mixes up.")
    parser.add_argument("--seed", type=int, default=7, help="Which photos, in which order.")
    parser.add_argument("--out", type=Path, help="New folder for sheets, form and key.")
    parser.add_argument(
        "--score", type=Path, nargs="+", help="Score the readings in these folders."
    )


def draw_items(judged: Judged, counts: Mapping[str, int], seed: int) -> list[Item]:
    """So many items of each kind, fewer where there are no more, all in random order."""
    random = np.random.default_rng(seed)
    order = np.argsort(-judged.scores, axis=1, kind="stable")
    correct = order[:, 0] == judged.truth
    other = np.where(correct, order[:, 1], order[:, 0])
    wrong = random.permutation(np.flatnonzero(~correct))[: counts[WRONG]]
    pairs = [frozenset((judged.truth[row], other[row])) for row in range(len(correct))]
    agreed = random.permutation(np.flatnonzero(correct))
    right, rest = agreed[: counts[RIGHT]], agreed[counts[RIGHT] :]
    close = _match_pairs(pairs, wrong, rest)[: counts[CLOSE]]
    drawn = [(WRONG, row) for row in wrong] + [(RIGHT, row) for row in right]
    drawn += [(CLOSE, row) for row in close]
    names, classes, truth = judged.names, judged.classes, judged.truth
    return [
        Item(kind, names[row], classes[truth[row]], classes[other[row]], bool(random.integers(2)))
        for kind, row in (drawn[at] for at in random.permutation(len(drawn)))
    ]


def _match_pairs(
    pairs: Sequence[frozenset[int]], wrong: Iterable[int], correct: Iterable[int]
) -> list[int]:
    """For each wrong photo one right photo of the same pair of names, where there is one left."""
    waiting: dict[frozenset[int], list[int]] = defaultdict(list)
    for row in correct:
        waiting[pairs[row]].append(int(row))
    return [waiting[pairs[row]].pop() for row in wrong if waiting[pairs[row]]]


def write_reading(options: Namespace) -> dict[str, Any]:
    """Sheets, form and key in the new folder `out`; returns what was drawn.

    Raises:
        EvaluationError, BundleError, PhotoError: the reason, for people.
    """
    if options.out is None:
        raise EvaluationError("Name a new folder for the sheets with --out.")
    if (options.out / FORM).exists():
        raise EvaluationError(f"{options.out} already holds a reading; name another folder.")
    bundle = load_bundle(options.bundle)
    judged, _ = judge_photos(bundle, options)
    kinds = {WRONG: options.wrong, RIGHT: options.right, CLOSE: options.close}
    items = draw_items(judged, kinds, options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    captions = [_caption(at, item) for at, item in enumerate(items, 1)]
    sheets = draw_sheets(options.out, Photos(options.images), captions)
    key = {
        "model": bundle.model_version,
        "photos": len(judged.truth),
        "wrong": int((judged.scores.argmax(1) != judged.truth).sum()),
        "items": [asdict(item) for item in items],
    }
    (options.out / KEY).write_text(json.dumps(key, indent=1), encoding="utf-8")
    _write_form(options.out / FORM, items)
    return {"sheets": len(sheets), "items": len(items), "form": str(options.out / FORM)}


def _caption(at: int, item: Item) -> Caption:
    first, second = item.names
    return Caption(item.file, (str(at), f"1  {first}", f"2  {second}"))


def _write_form(path: Path, items: Sequence[Item]) -> None:
    """The names as on the sheets, no file names: nothing that tells whose name is whose."""
    rows = [
        {"item": at, "first": item.names[0], "second": item.names[1], "decision": ""}
        for at, item in enumerate(items, 1)
    ]
    _write_rows(path, rows, ("item", "first", "second", "decision"))


def _write_rows(path: Path, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def score_folders(folders: Sequence[Path]) -> dict[str, Any]:
    """Figures of one or several readings of one model's answers.

    A photo drawn several times for one reason counts once, as it was read first. Each folder's
    labels that were not confirmed are listed in its `disputed.csv`.

    Raises:
        EvaluationError: no reading, a decision that is none, or readings that differ in model.
    """
    keys = [_read_key(folder) for folder in folders]
    models = {(key["model"], key["photos"], key["wrong"]) for key in keys}
    if len(models) > 1:
        raise EvaluationError("The readings are not of the same model and photos.")
    model, photos, wrong = models.pop()
    items: dict[tuple[str, str], Item] = {}
    decisions: dict[tuple[str, str], str] = {}
    for folder, key in zip(folders, keys, strict=True):
        drawn = {str(at): Item(**one) for at, one in enumerate(key["items"], 1)}
        read = _find_decisions(_read_form(folder / FORM), drawn)
        _write_disputed(folder / DISPUTED, drawn, read)
        for at, item in drawn.items():
            if (item.kind, item.file) not in decisions:
                items[item.kind, item.file] = item
                decisions |= {(item.kind, item.file): read[at]} if at in read else {}
    return {"model": model} | score_reading(items, decisions, photos, wrong)


def _read_key(folder: Path) -> dict[str, Any]:
    missing = [name for name in (KEY, FORM) if not (folder / name).is_file()]
    if missing:
        raise EvaluationError(f"{folder} holds no reading: it has no {missing[0]}.")
    return dict(json.loads((folder / KEY).read_text(encoding="utf-8")))


def _write_disputed(path: Path, items: Mapping[str, Item], decisions: Mapping[str, str]) -> None:
    rows = [
        _dispute(items[at], decision)
        for at, decision in decisions.items()
        if items[at].unmask(decision) in (OTHER, NEITHER)
    ]
    _write_rows(path, rows, ("file", "label", "fits"))


def _dispute(item: Item, decision: str) -> dict[str, str]:
    fits = item.other if item.unmask(decision) == OTHER else ""
    return {"file": item.file, "label": item.label, "fits": fits}


def _read_form(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"item", "decision"} <= set(rows[0]):
        raise EvaluationError(f"{path} needs the columns item and decision, parted by commas.")
    return rows


def _find_decisions(rows: Sequence[Mapping[str, str]], items: Mapping[str, Item]) -> dict[str, str]:
    """The decisions that were made, by item."""
    decisions = {row["item"].strip(): (row["decision"] or "").strip().lower() for row in rows}
    for item, decision in decisions.items():
        if item not in items or decision not in ("", *DECISIONS):
            raise EvaluationError(
                f"Item {item}: {decision!r} is no decision, only {', '.join(DECISIONS)}, "
                "or there is no such item."
            )
    return {item: decision for item, decision in decisions.items() if decision}


def look_again(options: Namespace) -> dict[str, Any]:
    """Score the folders that were read, or else write one to be read."""
    return score_folders(options.score) if options.score else write_reading(options)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run without a shop: prints one JSON object."""
    return run_command("second_look", __doc__, add_options, look_again, arguments)


if __name__ == "__main__":
    sys.exit(main())
