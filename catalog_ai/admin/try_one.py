"""The try-one page: one image judged and shown, nothing stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.access import EXPLAINED, demand, find_url
from catalog_ai.admin.display import BAD, GOOD, QUIET, WAITING, Badge, Bar, make_bar
from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import Facet, Label
from catalog_ai.inference.images import FORMATS
from catalog_ai.models import Run
from catalog_ai.models.causes import tell_cause
from catalog_ai.policy import (
    Decision,
    Outcome,
    Preset,
    Thresholds,
    decide,
    decide_label,
    interpolate_thresholds,
)
from catalog_ai.targets import ProductTarget, get_targets
from catalog_ai.workflow.classify import ImageResult, classify_upload
from catalog_ai.workflow.models_in_use import get_bundle, translate_name
from catalog_ai.workflow.permissions import CATEGORIZE
from catalog_ai.workflow.policies import get_thresholds

LABELS_SHOWN = 8  # a facet
# The types are for the browser's list of files; some know files by their names only.
ACCEPTED = ",".join([*(f"image/{name.lower()}" for name in FORMATS), ".jpg", ".jpeg", ".avif"])
BALANCED = "0.5"
DATA_ID = "cai-try-data"

DECISIONS = {
    Decision.AUTO: Badge(_("files by itself"), GOOD),
    Decision.REVIEW: Badge(_("asks a person"), WAITING),
    Decision.DROP: Badge(_("dropped"), QUIET),
}
# Labels of other facets file nothing: they are only more or less certain.
OTHER_DECISIONS = {
    Decision.AUTO: Badge(_("certain"), GOOD),
    Decision.REVIEW: Badge(_("uncertain"), WAITING),
    Decision.DROP: Badge(_("dropped"), QUIET),
}
OUTCOMES = {
    Outcome.FILED: Badge(_("Would be filed without a person."), GOOD),
    Outcome.REVIEW: Badge(_("Would wait for a person in the review queue."), WAITING),
    Outcome.UNIDENTIFIED: Badge(_("Nothing recognised: would wait for a person."), BAD),
}


class TryForm(forms.Form):
    """An image and how sensitive to be. The slider of the page stands in for the select."""

    image = forms.FileField(
        label=_("Photo"),
        widget=forms.FileInput({"accept": ACCEPTED}),
        allow_empty_file=True,  # the decoder says it better
    )
    sensitivity = forms.ChoiceField(
        label=_("Sensitivity"),
        choices=[("0", _("Strict")), ("0.5", _("Balanced")), ("1", _("Permissive"))],
        initial=BALANCED,
        required=False,
    )


@dataclass(frozen=True)
class TriedLabel:
    """One label's bar, with the decision at the chosen sensitivity."""

    id: str
    bar: Bar
    badge: Badge


@dataclass(frozen=True)
class TriedFacet:
    """One question and its likeliest answers."""

    name: str
    files: bool  # whether its labels file products
    labels: Sequence[TriedLabel]


@dataclass(frozen=True)
class Rules:
    """What the decisions are made by: the first target's, or the model's own where none is."""

    labels: Sequence[Label]  # with the shop's thresholds
    facets: tuple[str, ...]
    single_valued: bool


def load_rules() -> Rules:
    """The labels with the thresholds of the shop's rules at each preset."""
    bundle = get_bundle()
    target: ProductTarget | None = next(iter(get_targets().values()), None)
    if target is None:
        return Rules(bundle.labels, ProductTarget.facets, False)
    by_preset = {str(preset): get_thresholds(target, preset) for preset in Preset}
    labels = [
        replace(label, thresholds={name: pairs[label.id] for name, pairs in by_preset.items()})
        for label in bundle.labels
    ]
    return Rules(labels, target.facets, target.category_field.single_valued)


def show_try_one(site: AdminSite, request: HttpRequest) -> HttpResponse:
    """The page, and the result of an image sent to it; as JSON where JavaScript asks for it."""
    demand(request, CATEGORIZE)
    form = TryForm(request.POST, request.FILES) if request.method == "POST" else TryForm()
    error: str = ""
    result: dict[str, Any] = {}
    if form.is_bound:
        error, result = _judge(form)
        if request.headers.get("Accept", "").startswith("application/json"):
            return _answer(request, error, result)
    settings = get_settings()
    context = {
        **site.each_context(request),
        **result,
        "title": gettext("Try one photo"),
        "opts": Run._meta,
        "form": form,
        "error": error,
        "formats": ", ".join(FORMATS),
        "limit_mb": f"{settings.MAX_UPLOAD_BYTES / 2**20:g}",
        "limit_bytes": settings.MAX_UPLOAD_BYTES,
        "limit_megapixels": f"{settings.MAX_PIXELS / 1e6:g}",
        "home_url": find_url("catalog_ai_home", site=site.name),
    }
    return TemplateResponse(request, "admin/catalog_ai/try_one.html", context)


