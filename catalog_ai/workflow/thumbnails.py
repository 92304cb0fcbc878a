"""Small copies of products' photos: made when first looked at, kept by the photo's digest.

A copy is named by what the photo holds, so a replaced photo never shows an old copy, and two
products with one photo share it.
"""

import logging
import threading
import time
from collections.abc import Iterator

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db.models.fields.files import FieldFile

from catalog_ai.conf import get_settings
from catalog_ai.inference.images import digest_image
from catalog_ai.inference.thumbnails import is_whole, make_thumbnail
from catalog_ai.models import Classification
from catalog_ai.targets import ProductTarget, get_targets
from catalog_ai.workflow.reading import read_limited

logger = logging.getLogger(__name__)

AT_ONCE = threading.BoundedSemaphore(2)  # pictures that a web process decodes at a time
TRY_AGAIN_AFTER = 300.0  # seconds after the storage refused a copy
SWEPT_TOGETHER = 2_000


class NotKept(Exception):
    """The storage takes no copies: nothing is decoded again and again for its sake."""


class _Refusals:
    """Of this process."""

    until = 0.0
    told = False


def get_thumbnail(image: FieldFile, side: int, known_digest: str = "") -> tuple[bytes, str]:
    """A small copy of the photo, and the SHA-256 of the photo that it was made of.

    With the digest known and the copy kept, the photo itself is not read.

    Raises:
        ImageRejected: the photo cannot be read. FileNotFoundError: it is not in its storage.
        NotKept: there is no copy, and the storage takes none.
    """
    if known_digest and (kept := _read_kept(known_digest, side)):
        return kept, known_digest
    if time.monotonic() < _Refusals.until:
        raise NotKept
    data = read_limited(image)
    digest = digest_image(data)
    if digest != known_digest and (kept := _read_kept(digest, side)):
        return kept, digest
    with AT_ONCE:
        made = make_thumbnail(data, side, get_settings().image_limits)
    _keep(digest, side, made)
    return made, digest


def _get_storage() -> Storage:
    return storages[get_settings().THUMBNAIL_STORAGE]


def _name(digest: str, side: int) -> str:
    return f"{get_settings().THUMBNAIL_FOLDER}/{digest[:2]}/{digest}-{side}.webp"


def _read_kept(digest: str, side: int) -> bytes | None:
    try:
        with _get_storage().open(_name(digest, side), "rb") as file:
            data = bytes(file.read())
    except FileNotFoundError:
        return None
    return data if is_whole(data) else None


def _keep(digest: str, side: int, data: bytes) -> None:
    """Store a copy, in place of a broken one.

    Raises:
        NotKept: the storage refused it.
    """
    storage, name = _get_storage(), _name(digest, side)
    try:
        saved = storage.save(name, ContentFile(data))
        if saved != name:  # somebody else was as quick, or left half of one behind
            storage.delete(saved)
            if _read_kept(digest, side) is None:
                storage.delete(name)
    except Exception as error:  # storages raise errors of their own kinds
        _Refusals.until = time.monotonic() + TRY_AGAIN_AFTER
        if not _Refusals.told:
            _Refusals.told = True
            logger.warning(
                "no thumbnails can be kept in the storage %r: pages show full photos",
                get_settings().THUMBNAIL_STORAGE,
                exc_info=True,
            )
        raise NotKept from error


def sweep_thumbnails(*, dry: bool = False) -> tuple[int, int]:
    """Delete copies of photos that no product has any more; how many went and how many stay.

    Copies of photos that were never judged go too: they are made again when looked at.

    Raises:
        NotImplementedError: the storage cannot list its files.
    """
    needed = _list_needed()
    storage, gone, left = _get_storage(), 0, 0
    for folder, name in _list_kept(storage):
        if _shorten(name) in needed:
            left += 1
            continue
        gone += 1
        if not dry:
            storage.delete(f"{folder}/{name}")
    return gone, left


def _shorten(digest: str) -> str:
    """Enough of a digest to tell photos apart, a quarter of its memory."""
    return digest[:16]


def _list_needed() -> set[str]:
    """Digests of the photos that products have now, shortened: 120 MB for a million."""
    needed: set[str] = set()
    for target in get_targets().values():
        rows = Classification.objects.filter(target=target.key, is_current=True)
        rows = rows.exclude(image_digest="").order_by("pk")
        photos = rows.values_list("object_id", "image_name", "image_digest")
        page: list[tuple[str, str, str]] = []
        for photo in photos.iterator(SWEPT_TOGETHER):
            page.append(photo)
            if len(page) == SWEPT_TOGETHER:
                needed |= _pick_present(target, page)
                page = []
        needed |= _pick_present(target, page)
    return needed


def _pick_present(target: ProductTarget, photos: list[tuple[str, str, str]]) -> set[str]:
    names = target.get_image_names(target.to_pks(key for key, _name, _digest in photos))
    return {_shorten(digest) for key, name, digest in photos if names.get(key) == name}


def _list_kept(storage: Storage) -> Iterator[tuple[str, str]]:
    """(folder, file name) of every copy in the storage."""
    root = get_settings().THUMBNAIL_FOLDER
    try:
        folders = storage.listdir(root)[0]
    except FileNotFoundError:
        return
    for folder in sorted(folders):
        path = f"{root}/{folder}"
        for name in storage.listdir(path)[1]:
            yield path, name
