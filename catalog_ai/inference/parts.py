"""What a model bundle is made of: facets, labels with their thresholds, the input, the whole."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

MODEL_FILE = "model.tflite"
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

    @property
    def names(self) -> tuple[str, ...]:
        """Its name first, then what else it is called."""
        return (self.name, *self.aliases)


@dataclass(frozen=True)
class Known:
    """Chance that a picture shows anything of a facet = sigmoid(scale * score + offset).

    The score is the best sum, over the facet's labels, of a label's logit and `parents` times the
    logits of its parents. The confidences of the facet are multiplied by the chance.
    """

    facet: str
    parents: float
    scale: float
    offset: float


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
    known: Known | None = None
    # As it was checked: a file that is replaced while a process runs would not fit the labels.
    network: bytes = field(default=b"", repr=False, compare=False)

    @property
    def model_version(self) -> str:
        """What results keep to name the model that they are of."""
        return f"{self.name}-{self.version}"

    @property
    def model_path(self) -> Path:
        """The TFLite file."""
        return self.path / MODEL_FILE

    @cached_property
    def labels_by_id(self) -> dict[str, Label]:
        return {label.id: label for label in self.labels}

    @cached_property
    def labels_by_folded_name(self) -> dict[tuple[str | None, str], Label]:
        """(facet or None for any, folded name) to label: see `match_label`."""
        found: dict[tuple[str | None, str], Label] = {}
        for names in (_get_ids, _get_names, _get_aliases):
            for label in self.labels:
                for folded in filter(None, map(fold_name, names(label))):
                    found.setdefault((label.facet, folded), label)
                    found.setdefault((None, folded), label)
        return found

    def labels_of(self, *facets: str) -> tuple[Label, ...]:
        """The labels of these facets, in the network's order."""
        return tuple(label for label in self.labels if label.facet in facets)


def fold_name(name: str) -> str:
    """Letters and digits only, lower case: "T-Shirts" and "t shirts" are one name."""
    return re.sub(r"[\W_]+", "", name).casefold()


def _get_ids(label: Label) -> tuple[str, ...]:
    return (label.id, label.id.partition(":")[2])


def _get_names(label: Label) -> tuple[str, ...]:
    return (label.name,)


def _get_aliases(label: Label) -> tuple[str, ...]:
    return label.aliases
