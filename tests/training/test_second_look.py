"""A blind second look at labels: what is drawn, what is hidden, what a reading says."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image

from catalog_ai.training import second_look
from catalog_ai.training.judging import Judged
from catalog_ai.training.metrics import count_confusion
from catalog_ai.training.reading import CLOSE, RIGHT, WRONG, Item, Share, add_shares, find_share
from catalog_ai.training.reading import score_reading as score

CLASSES = ["Tops", "Tshirts", "Watches"]


def judge(*photos):
    """Photos as (truth, scores of CLASSES)."""
    truth = np.array([CLASSES.index(name) for name, _ in photos])
    scores = np.array([row for _, row in photos], np.float32)
    table = count_confusion(truth, scores.argmax(1), len(CLASSES))
    return Judged(CLASSES, table, scores, truth, [f"{at}.jpg" for at in range(len(photos))])


def draw(judged, wrong=9, right=0, close=9, seed=1):
    return second_look.draw_items(judged, {WRONG: wrong, RIGHT: right, CLOSE: close}, seed)


@pytest.fixture
def judged():
    mistaken = ("Tops", [0.2, 0.9, 0.0])
    look_alike = ("Tshirts", [0.4, 0.8, 0.1])
    unlike = ("Watches", [0.2, 0.0, 0.9])
    return judge(mistaken, look_alike, look_alike, *[unlike] * 20)


def test_a_mistake_shows_the_label_and_the_models_answer(judged):
    (item,) = [one for one in draw(judged) if one.kind == WRONG]
    assert (item.file, item.label, item.other) == ("0.jpg", "Tops", "Tshirts")


def test_close_controls_have_the_same_two_names_as_a_mistake(judged):
    (item,) = [one for one in draw(judged) if one.kind == CLOSE]
    assert {item.label, item.other} == {"Tops", "Tshirts"} and item.label == "Tshirts"


def test_no_photo_is_drawn_twice(judged):
    files = [one.file for one in draw(judged, right=21)]
    assert len(files) == len(set(files)) >= 22


def test_neither_place_nor_order_tells_whose_name_it_is(judged):
    drawn = [one for seed in range(40) for one in draw(judged, right=5, seed=seed)]
    assert 0.35 < np.mean([one.label_first for one in drawn]) < 0.65
    firsts = {draw(judged, right=5, seed=seed)[0].kind for seed in range(20)}
    assert len(firsts) > 1


def make_items(kind, *firsts):
    return [Item(kind, "a.jpg", "Tops", "Tshirts", first) for first in firsts]


def number(items):
    return {str(at): item for at, item in enumerate(items, 1)}


def test_a_decision_counts_for_the_name_that_stood_there():
    items = number(make_items(WRONG, True, False, False, True))
    decisions = dict(zip(items, ["1", "1", "1", "neither"], strict=True))
    read = score(items, decisions, 100, 20)["read"][WRONG]
    found = {name: read[name]["count"] for name in ("label", "other", "both", "neither")}
    assert found == {"label": 1, "other": 2, "both": 0, "neither": 1}


def test_what_mistakes_alone_cannot_mend_is_out_of_reach():
    items = number(make_items(WRONG, *[True] * 10))
    decisions = dict(zip(items, ["1"] * 4 + ["2"] * 4 + ["both"] * 2, strict=True))
    figures = score(items, decisions, 1000, 100)
    assert figures["accuracy"] == pytest.approx(0.9)
    assert figures["within_reach"]["share"] == pytest.approx(0.94)
    assert figures["within_reach"]["low"] < 0.94 < figures["within_reach"]["high"] < 1
    assert figures["with_luck"] == pytest.approx(0.95)


def test_controls_weigh_as_much_as_the_photos_they_stand_for():
    items = number([*make_items(WRONG, *[True] * 4), *make_items(RIGHT, *[True] * 5)])
    decisions = dict(zip(items, ["2", "neither", "1", "1", "2", "1", "1", "1", "1"], strict=True))
    found = score(items, decisions, 100, 10)["not_confirmed"]
    assert found["share"] == pytest.approx(0.1 * 0.5 + 0.9 * 0.2)
    assert 0 < found["low"] < found["share"] < found["high"] < 1


def test_what_was_not_read_is_counted_and_left_out():
    items = number(make_items(WRONG, True, True))
    figures = score(items, {"1": "1"}, 10, 2)
    assert figures["unread"] == 1
    assert figures["read"][WRONG]["photos"] == 1
    assert "not_confirmed" not in figures


def test_an_interval_is_wilsons():
    # 10 of 100: 0.0552 to 0.1744, as in Newcombe 1998's method 3 (score, no correction).
    share = find_share(10, 100)
    assert (round(share.low, 4), round(share.high, 4)) == (0.0552, 0.1744)
    assert find_share(0, 5).low == 0 and find_share(5, 5).high == pytest.approx(1)


def test_a_sum_of_one_share_keeps_its_interval():
    one = Share(0.2, 0.1, 0.4)
    total = add_shares([(1.0, one), (0.0, Share(0.5, 0.1, 0.9))])
    assert vars(total) == pytest.approx(vars(one))


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    for at in range(14):
        path = folder / ("Jeans" if at % 2 else "Watches") / f"{at}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (60, 80), (18 * at, 90, 120)).save(path)
    return tmp_path


def run(*options):
    return second_look.main([str(one) for one in options])


def make_reading(folder, *more):
    options = ("--images", folder / "photos", "--out", folder / "look", "--processes", 1)
    assert run(*options, *more) == 0
    with (folder / "look/decisions.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def fill(folder, rows, decision):
    with (folder / "look/decisions.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([row | {"decision": decision} for row in rows])


def test_a_folder_of_folders_is_read_again_and_scored(photos, capsys):
    rows = make_reading(photos)
    drawn = json.loads(capsys.readouterr().out)
    sheets = sorted((photos / "look").glob("sheet-*.png"))
    assert drawn["items"] == len(rows) > 1 and drawn["sheets"] == len(sheets)
    assert "file" not in rows[0] and {row["decision"] for row in rows} == {""}
    fill(photos, rows, "Neither")
    assert run("--score", photos / "look") == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["unread"] == 0
    with (photos / "look/disputed.csv").open(newline="", encoding="utf-8") as file:
        disputed = list(csv.DictReader(file))
    assert len(disputed) == len(rows)
    assert all(row["file"].startswith(row["label"]) for row in disputed)


def test_a_reading_that_was_begun_is_not_overwritten(photos, capsys):
    make_reading(photos)
    with pytest.raises(SystemExit):
        make_reading(photos)
    assert "already holds a reading" in capsys.readouterr().err


def test_a_word_that_is_no_decision_is_named(photos, capsys):
    fill(photos, make_reading(photos), "first")
    with pytest.raises(SystemExit):
        run("--score", photos / "look")
    assert "Item 1: 'first' is no decision" in capsys.readouterr().err


def test_a_folder_without_a_reading_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        run("--score", tmp_path)
    assert "holds no reading" in capsys.readouterr().err


def test_two_readings_are_put_together_and_a_photo_read_twice_counts_once(photos, capsys):
    rows = make_reading(photos)
    fill(photos, rows, "both")
    shutil.copytree(photos / "look", photos / "again")
    fill(photos, rows, "neither")
    capsys.readouterr()
    assert run("--score", photos / "again", photos / "look") == 0
    figures = json.loads(capsys.readouterr().out)
    read = figures["read"].values()
    assert sum(one["both"]["count"] for one in read) == len(rows)
    assert sum(one["neither"]["count"] for one in read) == 0


def test_readings_of_different_models_are_not_put_together(photos, capsys):
    fill(photos, make_reading(photos), "both")
    shutil.copytree(photos / "look", photos / "other")
    key = json.loads((photos / "other/key.json").read_text())
    (photos / "other/key.json").write_text(json.dumps(key | {"model": "another"}))
    with pytest.raises(SystemExit):
        run("--score", photos / "look", photos / "other")
    assert "not of the same model" in capsys.readouterr().err


def test_a_photo_that_cannot_be_drawn_is_named_on_its_sheet(photos):
    from catalog_ai.training.photos import Photos
    from catalog_ai.training.sheets import Caption, draw_sheets

    captions = [Caption("missing.png", ("1",)), Caption("Jeans/1.png", ("2",))]
    (path,) = draw_sheets(photos, Photos(photos / "photos"), captions)
    with Image.open(path) as sheet:
        assert np.asarray(sheet.convert("L")).min() < 100
