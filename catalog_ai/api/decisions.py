"""POST /suggestions/decide/ and /undo/: a person's verdicts, one or many."""

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from catalog_ai.api.access import CatalogView, StrictSerializer
from catalog_ai.api.answers import MAX_KEY, WRITE, answer
from catalog_ai.errors import CatalogAIError
from catalog_ai.models import Classification, Decision, Suggestion
from catalog_ai.workflow.permissions import REVIEW
from catalog_ai.workflow.review import Reviewed, approve, correct, dismiss, reject
from catalog_ai.workflow.undo import undo

if TYPE_CHECKING:
    from catalog_ai.workflow.permissions import Actor

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
            told = _("%(action)s needs it.") % {"action": attrs["action"]}
            raise serializers.ValidationError({needed: told})
        if attrs["action"] == "correct" and not attrs.get("categories"):
            raise serializers.ValidationError({"categories": _("Name at least one category.")})
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


def decide_one(item: dict[str, Any], actor: "Actor") -> dict[str, Any]:
    """One decision of a request (as `OneDecision` checked it) to its `DecisionResult`."""
    try:
        reviewed = run_verb(item, actor)
    except Classification.DoesNotExist:
        return refuse(_("There is no such classification."))
    except CatalogAIError as refused:
        return refuse(str(refused))
    if reviewed.errors:
        return refuse(reviewed.errors[0])
    if not reviewed.done:
        if not is_there(item):
            return refuse(_("There is no such suggestion."))
        return {"status": "already_decided", "batch": None, "detail": ""}
    return {"status": "done", "batch": str(reviewed.batch), "detail": ""}


def refuse(why: str) -> dict[str, Any]:
    """A decision's result where nothing was changed; `why` in the caller's language."""
    return {"status": "refused", "batch": None, "detail": why}


def is_there(item: dict[str, Any]) -> bool:
    """Whether there was something to decide; a classification that is none was told before."""
    wanted = item["suggestion"] if item["action"] in ON_SUGGESTION else None
    return wanted is None or Suggestion.objects.filter(pk=wanted).exists()


def run_verb(item: dict[str, Any], actor: "Actor") -> Reviewed:
    """What came of one checked decision.

    Raises:
        CatalogAIError: the verb refused. Classification.DoesNotExist: there is none of this id.
    """
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

    @extend_schema(request=UndoRequest, responses=answer(UndoAnswer, *WRITE, 404, 409))
    def post(self, request: Request) -> Response:
        """Take one of your own batches back, whole or not at all."""
        asked = UndoRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        batch = asked.validated_data["batch"]
        if not Decision.objects.filter(batch=batch).exists():
            raise NotFound
        return Response({"undone": undo(batch, request.user).done})
