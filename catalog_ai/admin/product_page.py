"""One product's page in the shop's admin: the panel, and a save that keeps what was filed."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import select_template
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from catalog_ai.admin.access import attempt, demand, find_model_url
from catalog_ai.admin.categorize import tell_start
from catalog_ai.admin.open_form import hold_categories, keep_filed, write_shown
from catalog_ai.admin.panel import describe_panel
from catalog_ai.admin.selection import require_target
from catalog_ai.models import Run
from catalog_ai.targets import ProductTarget, find_target
from catalog_ai.workflow.enqueue import enqueue_some
from catalog_ai.workflow.permissions import CATEGORIZE

if TYPE_CHECKING:
    Base = admin.ModelAdmin[Any]
else:
    Base = object


class ChangePageMixin(Base):
    """The part of `AutoCategorizeAdminMixin` that one product's page has."""

    catalog_ai_panel: bool = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._catalog_ai_form_base = self._find_base("change_form")
        self.change_form_template = "admin/catalog_ai/product_change_form.html"  # type: ignore[misc]

    @property
    def catalog_ai_target(self) -> ProductTarget | None:
        return find_target(self.model)

    def _find_base(self, page: str) -> list[str]:
        """Ours extend whatever templates the shop (or another mixin) has chosen."""
        if chosen := getattr(self, f"{page}_template"):
            return [chosen]
        opts = self.opts
        return [
            f"admin/{opts.app_label}/{opts.model_name}/{page}.html",
            f"admin/{opts.app_label}/{page}.html",
            f"admin/{page}.html",
        ]

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
        if target is not None and obj is not None:
            form = context["adminform"].form
            context["catalog_ai_shown"] = write_shown(target, [form], request)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        if change and (target := self.catalog_ai_target) is not None:
            form.catalog_ai_before = hold_categories(request, target, form)
        return super().save_form(request, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        before = getattr(form, "catalog_ai_before", None)
        if before is not None and (target := self.catalog_ai_target) is not None:
            keep_filed(request, target, form, before)

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
        page = find_model_url(self.model, "change", object_id, site=self.admin_site.name)
        return HttpResponseRedirect(page)

    def _categorize_again(self, request: HttpRequest, product: models.Model) -> Run | None:
        return enqueue_some(
            require_target(self),
            self.get_queryset(request).filter(pk=product.pk),
            source=Run.Source.ADMIN,
            actor=request.user,
            mode=Run.Mode.REDO,
        )
