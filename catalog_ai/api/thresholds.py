"""/thresholds/: what files by itself, what asks a person, and what the presets would do."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog_ai.api.access import CatalogView
from catalog_ai.api.answers import READ, answer
from catalog_ai.api.health import OfTarget, read_query
from catalog_ai.conf import get_settings
from catalog_ai.models import LabelRule
from catalog_ai.policy import Preset
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.describe import LabelMapping, describe_mapping
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import CHANGE_RULES, VIEW_RULES
from catalog_ai.workflow.policies import Budgets, load_budgets, refine_thresholds


class ThresholdsOf(OfTarget):
    preset = serializers.ChoiceField(
        choices=[preset.value for preset in Preset],
        required=False,
        help_text="The setting's preset if left out.",
    )


class PairSerializer(serializers.Serializer[Any]):
    auto = serializers.FloatField(help_text="Files by itself from, 0-1.")
    review = serializers.FloatField(help_text="Asks a person from, 0-1.")


class PresetsSerializer(serializers.Serializer[Any]):
    permissive = PairSerializer()
    balanced = PairSerializer()
    strict = PairSerializer()


class LabelThresholds(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    name = serializers.CharField()
    auto = serializers.FloatField(
        allow_null=True, help_text="In force: files by itself from, 0-1; null: always asks."
    )
    review = serializers.FloatField(help_text="In force: asks a person from, 0-1.")
    set_by = serializers.ChoiceField(
        choices=LabelRule.SetBy.choices, allow_blank=True, help_text="Empty: the preset's."
    )
    moved_back_at = serializers.DateTimeField(
        allow_null=True, help_text="When it broke its error budget; it asks a person since."
    )
    budget = serializers.FloatField(help_text="Share of wrong ones that is allowed, 0-1.")
    category = serializers.CharField(help_text="The shop's key; empty: the label leads nowhere.")
    presets = PresetsSerializer()


class ThresholdsAnswer(serializers.Serializer[Any]):
    target = serializers.CharField()
    preset = serializers.CharField()
    model_version = serializers.CharField()
    labels = LabelThresholds(many=True)


class ThresholdsView(CatalogView):
    permissions_any = (VIEW_RULES, CHANGE_RULES)

    @extend_schema(parameters=[ThresholdsOf], responses=answer(ThresholdsAnswer, *READ, 400, 503))
    def get(self, request: Request) -> Response:
        """The thresholds in force under a preset with the shop's own rules, label by label."""
        asked = read_query(ThresholdsOf, request)
        preset = asked.get("preset") or get_settings().PRESET
        answered = {
            "target": asked["target"].key,
            "preset": preset,
            "model_version": get_bundle().model_version,
            "labels": list_labels(asked["target"], preset),
        }
        return Response(ThresholdsAnswer(answered).data)


def list_labels(target: ProductTarget, preset: str) -> list[dict[str, Any]]:
    """Every label that files products, those without a category first."""
    budgets = load_budgets(target)
    return [describe_label(one, budgets) for one in describe_mapping(target, preset)]


def describe_label(mapping: LabelMapping, budgets: Budgets) -> dict[str, Any]:
    """One label as `LabelThresholds` shows it: in force, by the presets, and who set it."""
    label, rule = mapping.label, mapping.rule
    force = refine_thresholds(mapping.defaults, rule) if rule else mapping.defaults
    return {
        "label": label.id,
        "name": label.name,
        "auto": force.auto if force.auto <= 1 else None,
        "review": force.review,
        "set_by": rule.auto_by if rule else "",
        "moved_back_at": rule.moved_back_at if rule else None,
        "budget": budgets.get(label.id),
        "category": mapping.category,
        "presets": {preset.value: label.thresholds[preset] for preset in Preset},
    }
