"""The page between "Auto-categorize selected products" and the run: what will happen, and how."""

from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.access import attempt, find_url, may
from catalog_ai.admin.display import PRESET_NAMES, format_percent
from catalog_ai.admin.selection import Selection, read_selection, require_target
from catalog_ai.conf import get_settings
from catalog_ai.models import Run
from catalog_ai.policy import Preset, preset_thresholds
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.describe import describe_mapping, survey_products
from catalog_ai.workflow.enqueue import enqueue_some
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import AUTO_APPLY

ACTION = "auto_categorize_products"
PRESET_TEXTS: dict[str, Promise] = {
    Preset.PERMISSIVE.value: _(
        "Files the most by itself and suggests even unlikely labels. Least work, most mistakes."
    ),
    Preset.BALANCED.value: _(
        "Files what the model is sure of and asks a person about the rest. A good first choice."
    ),
    Preset.STRICT.value: _("Files only what is nearly certain. Most work, fewest mistakes."),
}


class CategorizeForm(forms.Form):
    """How a run goes about its products."""

    preset = forms.ChoiceField(
        label=_("How sure must the model be?"),
        choices=list(PRESET_NAMES.items()),
        widget=forms.RadioSelect,
    )
    mode = forms.ChoiceField(
        label=_("Which products?"), choices=Run.Mode.choices, widget=forms.RadioSelect
    )
    apply_automatically = forms.BooleanField(
        label=_("File confident results by themselves"),
        help_text=_("Otherwise every suggestion waits for a person in the review queue."),
        required=False,
    )
    dry_run = forms.BooleanField(
        label=_("Dry run"),
        help_text=_("Look at every product and show what would be filed, but change nothing."),
        required=False,
    )

    def __init__(self, *args: Any, may_apply: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_apply:
            del self.fields["apply_automatically"]


@dataclass(frozen=True)
class PresetCard:
    """A preset that explains itself with the figures of the model in use."""

    value: str
    name: Promise
    text: Promise
    auto: str
    review: str
    chosen: bool


def categorize_selection(
    model_admin: "ModelAdmin[Any]", request: HttpRequest, products: "models.QuerySet[Any]"
) -> HttpResponse | None:
    """Show the page, or start the run it was confirmed for; None after a refusal."""
    bound = "confirm" in request.POST
    form = CategorizeForm(
        request.POST if bound else None,
        may_apply=may(request, AUTO_APPLY),
        initial={
            "preset": get_settings().PRESET,
            "mode": Run.Mode.MISSING,
            "apply_automatically": True,
        },
    )
    if bound and form.is_valid():
        return attempt(request, partial(_start, model_admin, request, products, form))
    return attempt(request, partial(_ask, model_admin, request, products, form))


def _start(
    model_admin: "ModelAdmin[Any]",
    request: HttpRequest,
    products: "models.QuerySet[Any]",
    form: CategorizeForm,
) -> HttpResponse:
    choice = form.cleaned_data
    run = enqueue_some(
        require_target(model_admin),
        products,
        source=Run.Source.ADMIN,
        actor=request.user,
        preset=choice["preset"],
        mode=Run.Mode(choice["mode"]),
        dry_run=choice["dry_run"],
        apply_automatically=choice.get("apply_automatically", False),
    )
    tell_start(request, run)
    if run is None:
        return _ask(model_admin, request, products, form)  # with what was selected and chosen
    site = model_admin.admin_site.name
    return HttpResponseRedirect(find_url("catalog_ai_run_change", run.pk, site=site))


def tell_start(request: HttpRequest, run: Run | None) -> None:
    """Say what was started, or that nothing was."""
    if run is None:
        text = gettext(
            "There was nothing to do: the selected products are up to date, under way already, or "
            "have no photo."
        )
        messages.warning(request, text)
        return
    if run.state == Run.State.EXPANDING:
        text = gettext("The run has started and is collecting its products.")
    else:
        text = ngettext(
            "Started: %(count)d product is being categorised.",
            "Started: %(count)d products are being categorised.",
            run.total,
        )
    messages.success(request, text % {"count": run.total})


def _ask(
    model_admin: "ModelAdmin[Any]",
    request: HttpRequest,
    products: "models.QuerySet[Any]",
    form: CategorizeForm,
) -> HttpResponse:
    target = require_target(model_admin)
    selection: Selection = read_selection(request, ACTION)
    mappings = describe_mapping(target, get_settings().PRESET)
    site = model_admin.admin_site
    context = {
        **site.each_context(request),
        "title": gettext("Auto-categorize products"),
        "opts": model_admin.model._meta,
        "selection": selection,
        "survey": survey_products(target, products),
        "form": form,
        "cards": make_cards(target, str(form["preset"].value())),
        "mappings": mappings,
        "unmapped": [item for item in mappings if not item.is_mapped],
        "creates_categories": target.can_make,
        "mapping_url": find_url("catalog_ai_labelrule_changelist", site=site.name),
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/catalog_ai/categorize.html", context)


def make_cards(target: ProductTarget, chosen: str) -> list[PresetCard]:
    """The presets with the middle thresholds of the labels that file products."""
    labels = {label.id for label in get_bundle().labels_of(*target.facets)}
    cards = []
    for preset, name in PRESET_NAMES.items():
        pairs = preset_thresholds(get_bundle(), preset)
        autos = [pairs[label].auto for label in labels if pairs[label].auto <= 1]
        reviews = [pairs[label].review for label in labels]
        cards.append(
            PresetCard(
                value=preset,
                name=name,
                text=PRESET_TEXTS[preset],
                auto=format_percent(median(autos) if autos else None),
                review=format_percent(median(reviews) if reviews else None),
                chosen=preset == chosen,
            )
        )
    return cards
