"""The evaluation command on the shipped bundle and drawn pictures."""

import csv
import json

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from catalog_ai.training import evaluate

FIGURES = {
    *("images", "accuracy", "macro_f1", "weighted_f1", "macro_auprc", "roc_auc", "ece"),
    *("automation", "per_class", "confused", "images_per_second", "unidentified"),
    *("alike", "ece_by_chance"),
}


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    rows = []
    for at, name in enumerate(["Tshirts", "Jeans", "Tshirts", "Watches"]):
        Image.new("RGB", (60, 80), (60 * at, 90, 120)).save(folder / f"{at}.png")
        rows.append({"file": f"{at}.png", "articleType": name, "tags": "hat|dress"})
    rows.append({"file": "missing.png", "articleType": "Jeans", "tags": "hat"})
    with (tmp_path / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path


def run(capsys, folder, *more):
    options = ["--images", f"{folder}/photos", "--labels", f"{folder}/labels.csv"]
    assert evaluate.main([*options, "--processes", "1", *more]) == 0
    return json.loads(capsys.readouterr().out)


def test_one_json_object_holds_every_figure(capsys, photos):
    figures = run(capsys, photos, "--facet", "articleType")
    assert set(figures) >= FIGURES
    assert figures["images"] == 5
    assert set(figures["automation"]) == {"0.01", "0.02", "0.05"}
    assert set(figures["per_class"]) == {"Tshirts", "Jeans", "Watches"}


def test_a_photo_that_cannot_be_judged_is_named_and_not_left_out(capsys, photos):
    figures = run(capsys, photos)
    assert list(figures["refused"]) == ["missing.png"]
    assert figures["images"] == 5


def test_tags_have_figures_of_their_own(capsys, photos):
    figures = run(capsys, photos, "--tags-column", "tags")
    assert set(figures) >= {"map", "micro_f1", "macro_f1", "unknown_names"}


def test_negatives_need_no_labels(capsys, photos):
    options = ["--images", f"{photos}/photos", "--negatives", "--processes", "1"]
    assert evaluate.main(options) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["images"] == 4
    assert 0 <= figures["unidentified"] <= 1


def test_folders_named_by_label_need_no_csv(capsys, tmp_path):
    for at, name in enumerate(["Jeans", "Shirts"]):
        (tmp_path / name).mkdir()
        Image.new("RGB", (40, 40), (90 * at, 9, 9)).save(tmp_path / name / "a.png")
    assert evaluate.main(["--images", str(tmp_path), "--processes", "1"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(figures["per_class"]) == {"Jeans", "Shirts"}


def test_the_report_is_one_file_that_loads_nothing(capsys, photos):
    run(capsys, photos, "--out", f"{photos}/report")
    page = (photos / "report" / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == 4
    assert 'src="http' not in page
    assert "<script" not in page


def test_the_management_command_prints_the_same(capsys, photos):
    call_command(
        "evaluate_classifier",
        images=photos / "photos",
        labels=photos / "labels.csv",
        facet="articleType",
        processes=1,
    )
    assert json.loads(capsys.readouterr().out)["images"] == 5


def test_a_column_that_is_not_there_is_refused_with_those_that_are(photos):
    with pytest.raises(CommandError, match="no column 'kind', only file"):
        call_command(
            "evaluate_classifier",
            images=photos / "photos",
            labels=photos / "labels.csv",
            facet="kind",
            processes=1,
        )