def _answer(request: HttpRequest, error: str, result: dict[str, Any]) -> JsonResponse:
    if error:
        return JsonResponse({"error": error}, status=422)
    html = render_to_string("admin/catalog_ai/includes/try_result.html", result, request)
    return JsonResponse({"html": html})


def _judge(form: TryForm) -> tuple[str, dict[str, Any]]:
    """An error in words, or what the result's template shows."""
    if not form.is_valid():
        return gettext("Choose a photo first."), {}
    file = form.cleaned_data["image"]
    # One byte more than is allowed is enough to be told that it is too large.
    data = file.read(get_settings().MAX_UPLOAD_BYTES + 1)
    try:
        result = classify_upload(data)
        if result.rejected is not None:
            why = result.rejected
            return tell_cause(why.code, why.figures, why.reason), {}
        return "", describe_result(result, float(form.cleaned_data["sensitivity"] or BALANCED))
    except EXPLAINED as refused:
        return str(refused), {}


def describe_result(result: ImageResult, sensitivity: float) -> dict[str, Any]:
    """Bars by facet, the outcome, and the data from which the browser decides anew."""
    assert result.confidences is not None  # noqa: S101 - not rejected, so judged
    rules = load_rules()
    confidences = [float(value) for value in result.confidences]
    thresholds = {label.id: interpolate_thresholds(label, sensitivity) for label in rules.labels}
    verdict = decide(
        confidences,
        rules.labels,
        thresholds,
        rules.facets,
        single_valued=rules.single_valued,
    )
    ranked = sorted(zip(confidences, rules.labels, strict=True), key=lambda pair: -pair[0])
    return {
        "facets": [
            _show_facet(facet.id, facet.name, ranked, thresholds, rules)
            for facet in _order_facets(rules)
        ],
        "outcome": OUTCOMES[verdict.outcome],
        "sensitivity": sensitivity,
        "data_id": DATA_ID,
        "data": describe_data(ranked, rules),
    }


def _order_facets(rules: Rules) -> list[Facet]:
    return sorted(get_bundle().facets, key=lambda facet: facet.id not in rules.facets)


def _show_facet(
    facet: str,
    name: str,
    ranked: Sequence[tuple[float, Label]],
    thresholds: dict[str, Thresholds],
    rules: Rules,
) -> TriedFacet:
    best = [pair for pair in ranked if pair[1].facet == facet][:LABELS_SHOWN]
    files = facet in rules.facets
    badges = DECISIONS if files else OTHER_DECISIONS
    shown = [_show_label(score, label, thresholds[label.id], badges) for score, label in best]
    return TriedFacet(name=translate_name(name), files=files, labels=shown)


def _show_label(
    score: float, label: Label, pair: Thresholds, badges: dict[Decision, Badge]
) -> TriedLabel:
    badge = badges[decide_label(score, pair)]
    bar = make_bar(
        translate_name(label.name), score, auto=pair.auto, review=pair.review, tone=badge.tone
    )
    return TriedLabel(label.id, bar, badge)


def describe_data(ranked: Sequence[tuple[float, Label]], rules: Rules) -> dict[str, Any]:
    """What the browser needs to decide by itself: confidences and the presets' thresholds."""
    return {
        "singleValued": rules.single_valued,
        "facets": list(rules.facets),
        "labels": [
            {
                "id": label.id,
                "facet": label.facet,
                "confidence": score,
                "thresholds": {
                    name: {"auto": pair.auto, "review": pair.review}
                    for name, pair in label.thresholds.items()
                },
            }
            for score, label in ranked
        ],
        "decisions": _describe_badges(DECISIONS),
        "otherDecisions": _describe_badges(OTHER_DECISIONS),
        "outcomes": _describe_badges(OUTCOMES),
    }


def _describe_badges(badges: Mapping[Any, Badge]) -> dict[str, dict[str, str]]:
    return {
        str(key): {"text": str(badge.text), "tone": badge.tone, "sign": badge.sign}
        for key, badge in badges.items()
    }
