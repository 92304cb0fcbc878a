"""Targets: any key, any kind of category, any place of the image; every mistake is named."""

import sys
import uuid
from typing import Any

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.files.base import ContentFile
from django.db import connection, models
from django.utils import translation
from django.utils.translation import gettext_lazy

from catalog_ai import checks
from catalog_ai.checks import check_sqlite
from catalog_ai.conf import find_setting_mistakes, get_settings
from catalog_ai.errors import OneCategoryOnly, UnknownCategory, UnknownTarget
from catalog_ai.inference.bundle import Label
from catalog_ai.models import Classification
from catalog_ai.target_checks import check_targets
from catalog_ai.targets import ProductTarget, get_target, get_targets
from catalog_ai.targets.categories import ChoiceCategory
from catalog_ai.workflow.category_lookup import CategoryLookup
from catalog_ai.workflow.jobs import classify_chunk
from shop_demo.models import Product
from tests.factories import make_unique_image_bytes
from tests.shops.models import (
    CodedProduct,
    Department,
    GalleryImage,
    GalleryProduct,
    IntProduct,
    Kind,
    Picture,
    Shelf,
    ShelvedProduct,
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


@pytest.mark.parametrize("kind", ["uuid", "slug"])
def test_of_two_categories_none_is_chosen_by_chance(kind: str) -> None:
    product, target = make(kind), get_target(f"shops.{kind}product")
    names = ("Shirts", "Belts") if kind == "uuid" else ()
    keys = [target.category_field.create(name) for name in names]
    keys = keys or [key for key, _name in target.category_field.list_all()[:2]]
    with pytest.raises(OneCategoryOnly):
        target.set_categories(product, set(keys))
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


def test_a_foreign_key_may_name_a_category_by_another_field_than_its_key() -> None:
    class CodedTarget(ProductTarget):
        model = "shops.CodedProduct"
        categories = "department"

    target = CodedTarget()
    shirts = Department.objects.create(name="Tshirts", code="TS")
    product = CodedProduct.objects.create(department=Department.objects.create(name="A", code="7"))
    assert set(target.get_category_names(target.get_categories(product)).values()) == {"A"}
    target.set_categories(product, {target.find_category(SHIRTS) or ""})
    fresh = CodedProduct.objects.get()
    assert (fresh.department, target.get_categories(fresh)) == (shirts, {str(shirts.pk)})
    target.set_categories(fresh, set())
    assert CodedProduct.objects.get().department is None


def test_a_choice_that_is_nought_is_a_category() -> None:
    field = models.IntegerField(choices=[(None, "-"), (0, "T-Shirt"), (1, "Shoes")], null=True)
    field.set_attributes_from_name("section")
    category = ChoiceCategory(field)
    assert category.list_all() == [("0", "T-Shirt"), ("1", "Shoes")]
    assert category.find(["T-Shirt"]) == "0"


def test_choices_are_named_in_the_language_of_the_reader() -> None:
    field = models.CharField(max_length=9, choices=[("a", gettext_lazy("Yes"))])
    field.set_attributes_from_name("section")
    category = ChoiceCategory(field)
    told = []
    for language in ("de", "en"):
        with translation.override(language):
            told.append(category.get_names(["a"])["a"])
    assert told == ["Ja", "Yes"]


def test_a_category_is_found_by_alias_before_one_is_made() -> None:
    existing = Kind.objects.create(name="t shirt")
    assert get_target("shops.intproduct").find_category(SHIRTS) == str(existing.pk)
    assert Kind.objects.count() == 1


class CodedTarget(ProductTarget):
    model = "shops.CodedProduct"
    categories = "department"
    create_categories = True


class ShelvedTarget(ProductTarget):
    model = "shops.ShelvedProduct"
    categories = "shelf"
    create_categories = True


SHOES = Label("article:shoes", "Shoes", "article")


def test_of_two_categories_of_one_name_none_is_chosen_by_chance() -> None:
    target = get_target("shops.uuidproduct")
    for name in ("T-Shirt", "t shirt", "Shirt"):
        Kind.objects.create(name=name)
    assert target.look_up_category(SHIRTS) is None and CategoryLookup(target).find(SHIRTS) is None
    Kind.objects.update(name="Tshirts")
    assert target.find_category(SHIRTS) is None and Kind.objects.count() == 3


def test_a_category_that_needs_more_than_its_name_is_not_made_and_that_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert ShelvedTarget().find_category(SHIRTS) is None and not Shelf.objects.exists()
    assert "Tshirts" in caplog.text and "Traceback" not in caplog.text
    assert CodedTarget().find_category(SHIRTS)  # its code is empty, and no second one may have that
    assert CodedTarget().find_category(SHOES) is None
    assert Department.objects.count() == 1


@pytest.mark.parametrize(("name", "lacks"), [("CodedTarget", "code"), ("ShelvedTarget", "code")])
def test_categories_that_need_more_than_their_name_are_warned_of(
    settings: Any, name: str, lacks: str
) -> None:
    settings.CATALOG_AI = {"TARGETS": [HERE + name]}
    found = {one.id: one for one in run_checks() if (one.id or "").startswith("catalog_ai")}
    assert lacks in found["catalog_ai.W007"].msg and found["catalog_ai.W007"].hint


def test_a_shop_that_fills_its_categories_itself_is_not_warned(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shelf, "save", lambda self, *args, **how: models.Model.save(self))
    settings.CATALOG_AI = {"TARGETS": [HERE + "ShelvedTarget"]}
    assert not [one for one in run_checks() if one.id == "catalog_ai.W007"]


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


def judge_all() -> None:
    classify_chunk(list(Classification.objects.filter(state="queued").values_list("pk", flat=True)))


def test_where_the_first_picture_is_deleted_the_next_one_is_looked_at(
    django_capture_on_commit_callbacks: Any,
) -> None:
    product = make("gallery")
    second = GalleryImage.objects.create(product=product, original=picture(), position=5)
    judge_all()
    with django_capture_on_commit_callbacks(execute=True):
        product.images.first().delete()
    row = Classification.objects.get(state="queued")
    assert row.image_name == second.original.name and row.run.source == "upload"


@pytest.mark.parametrize("image", ["picture__file", "picture_set__file"])
def test_rows_with_images_may_be_called_as_django_calls_them(image: str) -> None:
    target = type("PictureTarget", (ShelvedTarget,), {"image": image})()
    product = ShelvedProduct.objects.create()
    owner = Picture.objects.create(product=product, file=picture())
    key = target.to_key(product.pk)
    assert target.image_model is Picture
    assert target.get_image_names([product.pk]) == {key: owner.file.name}
    assert target.load_images([key]) == {key: owner.file}
    assert list(target.find_products_of(owner)) == [product]


def test_a_picture_that_counts_again_is_looked_at_again(
    django_capture_on_commit_callbacks: Any,
) -> None:
    product = make("gallery")
    first = GalleryImage.objects.get()
    judge_all()
    GalleryImage.objects.update(position=1)
    wrong = GalleryImage.objects.create(product=product, original=picture())
    judge_all()
    with django_capture_on_commit_callbacks(execute=True):
        wrong.delete()
    assert Classification.objects.get(state="queued").image_name == first.original.name


def test_a_picture_that_goes_with_its_product_or_counts_for_nothing_makes_no_work(
    django_capture_on_commit_callbacks: Any,
) -> None:
    product = make("gallery")
    second = GalleryImage.objects.create(product=product, original=picture(), position=5)
    judge_all()
    with django_capture_on_commit_callbacks(execute=True):
        second.delete()
    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        product.delete()
    assert not callbacks and not Classification.objects.filter(state="queued").exists()


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


class TextAsValue(ProductTarget):
    model = "shops.IntProduct"
    value = "name"


class CategoriesFromBehind(ProductTarget):
    """The relation is a field of the other model, and no tag manager."""

    model = "shops.ShelvedProduct"
    categories = "other_shelves"


class CategoriesFromBehindUnnamed(ProductTarget):
    model = "shops.Kind"
    image = "intproduct__image"
    categories = "intproduct"


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
    ({"TARGETS": [HERE + "TextAsValue"]}, "E008"),
    ({"TARGETS": [HERE + "CategoriesFromBehind"]}, "E005"),
    ({"TARGETS": [HERE + "CategoriesFromBehindUnnamed"]}, "E005"),
    ({"TARGETS": ["tests.shops.targets.IntTarget"] * 2}, "E009"),
    ({"TARGET": []}, "E001"),
    ({"CHUNK_SIZE": 0}, "E001"),
    ({"CHUNK_SIZE": "64"}, "E001"),
    ({"PRESET": "reckless"}, "E001"),
    ({"PRESET": []}, "E001"),
    ({"TARGETS": "one.string"}, "E001"),
    ({"TARGETS": None}, "E001"),
    ({"TARGETS": [IntProduct]}, "E001"),
    ({"APPLY_ON_UPLOAD": "False"}, "E001"),
    ({"CATEGORIZE_ON_UPLOAD": 0}, "E001"),
    ({"BUNDLE": None}, "E001"),
    ({"UPLOAD_QUEUE": ["one"]}, "E001"),
    ({"CRON_QUEUE": ""}, "E001"),
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


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("CATEGORIZE_ON_UPLOAD", "False"),
        ("APPLY_ON_UPLOAD", 0),
        ("BULK_QUEUE", ""),
        ("UPLOAD_QUEUE", None),
        ("CRON_QUEUE", 1),
        ("TARGETS", None),
        ("BUNDLE", None),
        ("PRESET", []),
        # What some clock, alarm or database cannot take would end each job, not the start.
        ("LEASE_SECONDS", 10**15),
        ("JOB_TIMEOUT", 10**15),
        ("STALLED_AFTER", 10**15),
        ("FOLLOW_EVERY", 10**15),
        ("JOB_MEMORY_MB", 10**15),
        ("CHUNK_SIZE", 10**6),
        ("EXPAND_PAGE", 10**6),
        ("MAX_PIXELS", 10**9),
    ],
)
def test_a_value_of_the_wrong_kind_is_never_taken_for_another(key: str, value: Any) -> None:
    (mistake,) = find_setting_mistakes({key: value})
    assert mistake.startswith(f"CATALOG_AI['{key}'] must be")


