"""`AutoCategorizeInlineMixin`: products on another model's page, which stays open meanwhile."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from catalog_ai.admin.open_form import hold_categories, keep_filed, write_shown
from catalog_ai.targets import ProductTarget, find_target

if TYPE_CHECKING:
    Base = admin.options.InlineModelAdmin[Any, Any]
    FormSetBase = BaseInlineFormSet[Any, Any, Any]
else:
    Base, FormSetBase = object, BaseInlineFormSet


class AutoCategorizeInlineMixin(Base):
    """Put it before TabularInline or StackedInline, where the rows are products.

        class ProductInline(AutoCategorizeInlineMixin, admin.TabularInline): ...

    Saving the page keeps what was filed while it was open. Where the settings name no target for
    the model, it adds nothing.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Ours extends whatever template the shop (or another mixin) has chosen.
        self.catalog_ai_base = self.template
        self.template = "admin/catalog_ai/product_inline.html"

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        target = find_target(self.model)
        if target is None:
            return formset
        of_request = {"catalog_ai_target": target, "catalog_ai_request": request}
        return type(formset.__name__, (OpenFormSet, formset), of_request)


class OpenFormSet(FormSetBase):
    """Forms of products that say what they were opened with, and keep what was filed since."""

    catalog_ai_target: ProductTarget
    catalog_ai_request: HttpRequest

    @property
    def catalog_ai_shown(self) -> list[tuple[str, str]]:
        """Names and values of their hidden fields."""
        forms = [form for form in self.initial_forms if form.instance.pk]
        return write_shown(self.catalog_ai_target, forms, self.catalog_ai_request)

    def save_existing(self, form: Any, obj: Any, commit: bool = True) -> Any:
        of_form = self.catalog_ai_request, self.catalog_ai_target, form
        keep = partial(keep_filed, *of_form, hold_categories(*of_form))
        saved = super().save_existing(form, obj, commit)  # type: ignore[misc]
        if commit:
            keep()
        else:  # the shop saves the product itself, and the rest after it
            form.save_m2m = partial(_do_both, form.save_m2m, keep)
        return saved


def _do_both(first: Callable[[], Any], second: Callable[[], Any]) -> None:
    first()
    second()
