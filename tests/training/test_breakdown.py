"""Where wrong answers are."""

import json

import numpy as np
import pytest
from PIL import Image

from catalog_ai.training import breakdown
from catalog_ai.training.judging import Judged
from catalog_ai.training.metrics import count_confusion


def judge(truth, scores):
    truth, scores = np.array(truth), np.array(scores, float)
    names = [str(at) for at in range(scores.shape[1])]
    return Judged(
        names,
        count_confusion(truth, scores.argmax(1), len(names)),
        scores,
        truth,
        ["a.jpg"] * len(truth),
    )


def test_answers_are_counted_from_each_limit_up_to_the_next():
    found = breakdown.split_correct(np.array([True, False, True, True]), [60, 60, 100, 900], [100])
    assert found == {
        "below 100": {"photos": 2, "accuracy": 0.5},
        "from 100": {"photos": 2, "accuracy": 1.0},
    }


def test_a_part_without_photos_is_left_out():
    found = breakdown.split_correct(np.array([True]), [150], [100, 200])
    assert found == {"from 100 to below 200": {"photos": 1, "accuracy": 1.0}}


def test_a_pair_counts_either_way_round():
    rows = [[0, 1, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0]]
    judged = judge([0, 1, 2, 1], rows)  # 0-1 twice, 0-2 once, one right
    assert breakdown.measure_pairs(judged, 1) == pytest.approx(2 / 3)


def test_a_label_is_contradicted_where_another_is_as_sure_as_its_own_photos():
    truth = [0, 0, 1, 1, 1, 1]
    scores = [[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.3, 0.7], [0.95, 0.05], [0.6, 0.4]]
    found = breakdown.find_contradicted(np.array(scores), np.array(truth))
    # Photos of 0 score 0.85 on average: the fifth is above that, the sixth is wrong but unsure.
    assert found.tolist() == [False, False, False, False, True, False]


def test_a_class_without_photos_contradicts_nothing():
    found = breakdown.find_contradicted(np.array([[0.2, 0.8], [0.9, 0.1]]), np.array([0, 0]))
    assert found.tolist() == [False, False]


def test_small_and_large_photos_are_told_apart(tmp_path, capsys):
    for at, side in enumerate((60, 60, 224)):
        path = tmp_path / "Jeans" / f"{at}.png"
        path.parent.mkdir(exist_ok=True)
        Image.new("RGB", (side, side + 20), (40 * at, 90, 120)).save(path)
    Image.new("RGB", (60, 60), "red").save(tmp_path / "Jeans" / "3.png")
    other = tmp_path / "Watches" / "4.png"
    other.parent.mkdir()
    Image.new("RGB", (60, 60), "blue").save(other)
    assert breakdown.main(["--images", str(tmp_path), "--processes", "1"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert {name: one["photos"] for name, one in figures["by_shorter_side"].items()} == {
        "below 100": 4,
        "from 200 to below 400": 1,
    }
    assert figures["photos"] == 5
