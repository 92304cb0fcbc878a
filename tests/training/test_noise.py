"""How sure the labels are: the same photo under two products."""

from catalog_ai.training.noise import measure_noise


def make_rows(*named):
    return [{"duplicate_group": group, "articleType": name} for group, name in named]


def test_pairs_of_one_photo_are_counted_by_whether_they_agree():
    rows = make_rows(("1", "Tops"), ("1", "Tops"), ("1", "Tshirts"), ("2", "Caps"), ("3", "Hats"))
    found = measure_noise(rows, "articleType")
    assert (found["photos"], found["pairs"]) == (3, 3)
    assert found["named_differently"] == 2 / 3
    assert found["ceiling"] == 2 / 3
    assert found["most_common"] == [["Tops", "Tshirts", 2]]


def test_a_missing_label_says_nothing():
    found = measure_noise(
        make_rows(("1", "NA"), ("1", "Tops"), ("", "A"), ("", "B")), "articleType"
    )
    assert found["pairs"] == 0 and found["named_differently"] is None and found["ceiling"] is None
