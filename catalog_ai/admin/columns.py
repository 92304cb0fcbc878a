"""Thumbnail, labels and state of one product in a list, drawn from what the page loaded at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalog_ai.admin.display import (
    Bar,
    make_bar,
    make_state_badge,
    make_suggestion_bar,
    name_label,
)
from catalog_ai.admin.photos import Photo, make_photo
from catalog_ai.models import Classification, Suggestion
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.describe import ProductStatus, describe_products, name_mapped

ATTRIBUTE = "_catalog_ai"  # where a product of the page keeps what was loaded for it
LABELS_SHOWN = 3
INCLUDES = "admin/catalog_ai/includes"
THUMBNAIL = "cai-thumbnail"  # class of the picture in a list


@dataclass(frozen=True)
class PageEntry:
    """What one row of a list shows."""

    status: ProductStatus
    photo: Photo | None
    mapped: Mapping[str, str]


def attach_statuses(target: ProductTarget, products: Sequence[models.Model], site: str) -> None:
    """Load what the columns of a whole page show: a bounded few queries for any page size."""
    keys = [target.to_key(product.pk) for product in products]
    statuses = describe_products(target, keys)
    loaded = target.load_products(keys)
    mapped = name_mapped(target)
    for product, key in zip(products, keys, strict=True):
        owner = loaded.get(key)
        image = target.get_image(owner) if owner is not None else None
        photo = make_photo(target, key, image, statuses[key].current, site)
        setattr(product, ATTRIBUTE, PageEntry(statuses[key], photo, mapped))


def get_entry(target: ProductTarget, product: models.Model, site: str) -> PageEntry:
    """The product's entry; loaded alone where it came by another way than the list."""
    if not hasattr(product, ATTRIBUTE):
        attach_statuses(target, [product], site)
    entry: PageEntry = getattr(product, ATTRIBUTE)
    return entry


def render_thumbnail(target: ProductTarget, product: models.Model, site: str) -> SafeString:
    photo = get_entry(target, product, site).photo
    context = {"photo": photo, "size": 64, "alt": target.get_title(product), "css": THUMBNAIL}
    return render_to_string(f"{INCLUDES}/photo.html", context)


def render_labels(target: ProductTarget, product: models.Model, site: str) -> SafeString:
    entry = get_entry(target, product, site)
    bars = list_bars(entry.status, entry.mapped)
    context = {"bars": bars[:LABELS_SHOWN], "more": max(0, len(bars) - LABELS_SHOWN)}
    return render_to_string(f"{INCLUDES}/labels.html", context)


def list_bars(status: ProductStatus, mapped: Mapping[str, str]) -> list[Bar]:
    """Bars of the labels that stand; of an unidentified image, of the likeliest one."""
    gone = {Suggestion.State.REJECTED, Suggestion.State.CORRECTED, Suggestion.State.ROLLED_BACK}
    own = [item for item in status.suggestions if item.source == Suggestion.Source.PERSON]
    if any(item.category for item in own):
        return []  # a person chose the categories; the shop's own column shows them
    standing = [item for item in status.suggestions if item.state not in gone and item.label]
    if standing:
        return [make_suggestion_bar(item, mapped) for item in standing]
    row = status.current
    if row is not None and row.state == Classification.State.UNIDENTIFIED and row.top_label:
        return [make_bar(name_label(row.top_label, mapped), row.top_confidence or 0.0)]
    return []


def render_state(target: ProductTarget, product: models.Model, site: str) -> SafeString:
    status = get_entry(target, product, site).status
    context: dict[str, Any] = {"badge": make_state_badge(status.state), "note": tell_why(status)}
    return render_to_string(f"{INCLUDES}/badge.html", context)


def tell_why(status: ProductStatus) -> str:
    """Why the state is what it is: the reason to ask, what was wrong with the image."""
    row = status.in_flight or status.current
    if row is None:
        return ""
    if row.trouble:
        return row.trouble
    if any(item.state == Suggestion.State.CORRECTED for item in status.suggestions):
        return _("Corrected by a person")
    waiting = row.state in Classification.WAITING
    return str(row.get_reason_display()) if waiting and row.reason else ""
