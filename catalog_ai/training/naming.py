"""Names in somebody's CSV to labels of a bundle."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog_ai.inference.bundle import Bundle, Label, fold_name, match_label

# Columns whose names say which facet they are about.
COLUMN_FACETS = {
    "articletype": "article",
    "subcategory": "subcategory",
    "mastercategory": "category",
    "basecolour": "colour",
    "basecolor": "colour",
    "gender": "gender",
    "usage": "usage",
    "season": "season",
    "tags": "outfit",
}
JOINT = "+"  # "gender+masterCategory": one class for each pair of values


@dataclass(frozen=True)
class NamedClass:
    """A class under judgement: its name in the CSV and the labels it means, one a joint column.

    No labels: the bundle does not know the name, and the class can never be predicted.
    """

    name: str
    labels: tuple[str, ...]


def choose_facet(bundle: Bundle, column: str, names: Counter[str]) -> str:
    """The facet a column is about: by the column's name, else the one that knows most of it."""
    known = {facet.id for facet in bundle.facets}
    hinted = COLUMN_FACETS.get(fold_name(column), fold_name(column))
    if hinted in known:
        return hinted
    return max(
        (facet.id for facet in bundle.facets),
        key=lambda facet: sum(
            count for name, count in names.items() if match_label(bundle, name, facet)
        ),
    )


def match_name(bundle: Bundle, name: str, facet: str) -> Label | None:
    """The label of that name in the facet, else in any other."""
    return match_label(bundle, name, facet) or match_label(bundle, name)


def name_classes(
    bundle: Bundle, column: str, values: Sequence[str], wanted: Sequence[str] | None = None
) -> tuple[list[NamedClass], dict[str, int]]:
    """Classes under judgement, and for each name that occurs the place of its class.

    Names of one label ("Tshirts", "T-Shirt") are one class. `wanted` limits the classes.
    """
    columns = column.split(JOINT)
    facets = [
        choose_facet(bundle, one, Counter(value.split(JOINT)[place] for value in values))
        for place, one in enumerate(columns)
    ]
    classes: list[NamedClass] = []
    places: dict[str, int] = {}
    for name in wanted or sorted(set(values)):
        labels = _match_parts(bundle, name, facets)
        twin = next((at for at, one in enumerate(classes) if labels and one.labels == labels), None)
        if twin is None:
            classes.append(NamedClass(name, labels))
        places[fold_name(name)] = len(classes) - 1 if twin is None else twin
    return classes, _spread(bundle, values, classes, places, facets)


def _match_parts(bundle: Bundle, name: str, facets: list[str]) -> tuple[str, ...]:
    """Ids of the labels that a name means, one a facet; none where one of them is unknown."""
    parts = name.split(JOINT) if len(facets) > 1 else [name]
    found = [match_name(bundle, *pair) for pair in zip(parts, facets, strict=True)]
    return tuple(label.id for label in found if label) if all(found) else ()


def _spread(
    bundle: Bundle,
    values: Sequence[str],
    classes: list[NamedClass],
    places: dict[str, int],
    facets: list[str],
) -> dict[str, int]:
    """Places of all names that occur: by the name itself, else by the label it means."""
    by_labels = {one.labels: at for at, one in enumerate(classes) if one.labels}
    spread = {}
    for name in set(values):
        labels = _match_parts(bundle, name, facets)
        place = places.get(fold_name(name), by_labels.get(labels) if labels else None)
        if place is not None:
            spread[name] = place
    return spread


def score_classes(
    bundle: Bundle, confidences: NDArray[np.float32], classes: Sequence[NamedClass]
) -> NDArray[np.float32]:
    """(N, classes): the product of a class's labels' confidences, 0 for unknown classes."""
    columns = {label.id: at for at, label in enumerate(bundle.labels)}
    scores = np.zeros((len(confidences), len(classes)), np.float32)
    for at, one in enumerate(classes):
        if one.labels:
            scores[:, at] = confidences[:, [columns[label] for label in one.labels]].prod(axis=1)
    return scores
