"""Labelled photos judged through a bundle: the options and the work that several commands share."""

from argparse import ArgumentParser, Namespace
from collections import Counter
from pathlib import Path

from catalog_ai.inference.bundle import SHIPPED_BUNDLE, Bundle
from catalog_ai.training.command import read_whole
from catalog_ai.training.evaluate import CLASS_COLUMNS, find_column, read_rows
from catalog_ai.training.judging import EvaluationError, Judged, judge_classes
from catalog_ai.training.predict import score_photos


def add_arguments(parser: ArgumentParser) -> None:
    """The options; those of `evaluate` mean the same here."""
    parser.add_argument("--bundle", type=Path, default=SHIPPED_BUNDLE, help="Folder of the model.")
    parser.add_argument("--images", type=Path, help="Folder or zip of photos.")
    parser.add_argument("--labels", type=Path, help="CSV; if left out, folders are labels.")
    parser.add_argument("--facet", help="Column to judge, such as articleType.")
    parser.add_argument("--commonest", type=int, help="Only the so many commonest classes.")
    parser.add_argument("--split", help="Only rows with this value in the split column.")
    parser.add_argument(
        "--processes", type=read_whole(1), help="Processes; as many as cores if left out."
    )
    parser.set_defaults(tags_column=None)


def judge_photos(bundle: Bundle, options: Namespace) -> tuple[Judged, Counter[str]]:
    """Scores and truth of the photos asked for, and the photos of each class in the whole set.

    Raises:
        EvaluationError, PhotoError: the reason, for people.
    """
    if options.images is None:
        raise EvaluationError("Name the photos with --images.")
    rows = read_rows(options)
    column = options.facet or find_column(rows[0], CLASS_COLUMNS)
    whole = read_rows(Namespace(**(vars(options) | {"split": None})))
    counts = Counter(row[column] for row in whole)
    wanted = [name for name, _ in counts.most_common(options.commonest)]
    names = [row["file"] for row in rows]
    scored = score_photos(bundle, options.images, names, processes=options.processes)
    values = [row[column] for row in rows]
    return judge_classes(bundle, scored, names, column, values, wanted)[1], counts
