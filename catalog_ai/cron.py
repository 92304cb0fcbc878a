"""Periodic work for `manage.py rqcron catalog_ai.cron`, where the supervisor is not used.

rq's cron always pickles its jobs, so it has a queue of its own with rq's default serializer.
"""

from django.core.exceptions import ImproperlyConfigured
from django_rq.settings import QUEUES
from rq.cron import register

from catalog_ai.conf import get_settings
from catalog_ai.workflow.jobs import count_statistics, reconcile_rows

EVERY = 60  # seconds

QUEUE = get_settings().CRON_QUEUE
if QUEUE not in QUEUES:
    raise ImproperlyConfigured(f"RQ_QUEUES needs a queue {QUEUE!r} for this, without SERIALIZER.")

for job in (reconcile_rows, count_statistics):
    register(job, queue_name=QUEUE, interval=EVERY, result_ttl=0)
