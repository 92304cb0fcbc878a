"""The admin integration: mixins for the shop's products, and our own pages."""

from catalog_ai.admin.inlines import AutoCategorizeInlineMixin
from catalog_ai.admin.ledger import ClassificationAdmin, DecisionAdmin
from catalog_ai.admin.products import AutoCategorizeAdminMixin
from catalog_ai.admin.rules import LabelRuleAdmin
from catalog_ai.admin.runs import RunAdmin

__all__ = [
    "AutoCategorizeAdminMixin",
    "AutoCategorizeInlineMixin",
    "ClassificationAdmin",
    "DecisionAdmin",
    "LabelRuleAdmin",
    "RunAdmin",
]
