"""Our own pages in an admin site of the shop's own."""

from django.contrib import admin
from django.contrib.admin import AdminSite

from catalog_ai.models import Classification, Decision, LabelRule, Run


def register_pages(site: AdminSite) -> None:
    """Put our pages beside the product list, as they stand in Django's own admin site.

    What the shop has registered of our models, or taken out of Django's own site, stays so.
    """
    for model in (Run, LabelRule, Classification, Decision):
        if admin.site.is_registered(model) and not site.is_registered(model):
            site.register(model, type(admin.site.get_model_admin(model)))
