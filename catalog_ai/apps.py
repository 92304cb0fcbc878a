"""The Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CatalogAIConfig(AppConfig):
    name = "catalog_ai"
    verbose_name = _("Catalogue AI")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Checks and receivers need the shop's models, which are loaded only now.
        from catalog_ai import checks, receivers

        checks.register_checks()
        receivers.connect_receivers()
