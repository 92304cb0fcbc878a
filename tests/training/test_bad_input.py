"""Options and files that cannot be used are told in a sentence, before anything costs time."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

ROW = "Shirts/0.jpg,Shirts"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    photos = tmp_path / "photos" / "Shirts"
    photos.mkdir(parents=True)
    Image.new("RGB", (32, 32)).save(photos / "0.jpg")
    (tmp_path / "afile").write_text("something else")
    return tmp_path


def refuse(name: str, *arguments: Any) -> str:
    with pytest.raises(CommandError) as refused:
        call_command(name, *map(str, arguments))
    return str(refused.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfef\x00i\x00", "UTF-8"),
        (b"file,article\n" + b"x" * 200_000, "field"),
        (b"file,article\n\0,Shirts\n", "null character"),
        (f"file,article\n{ROW}\n{ROW},one too many\n".encode(), "line 3"),
    ],
)
@pytest.mark.parametrize("name", ["evaluate_classifier", "calibrate_classifier"])
def test_a_csv_that_cannot_be_read_is_told(
    folder: Path, name: str, content: bytes, told: str
) -> None:
    csv = folder / "photos.csv"
    csv.write_bytes(content)
    where = ["--images", folder / "photos", "--labels", csv]
    if name == "calibrate_classifier":
        where = ["--data", csv, "--out", folder / "new"]
    refused = refuse(name, *where)
    assert "photos.csv" in refused and told in refused


def test_a_short_line_says_nothing_about_the_columns_that_it_lacks(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    csv = folder / "photos.csv"
    csv.write_text(f"file,article,season\n{ROW},Summer\n{ROW}\nShirts/0.jpg\n")
    asked = ["--images", str(folder / "photos"), "--labels", str(csv)]
    for column, known in (("article", 2), ("season", 1)):
        call_command("evaluate_classifier", *asked, "--facet", column)
        assert json.loads(capsys.readouterr().out)["images"] == known


@pytest.mark.parametrize("rules", ["{", "[]", '{"facets": 5}', '{"columns": []}'])
def test_rules_of_a_wrong_shape_are_told(folder: Path, rules: str) -> None:
    file = folder / "rules.json"
    file.write_text(rules)
    told = refuse(
        "train_classifier", "--data", folder / "photos", "--out", folder / "new", "--rules", file
    )
    assert "rules.json" in told


@pytest.mark.parametrize("name", ["train_classifier", "calibrate_classifier"])
def test_a_file_in_the_place_of_the_new_bundle_is_told_at_once(folder: Path, name: str) -> None:
    told = refuse(name, "--data", folder / "photos", "--out", folder / "afile")
    assert "afile" in told and (folder / "afile").read_text() == "something else"


def test_a_file_in_the_place_of_a_folder_is_told(folder: Path) -> None:
    told = refuse("evaluate_classifier", "--images", folder / "photos", "--out", folder / "afile")
    assert "afile" in told


@pytest.mark.parametrize(
    "option",
    [
        ("--weights", "a"),
        ("--weights", "0"),
        ("--batch", "0"),
        ("--rate", "nan"),
        ("--rate", "0"),
        ("--seed", "-1"),
        ("--stages", "128:0"),
    ],
)
def test_numbers_that_cannot_train_are_told(folder: Path, option: tuple[str, str]) -> None:
    told = refuse(
        "train_classifier", "--data", folder / "photos", "--out", folder / "new", "=".join(option)
    )
    assert option[0] in told


def test_what_evaluation_cannot_do_is_told(folder: Path) -> None:
    photos = ["--images", folder / "photos"]
    assert "--processes" in refuse("evaluate_classifier", *photos, "--processes=-3")
    assert "no column ''" in refuse("evaluate_classifier", *photos, "--facet", "+")
    assert f"{folder / 'photos'} has no column" in refuse(
        "evaluate_classifier", *photos, "--facet", "no"
    )


@pytest.mark.parametrize("name", ["calibrate_classifier", "train_classifier"])
def test_a_version_that_rows_could_not_keep_is_told_before_anything_is_written(
    folder: Path, name: str
) -> None:
    arguments = ["--data", folder / "photos", "--out", folder / "new"]
    refused = refuse(name, *arguments, "--bundle-version", "1" * 99)
    assert "99 characters" in refused
    assert not list(folder.glob("new*"))
