"""What a row says about each label: yes, no, or nothing."""

import pytest

from catalog_ai.training.taxonomy import FASHION, build_taxonomy, encode_row, load_rules

CATALOGUE = {"articleType": "Tshirts", "subCategory": "Topwear", "masterCategory": "Apparel"}
REST = {"gender": "Men", "baseColour": "Blue", "usage": "Casual", "season": "Summer"}
OUTFIT = "dress|hat|jacket|belt"


@pytest.fixture(scope="module")
def fashion():
    rows = [{**CATALOGUE, **REST}] * 20
    rows += [{**CATALOGUE, **REST, "articleType": name} for name in ("Tops", "Jackets") * 20]
    rows += [{**CATALOGUE, **REST, "articleType": "Capes"}] * 19
    rows += [{"label": name} for name in ("T-Shirt", "Pants", "Hoodie", "Longsleeve", "Polo")]
    rows += [{"tags": OUTFIT}]
    return build_taxonomy(load_rules(FASHION, ()), rows)


def read(taxonomy, row, **options):
    """{label id: True, False, or None where the row says nothing}"""
    truth, mask = encode_row(taxonomy, row, **options)
    return {
        label.id: bool(truth[at]) if mask[at] else None for at, label in enumerate(taxonomy.labels)
    }


def test_types_with_fewer_than_twenty_photos_are_no_labels(fashion):
    ids = {label.id for label in fashion.labels}
    assert "article:tops" in ids
    assert "article:capes" not in ids


def test_what_only_other_sets_name_is_a_label_all_the_same(fashion):
    assert {"article:hoodies", "article:boots"} <= {label.id for label in fashion.labels}


def test_a_label_knows_its_parent_and_its_other_names(fashion):
    label = next(one for one in fashion.labels if one.id == "article:tshirts")
    assert label.parent == "subcategory:topwear"
    assert "T-Shirt" in label.aliases


def test_a_parent_is_always_a_label(fashion):
    ids = {label.id for label in fashion.labels}
    assert all(label.parent in ids for label in fashion.labels if label.parent)


def test_a_catalogue_row_says_yes_to_its_type_and_no_to_others(fashion):
    said = read(fashion, {**CATALOGUE, **REST})
    assert said["article:tshirts"] is True
    assert said["article:tops"] is False
    assert said["gender:men"] is True


def test_where_one_set_says_nothing_about_anothers_label_it_is_no_negative(fashion):
    said = read(fashion, {**CATALOGUE, **REST})
    assert said["article:polos"] is None
    assert said["outfit:hat"] is None


def test_flat_lay_pants_may_be_any_kind_of_trousers(fashion):
    said = read(fashion, {"label": "Pants"})
    assert said["garment:pants"] is True
    assert said["article:tshirts"] is False
    hoodie = read(fashion, {"label": "Hoodie"})
    assert hoodie["article:hoodies"] is True


def test_an_outfit_has_several_labels_and_small_things_are_not_denied(fashion):
    said = read(fashion, {"tags": OUTFIT})
    assert said["outfit:dress"] is said["outfit:jacket"] is True
    assert said["article:jackets"] is True
    assert said["article:tshirts"] is False
    assert said["article:coats"] is None
    assert said["gender:men"] is None


def test_a_photo_of_something_else_denies_every_product(fashion):
    said = read(fashion, {}, negative=True)
    assert said["article:tshirts"] is False
    assert said["garment:pants"] is False
    assert said["gender:men"] is None


def test_an_empty_cell_says_nothing(fashion):
    said = read(fashion, {**CATALOGUE, **REST, "gender": "NA", "usage": ""})
    assert said["gender:men"] is None
    assert said["usage:casual"] is None


def test_a_shops_only_column_becomes_the_facet_that_files_products():
    rules = load_rules(None, ["file", "split", "kind"])
    taxonomy = build_taxonomy(rules, [{"kind": "Mug"}, {"kind": "Mug"}, {"kind": "Plate"}])
    assert [label.id for label in taxonomy.labels] == ["article:mug", "article:plate"]


def test_several_columns_become_several_facets():
    rules = load_rules(None, ["file", "Kind", "Main colour"])
    rows = [{"Kind": "Mug", "Main colour": "Red"}]
    assert [label.id for label in build_taxonomy(rules, rows).labels] == [
        "kind:mug",
        "main-colour:red",
    ]
