"""/classifications/ and /suggestions/: what the model said, in cursor pages."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers, viewsets

from catalog_ai.api.access import CatalogView
from catalog_ai.api.answers import READ, answer
from catalog_ai.api.filters import ClassificationFilter, StrictFilters, SuggestionFilter
from catalog_ai.api.runs import NewestFirst
from catalog_ai.models import Classification, Suggestion
from catalog_ai.workflow.permissions import CATEGORIZE, EXPORT, REVIEW

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
