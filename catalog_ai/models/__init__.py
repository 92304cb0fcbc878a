"""The rows that are the truth: runs, classifications, suggestions, decisions, rules, embeddings.

Summaries are counted from them.
"""

from catalog_ai.models.budgets import ErrorBudget
from catalog_ai.models.changes import Change
from catalog_ai.models.classifications import Classification
from catalog_ai.models.decisions import Decision
from catalog_ai.models.embeddings import Embedding
from catalog_ai.models.health import DifferentProducts, HealthCheck, HealthFinding, HealthGroup
from catalog_ai.models.products import CategorizedProduct
from catalog_ai.models.rollbacks import Rollback
from catalog_ai.models.rules import LabelRule
from catalog_ai.models.runs import Run
from catalog_ai.models.suggestions import Suggestion
from catalog_ai.models.summaries import DaySummary
from catalog_ai.models.threshold_changes import ThresholdChange

__all__ = [
    "CategorizedProduct",
    "Change",
    "Classification",
    "DaySummary",
    "Decision",
    "DifferentProducts",
    "Embedding",
    "ErrorBudget",
    "HealthCheck",
    "HealthFinding",
    "HealthGroup",
    "LabelRule",
    "Rollback",
    "Run",
    "Suggestion",
    "ThresholdChange",
]
