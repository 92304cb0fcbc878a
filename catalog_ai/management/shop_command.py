"""What commands share that work on the shop: they say in a sentence what they cannot reach."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, ProgrammingError
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from catalog_ai.workflow.vital_signs import explain_database


class ShopCommand(BaseCommand):
    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except RedisError as error:
            told = _("Redis cannot be reached (%s). Nothing is lost: run this again.")
            raise CommandError(told % error) from error
        except (InterfaceError, OperationalError, ProgrammingError) as error:
            raise CommandError(explain_database(error, str(error).strip())) from error
