"""The demo shop's admin: an ordinary ModelAdmin with the mixin in front."""

from django.contrib import admin

from catalog_ai.admin import AutoCategorizeAdminMixin
from catalog_ai.admin.paginator import LargeListPaginator
from shop_demo.models import Category, Product


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["name"]
    search_fields = ["name"]


@admin.register(Product)
class ProductAdmin(AutoCategorizeAdminMixin, admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ["title", "price"]
    list_filter = ["categories"]
    search_fields = ["title"]
    autocomplete_fields = ["categories"]
    list_per_page = 50
    # For catalogues beyond a hundred thousand products.
    paginator = LargeListPaginator
    show_full_result_count = False
