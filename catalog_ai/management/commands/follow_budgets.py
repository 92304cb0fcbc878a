"""`manage.py follow_budgets`: let thresholds follow their error budgets now; safe at any time."""

from typing import Any

from django.utils.translation import ngettext

from catalog_ai.management.shop_command import ShopCommand
from catalog_ai.workflow.follow import follow_budgets


class Command(ShopCommand):
    help = "Sets thresholds by the error budgets that are to be followed, as the worker does."

    def handle(self, *args: Any, **options: Any) -> None:
        count = follow_budgets(now=True)
        text = ngettext("%d threshold was changed.", "%d thresholds were changed.", count)
        self.stdout.write(text % count)
