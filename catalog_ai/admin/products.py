"""`AutoCategorizeAdminMixin`: categorisation for a shop's own product admin, whatever it has."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.views.main import ChangeList
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import select_template
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from catalog_ai.admin.access import find_url, list_rights, may
from catalog_ai.admin.categorize import categorize_selection
from catalog_ai.admin.change_list import bound_list
from catalog_ai.admin.columns import attach_statuses, render_labels, render_state, render_thumbnail
from catalog_ai.admin.export import export_selection
from catalog_ai.admin.filters import ConfidenceFilter, LabelFilter, StateFilter
from catalog_ai.admin.open_form import write_shown
from catalog_ai.admin.product_page import ChangePageMixin
from catalog_ai.admin.read_only import STYLES
from catalog_ai.admin.selection import require_target
from catalog_ai.admin.site import register_pages
from catalog_ai.models import CategorizedProduct
from catalog_ai.workflow.permissions import CATEGORIZE, EXPORT

THUMBNAIL = "catalog_ai_thumbnail"
# Columns that a list can be put in order by, where the product has the field: it has an index.
ORDERED = {"catalog_ai_labels": "ai_confidence", "catalog_ai_state": "ai_state"}


class AutoCategorizeAdminMixin(ChangePageMixin):
    """Put it before ModelAdmin; an empty tuple, or `catalog_ai_panel = False`, opts out of a part.

        class ProductAdmin(AutoCategorizeAdminMixin, admin.ModelAdmin): ...

    Where the settings name no target for the model, it adds nothing.
    """

    catalog_ai_actions: Sequence[str] = ("auto_categorize_products", "export_categorisation")
    catalog_ai_columns: Sequence[str] = (THUMBNAIL, "catalog_ai_labels", "catalog_ai_state")
    catalog_ai_filters: Sequence[Any] = (StateFilter, LabelFilter, ConfidenceFilter)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        register_pages(self.admin_site)
        self._catalog_ai_list_base = self._find_base("change_list")
        self.change_list_template = "admin/catalog_ai/product_change_list.html"  # type: ignore[misc]
        if issubclass(self.model, CategorizedProduct):
            for name, field in ORDERED.items():
                self._order_by(name, field)

    def _order_by(self, name: str, field: str) -> None:
        """Let a column of ours order the list; on this admin alone, for others lack the field."""
        column = getattr(self, name)
        text = column.short_description
        setattr(self, name, admin.display(ordering=field, description=text)(partial(column)))

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
            attach_statuses(
                self.catalog_ai_target, list(changelist.result_list), self.admin_site.name
            )
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
        response = super().changelist_view(request, context)
        target, shown = self.catalog_ai_target, getattr(response, "context_data", None) or {}
        formset = getattr(shown.get("cl"), "formset", None)
        if target is not None and formset is not None and target.categories in self.list_editable:
            shown["catalog_ai_shown"] = write_shown(target, formset.forms, request)
        return response

    @admin.display(description=_("Photo"))
    def catalog_ai_thumbnail(self, product: models.Model) -> SafeString:
        return render_thumbnail(require_target(self), product, self.admin_site.name)

    @admin.display(description=_("Suggested labels"))
    def catalog_ai_labels(self, product: models.Model) -> SafeString:
        return render_labels(require_target(self), product, self.admin_site.name)

    @admin.display(description=_("Categorisation"))
    def catalog_ai_state(self, product: models.Model) -> SafeString:
        return render_state(require_target(self), product, self.admin_site.name)
