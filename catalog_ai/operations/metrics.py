"""Prometheus metrics, read from the rows and Redis at each scrape.

Workers fork a child a job, so counters kept in a process would be lost with it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client.registry import Collector

from catalog_ai import __version__
from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import BundleError
from catalog_ai.workflow import figures
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.queue import count_waiting
from catalog_ai.workflow.queue_status import get_queue_status
from catalog_ai.workflow.worker_models import list_worker_models

__all__ = ["CONTENT_TYPE", "write_metrics"]

WINDOWS = {"5m": timedelta(minutes=5), "1h": timedelta(hours=1)}
ENDS = ("filed", "review", "unidentified", "reviewed", "unchanged", "rejected", "failed")
ACTIONS = ("apply", "approve", "reject", "correct", "undo", "roll_back")


def write_metrics() -> bytes:
    """All metrics, in Prometheus' text format.

    Raises:
        DatabaseError, InterfaceError: the database does not answer.
    """
    registry = CollectorRegistry()
    registry.register(CatalogCollector())
    return generate_latest(registry)


class CatalogCollector(Collector):
    """Reads everything anew at each scrape."""

    def collect(self) -> Iterator[Metric]:
        yield from measure_queues()
        yield from measure_work()
        yield from measure_results()
        yield from describe_versions()


def measure_queues() -> Iterator[Metric]:
    """Depths and workers; only `catalog_ai_redis_up` where Redis does not answer."""
    status, settings = get_queue_status(), get_settings()
    yield GaugeMetricFamily("catalog_ai_redis_up", "1 if Redis answers.", value=status.reachable)
    if not status.reachable:
        return
    bulk, uploads = settings.BULK_QUEUE, settings.UPLOAD_QUEUE
    depths = {bulk: status.bulk_depth or 0, uploads: status.upload_depth or 0}
    yield make_gauge("queue_jobs", "Jobs waiting in Redis.", "queue", depths)
    workers = {bulk: status.bulk_workers or 0, uploads: status.upload_workers or 0}
    yield make_gauge("workers", "Workers alive.", "queue", workers)
    models = Counter(worker.version for worker in list_worker_models())
    text = "Workers alive, by the version of their model."
    yield make_gauge("workers_of_model", text, "model_version", models)


def measure_work() -> Iterator[Metric]:
    """What is in hand and what waits."""
    text = f"Products in flight, counted up to {figures.COUNTED}."
    yield make_gauge("in_flight", text, "state", figures.count_in_flight())
    waits = {
        kind: figures.find_wait(uploads=kind == "upload").total_seconds()
        for kind in ("upload", "bulk")
    }
    text = "Age of the oldest queued product of runs in progress."
    yield make_gauge("oldest_queued_seconds", text, "kind", waits)
    yield make_gauge("runs", "Runs not ended.", "state", figures.count_open_runs())
    text = "Products that wait for a person; may be a minute old."
    yield GaugeMetricFamily("catalog_ai_review_backlog", text, value=count_waiting())


def measure_results() -> Iterator[Metric]:
    """What ended lately, by the state it has now, and what was decided."""
    text = "Products that ended in the window just past."
    results = GaugeMetricFamily("catalog_ai_results", text, labels=("outcome", "window"))
    for window, past in WINDOWS.items():
        found = figures.count_results(past)
        for outcome in dict.fromkeys((*ENDS, *found)):
            results.add_metric((outcome, window), found.get(outcome, 0))
    yield results
    decisions = {**dict.fromkeys(ACTIONS, 0), **figures.count_decisions(WINDOWS["1h"])}
    yield make_gauge("decisions_last_hour", "Lines of the ledger.", "action", decisions)


def describe_versions() -> Iterator[Metric]:
    yield InfoMetricFamily("catalog_ai_app", "Version.", value={"version": __version__})
    try:
        version = get_bundle().model_version
    except BundleError:
        version = ""
    yield InfoMetricFamily("catalog_ai_model", "Model in use.", value={"version": version})


def make_gauge(name: str, text: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    """A gauge `catalog_ai_<name>` with one label."""
    gauge = GaugeMetricFamily(f"catalog_ai_{name}", text, labels=(label,))
    for key, value in values.items():
        gauge.add_metric((str(key),), value)
    return gauge
