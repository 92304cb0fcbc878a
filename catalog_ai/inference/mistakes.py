"""What is wrong with a bundle that could be read: one sentence a mistake."""

import math
import re
from collections import Counter
from collections.abc import Mapping

from catalog_ai.inference.parts import PRESETS, Bundle, Label

LONGEST_NAMES = 99  # characters


def find_mistakes(bundle: Bundle) -> list[str]:
    """Every way in which the bundle contradicts itself; empty where it is sound."""
    known = Counter(label.id for label in bundle.labels)
    facets = Counter(facet.id for facet in bundle.facets)
    mistakes = [] if known else ["It has no labels."]
    mistakes += [f"Label {one!r} occurs twice." for one, count in known.items() if count > 1]
    mistakes += [f"Facet {one!r} occurs twice." for one, count in facets.items() if count > 1]
    for label in bundle.labels:
        mistakes += _find_label_mistakes(label, facets, known)
        mistakes += _find_number_mistakes(label)
    mistakes += _find_circles(bundle) + _find_known_mistakes(bundle)
    if not {"logits", "embedding"} <= set(bundle.outputs):
        mistakes.append("Its outputs must name `logits` and `embedding`.")
    return mistakes + find_name_mistakes(bundle.name, bundle.version) + _find_input_mistakes(bundle)


def find_name_mistakes(name: str, version: str) -> list[str]:
    """The two with a hyphen between are the model's version, which rows keep."""
    if name and version and len(name) + len(version) <= LONGEST_NAMES:
        return []
    return [f"Its name and version must be given, in {LONGEST_NAMES} characters together."]


def _find_input_mistakes(bundle: Bundle) -> list[str]:
    spec, mistakes = bundle.input, []
    if spec.fit not in {"pad", "stretch"}:
        mistakes.append(f"Its input fit {spec.fit!r} is neither pad nor stretch.")
    if min(spec.width, spec.height, bundle.embedding_size) < 1:
        mistakes.append("Its sizes must be positive.")
    if not 0 <= spec.pad_value <= 255:
        mistakes.append(f"Its pad_value {spec.pad_value} is not within 0 to 255.")
    if spec.scale == 0 or not math.isfinite(spec.scale) or not math.isfinite(spec.offset):
        mistakes.append("Its input scale and offset must be finite numbers, and the scale not 0.")
    return mistakes


def _find_label_mistakes(
    label: Label, facets: Mapping[str, int], known: Mapping[str, int]
) -> list[str]:
    mistakes = []
    if label.facet not in facets:
        mistakes.append(f"Label {label.id!r} has the unknown facet {label.facet!r}.")
    if label.parent and label.parent not in known:
        mistakes.append(f"Label {label.id!r} has the unknown parent {label.parent!r}.")
    if not re.fullmatch(r"[a-z0-9_-]+:[a-z0-9_-]+", label.id) or len(label.id) > 64:
        mistakes.append(f"Label id {label.id!r} is not facet:slug of at most 64 characters.")
    return mistakes


def _find_number_mistakes(label: Label) -> list[str]:
    mistakes = []
    fit = label.calibration
    if not (0 < fit.scale < math.inf and math.isfinite(fit.offset)):
        mistakes.append(f"Label {label.id!r}: its calibration needs a scale above 0, both finite.")
    for preset in PRESETS:
        pair = label.thresholds.get(preset)
        if pair is None:
            mistakes.append(f"Label {label.id!r} has no thresholds for {preset}.")
        elif not 0 <= pair.review <= pair.auto < math.inf:
            mistakes.append(f"Label {label.id!r}, {preset}: review must lie in 0 to auto.")
    autos = [label.thresholds[preset].auto for preset in PRESETS if preset in label.thresholds]
    if autos != sorted(autos):
        mistakes.append(f"Label {label.id!r}: a stricter preset must not file from a lower auto.")
    return mistakes


def _find_known_mistakes(bundle: Bundle) -> list[str]:
    known = bundle.known
    if known is None:
        return []
    numbers = (known.parents, known.scale, known.offset)
    if not bundle.labels_of(known.facet):
        return [f"Its `known` speaks of the facet {known.facet!r}, which has no labels."]
    if not all(map(math.isfinite, numbers)) or known.scale <= 0 or known.parents < 0:
        return ["Its `known` needs finite numbers, a scale above 0 and parents of 0 or more."]
    return []


def _find_circles(bundle: Bundle) -> list[str]:
    """Labels that are, by way of their parents, above themselves."""
    parents = {label.id: label.parent for label in bundle.labels}
    for label in bundle.labels:
        seen, one = {label.id}, label.parent
        while one:
            if one in seen:
                return [f"Label {one!r} is its own ancestor."]
            seen.add(one)
            one = parents.get(one, "")
    return []
