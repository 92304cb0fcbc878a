"""Our own pages in an admin site of the shop's own."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin import AdminSite
from django.views.decorators.http import require_POST

from catalog_ai.models import Classification, Decision, LabelRule, Run
from catalog_ai.workflow.locks import keep_own_transactions


def register_pages(site: AdminSite) -> None:
    """Put our pages beside the product list, as they stand in Django's own admin site.

    What the shop has registered of our models, or taken out of Django's own site, stays so.
    """
    for model in (Run, LabelRule, Classification, Decision):
        if admin.site.is_registered(model) and not site.is_registered(model):
            site.register(model, type(admin.site.get_model_admin(model)))


def wrap_page(
    site: AdminSite, view: Callable[..., Any], *, deed: bool = False, cacheable: bool = False
) -> Callable[..., Any]:
    """A page of ours within a site, whose first argument is that site; a `deed` is posted only."""
    own: Callable[..., Any] = partial(view, site)
    page = keep_own_transactions(require_POST(own) if deed else own)
    return site.admin_view(page, cacheable=cacheable)
