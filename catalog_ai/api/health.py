"""/health/: what a check of the catalogue found, list by list, and starting one."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from catalog_ai.api.access import CatalogView, StrictSerializer
from catalog_ai.api.answers import READ, WRITE, answer, find_target
from catalog_ai.models import Classification, HealthCheck, HealthFinding, HealthGroup
from catalog_ai.workflow.health.check import find_active, find_done, start_check
from catalog_ai.workflow.health.lists import (
    TROUBLED,
    count_found,
    count_gaps,
    count_unreadable,
    list_findings,
    list_groups,
    list_unreadable,
)
from catalog_ai.workflow.permissions import ANY, CATEGORIZE

FORMAT = str(api_settings.URL_FORMAT_OVERRIDE)


class Numbered(PageNumberPagination):
    page_size = 50
    max_page_size = 500
    page_size_query_param = "page_size"


class OfTarget(StrictSerializer):
    target = serializers.CharField(required=False, help_text='Such as "shop.product".')

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**attrs, "target": find_target(attrs.get("target"))}


class LinesOf(OfTarget):
    kind = serializers.ChoiceField(choices=HealthGroup.Kind.choices)
    silenced = serializers.BooleanField(
        default=False, help_text="Those that a person called different products."
    )


class UnreadableOf(OfTarget):
    state = serializers.ChoiceField(choices=TROUBLED, default=Classification.State.REJECTED)
    code = serializers.CharField(required=False, max_length=40)


class CheckSerializer(serializers.ModelSerializer[HealthCheck]):
    class Meta:
        model = HealthCheck
        fields = ("id", "target", "state", "state_reason", "products", "created_at", "finished_at")
        read_only_fields = fields


class FoundSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=HealthGroup.Kind.choices)
    lines = serializers.IntegerField()
    products = serializers.IntegerField()


class HealthAnswer(serializers.Serializer[Any]):
    check_done = CheckSerializer(allow_null=True, help_text="The latest that is done.")
    check_in_progress = CheckSerializer(allow_null=True)
    found = FoundSerializer(many=True, help_text="By the check that is done.")
    unreadable = serializers.DictField(
        child=serializers.IntegerField(), help_text="Products by state, as they are now."
    )


class LineSerializer(serializers.ModelSerializer[HealthGroup]):
    products = serializers.IntegerField(source="size", read_only=True)

    class Meta:
        model = HealthGroup
        fields = ("id", "kind", "title", "label", "products", "asked", "silenced")
        read_only_fields = fields


class FindingSerializer(serializers.ModelSerializer[HealthFinding]):
    product = serializers.CharField(source="object_id", read_only=True)

    class Meta:
        model = HealthFinding
        fields = ("id", "product", "confidence", "asked")
        read_only_fields = fields


class UnreadableSerializer(serializers.ModelSerializer[Classification]):
    product = serializers.CharField(source="object_id", read_only=True)
    # Its own, shorter list: a schema cannot name one list for two that differ.
    state = serializers.ChoiceField(choices=TROUBLED, read_only=True)
    trouble = serializers.CharField(read_only=True, help_text="What is wrong with the photo.")

    class Meta:
        model = Classification
        fields = ("id", "product", "state", "error_code", "trouble", "image_name", "finished_at")
        read_only_fields = fields


class GapSerializer(serializers.Serializer[Any]):
    label = serializers.CharField(source="mapping.label.id")  # type: ignore[assignment]
    name = serializers.CharField()
    products = serializers.IntegerField(help_text="Whose likeliest label it is.")
    missing_category = serializers.CharField(
        source="gone", help_text="The key that its rule names and that there is not."
    )
    leads_nowhere = serializers.BooleanField(source="is_nowhere")


class HealthView(CatalogView):
    @property
    def permissions_any(self) -> tuple[str, ...]:  # type: ignore[override]
        return (CATEGORIZE,) if self.request.method == "POST" else ANY

    @extend_schema(parameters=[OfTarget], responses=answer(HealthAnswer, *READ, 400))
    def get(self, request: Request) -> Response:
        """How the catalogue is: the latest check and how much it found of each kind."""
        target = read_query(OfTarget, request)["target"]
        check = find_done(target.key)
        found = [
            {"kind": kind, "lines": one.groups, "products": one.products}
            for kind, one in sorted(count_found(check).items())
        ]
        health = {
            "check_done": check,
            "check_in_progress": find_active(target.key),
            "found": found,
            "unreadable": count_unreadable(target),
        }
        return Response(HealthAnswer(health).data)

    @extend_schema(
        request=OfTarget,
        responses=answer(CheckSerializer, *WRITE, status=201, more={200: CheckSerializer}),
    )
    def post(self, request: Request) -> Response:
        """Check all products, in the queue. Asked again meanwhile: the same check, with 200."""
        asked = OfTarget(data=request.data)
        asked.is_valid(raise_exception=True)
        target = asked.validated_data["target"]
        before = find_active(target.key)
        check = start_check(target, request.user)
        code = status.HTTP_200_OK if check == before else status.HTTP_201_CREATED
        return Response(CheckSerializer(check).data, status=code)


class HealthList(CatalogView, generics.ListAPIView[Any]):
    permissions_any = ANY
    pagination_class = Numbered


class LinesView(HealthList):
    serializer_class = LineSerializer
    queryset = HealthGroup.objects.none()

    @extend_schema(parameters=[LinesOf], responses=answer(LineSerializer(many=True), *READ, 400))
    def get(self, request: Request) -> Response:
        """What the latest check found of a kind, line by line: those of most products first."""
        return self.list(request)

    def get_queryset(self) -> Any:
        asked = read_query(LinesOf, self.request)
        check = find_done(asked["target"].key)
        if check is None:
            return HealthGroup.objects.none()
        return list_groups(check, asked["kind"], silenced=asked["silenced"])


class FindingsView(HealthList):
    serializer_class = FindingSerializer
    queryset = HealthFinding.objects.none()

    @extend_schema(responses=answer(FindingSerializer(many=True), *READ))
    def get(self, request: Request, pk: int) -> Response:
        """The products of a line, the surest first."""
        return self.list(request)

    def get_queryset(self) -> Any:
        return list_findings(get_object_or_404(HealthGroup, pk=self.kwargs["pk"]))


class UnreadableView(HealthList):
    serializer_class = UnreadableSerializer
    queryset = Classification.objects.none()

    @extend_schema(
        parameters=[UnreadableOf], responses=answer(UnreadableSerializer(many=True), *READ, 400)
    )
    def get(self, request: Request) -> Response:
        """Products whose latest photo could not be judged."""
        return self.list(request)

    def get_queryset(self) -> Any:
        asked = read_query(UnreadableOf, self.request)
        return list_unreadable(asked["target"], asked["state"], asked.get("code")).defer("scores")


class GapsView(CatalogView):
    permissions_any = ANY

    @extend_schema(
        parameters=[OfTarget], responses=answer(GapSerializer(many=True), *READ, 400, 503)
    )
    def get(self, request: Request) -> Response:
        """Labels that lead to no category, those of most products first."""
        target = read_query(OfTarget, request)["target"]
        return Response(GapSerializer(count_gaps(target), many=True).data)


def read_query(kind: type[OfTarget], request: Request) -> dict[str, Any]:
    """What an address asks for, checked; which page of it is for the paginator to read.

    Raises:
        ValidationError: it has an unknown name or an impossible value.
    """
    query = request.query_params.copy()
    for name in (Numbered.page_query_param, Numbered.page_size_query_param, FORMAT):
        query.pop(name, None)
    asked = kind(data=query)
    asked.is_valid(raise_exception=True)
    values: dict[str, Any] = asked.validated_data
    return values
