"""Figures of the work done: how much, how well, and what still waits."""

from catalog_ai.workflow.statistics.acceptance import Tally
from catalog_ai.workflow.statistics.gather import Statistics, gather_statistics
from catalog_ai.workflow.statistics.period import BadPeriod, Period, read_period
from catalog_ai.workflow.statistics.summaries import rebuild_summaries, update_summaries

__all__ = [
    "BadPeriod",
    "Period",
    "Statistics",
    "Tally",
    "gather_statistics",
    "read_period",
    "rebuild_summaries",
    "update_summaries",
]
