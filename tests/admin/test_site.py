"""A shop with an admin site of its own finds our pages in it."""

from django.contrib import admin
from django.contrib.admin import AdminSite

from catalog_ai.admin import AutoCategorizeAdminMixin
from catalog_ai.models import Classification, Decision, LabelRule, Run
from tests.shops.models import IntProduct

OURS = (Run, LabelRule, Classification, Decision)


class ShopAdmin(AutoCategorizeAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    pass


def test_our_pages_come_into_the_admin_site_of_the_products() -> None:
    site = AdminSite(name="backoffice")
    site.register(IntProduct, ShopAdmin)
    assert all(site.is_registered(model) for model in OURS)
    names = {one.name for one in site.get_model_admin(Run).get_urls()}
    assert {"catalog_ai_home", "catalog_ai_review", "catalog_ai_run_change"} <= names


def test_what_the_shop_has_registered_of_ours_stays() -> None:
    class Runs(admin.ModelAdmin):  # type: ignore[type-arg]
        pass

    site = AdminSite(name="backoffice")
    site.register(Run, Runs)
    site.register(IntProduct, ShopAdmin)
    assert type(site.get_model_admin(Run)) is Runs
