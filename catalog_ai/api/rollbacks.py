"""/runs/{id}/rollback/: take a run back, follow that, stop it and go on."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from catalog_ai.api.access import CatalogView
from catalog_ai.api.answers import READ, WRITE, answer
from catalog_ai.models import Rollback, Run
from catalog_ai.workflow.permissions import ROLL_BACK
from catalog_ai.workflow.rollback import (
    preview_rollback,
    resume_rollback,
    start_rollback,
    stop_rollback,
)


class RollbackSerializer(serializers.ModelSerializer[Rollback]):
    done = serializers.IntegerField(read_only=True, help_text="Labels that were come to.")
    percent = serializers.IntegerField(read_only=True)
    errors = serializers.ListField(  # type: ignore[assignment]
        child=serializers.CharField(), read_only=True, help_text="Why some were refused."
    )

    class Meta:
        model = Rollback
        fields = (
            "id",
            "run",
            "state",
            "actor_name",
            "created_at",
            "finished_at",
            "total",
            "done",
            "percent",
            *Rollback.COUNTERS,
            "errors",
        )
        read_only_fields = fields


class PreviewSerializer(serializers.Serializer[Any]):
    revert = serializers.IntegerField(help_text="Labels that would be taken back.")
    kept_by_people = serializers.IntegerField(help_text="Those that people have decided on.")


class RollbackOfRun(CatalogView):
    """The latest rollback of a run."""

    permissions_any = (ROLL_BACK,)

    def find_rollback(self, pk: int) -> Rollback:
        rollback = get_object_or_404(Run, pk=pk).rollbacks.order_by("-pk").first()
        if rollback is None:
            raise NotFound
        return rollback


class RollbackView(RollbackOfRun):
    @extend_schema(responses=answer(RollbackSerializer, *READ))
    def get(self, request: Request, pk: int) -> Response:
        """How far the latest rollback of the run is, or how it ended."""
        return Response(RollbackSerializer(self.find_rollback(pk)).data)

    @extend_schema(
        request=None,
        responses=answer(
            RollbackSerializer, *WRITE, 404, 409, status=201, more={200: RollbackSerializer}
        ),
    )
    def post(self, request: Request, pk: int) -> Response:
        """Take back what the model filed in the run; what people decided later stays.

        It answers at once and works on in the queue. A run that is still going is cancelled.
        Asked again meanwhile: the rollback under way, with 200. 409: a dry run has filed nothing.
        """
        run = get_object_or_404(Run, pk=pk)
        before = run.rollbacks.order_by("-pk").first()
        rollback = start_rollback(run, request.user)
        code = status.HTTP_200_OK if rollback == before else status.HTTP_201_CREATED
        return Response(RollbackSerializer(rollback).data, status=code)


class PreviewView(RollbackOfRun):
    @extend_schema(responses=answer(PreviewSerializer, *READ))
    def get(self, request: Request, pk: int) -> Response:
        """What rolling the run back would do, counted now; nothing is changed."""
        counts = preview_rollback(get_object_or_404(Run, pk=pk))
        return Response(PreviewSerializer(counts).data)


class StopView(RollbackOfRun):
    @extend_schema(request=None, responses=answer(RollbackSerializer, *WRITE, 404))
    def post(self, request: Request, pk: int) -> Response:
        """Stop after the products in hand; what is back stays back."""
        rollback = stop_rollback(self.find_rollback(pk), request.user)
        return Response(RollbackSerializer(rollback).data)


class ResumeView(RollbackOfRun):
    @extend_schema(request=None, responses=answer(RollbackSerializer, *WRITE, 404))
    def post(self, request: Request, pk: int) -> Response:
        """Go on where it was stopped. Of one that is done: nothing."""
        rollback = resume_rollback(self.find_rollback(pk), request.user)
        return Response(RollbackSerializer(rollback).data)
