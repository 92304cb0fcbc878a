"""CSV export: from a product list, a run or the review queue."""

from functools import partial
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.options import ModelAdmin
from django.db import models
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.access import attempt, demand
from catalog_ai.admin.selection import read_selection, require_target
from catalog_ai.models import Classification, Run
from catalog_ai.targets import ProductTarget, get_target, get_targets
from catalog_ai.workflow.export import Shape, export_products, export_results
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.permissions import EXPORT
from catalog_ai.workflow.queue import QueueFilter, review_queue

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


def send_csv(text: Any, name: str) -> StreamingHttpResponse:
    """A download that is written while it is sent."""
    response = StreamingHttpResponse(text, content_type="text/csv; charset=utf-8")
    date = timezone.localdate().isoformat()
    response["Content-Disposition"] = f'attachment; filename="catalogue-{name}-{date}.csv"'
    return response


def show_export(site: AdminSite, request: HttpRequest) -> HttpResponseBase:
    """The results of `?run=` or of the review queue (`?queue=1` with its filters) as a file.

    Without `shape` in the address it asks for the file's shape first.
    """
    demand(request, EXPORT)
    target, rows, name = _find_results(request)
    form = ExportForm(request.GET if "shape" in request.GET else None)
    if form.is_bound and form.is_valid():
        choice = form.cleaned_data
        text = attempt(
            request,
            lambda: (
                get_bundle()
                and export_results(target, rows, Shape(choice["shape"]), bom=choice["bom"])
            ),
        )
        if text is not None:
            return send_csv(text, name)
    context = {
        **site.each_context(request),
        "title": gettext("Export results"),
        "opts": Run._meta,
        "kept": [(key, value) for key in request.GET for value in request.GET.getlist(key)],
        "total": rows.count(),
        "form": form,
        "back": request.GET.get("back", ""),
    }
    return TemplateResponse(request, "admin/catalog_ai/export.html", context)


def _find_results(
    request: HttpRequest,
) -> "tuple[ProductTarget, models.QuerySet[Classification], str]":
    """The target, the results and the file's name that the address speaks of."""
    if (number := request.GET.get("run", "")).isdigit() and "queue" not in request.GET:
        run = get_object_or_404(Run, pk=number)
        return get_target(run.target), run.classifications.all(), f"run-{run.pk}"
    if "queue" not in request.GET:
        raise Http404
    chosen = QueueFilter.read(request.GET, next(iter(get_targets()), ""))
    if chosen.target not in get_targets():
        raise Http404
    return get_target(chosen.target), review_queue(chosen), "review-queue"
