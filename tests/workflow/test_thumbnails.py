"""Small copies are made once, kept by the photo's digest, and swept when nothing needs them."""

import io
import logging
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, storages
from django.core.management import CommandError, call_command
from PIL import Image

from catalog_ai.inference.images import ImageRejected, digest_image
from catalog_ai.models import Classification
from catalog_ai.workflow import thumbnails
from catalog_ai.workflow.thumbnails import NotKept, get_thumbnail, sweep_thumbnails
from shop_demo.models import Product
from tests.factories import make_classification, make_image_bytes, make_product, make_unjudged

pytestmark = pytest.mark.django_db
READS: list[str] = []


class RemoteStorage(InMemoryStorage):
    """As S3: no local path. Counts what is read."""

    def _open(self, name: str, mode: str = "rb") -> Any:
        READS.append(name)
        return super()._open(name, mode)


class ReadOnlyStorage(InMemoryStorage):
    def _save(self, name: str, content: Any) -> str:
        raise PermissionError("read only")


class UnlistedStorage(InMemoryStorage):
    def listdir(self, path: str) -> Any:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    READS.clear()
    monkeypatch.setattr(thumbnails._Refusals, "until", 0.0)
    monkeypatch.setattr(thumbnails._Refusals, "told", False)


def use_storage(settings: Any, name: str) -> None:
    settings.STORAGES = {**settings.STORAGES, "small": {"BACKEND": f"{__name__}.{name}"}}
    settings.CATALOG_AI = {**settings.CATALOG_AI, "THUMBNAIL_STORAGE": "small"}


def make_judged(data: bytes | None = None) -> tuple[Product, bytes, str]:
    data = data or make_image_bytes(size=(600, 400))
    product = make_unjudged(data)
    digest = digest_image(data)
    make_classification(product, image_digest=digest)
    return product, data, digest


def list_kept() -> list[str]:
    storage = storages["default"]
    folders = storage.listdir("catalog_ai/thumbnails")[0]
    return [name for one in folders for name in storage.listdir(f"catalog_ai/thumbnails/{one}")[1]]


def test_a_copy_is_made_once_and_then_the_photo_is_not_read() -> None:
    product, _data, digest = make_judged()
    made, seen = get_thumbnail(product.image, 128, digest)
    assert seen == digest
    assert max(Image.open(io.BytesIO(made)).size) == 128
    product.image.storage.delete(product.image.name)
    assert get_thumbnail(product.image, 128, digest) == (made, digest)
    with pytest.raises(FileNotFoundError):
        get_thumbnail(product.image, 384, digest)


def test_a_replaced_photo_gets_its_own_copy_even_under_its_old_name() -> None:
    product, _data, digest = make_judged()
    first, _digest = get_thumbnail(product.image, 128, digest)
    storage, name = product.image.storage, product.image.name
    storage.delete(name)
    storage.save(name, ContentFile(make_image_bytes((1, 200, 1), size=(600, 400))))
    second, other = get_thumbnail(product.image, 128)
    assert other != digest
    assert second != first


def test_storages_without_a_path_hold_photos_and_copies(settings: Any) -> None:
    use_storage(settings, "RemoteStorage")
    product, data, digest = make_judged()
    product.image.storage = storages["small"]
    product.image.storage.save(product.image.name, ContentFile(data))
    get_thumbnail(product.image, 384, digest)
    READS.clear()
    get_thumbnail(product.image, 384, digest)
    assert [f"catalog_ai/thumbnails/{digest[:2]}/{digest}-384.webp"] == READS


def test_a_half_written_copy_is_made_again() -> None:
    product, _data, digest = make_judged()
    made, _digest = get_thumbnail(product.image, 128, digest)
    storage = storages["default"]
    name = f"catalog_ai/thumbnails/{digest[:2]}/{digest}-128.webp"
    storage.delete(name)
    storage.save(name, ContentFile(made[:-7]))
    assert get_thumbnail(product.image, 128, digest)[0] == made
    get_thumbnail(product.image, 128, digest)
    assert list_kept() == [f"{digest}-128.webp"]


def test_a_storage_that_takes_nothing_is_tried_and_told_of_once(settings: Any, caplog: Any) -> None:
    use_storage(settings, "ReadOnlyStorage")
    product, _data, digest = make_judged()
    with caplog.at_level(logging.WARNING, "catalog_ai"):
        for _ in range(3):
            with pytest.raises(NotKept):
                get_thumbnail(product.image, 128, digest)
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        "no thumbnails can be kept in the storage 'small': pages show full photos"
    ]


def test_a_picture_that_cannot_be_read_leaves_nothing_behind() -> None:
    product, _data, digest = make_judged(b"no picture")
    with pytest.raises(ImageRejected):
        get_thumbnail(product.image, 128, digest)
    assert not storages["default"].exists("catalog_ai")


def test_copies_go_with_their_product_and_with_its_old_photo() -> None:
    kept, _data, digest = make_judged(make_image_bytes((9, 9, 9), size=(200, 200)))
    gone = make_product(make_image_bytes((8, 8, 8), size=(200, 200)))
    replaced = make_product(make_image_bytes((7, 7, 7), size=(200, 200)))
    for product in (gone, replaced):
        Classification.objects.filter(object_id=str(product.pk)).delete()
        make_classification(product, image_digest=get_thumbnail(product.image, 128)[1])
    get_thumbnail(kept.image, 128, digest)
    Product.objects.filter(pk=gone.pk)._raw_delete("default")  # no signal tells of it
    Product.objects.filter(pk=replaced.pk).update(image="products/another.png")
    assert sweep_thumbnails(dry=True) == (2, 1)
    assert len(list_kept()) == 3
    assert sweep_thumbnails() == (2, 1)
    assert list_kept() == [f"{digest}-128.webp"]


def test_sweeping_nothing_is_no_error(capsys: Any) -> None:
    call_command("sweep_thumbnails")
    assert "0 deleted, 0 stay." in capsys.readouterr().out


def test_a_storage_that_cannot_list_is_told_in_words(settings: Any) -> None:
    use_storage(settings, "UnlistedStorage")
    with pytest.raises(CommandError, match="cannot list"):
        call_command("sweep_thumbnails")
