"""The figures of a chart as a file."""

from collections.abc import Sequence

from django.http import Http404
from django.http.response import HttpResponseBase

from catalog_ai.admin.dashboard.chart import Chart
from catalog_ai.admin.export import send_csv
from catalog_ai.workflow.export_lines import format_lines


def send_chart(charts: Sequence[Chart], key: str) -> HttpResponseBase:
    """The figures of one of the charts as a CSV file.

    Raises:
        Http404: none of them has this key.
    """
    chart = next((chart for chart in charts if chart.key == key), None)
    if chart is None:
        raise Http404
    return send_csv([format_lines([chart.heads, *chart.lines])], f"dashboard-{key}")
