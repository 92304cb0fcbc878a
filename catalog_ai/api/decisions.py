"""POST /suggestions/decide/ and /undo/: a person's verdicts, one or many."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog_ai.api.access import CatalogView, StrictSerializer
from catalog_ai.api.answers import MAX_KEY, WRITE, answer
from catalog_ai.errors import CatalogAIError
from catalog_ai.models import Classification, Suggestion
from catalog_ai.workflow.permissions import REVIEW
from catalog_ai.workflow.review import Reviewed, approve, correct, dismiss, reject
from catalog_ai.workflow.undo import undo

MAX_DECISIONS = 500
ON_SUGGESTION = ("approve", "reject")
ON_CLASSIFICATION = ("correct", "dismiss")


class OneDecision(StrictSerializer):
    """approve and reject name a suggestion; correct and dismiss name a classification."""

    action = serializers.ChoiceField(choices=[*ON_SUGGESTION, *ON_CLASSIFICATION])
    suggestion = serializers.IntegerField(required=False, min_value=1, max_value=MAX_KEY)
    classification = serializers.IntegerField(required=False, min_value=1, max_value=MAX_KEY)
    categories = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, max_length=50
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = "suggestion" if attrs["action"] in ON_SUGGESTION else "classification"
        if needed not in attrs:
            raise serializers.ValidationError({needed: f"{attrs['action']} needs it."})
        if attrs["action"] == "correct" and not attrs.get("categories"):
            raise serializers.ValidationError({"categories": "Name at least one category."})
        return attrs


class Decide(StrictSerializer):
    decisions = serializers.ListField(child=OneDecision(), min_length=1, max_length=MAX_DECISIONS)


class DecisionResult(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=["done", "already_decided", "refused"])
    batch = serializers.UUIDField(allow_null=True, help_text="For undo.")
    detail = serializers.CharField()


class DecideAnswer(serializers.Serializer[Any]):
    results = DecisionResult(many=True)


class DecideView(CatalogView):
    permissions_any = (REVIEW,)

    @extend_schema(request=Decide, responses=answer(DecideAnswer, *WRITE, 503))
    def post(self, request: Request) -> Response:
        """Decide; each decision stands or falls alone and has its own result, in order."""
        asked = Decide(data=request.data)
        asked.is_valid(raise_exception=True)
        results = [decide_one(item, request.user) for item in asked.validated_data["decisions"]]
        return Response({"results": results})


def decide_one(item: dict[str, Any], actor: Any) -> dict[str, Any]:
    try:
        reviewed = run_verb(item, actor)
    except Classification.DoesNotExist:
        return {"status": "refused", "batch": None, "detail": "There is no such classification."}
    except CatalogAIError as refused:
        return {"status": "refused", "batch": None, "detail": str(refused)}
    if reviewed.errors:
        return {"status": "refused", "batch": None, "detail": reviewed.errors[0]}
    if not reviewed.done:
        if not is_there(item):
            return {"status": "refused", "batch": None, "detail": "There is no such suggestion."}
        return {"status": "already_decided", "batch": None, "detail": ""}
    return {"status": "done", "batch": str(reviewed.batch), "detail": ""}


def is_there(item: dict[str, Any]) -> bool:
    """Whether there was something to decide; a classification that is none was told before."""
    wanted = item["suggestion"] if item["action"] in ON_SUGGESTION else None
    return wanted is None or Suggestion.objects.filter(pk=wanted).exists()


def run_verb(item: dict[str, Any], actor: Any) -> Reviewed:
    if item["action"] == "approve":
        return approve([item["suggestion"]], actor)
    if item["action"] == "reject":
        return reject([item["suggestion"]], actor)
    if item["action"] == "dismiss":
        return dismiss([item["classification"]], actor)
    return correct(item["classification"], item["categories"], actor)


class UndoRequest(StrictSerializer):
    batch = serializers.UUIDField()


class UndoAnswer(serializers.Serializer[Any]):
    undone = serializers.IntegerField()


class UndoView(CatalogView):
    permissions_any = (REVIEW,)

    @extend_schema(request=UndoRequest, responses=answer(UndoAnswer, *WRITE, 409))
    def post(self, request: Request) -> Response:
        """Take one of your own batches back, whole or not at all."""
        asked = UndoRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response({"undone": undo(asked.validated_data["batch"], request.user).done})
