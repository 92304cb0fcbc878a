"""The test shops as an app."""

from django.apps import AppConfig


class ShopsConfig(AppConfig):
    name = "tests.shops"
    label = "shops"
    default_auto_field = "django.db.models.BigAutoField"
