"""What a crowd of products stands before: categories, reviewers, photos and runs."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db.models import Count
from django.utils import timezone

from catalog_ai.inference.bundle import Label
from catalog_ai.models import Classification, Run
from catalog_ai.workflow.models_in_use import get_bundle
from shop_demo.drawings import DRAWINGS, render_drawing
from shop_demo.models import Category
from shop_demo.seeding import encode_jpeg

TARGET = "shop_demo.product"
LABELS = 40  # in use
REVIEWERS = ("ann", "ben", "cem")
PHOTOS = 16

# Days ago, where from, and how many of the products that were judged twice it judged at last. The
# first run tried an older model, the second was the whole catalogue's, and one was rolled back.
RUNS = (
    (120, Run.Source.ADMIN, 0),
    (95, Run.Source.COMMAND, 6),
    (60, Run.Source.ADMIN, 4),
    (33, Run.Source.ADMIN, 6),
    (20, Run.Source.API, 2),
    (9, Run.Source.ADMIN, 3),
    (4, Run.Source.API, 1),
    (1, Run.Source.ADMIN, 2),
)
FIRST, WHOLE, ROLLED_BACK = 0, 1, 4  # places of runs
NEW_MODEL = timedelta(days=100)  # ago
# A result's state tells what its run counted it as; those that people or newer results changed
# had waited for a person.
COUNTERS = {name: name for name in Run.COUNTERS} | {
    Classification.State.REVIEWED.value: "review",
    Classification.State.SUPERSEDED.value: "review",
    Classification.State.ROLLED_BACK.value: "filed",
}


def choose_labels() -> list[Label]:
    """The commonest labels that file products."""
    return list(get_bundle().labels_of("article")[:LABELS])


def choose_looks() -> list[Label]:
    """A label of each facet that files nothing: a photo has scores for these as well."""
    others = {label.facet: label for label in get_bundle().labels if label.facet != "article"}
    return list(others.values())


def make_categories(labels: list[Label]) -> dict[str, Category]:
    """A category of the shop for each label, by the label's id."""
    return {label.id: Category.objects.get_or_create(name=label.name)[0] for label in labels}


def make_reviewers() -> list[Any]:
    users = get_user_model()._default_manager
    return [users.get_or_create(username=name)[0] for name in REVIEWERS]


def draw_photos() -> None:
    """A few photos that all the products share."""
    folder = Path(settings.MEDIA_ROOT) / "products"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(PHOTOS):
        photo = encode_jpeg(render_drawing(DRAWINGS[number]))
        (folder / f"crowd-{number}.jpg").write_bytes(photo)


def describe_run(source: str, finished: datetime) -> dict[str, Any]:
    """Fields of a run that has ended; those of long ago had another model."""
    version = get_bundle().model_version
    is_old = finished < timezone.now() - NEW_MODEL
    return {
        "target": TARGET,
        "source": source,
        "preset": "balanced",
        "model_version": f"{version}-old" if is_old else version,
        "apply_automatically": True,
        "state": Run.State.DONE,
        "collected": True,
        "finished_at": finished,
    }


def make_runs() -> list[Run]:
    """The large runs, oldest first."""
    now = timezone.now()
    runs = []
    for days, source, _weight in RUNS:
        run = Run.objects.create(**describe_run(source, now - timedelta(days=days)))
        Run.objects.filter(pk=run.pk).update(created_at=now - timedelta(days=days, hours=2))
        runs.append(run)
    undone = runs[ROLLED_BACK]
    undone.rolled_back_at = now - timedelta(days=RUNS[ROLLED_BACK][0]) + timedelta(hours=3)
    undone.save(update_fields=["rolled_back_at"])
    return runs


def count_results(runs: list[Run]) -> None:
    """Set the counters of runs from their results."""
    rows = Classification.objects.filter(run__in=runs).values_list("run_id", "state").order_by()
    by_run = {run.pk: run for run in runs}
    for pk, state, number in rows.annotate(number=Count("pk")):
        run, name = by_run[pk], COUNTERS[state]
        setattr(run, name, getattr(run, name) + number)
        run.total += number
    Run.objects.bulk_update(runs, ["total", *Run.COUNTERS])
