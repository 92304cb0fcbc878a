"""What a request for a run asks for: which products, and how."""

from collections.abc import Sequence
from typing import Any, NoReturn

from django.core.exceptions import FieldError, ValidationError
from django.db import DataError, models, transaction
from django.utils.translation import gettext as _
from rest_framework import serializers

from catalog_ai.api.access import StrictSerializer
from catalog_ai.api.answers import find_target
from catalog_ai.models import Run
from catalog_ai.policy import Preset
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.asked import LONGEST

MAX_IDS = 10_000
LOOKUPS = {"exact", "in", "gt", "gte", "lt", "lte", "isnull", "icontains", "startswith"}


class StartRun(StrictSerializer):
    """Which products, and how. Give `ids` or `filter`; `{}` as filter means all of them."""

    target = serializers.CharField(required=False, help_text='Such as "shop.product".')
    ids = serializers.ListField(
        child=serializers.CharField(max_length=64),
        required=False,
        allow_empty=False,
        max_length=MAX_IDS,
        help_text="Each must be a product's; else 400 names the places of those that are none's.",
    )
    filter = serializers.DictField(
        required=False,
        help_text="Fields of the product model itself with a lookup, such as price__gte.",
    )
    preset = serializers.ChoiceField(choices=[preset.value for preset in Preset], required=False)
    mode = serializers.ChoiceField(choices=Run.Mode.choices, default=Run.Mode.MISSING)
    dry_run = serializers.BooleanField(default=False)
    apply_automatically = serializers.BooleanField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        target = find_target(attrs.get("target"))
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError(_("Give either ids or filter."))
        return {**attrs, "target": target, "products": select_products(target, attrs)}


# What Django, a database's driver and the database itself say to a value of the wrong kind.
UNFIT = (
    ValidationError,
    ValueError,
    TypeError,
    AttributeError,
    ArithmeticError,
    FieldError,
    DataError,
)


def select_products(target: ProductTarget, attrs: dict[str, Any]) -> "models.QuerySet[Any]":
    """The products that ids or a filter name.

    Raises:
        ValidationError: a key is of the wrong kind, or a filter reaches beyond the product itself.
    """
    products = target.get_products()
    try:
        if "ids" in attrs:
            return products.filter(pk__in=target.to_pks(attrs["ids"]))
        return try_out(products.filter(**check_lookups(target, attrs["filter"])))
    except UNFIT as error:
        raise serializers.ValidationError(
            _("These ids or this filter do not fit the product model.")
        ) from error


def try_out(products: "models.QuerySet[Any]") -> "models.QuerySet[Any]":
    """The products; whatever their filter is refused for, is raised now.

    Some values are looked at only where the database is asked. No product is without a key, so
    asking for such costs nothing, of however many products.
    """
    with transaction.atomic(products.db):
        products.filter(pk__isnull=True).exists()
    return products


def check_lookups(target: ProductTarget, asked: dict[str, Any]) -> dict[str, Any]:
    """The filter, if it names only the product's own columns with plain lookups.

    A path through a relation could read what the caller may not see, bit by bit.
    """
    own = {field.name: field for field in target.get_model()._meta.concrete_fields}
    for key in asked:
        name, _sep, lookup = key.partition("__")
        if name not in own or (lookup or "exact") not in LOOKUPS:
            refuse_lookup(key, _("%(key)s cannot be filtered by."))
        if lookup == "in" and not isinstance(asked[key], list):  # of a text, each letter
            refuse_lookup(key, _("%(key)s takes a list of values."))
        values = asked[key] if isinstance(asked[key], list) else [asked[key]]
        if any("\0" in str(value) for value in values):  # some databases refuse to be asked for it
            refuse_lookup(key, _("%(key)s has a null character."))
        whole = isinstance(own[name], models.IntegerField)
        if whole and any(len(str(value)) > LONGEST for value in values):
            refuse_lookup(key, _("%(key)s has a number that is too large."))
    return asked


def refuse_lookup(key: str, told: str) -> NoReturn:
    """
    Raises:
        ValidationError: `told`, of the filter's key.
    """
    raise serializers.ValidationError({"filter": told % {"key": key}})


def refuse_unknown(
    target: ProductTarget, products: "models.QuerySet[Any]", ids: Sequence[str]
) -> None:
    """Pass where each id has a product.

    Raises:
        ValidationError: it names the others by their places, as the serializer does its refusals.
    """
    known = set(products.values_list("pk", flat=True)) if ids else set()
    unknown = [place for place, key in enumerate(ids) if known.isdisjoint(target.to_pks([key]))]
    if unknown:
        errors = {str(place): [_("There is no such product.")] for place in unknown}
        raise serializers.ValidationError({"ids": errors})
