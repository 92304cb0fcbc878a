"""/classifications/ and /suggestions/: what the model said, in cursor pages."""

from typing import Any

import django_filters
from django import forms
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets

from catalog_ai.api.access import CatalogView, StrictFilters
from catalog_ai.api.answers import MAX_KEY, READ, answer
from catalog_ai.api.runs import NewestFirst
from catalog_ai.models import Classification, Suggestion
from catalog_ai.targets import get_targets
from catalog_ai.workflow.permissions import CATEGORIZE, EXPORT, REVIEW
from catalog_ai.workflow.plans import filter_unindexed

READERS = (CATEGORIZE, REVIEW, EXPORT)


class SuggestionSerializer(serializers.ModelSerializer[Suggestion]):
    target = serializers.CharField(source="classification.target", read_only=True)
    product = serializers.CharField(source="classification.object_id", read_only=True)

    class Meta:
        model = Suggestion
        fields = (
            "id",
            "classification",
            "target",
            "product",
            "label",
            "facet",
            "confidence",
            "auto_threshold",
            "review_threshold",
            "state",
            "source",
            "category",
        )


class ClassificationSerializer(serializers.ModelSerializer[Classification]):
    product = serializers.CharField(source="object_id", read_only=True)

    class Meta:
        model = Classification
        fields = (
            "id",
            "run",
            "target",
            "product",
            "state",
            "reason",
            "error_code",
            "error",
            "scores",
            "top_label",
            "top_confidence",
            "image_digest",
            "model_version",
            "preset",
            "is_current",
            "created_at",
            "finished_at",
            "reviewed_at",
        )


class ProductFilter(django_filters.CharFilter):
    """By a product's key. The index that finds it starts with the product model: any will do."""

    def filter(self, qs: Any, value: str) -> Any:
        if not value:
            return qs
        path = self.field_name.removesuffix("object_id")
        return qs.filter(**{self.field_name: value, f"{path}target__in": list(get_targets())})


class KeyFilter(django_filters.NumberFilter):
    """By a row's key, a whole number that a database can hold."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=0, max_value=MAX_KEY, **kwargs)

    def get_max_validator(self) -> None:
        """The field has its own."""


class RunFilter(KeyFilter):
    """Suggestions of a run: read along the run's results, of which each page needs a few.

    The ids of a run's results lie close together. Found by the run itself, SQLite would gather all
    its suggestions and put them in order, for each page.
    """

    def filter(self, qs: Any, value: Any) -> Any:
        if value is None:
            return qs
        ids = Classification.objects.filter(run=value).values_list("pk", flat=True)
        first, last = ids.order_by("pk").first(), ids.order_by("-pk").first()
        if first is None:
            return qs.none()
        within = qs.filter(classification__gte=first, classification__lte=last)
        return filter_unindexed(within, "classification__run", value)


class SuggestionFilter(django_filters.FilterSet):
    target = django_filters.CharFilter(field_name="classification__target")
    product = ProductFilter(field_name="classification__object_id")
    run = RunFilter()
    current = django_filters.BooleanFilter(field_name="classification__is_current")
    min_confidence = django_filters.NumberFilter(field_name="confidence", lookup_expr="gte")
    max_confidence = django_filters.NumberFilter(field_name="confidence", lookup_expr="lte")

    class Meta:
        model = Suggestion
        fields = ("state", "label", "source")


class ClassificationFilter(django_filters.FilterSet):
    product = ProductFilter(field_name="object_id")
    run = KeyFilter(field_name="run")
    change = KeyFilter(field_name="change", label="A dry run's, by its id.")

    class Meta:
        model = Classification
        fields = ("target", "state", "reason", "top_label", "model_version", "is_current")


class NewestResultFirst(NewestFirst):
    """Of a run, suggestions in the order of their results: see RunFilter."""

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        if request.query_params.get("run"):
            return ("-classification_id", "-pk")
        return tuple(super().get_ordering(request, queryset, view))


class ReadOnly(
    CatalogView,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet,
):
    permissions_any = READERS
    pagination_class = NewestFirst
    filter_backends = (StrictFilters,)


@extend_schema_view(
    list=extend_schema(responses=answer(SuggestionSerializer(many=True), *READ, 400)),
    retrieve=extend_schema(responses=answer(SuggestionSerializer, *READ)),
)
class SuggestionViewSet(ReadOnly):
    """Suggestions, newest first; those of a run by their result, the newest result first."""

    queryset = Suggestion.objects.select_related("classification")
    serializer_class = SuggestionSerializer
    filterset_class = SuggestionFilter
    pagination_class = NewestResultFirst


@extend_schema_view(
    list=extend_schema(responses=answer(ClassificationSerializer(many=True), *READ, 400)),
    retrieve=extend_schema(responses=answer(ClassificationSerializer, *READ)),
)
class ClassificationViewSet(ReadOnly):
    """Classified images, newest first."""

    queryset = Classification.objects.all()
    serializer_class = ClassificationSerializer
    filterset_class = ClassificationFilter
