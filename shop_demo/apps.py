"""The demo shop's app."""

from django.apps import AppConfig


class ShopDemoConfig(AppConfig):
    name = "shop_demo"
    default_auto_field = "django.db.models.BigAutoField"
    verbose_name = "Demo shop"
