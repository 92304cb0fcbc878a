"""Targets: any key, any kind of category, any place of the image; every mistake is named."""

import sys
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.db import connection

from catalog_ai.checks import check_sqlite, check_targets
from catalog_ai.conf import find_setting_mistakes, get_settings
from catalog_ai.errors import UnknownCategory, UnknownTarget
from catalog_ai.inference.bundle import Label
from catalog_ai.models import Classification
from catalog_ai.targets import ProductTarget, get_target, get_targets
from catalog_ai.workflow.jobs import classify_chunk
from tests.factories import make_unique_image_bytes
from tests.shops.models import (
    GalleryImage,
    GalleryProduct,
    IntProduct,
    Kind,
    SlugProduct,
    TaggedProduct,
    UuidProduct,
)

pytestmark = pytest.mark.django_db
SHIRTS = Label("article:tshirts", "Tshirts", "article", aliases=("T-Shirt",))


def picture() -> ContentFile:
    return ContentFile(make_unique_image_bytes(), name="photo.png")


def make(kind: str) -> Any:
    if kind == "int":
        return IntProduct.objects.create(name="a", image=picture())
    if kind == "uuid":
        return UuidProduct.objects.create(photo=picture())
    if kind == "tagged":
        return TaggedProduct.objects.create(image=picture())
    if kind == "slug":
        return SlugProduct.objects.create(slug="blue-shirt", image=picture())
    product = GalleryProduct.objects.create(name="g")
    GalleryImage.objects.create(product=product, original=picture())
    return product


KINDS = ["int", "uuid", "slug", "gallery", "tagged"]


@pytest.mark.parametrize("kind", KINDS)
def test_an_upload_is_judged_whatever_the_key_and_the_place_of_the_image(kind: str) -> None:
    product = make(kind)
    row = Classification.objects.get()
    classify_chunk([row.pk])
    row.refresh_from_db()
    assert row.state in {"filed", "review", "unidentified"}
    target = get_target(f"shops.{kind}product")
    assert target.load_products([row.object_id])[row.object_id] == product
    assert row.image_digest and row.scores


@pytest.mark.parametrize("kind", ["int", "uuid", "slug"])
def test_categories_are_written_and_read_back(kind: str) -> None:
    product, target = make(kind), get_target(f"shops.{kind}product")
    key = target.find_category(SHIRTS) or ""
    assert target.get_categories(product) == set()
    target.set_categories(product, {key})
    fresh = type(product).objects.get(pk=product.pk)
    assert target.get_categories(fresh) == {key}
    assert len(target.get_category_names({key, "424242"} if kind != "slug" else {key, "?"})) == 1
    target.set_categories(fresh, set())
    assert target.get_categories(type(product).objects.get(pk=product.pk)) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_the_categories_of_many_products_are_those_of_each(kind: str) -> None:
    product, target = make(kind), get_target(f"shops.{kind}product")
    keys = {target.find_category(SHIRTS) or ""}
    if not target.category_field.single_valued:
        keys.add(target.category_field.create("Sale"))
    target.set_categories(product, keys)
    key = target.to_key(product.pk)
    assert target.list_categories(target.load_for_lists([key])) == {key: keys}
    target.set_categories(target.load_products([key])[key], set())
    assert target.list_categories(target.load_for_lists([key])) == {key: set()}


def test_a_shops_own_way_of_reading_categories_is_used_for_many_too() -> None:
    class OwnTarget(ProductTarget):
        model = "shops.IntProduct"

        def get_categories(self, product: Any) -> set[str]:
            return {f"own {product.pk}"}

    product = get_target("shops.intproduct").get_model()._default_manager.create()
    target = OwnTarget()
    key = str(product.pk)
    assert target.list_categories(target.load_for_lists([key])) == {key: {f"own {key}"}}


def test_tags_are_added_taken_away_and_found() -> None:
    product, target = make("tagged"), get_target("shops.taggedproduct")
    product.tags.add("by hand")
    key = target.find_category(SHIRTS) or ""
    target.set_categories(product, {"by hand", key})
    fresh = TaggedProduct.objects.get(pk=product.pk)
    assert target.get_categories(fresh) == {"by hand", "Tshirts"}
    assert target.search_categories("hand") == [("by hand", "by hand")]
    assert target.get_category_names({key}) == {key: key}
    target.set_categories(fresh, {"by hand"})
    assert target.get_categories(TaggedProduct.objects.get(pk=product.pk)) == {"by hand"}


