"""CSV export: from a product list, a run or the review queue."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.options import ModelAdmin
from django.db import models
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.access import attempt, demand, find_url
from catalog_ai.admin.review_urls import find_queue_url, read_filter
from catalog_ai.admin.selection import read_selection, require_target
from catalog_ai.admin.targets import read_target
from catalog_ai.models import Classification, Run
from catalog_ai.targets import ProductTarget
from catalog_ai.workflow.asked import read_number
from catalog_ai.workflow.export import export_products, export_results
from catalog_ai.workflow.export_lines import Shape
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import EXPORT
from catalog_ai.workflow.queue import count_queue, review_queue

ACTION = "export_categorisation"


class ExportForm(forms.Form):
    """What the file looks like."""

    shape = forms.ChoiceField(
        label=_("One line for each"),
        choices=[(Shape.PRODUCTS, _("product")), (Shape.SUGGESTIONS, _("suggestion"))],
        widget=forms.RadioSelect,
        initial=Shape.PRODUCTS,
    )
    bom = forms.BooleanField(
        label=_("For Excel"),
        help_text=_("Marks the file as UTF-8 (with a byte order mark), so that Excel shows it."),
        required=False,
    )


def export_selection(
    model_admin: "ModelAdmin[Any]", request: HttpRequest, products: "models.QuerySet[Any]"
) -> HttpResponseBase | None:
    """The page that asks for the file's shape, then the file; None after a refusal."""
    bound = "confirm" in request.POST
    form = ExportForm(request.POST if bound else None)
    if bound and form.is_valid():
        return attempt(request, partial(_send_products, model_admin, products, form.cleaned_data))
    target = attempt(request, partial(require_target, model_admin))
    if target is None:
        return None
    context = {
        **model_admin.admin_site.each_context(request),
        "title": gettext("Export categorisation"),
        "opts": model_admin.model._meta,
        "selection": read_selection(request, ACTION),
        "total": products.count(),
        "form": form,
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/catalog_ai/export.html", context)


def _send_products(
    model_admin: "ModelAdmin[Any]", products: "models.QuerySet[Any]", choice: dict[str, Any]
) -> StreamingHttpResponse:
    target = require_target(model_admin)
    get_bundle()  # a missing model is told now, not in the midst of the file
    shape = Shape(choice["shape"])
    return send_csv(export_products(target, products, shape, bom=choice["bom"]), shape.value)


def send_csv(text: Iterable[str], name: str) -> StreamingHttpResponse:
    """A download that is written while it is sent."""
    response = StreamingHttpResponse(text, content_type="text/csv; charset=utf-8")
    date = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="catalogue-{name}-{date}.csv"'
    return response


@dataclass(frozen=True)
class Results:
    """What the address of an export speaks of."""

    target: ProductTarget
    rows: "models.QuerySet[Classification]"
    name: str  # of the file
    back: str  # address of the page it belongs to
    count: Callable[[], int]


def show_export(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """The results of `?run=` or of the review queue (`?queue=1` with its filters) as a file.

    Without `shape` in the address it asks for the file's shape first.
    """
    demand(request, EXPORT)
    found = _find_results(request, site.name)
    form = ExportForm(request.GET if "shape" in request.GET else None)
    if form.is_bound and form.is_valid():
        response = attempt(request, partial(_send_results, found, form.cleaned_data))
        if response is not None:
            return response
    asked = {*form.fields, "confirm"}
    context = {
        **site.each_context(request),
        "title": gettext("Export results"),
        "opts": Run._meta,
        "kept": [(key, value) for key, value in request.GET.items() if key not in asked],
        "total": found.count(),
        "form": form,
        "back": found.back,
    }
    return TemplateResponse(request, "admin/catalog_ai/export.html", context)


def _send_results(found: Results, choice: dict[str, Any]) -> StreamingHttpResponse:
    get_bundle()  # as above
    shape = Shape(choice["shape"])
    text = export_results(found.target, found.rows, shape, bom=choice["bom"])
    return send_csv(text, found.name)


def _find_results(request: HttpRequest, site: str) -> Results:
    """What `?run=` or `?queue=` names.

    Raises:
        Http404: nothing that exists.
    """
    if "queue" in request.GET:
        chosen = read_filter(request)
        back = find_queue_url(site, replace(chosen, after=""))
        target, rows = read_target(chosen.target), review_queue(chosen)
        return Results(target, rows, "review-queue", back, lambda: count_queue(chosen).total)
    number = read_number(request.GET.get("run", ""))
    run = get_object_or_404(Run, pk=number)
    back = find_url("catalog_ai_run_change", run.pk, site=site)
    rows = run.classifications.all()
    return Results(read_target(run.target), rows, f"run-{run.pk}", back, lambda: run.total)
