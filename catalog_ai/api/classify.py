"""POST /classify/: judge one image that belongs to no product. Nothing is stored."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from catalog_ai.api.access import CatalogView, StrictSerializer
from catalog_ai.api.answers import WRITE, answer
from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import Label
from catalog_ai.inference.images import ImageRejected
from catalog_ai.models.causes import tell_cause
from catalog_ai.policy import Preset, Thresholds, decide_label, preset_thresholds
from catalog_ai.workflow.classify import ImageResult, classify_upload
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import CATEGORIZE
from catalog_ai.workflow.scoring import MIN_SCORE


class ClassifyRequest(StrictSerializer):
    image = serializers.FileField(help_text="JPEG, PNG, WEBP, GIF or AVIF.")
    preset = serializers.ChoiceField(choices=[preset.value for preset in Preset], required=False)


class ScoredLabelSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    name = serializers.CharField()
    facet = serializers.CharField()
    confidence = serializers.FloatField(help_text="0-1, calibrated")
    decision = serializers.ChoiceField(choices=["auto", "review", "drop"])
    auto_threshold = serializers.FloatField()
    review_threshold = serializers.FloatField()


class ClassifyAnswer(serializers.Serializer[Any]):
    model_version = serializers.CharField()
    image_digest = serializers.CharField(help_text="SHA-256 of the file")
    labels = ScoredLabelSerializer(many=True)


class ImageRefused(APIException):
    """An image that cannot be judged: `detail` says why, the code is for programs."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY

    def __init__(self, rejected: ImageRejected) -> None:
        told = tell_cause(rejected.code, rejected.figures, rejected.reason)
        super().__init__(told, rejected.code)


class ClassifyView(CatalogView):
    permissions_any = (CATEGORIZE,)
    parser_classes = (MultiPartParser,)

    @extend_schema(request=ClassifyRequest, responses=answer(ClassifyAnswer, *WRITE, 422, 503))
    def post(self, request: Request) -> Response:
        """Judge an uploaded image: every label from 1 % up, likeliest first."""
        asked = ClassifyRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        limit = get_settings().MAX_UPLOAD_BYTES
        result = classify_upload(asked.validated_data["image"].read(limit + 1))
        if result.rejected is not None:
            raise ImageRefused(result.rejected)
        preset = asked.validated_data.get("preset") or get_settings().PRESET
        return Response(describe_result(result, preset))


def describe_result(result: ImageResult, preset: str) -> dict[str, Any]:
    """The answer for one judged image under a preset."""
    bundle = get_bundle()
    thresholds = preset_thresholds(bundle, preset)
    scores = [] if result.confidences is None else result.confidences.tolist()
    ranked = sorted(zip(scores, bundle.labels, strict=True), key=lambda pair: -pair[0])
    return {
        "model_version": bundle.model_version,
        "image_digest": result.digest,
        "labels": [
            describe_label(label, score, thresholds[label.id])
            for score, label in ranked
            if score >= MIN_SCORE
        ],
    }


def describe_label(label: Label, score: float, thresholds: Thresholds) -> dict[str, Any]:
    """One label with its calibrated `score` (0-1) and what these thresholds make of it."""
    return {
        "label": label.id,
        "name": label.name,
        "facet": label.facet,
        "confidence": round(score, 4),
        "decision": decide_label(score, thresholds).value,
        "auto_threshold": thresholds.auto,
        "review_threshold": thresholds.review,
    }
