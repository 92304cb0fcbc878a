"""From scores on `val` to what a bundle says of each label."""

import json

import numpy as np
import pytest

from catalog_ai.inference.bundle import SHIPPED_BUNDLE, load_bundle
from catalog_ai.training.taxonomy import LabelSpec, Taxonomy
from catalog_ai.training.write_bundle import _Part, fit_facet, write_raw_bundle

PHOTOS = 600


def make_part(several=False):
    """Photos of three labels with good scores, and 50 of something else with low ones."""
    random = np.random.default_rng(7)
    truth = np.zeros((PHOTOS + 50, 3), np.int8)
    truth[np.arange(PHOTOS), random.integers(0, 3, PHOTOS)] = 1
    logits = random.normal(-4, 1, truth.shape) + 6 * truth * random.random(truth.shape) ** 0.3
    logits[PHOTOS:] -= 2
    outside = np.arange(len(truth)) >= PHOTOS
    mask = np.ones_like(truth, np.uint8)
    return _Part(logits.astype(np.float32), truth, mask, outside, several)


def test_every_label_gets_limits_in_order_for_every_preset():
    entries, summary = fit_facet(make_part(), filed=True)
    assert summary["photos"] == PHOTOS
    for entry in entries:
        limits = entry["thresholds"]
        assert set(limits) == {"permissive", "balanced", "strict"}
        assert all(0 <= pair["review"] <= pair["auto"] for pair in limits.values())
        assert limits["permissive"]["auto"] <= limits["balanced"]["auto"]
        assert limits["balanced"]["auto"] <= limits["strict"]["auto"]


def test_photos_of_something_else_stay_under_every_review_limit_of_what_files():
    part = make_part()
    entries, summary = fit_facet(part, filed=True)
    fit = entries[0]["calibration"]
    strange = 1 / (1 + np.exp(-(fit["scale"] * part.logits[part.outside] + fit["offset"])))
    assert (strange.max(1) < summary["floor"]).mean() >= 0.98
    assert all(e["thresholds"]["balanced"]["review"] >= summary["floor"] for e in entries)


def test_what_a_photo_says_nothing_about_is_no_wrong_answer():
    part, masked = make_part(), make_part()
    masked.logits[:PHOTOS, 2] = 9
    masked.mask[:, 2] = 0
    masked.single &= masked.truth[:, 2] == 0
    entries, _ = fit_facet(masked, filed=False)
    plain, _ = fit_facet(part, filed=False)
    assert entries[0]["thresholds"]["balanced"]["auto"] == pytest.approx(
        plain[0]["thresholds"]["balanced"]["auto"], abs=0.2
    )


def test_too_few_photos_keep_the_raw_confidence():
    part = make_part()
    part.single[20:] = False
    entries, _ = fit_facet(part, filed=False)
    assert entries[0]["calibration"] == {"scale": 1.0, "offset": 0.0}


def test_a_raw_bundle_loads_and_files_nothing(tmp_path):
    shipped = json.loads((SHIPPED_BUNDLE / "bundle.json").read_text(encoding="utf-8"))
    labels = [
        LabelSpec(one["id"], one["name"], one["facet"], one["aliases"], one["parent"])
        for one in shipped["labels"]
    ]
    taxonomy = Taxonomy({"facets": shipped["facets"]}, labels)
    identity = {"name": "mine", "version": "1", "provenance": {"seed": 7}}
    network = SHIPPED_BUNDLE / "model.tflite"
    bundle = load_bundle(write_raw_bundle(tmp_path / "mine", network, taxonomy, identity))
    assert bundle.model_version == "mine-1"
    assert bundle.provenance["seed"] == 7
    assert all(label.thresholds["balanced"].auto > 1 for label in bundle.labels)


def test_a_photo_of_no_label_makes_filing_more_careful():
    part, strange = make_part(), make_part()
    strange.truth[:40] = 0
    strange.single[:40], strange.nothing[:40] = False, True
    careful, _ = fit_facet(strange, filed=False)
    plain, _ = fit_facet(part, filed=False)
    autos = [[one["thresholds"]["permissive"]["auto"] for one in two] for two in (careful, plain)]
    assert min(autos[0]) > max(autos[1])


def test_a_doubtful_picture_is_filed_less():
    part = make_part()
    part.chance[:] = 0.5
    entries, summary = fit_facet(part, filed=True)
    assert summary["floor"] <= 0.5
    assert all(one["thresholds"]["balanced"]["review"] <= 0.5 for one in entries)
