"""The Django app."""

import sys

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _


class CatalogAIConfig(AppConfig):
    name = "catalog_ai"
    verbose_name = _("Catalogue AI")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Checks and receivers need the shop's models, which are loaded only now.
        from catalog_ai import checks, receivers

        checks.register_checks()
        try:
            receivers.connect_receivers()
        except Exception as error:
            self._explain(error)

    def _explain(self, error: Exception) -> None:
        """A wrong set-up stops every process, save the one that lists all that is wrong."""
        from catalog_ai.checks import check_settings
        from catalog_ai.target_checks import check_targets

        mistakes = [*check_settings(None), *check_targets(None)]
        if not mistakes:
            raise error
        if sys.argv[1:2] != ["check"]:
            told = "".join(f"\n({one.id}) {one.msg} {one.hint}" for one in mistakes)
            raise ImproperlyConfigured(f"catalog_ai is not set up well:{told}") from error
