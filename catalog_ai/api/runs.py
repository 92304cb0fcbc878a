"""/runs/: start a run from ids or a filter, follow it, cancel it."""

from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db import models
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from catalog_ai.api.access import CatalogView, StrictSerializer
from catalog_ai.models import Run
from catalog_ai.policy import Preset
from catalog_ai.targets import ProductTarget, get_targets
from catalog_ai.workflow.enqueue import enqueue
from catalog_ai.workflow.permissions import CATEGORIZE, REVIEW, ROLL_BACK
from catalog_ai.workflow.runs import cancel_run

MAX_IDS = 10_000
LOOKUPS = {"exact", "in", "gt", "gte", "lt", "lte", "isnull", "icontains", "startswith"}


class NewestFirst(CursorPagination):
    ordering = "-pk"
    page_size = 50
    max_page_size = 500
    page_size_query_param = "page_size"


class RunSerializer(serializers.ModelSerializer[Run]):
    done = serializers.IntegerField(read_only=True)

    class Meta:
        model = Run
        fields = (
            "id",
            "target",
            "source",
            "mode",
            "preset",
            "model_version",
            "apply_automatically",
            "dry_run",
            "state",
            "state_reason",
            "created_at",
            "finished_at",
            "total",
            "done",
            "skipped",
            "without_image",
            *Run.COUNTERS,
        )


class StartRun(StrictSerializer):
    """Which products, and how. Give `ids` or `filter`; `{}` as filter means all of them."""

    target = serializers.CharField(required=False, help_text='Such as "shop.product".')
    ids = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, max_length=MAX_IDS
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
        targets = get_targets()
        key = attrs.get("target") or (next(iter(targets)) if len(targets) == 1 else "")
        if key not in targets:
            known = ", ".join(targets) or "none"
            raise serializers.ValidationError({"target": f"Name one of these: {known}."})
        if ("ids" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError("Give either ids or filter.")
        target = targets[key]
        return {**attrs, "target": target, "products": select_products(target, attrs)}


def select_products(target: ProductTarget, attrs: dict[str, Any]) -> "models.QuerySet[Any]":
    """The products that ids or a filter name.

    Raises:
        ValidationError: a key is of the wrong kind, or a filter reaches beyond the product itself.
    """
    products = target.get_products()
    try:
        if "ids" in attrs:
            return products.filter(pk__in=[target.to_pk(key) for key in attrs["ids"]])
        return products.filter(**check_lookups(target, attrs["filter"]))
    except (ValidationError, ValueError, TypeError, FieldError, OverflowError) as error:
        raise serializers.ValidationError(
            "These ids or this filter do not fit the product model."
        ) from error


def check_lookups(target: ProductTarget, asked: dict[str, Any]) -> dict[str, Any]:
    """The filter, if it names only the product's own columns with plain lookups.

    A path through a relation could read what the caller may not see, bit by bit.
    """
    own = {field.name for field in target.get_model()._meta.concrete_fields}
    for key in asked:
        name, _sep, lookup = key.partition("__")
        if name not in own or (lookup or "exact") not in LOOKUPS:
            raise serializers.ValidationError({"filter": f"{key} cannot be filtered by."})
    return asked


class RunViewSet(
    CatalogView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet,
):
    queryset = Run.objects.all()
    serializer_class = RunSerializer
    pagination_class = NewestFirst

    @property
    def permissions_any(self) -> tuple[str, ...]:  # type: ignore[override]
        reading = self.request.method in {"GET", "HEAD", "OPTIONS"}
        return (CATEGORIZE, REVIEW, ROLL_BACK) if reading else (CATEGORIZE,)

    @extend_schema(request=StartRun, responses={201: RunSerializer})
    def create(self, request: Request) -> Response:
        """Start a run; it answers at once and works on in the queue."""
        asked = StartRun(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        run = enqueue(
            values["target"],
            values["products"],
            source=Run.Source.API,
            actor=request.user,
            preset=values.get("preset"),
            mode=Run.Mode(values["mode"]),
            dry_run=values["dry_run"],
            apply_automatically=values["apply_automatically"],
        )
        return Response(RunSerializer(run).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str | None = None) -> Response:
        """Let the products go that are still queued; results stay."""
        return Response(RunSerializer(cancel_run(self.get_object(), request.user)).data)
