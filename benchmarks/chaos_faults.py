"""The ways in which benchmarks/chaos.py attacks its shop."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable

from django.db import (
    IntegrityError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from redis.exceptions import RedisError

from benchmarks.chaos_settings import FAULTS, POISON
from benchmarks.chaos_stage import REDIS, Shop, make_picture, send_signal
from benchmarks.memory import list_children
from catalog_ai.conf import get_settings
from catalog_ai.models import Classification
from catalog_ai.workflow import queues
from shop_demo.models import Category, Product

HELD = 5.0  # seconds a worker is held still: longer than its lease
REDIS_DOWN = 0.7


class Faults:
    """Each fault returns whether there was anything to break; `done` counts them by name."""

    def __init__(self, shop: Shop, dice: random.Random) -> None:
        self.shop, self.random = shop, dice
        self.done: Counter[str] = Counter()
        self.held: list[tuple[float, int]] = []  # until when, and the process

    def break_something(self) -> None:
        kinds: list[Callable[[], bool]] = [
            *[self.kill_child] * 4,
            *[self.kill_worker] * 2,
            *[self.kill_both] * 2,
            *[self.hold_still] * 2,
            *[self.queue_twice] * 2,
            *[self.replace_picture] * 2,
            *[self.cut_database] * 2,
            *[self.break_storage] * 2,
            *[self.kill_redis, self.delete_product, self.delete_category],
        ]
        rare = {0: self.restart_all, 1: self.pause_database}.get(self.random.randrange(50))
        fault = rare or self.random.choice(kinds)
        try:
            if fault():
                self.done[fault.__name__] += 1
        except (RedisError, OperationalError, IntegrityError):
            # Struck by a fault of its own making, or by a category filed while it was deleted.
            close_old_connections()

    def wake(self, *, everybody: bool = False) -> None:
        """Let those go on who were held still for long enough."""
        now = time.monotonic()
        due = {pid for moment, pid in self.held if everybody or moment < now}
        for pid in due:
            send_signal(pid, signal.SIGCONT)
        self.held = [pair for pair in self.held if pair[1] not in due]

    def kill_child(self) -> bool:
        return self.kill_one(self.shop.list_horses())

    def kill_worker(self) -> bool:
        return self.kill_one(self.shop.list_workers())

    def kill_both(self) -> bool:
        workers = self.shop.list_workers()
        if not workers:
            return False
        worker = self.random.choice(workers)
        for pid in [*list_children(worker), worker]:
            send_signal(pid, signal.SIGKILL)
        return True

    def kill_one(self, pids: list[int]) -> bool:
        return bool(pids) and send_signal(self.random.choice(pids), signal.SIGKILL)

    def hold_still(self) -> bool:
        """A process that wakes up when its rows belong to somebody else."""
        held = {pid for _moment, pid in self.held}
        horses = [pid for pid in self.shop.list_horses() if pid not in held]
        if not horses:
            return False
        pid = self.random.choice(horses)
        self.held.append((time.monotonic() + HELD, pid))
        return send_signal(pid, signal.SIGSTOP)

    def kill_redis(self) -> bool:
        if REDIS.process is None:
            return False
        REDIS.process.kill()
        REDIS.process.wait()
        time.sleep(REDIS_DOWN)
        self.shop.start_redis()
        return True

    def restart_all(self) -> bool:
        for pid in [*self.shop.list_horses(), *self.shop.list_workers()]:
            send_signal(pid, signal.SIGKILL)
        if self.shop.supervisor is not None:
            self.shop.supervisor.kill()
            self.shop.supervisor.wait()
        self.shop.start_workers()
        return True

    def cut_database(self) -> bool:
        if connection.vendor != "postgresql":
            return False
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return bool(cursor.fetchall())

    def pause_database(self) -> bool:
        """For longer than a lease; SQLite's transactions shut other writers out by themselves."""
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("LOCK TABLE catalog_ai_classification IN ACCESS EXCLUSIVE MODE")
            time.sleep(HELD)
        return True

    def break_storage(self) -> bool:
        FAULTS.mkdir(exist_ok=True)
        kind = self.random.choice(("away", "refuse", "cut"))
        for number in range(self.random.randrange(1, 4)):
            (FAULTS / f"{kind}-{number}").touch()
        return True

    def delete_category(self) -> bool:
        category = Category.objects.order_by("?").first()
        if category is not None:
            category.delete()
        return category is not None

    def queue_twice(self) -> bool:
        in_flight = Classification.objects.filter(state__in=Classification.IN_FLIGHT)
        rows = list(in_flight.values_list("pk", flat=True)[:64])
        if rows:
            queues.send(get_settings().BULK_QUEUE, rows)
        return bool(rows)

    def replace_picture(self) -> bool:
        product = self.pick_product()
        product.image = make_picture(f"new-{self.random.random()}", self.random)
        product.save()
        return True

    def delete_product(self) -> bool:
        self.pick_product().delete()
        return True

    def pick_product(self) -> Product:
        sound = Product.objects.exclude(title__in=POISON)
        return sound[self.random.randrange(sound.count())]
