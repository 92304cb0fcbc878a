"""A collecting or checking job that Redis lost is sent again, however busy the queue is."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rq import SimpleWorker

from catalog_ai.models import HealthCheck, Run
from catalog_ai.workflow import jobs
from catalog_ai.workflow.enqueue import enqueue
from catalog_ai.workflow.job_list import describe_job, list_jobs
from catalog_ai.workflow.queues import CHECK_JOB, EXPAND_JOB, send, send_check, send_expansion
from catalog_ai.workflow.reconcile import reconcile
from shop_demo.models import Product
from tests.factories import make_product, make_run

pytestmark = [pytest.mark.django_db, pytest.mark.redis]
LONG_AGO = timezone.now() - timedelta(minutes=5)


def make_expanding() -> Run:
    run = make_run(state=Run.State.EXPANDING, collected=False, selection_sql="SELECT 1")
    Run.objects.filter(pk=run.pk).update(created_at=LONG_AGO)
    return run


def work(queue: Any) -> None:
    worker = SimpleWorker([queue], connection=queue.connection, serializer=queue.serializer)
    worker.work(burst=True, logging_level="CRITICAL")


def test_a_lost_expansion_is_sent_again_while_other_runs_keep_the_queue_busy(
    live_queues: Any,
) -> None:
    queue = live_queues["catalog_ai"]
    send(queue.name, [1, 2, 3])
    send_expansion(make_expanding())  # of another run
    lost = make_expanding()
    assert reconcile().expansions == 1
    assert describe_job(EXPAND_JOB, lost.pk) in list_jobs(queue.name)
    assert queue.count == 3


def test_what_waits_is_not_sent_twice(live_queues: Any) -> None:
    send_expansion(make_expanding())
    assert [reconcile().expansions for _time in range(3)] == [0, 0, 0]
    assert live_queues["catalog_ai"].count == 1


def test_what_is_at_work_is_not_sent_twice(
    live_queues: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, queue = make_expanding(), live_queues["catalog_ai"]
    sent = []

    def look(run_id: int) -> bool:
        sent.append((run_id, reconcile().expansions))
        return False

    monkeypatch.setattr(jobs, "expand_next_page", look)
    send_expansion(run)
    work(queue)
    assert sent == [(run.pk, 0)]


@pytest.mark.usefixtures("no_uploads")
def test_a_run_whose_job_was_lost_is_collected_to_its_end(
    live_queues: Any, target: Any, settings: Any
) -> None:
    settings.CATALOG_AI = {**settings.CATALOG_AI, "EXPAND_PAGE": 2}
    for _number in range(5):
        make_product()
    run = enqueue(target, Product.objects.all(), source=Run.Source.COMMAND)
    Run.objects.filter(pk=run.pk).update(created_at=LONG_AGO)
    queue = live_queues["catalog_ai"]
    queue.connection.flushdb()
    send(queue.name, [0])
    assert reconcile().expansions == 1
    work(queue)
    run.refresh_from_db()
    assert (run.collected, run.total) == (True, 5)


def test_a_lost_health_check_is_sent_again_and_once(live_queues: Any) -> None:
    queue = live_queues["catalog_ai"]
    send(queue.name, [1])
    check = HealthCheck.objects.create(target="shop_demo.product")
    HealthCheck.objects.filter(pk=check.pk).update(touched_at=LONG_AGO)
    assert [reconcile().checks for _time in range(2)] == [1, 0]
    queue.empty()
    send_check(check)
    assert describe_job(CHECK_JOB, check.pk) in list_jobs(queue.name)
    assert reconcile().checks == 0
