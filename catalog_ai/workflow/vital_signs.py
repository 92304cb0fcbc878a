"""Is everything that the work needs in place, and does the work go on?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, ProgrammingError, connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from redis.exceptions import RedisError

from catalog_ai.conf import get_settings
from catalog_ai.inference.bundle import BundleError, load_bundle
from catalog_ai.workflow.figures import find_wait, has_lost_leases, has_results
from catalog_ai.workflow.models_in_use import get_bundle
from catalog_ai.workflow.queue_status import QueueStatus, get_queue_status
from catalog_ai.workflow.worker_models import list_worker_models

TITLES = {
    "database": gettext_lazy("Database"),
    "redis": gettext_lazy("Queue"),
    "model": gettext_lazy("Model"),
    "bulk_workers": gettext_lazy("Workers for runs"),
    "upload_workers": gettext_lazy("Workers for uploads"),
    "progress": gettext_lazy("Progress"),
    "leases": gettext_lazy("Products in hand"),
    "worker_models": gettext_lazy("Models of the workers"),
}
MENDS = {
    "redis": "python manage.py reconcile_classifications",
    "model": "python manage.py check",
    "bulk_workers": "python manage.py catalog_ai_worker",
    "upload_workers": "python manage.py catalog_ai_worker",
    "progress": "python manage.py catalog_ai_worker",
    "leases": "python manage.py reconcile_classifications",
}
UNDEFINED = {"42P01", "42703"}  # codes of PostgreSQL: no such table, no such column


@dataclass(frozen=True)
class Sign:
    """One thing looked at: whether it is well, and why."""

    name: str
    ok: bool
    why: str

    @property
    def title(self) -> str:
        return str(TITLES[self.name])

    @property
    def mend(self) -> str:
        """What whoever runs the shop's machines types where the sign is bad."""
        return "" if self.ok else MENDS.get(self.name, "")


def examine() -> list[Sign]:
    """Every sign, in a fixed order; what cannot be asked is not well, and raises nothing."""
    status = get_queue_status()
    return [
        _ask_database("database", check_database),
        check_redis(status),
        check_model(),
        check_bulk_workers(status),
        check_upload_workers(status),
        _ask_database("progress", check_progress),
        _ask_database("leases", check_leases),
        check_worker_models(),
    ]


def find_outage(*, uploads: bool = False) -> Sign | None:
    """The sign that tells why nothing is worked on, be it runs or uploads; None where it is."""
    status = get_queue_status()
    workers = check_upload_workers(status) if uploads else check_bulk_workers(status)
    return next((sign for sign in (check_redis(status), workers) if not sign.ok), None)


def _ask_database(name: str, check: Callable[[], Sign]) -> Sign:
    try:
        return check()
    except (DatabaseError, InterfaceError) as error:
        # The driver's message may name hosts and users.
        return Sign(name, False, explain_database(error, type(error).__name__))


def lacks_tables(error: Exception) -> bool:
    """Whether the database waits for a migration, as SQLite and PostgreSQL say it."""
    of_sqlite = any(words in str(error) for words in ("no such", "has no column"))
    return of_sqlite or getattr(error.__cause__, "sqlstate", "") in UNDEFINED


def explain_database(error: Exception, said: str) -> str:
    """What is wrong with a database that refused: it is away, or it waits for a migration."""
    if isinstance(error, ProgrammingError) or lacks_tables(error):
        return _("The database lacks tables or columns: run “python manage.py migrate”.")
    return _("The database does not answer (%s).") % said


def check_database() -> Sign:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Sign("database", True, _("It answers."))


def check_redis(status: QueueStatus) -> Sign:
    if status.reachable:
        return Sign("redis", True, _("It answers."))
    why = _(
        "Redis cannot be reached, so the workers have nothing to do at the moment. No work is "
        "lost: it waits in the database, and goes on when Redis is back."
    )
    return Sign("redis", False, why)


def check_model() -> Sign:
    """Reads the bundle from disk again: its checksum must still fit."""
    try:
        bundle = load_bundle(get_settings().BUNDLE)
    except BundleError as error:
        return Sign("model", False, str(error))
    facts = {"version": bundle.model_version, "count": len(bundle.labels)}
    return Sign("model", True, _("%(version)s, %(count)d labels.") % facts)


def check_bulk_workers(status: QueueStatus) -> Sign:
    queue = get_settings().BULK_QUEUE
    return check_workers("bulk_workers", queue, status.bulk_workers, status.bulk_depth)


def check_upload_workers(status: QueueStatus) -> Sign:
    queue = get_settings().UPLOAD_QUEUE
    return check_workers("upload_workers", queue, status.upload_workers, status.upload_depth)


def check_workers(name: str, queue: str, workers: int | None, waiting: int | None) -> Sign:
    """Whether anybody works on a queue, and how much waits there."""
    if workers is None:
        return Sign(name, False, _("Redis could not be asked."))
    if not workers:
        why = _(
            "No worker listens on the queue %s. What is in it waits until one is started; nothing "
            "is lost."
        )
        return Sign(name, False, why % queue)
    jobs = waiting or 0
    running = ngettext("%(count)d worker is running", "%(count)d workers are running", workers)
    left = ngettext("%(count)d job is waiting", "%(count)d jobs are waiting", jobs)
    return Sign(name, True, f"{running % {'count': workers}}, {left % {'count': jobs}}.")


def check_progress() -> Sign:
    """A long run waits by its size; it is stuck where nothing at all ends meanwhile."""
    bound = timedelta(seconds=get_settings().STALLED_AFTER)
    if find_wait(uploads=True) > bound:
        return Sign("progress", False, _("An upload has waited for longer than it should."))
    if find_wait(uploads=False) > bound and not has_results(bound):
        return Sign("progress", False, _("Products wait, and none has been finished for long."))
    return Sign("progress", True, _("Nothing is stuck."))


def check_leases() -> Sign:
    """A lease that ran out is taken back within a reconcile pass or two."""
    if has_lost_leases(timedelta(seconds=get_settings().LEASE_SECONDS)):
        why = _("Products of dead workers have not been taken back: reconcile does not run.")
        return Sign("leases", False, why)
    return Sign("leases", True, _("None was left behind."))


def check_worker_models() -> Sign:
    """Workers with another model leave this one's runs alone, and may be forgotten hosts."""
    try:
        workers, mine = list_worker_models(), get_bundle().model_version
    except RedisError:
        return Sign("worker_models", False, _("Redis could not be asked."))
    except BundleError as error:
        return Sign("worker_models", False, str(error))
    others = {f"{worker.host}: {worker.version or '?'}" for worker in workers}
    if any(worker.version != mine for worker in workers):
        names = {"mine": mine, "others": ", ".join(sorted(others))}
        why = _("Here it is %(mine)s, but workers have other models (%(others)s).") % names
        return Sign("worker_models", False, why)
    return Sign("worker_models", True, ", ".join(sorted(others)) or _("No worker runs."))
