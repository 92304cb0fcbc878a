"""The dashboard: what was done in a period, how well, and what still waits."""

from catalog_ai.admin.dashboard.view import show_dashboard

__all__ = ["show_dashboard"]
