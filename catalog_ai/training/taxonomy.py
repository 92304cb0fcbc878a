"""Which labels there are, and what one photo's row says about each: yes, no, or nothing."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog_ai.training.photos import PhotoError

FASHION = Path(__file__).with_name("fashion.json")
# Columns that are about the row and not about what is on the photo.
PLAIN_COLUMNS = {
    *("file", "filename", "image", "path", "photo", "id", "sku", "split", "year", "kids"),
    "duplicate_group",
}
MISSING = ("", "NA")
# What a file of rules must have.
RULES = {"facets": list, "order": list, "columns": dict, "minimum": int, "none_of": list}

Row = Mapping[str, str]


@dataclass
class LabelSpec:
    """One future output of the network."""

    id: str
    name: str
    facet: str
    aliases: list[str] = field(default_factory=list)
    parent: str = ""


@dataclass(frozen=True)
class Taxonomy:
    """Labels in the network's order, and the rules that read a row."""

    rules: Mapping[str, Any]
    labels: list[LabelSpec]

    @property
    def places(self) -> dict[str, int]:
        return {label.id: place for place, label in enumerate(self.labels)}

    def find_places(self, facet: str) -> list[int]:
        """Places of the labels of one facet."""
        return [place for place, label in enumerate(self.labels) if label.facet == facet]


def make_slug(name: str) -> str:
    """Lower-case letters, digits and single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def load_rules(path: Path | None, columns: Iterable[str]) -> dict[str, Any]:
    """Rules from a file, or the plain ones: each column a facet, every value a label.

    Raises:
        PhotoError: the file holds no rules.
    """
    if path is not None:
        return _read_rules(path)
    facets = {column: make_slug(column) for column in columns if column not in PLAIN_COLUMNS}
    if len(facets) == 1:
        facets = dict.fromkeys(facets, "article")  # the facet that files products
    return {
        "facets": [{"id": facet, "name": name} for name, facet in facets.items()],
        "order": list(facets.values()),
        "columns": {column: {"facet": facet} for column, facet in facets.items()},
        "minimum": 1,
        "none_of": list(facets.values()),
    }


def _read_rules(path: Path) -> dict[str, Any]:
    try:
        rules = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PhotoError(f"{path} is no JSON: {error}.") from error
    if not isinstance(rules, dict):
        raise PhotoError(f"{path} must hold an object of rules, as fashion.json does.")
    for name, kind in RULES.items():
        if not isinstance(rules.get(name), kind):
            shape = "an object" if kind is dict else f"a {kind.__name__}"
            raise PhotoError(f"{path}: {name!r} must be there and be {shape}, as in fashion.json.")
    return rules


def build_taxonomy(rules: Mapping[str, Any], rows: Sequence[Row]) -> Taxonomy:
    """Labels of every value with enough photos, the commonest first, and the rules' extra ones."""
    labels: dict[str, LabelSpec] = {}
    for facet in rules["order"]:
        for spec in _list_values(rules, rows, facet):
            labels.setdefault(spec.id, spec)
        for extra in rules.get("extra", ()):
            if extra["id"].startswith(f"{facet}:"):
                labels.setdefault(extra["id"], LabelSpec(facet=facet, **extra))
    for spec in labels.values():
        spec.parent = spec.parent if spec.parent in labels else ""
    return Taxonomy(rules, list(labels.values()))


def _list_values(rules: Mapping[str, Any], rows: Sequence[Row], facet: str) -> list[LabelSpec]:
    columns = {name: one for name, one in rules["columns"].items() if one["facet"] == facet}
    counts = Counter(
        value for row in rows for name, one in columns.items() for value in _split(row, name, one)
    )
    everything = facet in rules.get("keep_all", ())
    ordered = sorted(counts) if everything else sorted(counts, key=lambda n: (-counts[n], n))
    return [
        LabelSpec(
            id=f"{facet}:{make_slug(name)}"[:64],
            name=name,
            facet=facet,
            aliases=list(rules.get("aliases", {}).get(facet, {}).get(name, ())),
            parent=_find_parent(rules, rows, facet, name, next(iter(columns))),
        )
        for name in ordered
        if everything or counts[name] >= rules["minimum"]
    ]


def _split(row: Row, column: str, rule: Mapping[str, Any]) -> list[str]:
    value = row.get(column) or ""
    parts = value.split("|") if rule.get("several") else [value]
    return [part for part in parts if part not in MISSING]


def _find_parent(
    rules: Mapping[str, Any], rows: Sequence[Row], facet: str, name: str, column: str
) -> str:
    """The label of the parent facet that most photos of a value carry."""
    above = rules.get("parents", {}).get(facet)
    if above is None:
        return ""
    parent_column = next(n for n, one in rules["columns"].items() if one["facet"] == above)
    counts = Counter(row.get(parent_column, "") for row in rows if row.get(column) == name)
    return f"{above}:{make_slug(counts.most_common(1)[0][0])}"


def encode_row(
    taxonomy: Taxonomy, row: Row, *, negative: bool = False
) -> tuple[NDArray[np.int8], NDArray[np.uint8]]:
    """(labels,) truth 0/1 and (labels,) mask, 0 where the row says nothing about a label."""
    truth = np.zeros(len(taxonomy.labels), np.int8)
    mask = np.zeros(len(taxonomy.labels), np.uint8)
    if negative:
        for facet in taxonomy.rules["none_of"]:
            mask[taxonomy.find_places(facet)] = 1
        return truth, mask
    for column, rule in taxonomy.rules["columns"].items():
        values = _split(row, column, rule)
        if values or (rule.get("several") and column in row):
            _read_column(taxonomy, column, values, truth, mask)
    return truth, mask


def _read_column(
    taxonomy: Taxonomy,
    column: str,
    values: list[str],
    truth: NDArray[np.int8],
    mask: NDArray[np.uint8],
) -> None:
    rule, places = taxonomy.rules["columns"][column], taxonomy.places
    for facet in (rule["facet"], *rule.get("also", ())):
        mask[taxonomy.find_places(facet)] = 1
    own = [f"{rule['facet']}:{make_slug(value)}" for value in values]
    table = taxonomy.rules.get("implies", {}).get(column, {})
    positive = [*own, *(one for v in values for one in table.get(v, {}).get("positive", ()))]
    unknown = [one for value in values for one in table.get(value, {}).get("unknown", ())]
    if rule.get("several"):
        for friends in taxonomy.rules.get("friends", ()):
            unknown += friends if set(friends) & set(positive) else ()
    unknown += rule.get("unknown", ())
    mask[[places[one] for one in unknown if one in places]] = 0
    known = [places[one] for one in positive if one in places]
    truth[known] = 1
    mask[known] = 1
