"""A health check through the real queue: sent, lost, sent again, given up."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rq import SimpleWorker

from catalog_ai.models import HealthCheck
from catalog_ai.workflow.health.check import start_check
from catalog_ai.workflow.queues import CHECK_TIMES
from catalog_ai.workflow.reconcile import reconcile
from tests.factories import make_superuser
from tests.workflow.catalogue import place

pytestmark = pytest.mark.django_db
BULK = "catalog_ai"


def work(queue: Any) -> None:
    worker = SimpleWorker([queue], connection=queue.connection, serializer=queue.serializer)
    worker.work(burst=True, logging_level="ERROR")


def age(check: HealthCheck) -> None:
    past = timezone.now() - timedelta(minutes=1)
    HealthCheck.objects.filter(pk=check.pk).update(touched_at=past)


def test_the_queue_hears_after_commit_and_a_worker_does_it(
    target: Any, live_queues: Any, django_capture_on_commit_callbacks: Any
) -> None:
    place("a", "Tops")
    with django_capture_on_commit_callbacks(execute=True):
        check = start_check(target, make_superuser())
        assert live_queues[BULK].count == 0
    (job,) = live_queues[BULK].jobs
    assert job.timeout == CHECK_TIMES * 600
    work(live_queues[BULK])
    check.refresh_from_db()
    assert (check.state, check.products, check.groups.get().size) == ("done", 1, 1)


def test_a_check_that_redis_forgot_is_sent_again(target: Any, live_queues: Any) -> None:
    check = start_check(target, make_superuser())  # never committed, so never sent
    assert reconcile().checks == 0  # it may be on its way
    age(check)
    assert "1 health check resumed" in str(reconcile())
    assert live_queues[BULK].count == 1
    age(check)
    assert reconcile().checks == 0  # it waits in the queue
    work(live_queues[BULK])
    check.refresh_from_db()
    assert check.state == "done"
    age(check)
    assert reconcile().checks == 0


def test_a_check_that_kills_its_worker_is_given_up(target: Any, live_queues: Any) -> None:
    check = start_check(target, make_superuser())
    HealthCheck.objects.filter(pk=check.pk).update(attempts=3)  # counted before the work
    age(check)
    reconcile()
    work(live_queues[BULK])
    check.refresh_from_db()
    assert (check.state, check.state_reason) == ("failed", "The worker stopped while it was at it.")


def test_the_command_checks_one_product_model_or_all(live_queues: Any) -> None:
    call_command("check_catalogue", "shops.intproduct", stdout=io.StringIO())
    assert list(HealthCheck.objects.values_list("target", flat=True)) == ["shops.intproduct"]
    call_command("check_catalogue", stdout=io.StringIO())
    assert HealthCheck.objects.count() == 6
    with pytest.raises(CommandError, match="known: shop_demo.product"):
        call_command("check_catalogue", "no.such")