def test_a_category_is_found_by_alias_before_one_is_made() -> None:
    existing = Kind.objects.create(name="t shirt")
    assert get_target("shops.intproduct").find_category(SHIRTS) == str(existing.pk)
    assert Kind.objects.count() == 1


def test_choices_are_never_made_up() -> None:
    target = get_target("shops.slugproduct")
    assert target.find_category(SHIRTS) == "shirts"
    assert target.find_category(Label("article:ties", "Ties", "article")) is None
    with pytest.raises(UnknownCategory):
        target.set_categories(make("slug"), {"ties"})


def test_categories_are_searched_by_a_part_of_their_name() -> None:
    for name in ("Shirts", "T-Shirts", "Ties"):
        Kind.objects.create(name=name)
    found = get_target("shops.uuidproduct").search_categories("shirt")
    assert [name for _key, name in found] == ["Shirts", "T-Shirts"]
    assert [name for _key, name in get_target("shops.slugproduct").search_categories("SHOE")] == [
        "Casual Shoes"
    ]


def test_a_uuid_key_goes_there_and_back() -> None:
    target, pk = get_target("shops.uuidproduct"), uuid.uuid4()
    assert target.to_pk(target.to_key(pk)) == pk and "-" not in target.to_key(pk)


def test_the_first_picture_of_a_gallery_counts_and_a_new_first_one_is_looked_at() -> None:
    product = make("gallery")
    classify_chunk(list(Classification.objects.values_list("pk", flat=True)))
    GalleryImage.objects.create(product=product, original=picture(), position=5)
    assert Classification.objects.count() == 1  # a second picture changes nothing
    GalleryImage.objects.update(position=9)
    GalleryImage.objects.create(product=product, original=picture(), position=1)
    assert Classification.objects.filter(state="queued").count() == 1


def test_an_unknown_target_says_so() -> None:
    with pytest.raises(UnknownTarget):
        get_target("no.such")


class NoModel(ProductTarget):
    pass


class WrongModel(ProductTarget):
    model = "shops.Nothing"


class WrongImage(ProductTarget):
    model = "shops.IntProduct"
    image = "name"


class MissingImage(ProductTarget):
    model = "shops.IntProduct"
    image = "photo"


class WrongCategories(ProductTarget):
    model = "shops.IntProduct"
    categories = "name"


class MissingCategories(ProductTarget):
    model = "shops.IntProduct"
    categories = "tags"


class WrongName(ProductTarget):
    model = "shops.IntProduct"
    category_name = "title"


class MadeUpChoices(ProductTarget):
    model = "shops.SlugProduct"
    categories = "section"
    create_categories = True


class WrongValue(ProductTarget):
    model = "shops.IntProduct"
    value = "price"


HERE = "tests.targets.test_targets."
MISTAKES = [
    ({"TARGETS": ["no.such.Target"]}, "E002"),
    ({"TARGETS": ["shop_demo.models.Product"]}, "E002"),
    ({"TARGETS": [HERE + "NoModel"]}, "E003"),
    ({"TARGETS": [HERE + "WrongModel"]}, "E003"),
    ({"TARGETS": [HERE + "WrongImage"]}, "E004"),
    ({"TARGETS": [HERE + "MissingImage"]}, "E004"),
    ({"TARGETS": [HERE + "WrongCategories"]}, "E005"),
    ({"TARGETS": [HERE + "MissingCategories"]}, "E005"),
    ({"TARGETS": [HERE + "WrongName"]}, "E006"),
    ({"TARGETS": [HERE + "MadeUpChoices"]}, "E007"),
    ({"TARGETS": [HERE + "WrongValue"]}, "E008"),
    ({"TARGETS": ["tests.shops.targets.IntTarget"] * 2}, "E009"),
    ({"TARGET": []}, "E001"),
    ({"CHUNK_SIZE": 0}, "E001"),
    ({"CHUNK_SIZE": "64"}, "E001"),
    ({"PRESET": "reckless"}, "E001"),
    ({"TARGETS": "one.string"}, "E001"),
    ({"TARGETS": []}, "W001"),
    ({"BUNDLE": "/no/such/bundle"}, "E010"),
    ({"BULK_QUEUE": "no_such_queue"}, "E011"),
]


