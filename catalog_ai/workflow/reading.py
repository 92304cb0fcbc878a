"""Images of claimed rows, read through Django's storage API only: any storage will do."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db.models.fields.files import FieldFile

from catalog_ai.conf import get_settings
from catalog_ai.inference.images import ImageRejected, digest_image
from catalog_ai.models import Classification
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.classify import ImageResult
from catalog_ai.workflow.enqueue import SETTLED


@dataclass(frozen=True)
class ReadImage:
    """A row and its image's bytes; None where there is nothing for the model to look at."""

    row: Classification
    image_name: str
    data: bytes | None = None
    digest: str = ""
    rejected_result: ImageResult | None = None


def read_images(
    rows: Sequence[Classification], target: ProductTarget, *, force: bool
) -> Iterator[ReadImage]:
    """Read the present images of the rows' products, each when it is asked for.

    Unless `force`, an image whose digest the product's latest result has already been made from
    is left out: the same bytes and the same model give the same answer.
    """
    images = target.load_images([row.object_id for row in rows])
    known = set() if force else _load_known_digests(rows)
    for row in rows:
        yield _drop_known(_read_one(row, images.get(row.object_id)), known)


def group_images(read: Iterable[ReadImage], size: int) -> Iterator[list[ReadImage]]:
    """Groups with `size` images for the model in each but the last, and what lies between."""
    group: list[ReadImage] = []
    for item in read:
        group.append(item)
        if sum(one.data is not None for one in group) == size:
            yield group
            group = []
    if group:
        yield group


def _read_one(row: Classification, image: FieldFile | None) -> ReadImage:
    if not image:
        return ReadImage(row, "")
    name = str(image.name)
    try:
        data = read_limited(image)
    except FileNotFoundError:
        missing = ImageRejected("missing")
        return ReadImage(row, name, rejected_result=ImageResult("", rejected=missing))
    return ReadImage(row, name, data, digest_image(data))


def read_limited(image: FieldFile) -> bytes:
    """The file's bytes, one more than the limit at most: the decoder then says it is too large."""
    with image.storage.open(str(image.name), "rb") as file:
        return bytes(file.read(get_settings().MAX_UPLOAD_BYTES + 1))


def _load_known_digests(rows: Sequence[Classification]) -> set[tuple[str, str, str]]:
    return set(
        Classification.objects.filter(
            target=rows[0].target,
            object_id__in=[row.object_id for row in rows],
            is_current=True,
            state__in=SETTLED,
        ).values_list("object_id", "model_version", "image_digest")
    )


def _drop_known(item: ReadImage, known: set[tuple[str, str, str]]) -> ReadImage:
    row = item.row
    if item.digest and (row.object_id, row.model_version, item.digest) in known:
        return ReadImage(row, item.image_name)
    return item
