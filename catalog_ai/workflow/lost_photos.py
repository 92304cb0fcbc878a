"""Whether a shop's photos are gone altogether: that is its storage's doing, and no photo's."""

from collections.abc import Iterator
from itertools import chain

from django.db.models.fields.files import FieldFile

from catalog_ai.models import Classification, Run
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.breaker import pause_without_photos
from catalog_ai.workflow.outages import StorageLost, is_outage, strikes_by_chance

State = Classification.State
SOME = 8  # photos of each kind that are looked for
FEWEST = 5  # photos: of less than that, each may well be missing for itself


def raise_if_lost(run: Run, target: ProductTarget, seen: FieldFile | None = None) -> None:
    """To be asked where photos that follow each other cannot be opened, after one that was `seen`.

    Raises:
        StorageLost: none of the others can be opened either. The run has paused itself, save for
            an upload, which is tried again as in an outage.
    """
    if run.breaker == Run.Breaker.OFF and not run.results_of_id:
        return  # a person has looked, and let it go on
    looked: set[str] = set()
    for image in chain([seen] if seen else [], _choose(run, target)):
        name = str(image.name)
        if name not in looked and _can_open(image):
            return
        looked.add(name)
    if len(looked) < FEWEST:
        return
    pause_without_photos(run.pk, len(looked))
    raise StorageLost(f"None of {len(looked)} photos can be opened")


def _choose(run: Run, target: ProductTarget) -> Iterator[FieldFile]:
    """Some that the run has seen, the shop's newest, and the last of those still to come."""
    for state in (State.REVIEW, State.FILED, State.UNIDENTIFIED):
        yield from _load(_list_last(run, state), target)
    newest = target.get_products().order_by("-pk").values_list("pk", flat=True)[:SOME]
    yield from _load([target.to_key(pk) for pk in newest], target)
    yield from _load(_list_last(run, State.QUEUED), target)
    yield from _load(_list_last(run, State.RUNNING), target)


def _list_last(run: Run, state: str) -> list[str]:
    rows = run.classifications.filter(state=state).order_by("-pk")
    return list(rows.values_list("object_id", flat=True)[:SOME])


def _load(keys: list[str], target: ProductTarget) -> Iterator[FieldFile]:
    return (image for image in target.load_images(keys).values() if image)


def _can_open(image: FieldFile) -> bool:
    try:
        with image.storage.open(str(image.name), "rb") as file:
            file.read(1)  # some open no more than a promise
    except MemoryError:
        raise
    except Exception as error:  # storages raise errors of their own kinds
        if strikes_by_chance(error) or is_outage(error):
            raise
        return False
    return True
