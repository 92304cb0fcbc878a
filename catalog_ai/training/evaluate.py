"""Judges a bundle on labelled photos. Run: `python -m catalog_ai.training.evaluate --help`."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog_ai.inference.bundle import SHIPPED_BUNDLE, Bundle, load_bundle
from catalog_ai.policy import Outcome, Preset, decide, preset_thresholds
from catalog_ai.training.command import read_whole, run_command
from catalog_ai.training.judging import EvaluationError, judge_classes, judge_tags
from catalog_ai.training.manifest import load_manifest, read_csv
from catalog_ai.training.photos import Photos
from catalog_ai.training.predict import PhotoScores, score_photos
from catalog_ai.training.report import write_report

FILE_COLUMNS = ("file", "filename", "image", "path", "photo")
CLASS_COLUMNS = ("articleType", "article", "label", "class", "category")


def add_arguments(parser: ArgumentParser) -> None:
    """The options, for the management command and for running without a shop alike."""
    parser.add_argument("--bundle", type=Path, default=SHIPPED_BUNDLE, help="Folder of the model.")
    parser.add_argument("--images", type=Path, required=True, help="Folder or zip of photos.")
    parser.add_argument(
        "--labels",
        type=Path,
        help="CSV with a file column and label columns; if left out, folders are labels.",
    )
    parser.add_argument("--facet", help="Column to judge, such as articleType; a+b for pairs.")
    parser.add_argument("--tags-column", help="Column with several labels, separated by |.")
    parser.add_argument("--classes", help='Only these classes: "A,B,...".')
    parser.add_argument("--split", help="Only rows with this value in the split column.")
    parser.add_argument(
        "--negatives",
        nargs="?",
        const=True,
        help="The photos, or those of the folder or zip named here, are none of the labels.",
    )
    parser.add_argument("--out", type=Path, help="Folder for an HTML report.")
    parser.add_argument(
        "--processes", type=read_whole(1), help="Processes; as many as cores if left out."
    )


def evaluate(options: Namespace) -> dict[str, Any]:
    """The figures of one evaluation; writes a report where `--out` asks for one.

    Raises:
        EvaluationError, BundleError, PhotoError: the reason, for people.
    """
    bundle = load_bundle(options.bundle)
    if options.negatives is True:
        return _judge_negatives(bundle, options)
    rows = read_rows(options)
    names = [row["file"] for row in rows]
    scored = score_photos(bundle, options.images, names, processes=options.processes)
    figures = _start_figures(bundle, scored, names)
    if options.tags_column:
        figures |= judge_tags(bundle, scored, [row[options.tags_column] for row in rows])
        return figures
    column = options.facet or find_column(rows[0], CLASS_COLUMNS)
    values = [_join_columns(row, column) for row in rows]
    wanted = [one.strip() for one in options.classes.split(",")] if options.classes else None
    result, judged = judge_classes(bundle, scored, names, column, values, wanted)
    figures |= result
    if options.negatives:
        figures["unidentified_negatives"] = _judge_negatives(bundle, options)["unidentified"]
    if options.out:
        write_report(options.out, bundle, figures, judged, Photos(options.images))
    return figures


def read_rows(options: Namespace) -> list[dict[str, str]]:
    """Rows that are to be judged, the photo's name under `file`: of the CSV, or of the folders."""
    if options.labels is None:
        rows = [dict(row) for row in load_manifest(options.images).rows]
    else:
        rows = [dict(row) for row in read_csv(options.labels)]
    if options.split:
        rows = [row for row in rows if row.get("split") == options.split]
    if not rows:
        raise EvaluationError(f"{options.labels or options.images} has no rows to judge.")
    column = find_column(rows[0], FILE_COLUMNS)
    named = options.tags_column or options.facet
    asked = named.split("+") if named else []
    missing = [one for one in asked if one not in rows[0]]
    if missing:
        source = options.labels or options.images
        raise EvaluationError(f"{source} has no column {missing[0]!r}, only {', '.join(rows[0])}.")
    wanted = [] if options.tags_column else asked
    rows = [row for row in rows if all(row[one] not in ("", "NA") for one in wanted)]
    return [row | {"file": row[column]} for row in rows]


def find_column(row: dict[str, str], candidates: Sequence[str]) -> str:
    """The first of the candidates that the row has.

    Raises:
        EvaluationError: it has none of them.
    """
    for candidate in candidates:
        if candidate in row:
            return candidate
    raise EvaluationError(f"The CSV has none of the columns {', '.join(candidates)}.")


def _join_columns(row: dict[str, str], column: str) -> str:
    return "+".join(row[one] for one in column.split("+"))


def _start_figures(bundle: Bundle, scored: PhotoScores, names: Sequence[str]) -> dict[str, Any]:
    return {
        "images": len(names),
        "refused": {names[row]: reason for row, reason in scored.refused.items()},
        "images_per_second": round(scored.images_per_second, 1),
        "unidentified": find_unidentified(bundle, scored.confidences),
    }


def find_unidentified(bundle: Bundle, confidences: NDArray[np.float32]) -> float:
    """Share of photos that the balanced preset calls none of the article types."""
    thresholds = preset_thresholds(bundle, Preset.BALANCED)
    facet = ("article",) if bundle.labels_of("article") else (bundle.facets[0].id,)
    outcomes = [decide(row, bundle.labels, thresholds, facet).outcome for row in confidences]
    return float(np.mean([outcome == Outcome.UNIDENTIFIED for outcome in outcomes]))


def _judge_negatives(bundle: Bundle, options: Namespace) -> dict[str, Any]:
    if options.negatives is True:
        source = options.images
        names = [r["file"] for r in read_rows(options)] if options.labels else None
    else:
        source, names = Path(options.negatives), None
    names = names or list(Photos(source).list_names())
    scored = score_photos(bundle, source, names, processes=options.processes)
    return _start_figures(bundle, scored, names)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run without a shop: prints one JSON object."""
    return run_command("evaluate", __doc__, add_arguments, evaluate, arguments)


if __name__ == "__main__":
    sys.exit(main())
