"""Labelled photos from CSVs, archives and folders of folders."""

import zipfile
from argparse import Namespace

import numpy as np
import pytest
from PIL import Image

from catalog_ai.training.manifest import encode_manifests, load_manifest
from catalog_ai.training.photos import PhotoError, Photos
from catalog_ai.training.taxonomy import build_taxonomy, load_rules
from catalog_ai.training.train import load_data


def save_photo(path, shade):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20, 20), (shade, 40, 90)).save(path)


@pytest.fixture
def shelves(tmp_path):
    for at in range(30):
        save_photo(tmp_path / "shop" / ("mugs" if at % 2 else "plates") / f"{at}.png", at)
    return tmp_path / "shop"


def test_a_folder_of_folders_is_labelled_by_its_folders(shelves):
    manifest = load_manifest(shelves)
    assert {row["article"] for row in manifest.rows} == {"mugs", "plates"}
    assert len(manifest.rows) == 30


def test_photos_without_a_split_get_a_lasting_one(shelves):
    first, second = load_manifest(shelves), load_manifest(shelves)
    assert first.rows == second.rows
    assert {row["split"] for row in first.rows} <= {"train", "val", "test"}


def test_copies_of_a_photo_are_on_one_side(shelves):
    for at in range(8):
        save_photo(shelves / "plates" / f"copy{at}.png", 3)
    rows = load_manifest(shelves).rows
    assert len({row["split"] for row in rows if "copy" in row["file"]}) == 1


def test_a_csv_finds_its_photos_in_the_archive_of_its_name(tmp_path):
    save_photo(tmp_path / "a.png", 1)
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.write(tmp_path / "a.png", "inside/a.png")
    (tmp_path / "set.csv").write_text("file,kind,split\na.png,Mug,val\n", encoding="utf-8")
    manifest = load_manifest(tmp_path / "set.csv")
    assert manifest.rows[0]["split"] == "val"
    assert Photos(manifest.photos).read("a.png") == (tmp_path / "a.png").read_bytes()


def test_a_csv_without_a_file_column_is_refused_with_a_reason(tmp_path):
    (tmp_path / "set.csv").write_text("kind\nMug\n", encoding="utf-8")
    with pytest.raises(PhotoError, match="`file` column"):
        load_manifest(tmp_path / "set.csv")


def test_neither_folder_nor_archive_is_refused_with_a_reason(tmp_path):
    with pytest.raises(PhotoError, match="neither"):
        Photos(tmp_path / "missing")


def test_a_photo_that_is_not_there_is_named(shelves):
    with pytest.raises(FileNotFoundError):
        Photos(shelves).read("mugs/none.png")


@pytest.mark.parametrize("split", ["train", ""])
def test_a_csv_of_photos_that_are_not_there_is_refused_with_their_names(shelves, split):
    csv = shelves / "set.csv"
    csv.write_text(f"file,kind,split\nmugs/1.png,Mug,\nmugs/gone.png,Mug,{split}\n")
    with pytest.raises(PhotoError, match="lacks 1 of .* photos: mugs/gone.png"):
        load_data(Namespace(data=[csv], negatives=[], rules=None))


def test_targets_follow_the_order_of_the_photos(shelves):
    manifest = load_manifest(shelves)
    taxonomy = build_taxonomy(load_rules(None, manifest.rows[0]), manifest.rows)
    examples = encode_manifests(taxonomy, [manifest])
    names = [taxonomy.labels[at].name for at in examples.truth.argmax(1)]
    assert names == [row["article"] for row in manifest.rows]
    assert examples.mask.all()
    assert np.array_equal(examples.source, np.zeros(30))
