"""The admin integration: `AutoCategorizeAdminMixin` for the shop's products, and our own pages."""

from catalog_ai.admin.ledger import ClassificationAdmin, DecisionAdmin
from catalog_ai.admin.products import AutoCategorizeAdminMixin
from catalog_ai.admin.rules import LabelRuleAdmin
from catalog_ai.admin.runs import RunAdmin

__all__ = [
    "AutoCategorizeAdminMixin",
    "ClassificationAdmin",
    "DecisionAdmin",
    "LabelRuleAdmin",
    "RunAdmin",
]