def test_targets_are_forgotten_when_the_settings_change(settings: Any) -> None:
    assert "shops.intproduct" in get_targets()
    settings.CATALOG_AI = {"TARGETS": ["shop_demo.targets.ShopProductTarget"]}
    assert list(get_targets()) == ["shop_demo.product"]


def test_a_key_that_is_too_long_to_be_kept_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not run_checks(tags=["catalog_ai"])
    monkeypatch.setattr(SlugProduct._meta.pk, "max_length", 65)
    assert [message.id for message in run_checks(tags=["catalog_ai"])] == ["catalog_ai.E012"]


class OwnDatabase:
    """A router that keeps a shop's products apart."""

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return "shop" if model is SlugProduct else None


def test_products_in_another_database_are_told(settings: Any) -> None:
    settings.DATABASE_ROUTERS = [OwnDatabase()]
    assert [message.id for message in run_checks(tags=["catalog_ai"])] == ["catalog_ai.E016"]


class OtherDatabase:
    """A router that keeps all together, and not in the default one."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "shop"

    db_for_write = db_for_read


def test_a_shop_that_is_not_in_the_default_database_is_told(settings: Any) -> None:
    """All transactions are of that one: no row could be locked."""
    settings.DATABASE_ROUTERS = [OtherDatabase()]
    assert {message.id for message in check_targets(None)} == {"catalog_ai.E016"}


class Copies:
    """A router that reads from a copy."""

    def db_for_read(self, model: Any, **hints: Any) -> str:
        return "copy"


def test_a_router_that_reads_from_a_copy_is_told(settings: Any) -> None:
    settings.DATABASE_ROUTERS = [Copies()]
    assert {message.id for message in run_checks(tags=["catalog_ai"])} == {"catalog_ai.E017"}


@pytest.mark.parametrize(
    "options",
    [
        {"URL": ""},
        {"URL": None},
        {"URL": "localhost:6379"},
        {"URL": "redis://localhost:none/0"},
        {},
        {"URL": "redis://localhost/0", "SERIALIZER": "no.such.Serializer"},
    ],
)
def test_a_queue_whose_address_can_be_none_is_told(settings: Any, options: dict[str, Any]) -> None:
    settings.RQ_QUEUES = {**settings.RQ_QUEUES, "catalog_ai": options}
    (found,) = run_checks(tags=["catalog_ai"])
    assert (found.id, "'catalog_ai'" in found.msg) == ("catalog_ai.E018", True)


def test_queues_that_are_none_at_all_are_told(settings: Any) -> None:
    settings.RQ_QUEUES = None
    assert {message.id for message in run_checks(tags=["catalog_ai"])} == {"catalog_ai.E011"}


@pytest.mark.parametrize("name", checks.API_APPS)
def test_an_app_that_the_api_lacks_is_warned_of(settings: Any, name: str) -> None:
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if app != name]
    (found,) = run_checks(tags=["catalog_ai"])
    assert (found.id, repr(name) in found.msg) == ("catalog_ai.W005", True)


def test_an_api_without_its_schema_class_is_warned_of(settings: Any) -> None:
    settings.REST_FRAMEWORK = {}
    assert [message.id for message in run_checks(tags=["catalog_ai"])] == ["catalog_ai.W005"]


def test_a_shop_without_the_api_needs_nothing_of_it(settings: Any) -> None:
    settings.REST_FRAMEWORK = {}
    settings.ROOT_URLCONF = "catalog_ai.operations.urls"
    assert run_checks(tags=["catalog_ai"]) == []


def test_one_queue_for_uploads_and_runs_is_warned_of(settings: Any) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "UPLOAD_QUEUE": "catalog_ai"}
    assert [message.id for message in run_checks(tags=["catalog_ai"])] == ["catalog_ai.W003"]


@pytest.mark.parametrize(
    ("configured", "told"),
    [
        ({"PRESETT": "strict"}, "(catalog_ai.E001)"),
        ({"TARGETS": ["no.such.Target"]}, "(catalog_ai.E002) No module named 'no'. Give"),
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


def test_a_product_model_without_the_indexes_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Product._meta, "indexes", [models.Index(fields=["ai_state"])])
    [warning] = run_checks(tags=["catalog_ai"])
    assert warning.id == "catalog_ai.W004" and "of ai_top_label, ai_confidence:" in warning.msg


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
