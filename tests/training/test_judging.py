"""Figures of a scored collection: names that match, names that do not, several tags."""

import numpy as np
import pytest

from catalog_ai.inference.bundle import Bundle
from catalog_ai.training.command import format_figures
from catalog_ai.training.evaluate import find_unidentified, main
from catalog_ai.training.judging import EvaluationError, judge_classes, judge_tags
from catalog_ai.training.naming import choose_facet, name_classes
from tests.training.factories import make_bundle, make_scores


@pytest.fixture
def bundle() -> Bundle:
    return make_bundle()


def judge(bundle, rows, values, column="articleType", wanted=None):
    names = [f"{at}.jpg" for at in range(len(rows))]
    return judge_classes(bundle, make_scores(rows), names, column, values, wanted)[0]


def test_the_likeliest_class_is_the_answer(bundle):
    figures = judge(bundle, [[0.9, 0.1], [0.6, 0.3], [0.2, 0.7]], ["Tshirts", "Jeans", "Jeans"])
    assert figures["accuracy"] == pytest.approx(2 / 3)
    assert figures["confused"] == [{"truth": "Jeans", "predicted": "Tshirts", "count": 1}]
    assert figures["per_class"]["Jeans"]["recall"] == 0.5
    assert figures["automation"]["0.02"] == pytest.approx(2 / 3)


def test_the_bundles_own_limits_say_what_is_filed_and_what_of_it_is_wrong(bundle):
    rows = [[0.95, 0.1], [0.95, 0.3], [0.2, 0.7], [0.1, 0.92]]
    figures = judge(bundle, rows, ["Tshirts", "Jeans", "Jeans", "Jeans"])
    assert figures["filed"]["balanced"] == pytest.approx({"share": 0.75, "error": 1 / 3})


def test_names_match_through_aliases_whatever_their_spelling(bundle):
    figures = judge(bundle, [[0.9, 0.1], [0.2, 0.7]], ["t shirt", "JEANS"])
    assert figures["accuracy"] == 1
    assert figures["unknown_names"] == {}


def test_two_names_of_one_label_are_one_class(bundle):
    figures = judge(bundle, [[0.9, 0.1], [0.9, 0.1], [0.1, 0.8]], ["Tshirts", "tee", "Jeans"])
    assert figures["accuracy"] == 1
    assert len(figures["per_class"]) == 2


def test_an_unknown_name_is_listed_and_counts_as_wrong(bundle):
    figures = judge(bundle, [[0.9, 0.1], [0.2, 0.7]], ["Tshirts", "Spaceship"])
    assert figures["unknown_names"] == {"Spaceship": 1}
    assert figures["images"] == 2
    assert figures["accuracy"] == 0.5


def test_only_the_classes_asked_for_compete(bundle):
    rows = [[0.3, 0.2, 0.9], [0.1, 0.7, 0.8], [0.1, 0.1, 0.9]]
    figures = judge(bundle, rows, ["Tshirts", "Jeans", "Caps"], wanted=["Tshirts", "Jeans"])
    assert figures["accuracy"] == 1
    assert figures["images"] == 2
    assert figures["not_judged"] == {"Caps": 1}


def test_joint_columns_are_judged_by_the_product_of_both(bundle):
    rows = [[0.9, 0.1, 0, 0.8, 0.2], [0.9, 0.1, 0, 0.3, 0.7]]
    column = "articleType+gender"
    figures = judge(bundle, rows, ["Tshirts+Men", "Tshirts+Women"], column)
    assert figures["accuracy"] == 1


def test_asking_for_classes_that_do_not_occur_is_refused(bundle):
    with pytest.raises(EvaluationError, match="classes asked for"):
        judge(bundle, [[0.9]], ["Tshirts"], wanted=["Caps"])


def test_the_facet_follows_the_columns_name_else_its_values(bundle):
    assert choose_facet(bundle, "articleType", {}) == "article"
    assert choose_facet(bundle, "who", {"Men": 3, "Women": 1}) == "gender"


def test_a_column_of_unknown_name_falls_back_on_other_facets_label_by_label(bundle):
    classes, places = name_classes(bundle, "kind", ["Men", "Women", "Caps"])
    assert [one.labels for one in classes] == [
        ("article:caps",),
        ("gender:men",),
        ("gender:women",),
    ]
    assert places == {"Caps": 0, "Men": 1, "Women": 2}


def test_several_tags_a_photo_are_judged_by_precision_and_f1(bundle):
    scores = make_scores([[0] * 5 + [0.9, 0.2], [0] * 5 + [0.4, 0.8]])
    figures = judge_tags(bundle, scores, ["hat", "jeans|hat"])
    assert figures["map"] == 1
    assert figures["micro_f1"] == pytest.approx(4 / 5)
    assert figures["unknown_names"] == {}


def test_unknown_tags_are_listed(bundle):
    scores = make_scores([[0] * 5 + [0.9, 0.2]])
    assert judge_tags(bundle, scores, ["hat|monocle"])["unknown_names"] == {"monocle": 1}


def test_a_photo_under_every_review_limit_is_unidentified(bundle):
    confidences = make_scores([[0.4, 0.3, 0.2], [0.4, 0.6, 0.2], [0, 0, 0, 0.9]]).confidences
    assert find_unidentified(bundle, confidences) == pytest.approx(2 / 3)


def test_what_is_undefined_is_null_in_the_json():
    assert format_figures({"a": float("nan"), "b": [np.float64("nan"), 1]}).count("null") == 2


def test_labels_that_are_not_there_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--images", "nowhere", "--labels", "nowhere.csv", "--facet", "kind"])
    assert "There is no file nowhere.csv." in capsys.readouterr().err
