"""`AutoCategorizeAdminMixin`: categorisation for a shop's own product admin, whatever it has."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.template.loader import select_template
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from catalog_ai.admin.access import attempt, demand, find_url, list_rights, may
from catalog_ai.admin.categorize import categorize_selection, tell_start
from catalog_ai.admin.change_list import bound_list
from catalog_ai.admin.columns import (
    attach_statuses,
    render_labels,
    render_state,
    render_thumbnail,
)
from catalog_ai.admin.export import export_selection
from catalog_ai.admin.filters import ConfidenceFilter, LabelFilter, StateFilter
from catalog_ai.admin.panel import describe_panel
from catalog_ai.admin.read_only import STYLES
from catalog_ai.admin.selection import require_target
from catalog_ai.admin.site import register_pages
from catalog_ai.models import CategorizedProduct, Run
from catalog_ai.targets import ProductTarget, find_target
from catalog_ai.workflow.enqueue import enqueue_some
from catalog_ai.workflow.permissions import CATEGORIZE, EXPORT

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object

THUMBNAIL = "catalog_ai_thumbnail"
# Columns that a list can be put in order by, where the product has the field: it has an index.
ORDERED = {"catalog_ai_labels": "ai_confidence", "catalog_ai_state": "ai_state"}


class AutoCategorizeAdminMixin(Base):
    """Put it before ModelAdmin; an empty tuple (or False) in one of these opts out of a part.

        class ProductAdmin(AutoCategorizeAdminMixin, admin.ModelAdmin): ...

    Where the settings name no target for the model, it adds nothing.
    """

    catalog_ai_actions: Sequence[str] = ("auto_categorize_products", "export_categorisation")
    catalog_ai_columns: Sequence[str] = (THUMBNAIL, "catalog_ai_labels", "catalog_ai_state")
    catalog_ai_filters: Sequence[Any] = (StateFilter, LabelFilter, ConfidenceFilter)
    catalog_ai_panel: bool = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        register_pages(self.admin_site)
        # Ours extend whatever templates the shop (or another mixin) has chosen.
        self._catalog_ai_form_base = self._find_base("change_form")
        self._catalog_ai_list_base = self._find_base("change_list")
        self.change_form_template = "admin/catalog_ai/product_change_form.html"  # type: ignore[misc]
        self.change_list_template = "admin/catalog_ai/product_change_list.html"  # type: ignore[misc]
        if issubclass(self.model, CategorizedProduct):
            for name, field in ORDERED.items():
                self._order_by(name, field)

    def _order_by(self, name: str, field: str) -> None:
        """Let a column of ours order the list; on this admin alone, for others lack the field."""
        column = getattr(self, name)
        text = column.short_description
        setattr(self, name, admin.display(ordering=field, description=text)(partial(column)))

    def _find_base(self, page: str) -> list[str]:
        chosen = getattr(self, f"{page}_template")
        opts = self.opts
        return (
            [chosen]
            if chosen
            else [
                f"admin/{opts.app_label}/{opts.model_name}/{page}.html",
                f"admin/{opts.app_label}/{page}.html",
                f"admin/{page}.html",
            ]
        )

    @property
    def catalog_ai_target(self) -> ProductTarget | None:
        return find_target(self.model)

    @property
    def media(self) -> forms.Media:
        return super().media + forms.Media(css={"all": [STYLES]})

    # Actions --------------------------------------------------------------------------------

    def has_categorize_permission(self, request: HttpRequest) -> bool:
        return may(request, CATEGORIZE)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return may(request, EXPORT)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if self.catalog_ai_target is None or IS_POPUP_VAR in request.GET:
            return actions
        for name in self.catalog_ai_actions:
            found: Any = self.get_action(name)
            needed = getattr(found[0], "allowed_permissions", ())
            if all(getattr(self, f"has_{one}_permission")(request) for one in needed):
                actions[found[1]] = found
        return actions

    @admin.action(permissions=["categorize"], description=_("Auto-categorize selected products"))
    def auto_categorize_products(
        self, request: HttpRequest, queryset: "models.QuerySet[Any]"
    ) -> HttpResponse | None:
        return categorize_selection(self, request, queryset)

    @admin.action(permissions=["export"], description=_("Export categorisation (CSV)"))
    def export_categorisation(
        self, request: HttpRequest, queryset: "models.QuerySet[Any]"
    ) -> HttpResponseBase | None:
        return export_selection(self, request, queryset)

    # List -----------------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        columns = list(super().get_list_display(request))
        if self.catalog_ai_target is None:
            return columns
        ours = [name for name in self.catalog_ai_columns if name not in columns]
        first = [name for name in ours if name == THUMBNAIL]
        return [*first, *columns, *[name for name in ours if name != THUMBNAIL]]

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        """The shop's own first column stays the link, not the thumbnail before it."""
        own = [name for name in list_display if name not in self.catalog_ai_columns]
        return super().get_list_display_links(request, own or list_display)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        filters = list(super().get_list_filter(request))
        if self.catalog_ai_target is None:
            return filters
        return [*filters, *[one for one in self.catalog_ai_filters if one not in filters]]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return bound_list(super().get_changelist(request, **kwargs))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist: Any = super().get_changelist_instance(request)  # type: ignore[misc]
        shown = set(self.catalog_ai_columns) & set(changelist.list_display)
        if self.catalog_ai_target is not None and shown:
            attach_statuses(self.catalog_ai_target, list(changelist.result_list))
        return changelist

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        context = {
            "catalog_ai_base": select_template(self._catalog_ai_list_base),
            "catalog_ai_rights": list_rights(request),
            "catalog_ai_home_url": find_url("catalog_ai_home", site=self.admin_site.name),
            "catalog_ai_review_url": find_url("catalog_ai_review", site=self.admin_site.name),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @admin.display(description=_("Photo"))
    def catalog_ai_thumbnail(self, product: models.Model) -> SafeString:
        return render_thumbnail(require_target(self), product)

    @admin.display(description=_("Suggested labels"))
    def catalog_ai_labels(self, product: models.Model) -> SafeString:
        return render_labels(require_target(self), product)

    @admin.display(description=_("Categorisation"))
    def catalog_ai_state(self, product: models.Model) -> SafeString:
        return render_state(require_target(self), product)

    # Change page ----------------------------------------------------------------------------

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: models.Model | None = None,
    ) -> HttpResponse:
        context["catalog_ai_base"] = select_template(self._catalog_ai_form_base)
        target = self.catalog_ai_target
        if target is not None and obj is not None and self.catalog_ai_panel:
            site = self.admin_site.name
            context["catalog_ai"] = describe_panel(target, obj, request, site)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_urls(self) -> list[URLPattern]:
        opts = self.opts
        again: Callable[..., HttpResponse] = require_POST(self.catalog_ai_again_view)
        ours = [
            path(
                "<path:object_id>/catalog-ai/again/",
                self.admin_site.admin_view(again),
                name=f"{opts.app_label}_{opts.model_name}_catalog_ai_again",
            )
        ]
        return [*ours, *super().get_urls()]

    def catalog_ai_again_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Categorise one product anew, as the button on its page asks."""
        demand(request, CATEGORIZE)
        product = self.get_object(request, unquote(object_id))
        if product is None or not self.has_view_permission(request, product):
            raise Http404
        attempt(request, lambda: tell_start(request, self._categorize_again(request, product)))
        name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(name, args=[object_id]))

    def _categorize_again(self, request: HttpRequest, product: models.Model) -> Run | None:
        return enqueue_some(
            require_target(self),
            self.get_queryset(request).filter(pk=product.pk),
            source=Run.Source.ADMIN,
            actor=request.user,
            mode=Run.Mode.REDO,
        )