@pytest.mark.parametrize(("configured", "number"), MISTAKES)
def test_each_mistake_of_the_configuration_has_an_id_and_a_mend(
    settings: Any, configured: dict[str, Any], number: str
) -> None:
    settings.CATALOG_AI = configured
    found = [message for message in run_checks(tags=["catalog_ai"])]
    wanted = [message for message in found if message.id == f"catalog_ai.{number}"]
    assert wanted and all(message.hint for message in wanted)


def test_a_right_configuration_has_no_complaint() -> None:
    assert run_checks(tags=["catalog_ai"]) == []


def test_an_unknown_settings_key_is_never_ignored(settings: Any) -> None:
    settings.CATALOG_AI = {"TRAGETS": []}
    with pytest.raises(ImproperlyConfigured, match="TRAGETS"):
        get_settings()
    assert find_setting_mistakes(["a list"]) == ["CATALOG_AI must be a dict, not list."]


def test_targets_are_forgotten_when_the_settings_change(settings: Any) -> None:
    assert "shops.intproduct" in get_targets()
    settings.CATALOG_AI = {"TARGETS": ["shop_demo.targets.ShopProductTarget"]}
    assert list(get_targets()) == ["shop_demo.product"]


def test_a_key_that_is_too_long_to_be_kept_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not run_checks(tags=["catalog_ai"])
    monkeypatch.setattr(SlugProduct._meta.pk, "max_length", 65)
    assert [message.id for message in run_checks(tags=["catalog_ai"])] == ["catalog_ai.E012"]


@pytest.mark.parametrize(
    ("configured", "told"),
    [
        ({"PRESETT": "strict"}, "(catalog_ai.E001)"),
        ({"TARGETS": ["no.such.Target"]}, "(catalog_ai.E002)"),
        ({"TARGETS": [HERE + "NoModel"]}, "(catalog_ai.E003)"),
        ({"TARGETS": [HERE + "WrongModel"]}, "(catalog_ai.E003)"),
        ({"TARGETS": [HERE + "MissingImage"]}, "(catalog_ai.E004)"),
    ],
)
def test_a_wrong_set_up_stops_the_start_in_words_and_not_the_check(
    settings: Any, monkeypatch: pytest.MonkeyPatch, configured: dict[str, Any], told: str
) -> None:
    settings.CATALOG_AI = configured
    config = apps.get_app_config("catalog_ai")
    monkeypatch.setattr(sys, "argv", ["manage.py", "runserver"])
    with pytest.raises(ImproperlyConfigured) as stopped:
        config.ready()
    assert told in str(stopped.value)
    monkeypatch.setattr(sys, "argv", ["manage.py", "check"])
    config.ready()


@pytest.mark.parametrize(
    ("options", "found"),
    [({}, ["catalog_ai.W002"]), ({"transaction_mode": "IMMEDIATE"}, [])],
)
def test_sqlite_as_django_leaves_it_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, str], found: list[str]
) -> None:
    monkeypatch.setitem(connection.settings_dict, "ENGINE", "django.db.backends.sqlite3")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    assert [message.id for message in check_sqlite(None)] == found


SPELLING = ("catalog_ai.E013", "catalog_ai.E014")


class MisspeltTarget(ProductTarget):
    model = "shops.IntProduct"
    imagee = "photo"
    wholesale = True  # a shop's own


class StrangeFacets(ProductTarget):
    model = "shops.IntProduct"
    facets = ("article", "flavour")


@pytest.mark.parametrize(
    ("target", "found"), [("MisspeltTarget", "imagee"), ("StrangeFacets", "'flavour'")]
)
def test_what_a_target_misspells_is_told(settings: Any, target: str, found: str) -> None:
    settings.CATALOG_AI = {"TARGETS": [HERE + target]}
    told = [error.msg for error in check_targets(None) if error.id in SPELLING]
    assert len(told) == 1 and found in told[0]
