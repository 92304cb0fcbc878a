"""Everything fails, on purpose, while products are categorised; then the rows are counted.

    python benchmarks/chaos.py [--rows 3000] [--faults 1000] [--workers 3] [--seed 1] [--forgetful]

Workers of their own on a Redis of their own (`--forgetful`: one that keeps nothing on disk) and
DATABASE_URL (PostgreSQL; else SQLite). While run after run goes over the catalogue, workers and
their children are killed or held still beyond their lease, Redis is killed and started again,
database connections are cut and its tables locked beyond the lease, the storage hangs up, refuses a
file or cuts it short, chunks are queued twice, pictures replaced, products and categories deleted.
One product in a hundred is poison: its picture kills the process, never ends, or needs all memory.

When the faults are over and the queue has run empty, the rows alone are asked:

- `lost`: products with a sound picture that have no current result, or a failed one; results
  missing from what their run counted;
- `repeated`: results, suggestions or filings that a product has twice for one run;
- `stuck`: rows still in flight, runs that did not end, poison that was not stopped in its bound.

That it can fail: benchmarks/chaos_broken.py.
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.setdefault("DEMO_VAR", tempfile.mkdtemp(prefix="chaos-")))
os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.chaos_settings"
os.environ.setdefault("SECRET_KEY", "only-for-this-benchmark")
sys.path.insert(0, str(ROOT))

from shop_demo.demo.ports import find_free_port  # noqa: E402
from shop_demo.demo.redis import EmbeddedRedis  # noqa: E402

REDIS = EmbeddedRedis(VAR / "redis", find_free_port(16600))
os.environ["REDIS_URL"] = REDIS.url

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import OperationalError, close_old_connections, connection, transaction  # noqa: E402
from django.db.models import Count  # noqa: E402
from PIL import Image  # noqa: E402
from redis.exceptions import RedisError  # noqa: E402

from benchmarks.chaos_settings import FAULTS, POISON  # noqa: E402
from catalog_ai.conf import get_settings  # noqa: E402
from catalog_ai.models import Classification, Decision, Run, Suggestion  # noqa: E402
from catalog_ai.targets import get_target  # noqa: E402
from catalog_ai.workflow import queues, reconcile  # noqa: E402
from catalog_ai.workflow.claim import CLAIMABLE_RUNS  # noqa: E402
from catalog_ai.workflow.enqueue import enqueue  # noqa: E402
from shop_demo.models import Category, Product  # noqa: E402

TARGET = "shop_demo.product"
COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (255, 255, 0))
POISONED = 100  # one product in so many
HELD = 5.0  # seconds a worker is held still: longer than its lease
REDIS_DOWN = 0.7
SETTLE = 120.0  # seconds without any row ending, once the faults are over, until it is stuck
IN_FLIGHT = Classification.IN_FLIGHT


class Shop:
    """The processes under attack, and the ways to attack them."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.random = random.Random(options.seed)
        self.workers, self.forgetful = options.workers, options.forgetful
        self.faults: Counter[str] = Counter()
        self.held: list[tuple[float, int]] = []
        self.supervisor: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.start_redis()
        self.start_workers()

    def start_redis(self) -> None:
        if self.forgetful:
            shutil.rmtree(REDIS.folder, ignore_errors=True)
        REDIS.start()

    def start_workers(self) -> None:
        command = [sys.executable, "-m", "django", "catalog_ai_worker"]
        self.supervisor = subprocess.Popen(
            [*command, "--bulk", str(self.workers)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def stop(self) -> None:
        for _moment, pid in self.held:
            send_signal(pid, signal.SIGCONT)
        if self.supervisor is not None:
            self.supervisor.terminate()
            self.supervisor.wait(90)
        REDIS.stop()

    def list_workers(self) -> list[int]:
        return list_children(self.supervisor.pid) if self.supervisor else []

    def list_horses(self) -> list[int]:
        return [child for worker in self.list_workers() for child in list_children(worker)]

    # Faults: each returns whether there was anything to break.

    def kill_child(self) -> bool:
        return self.kill_one(self.list_horses())

    def kill_worker(self) -> bool:
        return self.kill_one(self.list_workers())

    def kill_both(self) -> bool:
        workers = self.list_workers()
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
        horses = [pid for pid in self.list_horses() if pid not in {pid for _, pid in self.held}]
        if not horses:
            return False
        pid = self.random.choice(horses)
        self.held.append((time.monotonic() + HELD, pid))
        return send_signal(pid, signal.SIGSTOP)

    def wake(self) -> None:
        due = [pid for moment, pid in self.held if moment < time.monotonic()]
        for pid in due:
            send_signal(pid, signal.SIGCONT)
        self.held = [pair for pair in self.held if pair[1] not in due]

    def kill_redis(self) -> bool:
        if REDIS.process is None:
            return False
        REDIS.process.kill()
        REDIS.process.wait()
        time.sleep(REDIS_DOWN)
        self.start_redis()
        return True

    def restart_all(self) -> bool:
        for pid in [*self.list_horses(), *self.list_workers()]:
            send_signal(pid, signal.SIGKILL)
        if self.supervisor is not None:
            self.supervisor.kill()
            self.supervisor.wait()
        self.start_workers()
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
        rows = list(
            Classification.objects.filter(state__in=IN_FLIGHT).values_list("pk", flat=True)[:64]
        )
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
                self.faults[fault.__name__] += 1
        except (RedisError, OperationalError):
            close_old_connections()  # struck by a fault of its own making


def send_signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def list_children(pid: int) -> list[int]:
    try:
        files = list(Path(f"/proc/{pid}/task").glob("*/children"))
        return [int(child) for file in files for child in file.read_text().split()]
    except OSError:
        return []


def make_picture(name: str, dice: random.Random) -> str:
    """A small picture with a digest of its own; its name in the storage."""
    folder = Path(settings.MEDIA_ROOT) / "products"
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", (48, 48), dice.choice(COLOURS))
    picture.putpixel((0, 0), (dice.randrange(256), dice.randrange(256), dice.randrange(256)))
    picture.save(folder / f"{name}.png")
    return f"products/{name}.png"


def make_shop(rows: int, dice: random.Random) -> None:
    """Sound products, and poison of every kind among them; saved past the upload hook."""
    products = []
    for number in range(rows):
        kind = POISON[number // POISONED % len(POISON)] if number % POISONED == 7 else "sound"
        picture = make_picture(f"{kind}-{number}", dice)
        products.append(Product(title=kind, price=1, image=picture))
    Product.objects.bulk_create(products)


def start_run() -> None:
    with transaction.atomic():
        products = Product.objects.order_by("pk")
        enqueue(get_target(TARGET), products, source=Run.Source.COMMAND, mode=Run.Mode.REDO)


def reconcile_now() -> None:
    """As the cron job does; the graces are short, like the leases."""
    try:
        reconcile.reconcile()
    except (RedisError, OperationalError):
        close_old_connections()


def attack(shop: Shop, options: argparse.Namespace) -> None:
    """Faults until there were enough, with always some run under way."""
    reconciled = 0.0
    while sum(shop.faults.values()) < options.faults:
        shop.break_something()
        shop.wake()
        if time.monotonic() - reconciled > 1:
            reconciled = time.monotonic()
            reconcile_now()
            start_next_run()
        time.sleep(shop.random.uniform(0.05, options.pause))


def start_next_run() -> None:
    try:
        # Pictures that are replaced are runs of their own, and nearly always under way.
        bulk = Run.objects.filter(source=Run.Source.COMMAND, state__in=CLAIMABLE_RUNS)
        if not bulk.exists():
            start_run()
    except OperationalError:
        close_old_connections()


def settle(shop: Shop) -> None:
    """Until nothing is in flight, or nothing ends any more."""
    left, deadline = -1, time.monotonic() + SETTLE
    while time.monotonic() < deadline and left:
        shop.wake()
        reconcile_now()
        now = Classification.objects.filter(state__in=IN_FLIGHT).count()
        if now != left:
            left, deadline = now, time.monotonic() + SETTLE
        time.sleep(1)


def judge() -> tuple[dict[str, int], dict[str, int]]:
    """What the rows say, and nothing else: lost, repeated and stuck, and what they are made of."""
    close_old_connections()
    parts = {"lost": count_lost(), "repeated": count_repeated(), "stuck": count_stuck()}
    details = {name: number for part in parts.values() for name, number in part.items() if number}
    return {name: sum(part.values()) for name, part in parts.items()}, details


def count_lost() -> dict[str, int]:
    sound = {
        str(pk) for pk in Product.objects.exclude(title__in=POISON).values_list("pk", flat=True)
    }
    ended = (
        Classification.State.FILED,
        Classification.State.REVIEW,
        Classification.State.UNIDENTIFIED,
    )
    current = Classification.objects.filter(is_current=True, state__in=ended)
    answered = set(current.values_list("object_id", flat=True))
    failed = Classification.objects.filter(state=Classification.State.FAILED)
    wrong = 0
    for run in Run.objects.exclude(state=Run.State.EXPANDING):
        states = Counter(run.classifications.values_list("state", flat=True))
        wrong += sum(states.values()) - run.total
    return {
        "without a result": len(sound - answered),
        "sound but failed": failed.filter(object_id__in=sound).count(),
        "missing from their run": abs(wrong),
        "counted wrongly": count_wrong_counters(),
    }


def count_wrong_counters() -> int:
    """Ends that a run counted and its rows do not show; superseded rows had waited for a person."""
    wrong = 0
    for run in Run.objects.all():
        ends = run.classifications.exclude(state__in=IN_FLIGHT).count()
        wrong += abs(run.done - ends)
    return wrong


def count_repeated() -> dict[str, int]:
    rows = Classification.objects.values("run", "object_id").annotate(number=Count("pk"))
    suggestions = Suggestion.objects.values("classification", "label").annotate(number=Count("pk"))
    filings = Decision.objects.filter(action=Decision.Action.APPLY).values("suggestion")
    current = Classification.objects.filter(is_current=True).values("object_id")
    return {
        "results twice in a run": rows.filter(number__gt=1).count(),
        "suggestions twice": suggestions.filter(number__gt=1).count(),
        "filed twice": filings.annotate(number=Count("pk")).filter(number__gt=1).count(),
        "current twice": current.annotate(number=Count("pk")).filter(number__gt=1).count(),
    }


def count_stuck() -> dict[str, int]:
    bound = get_settings().MAX_ATTEMPTS
    poison = [
        str(pk) for pk in Product.objects.filter(title__in=POISON).values_list("pk", flat=True)
    ]
    ended = Classification.objects.filter(object_id__in=poison).exclude(state__in=IN_FLIGHT)
    stopped = (
        Classification.State.FAILED,
        Classification.State.REJECTED,
        Classification.State.CANCELLED,
    )
    return {
        "in flight": Classification.objects.filter(state__in=IN_FLIGHT).count(),
        "runs without an end": Run.objects.filter(state__in=("running", "expanding")).count(),
        "poison not stopped": ended.exclude(state__in=stopped).count(),
        "poison tried too often": ended.filter(attempts__gt=bound).count(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_000)
    parser.add_argument("--faults", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pause", type=float, default=0.6, help="most seconds between two faults")
    parser.add_argument("--forgetful", action="store_true")
    options = parser.parse_args()
    reconcile.GRACE = reconcile.IDLE_GRACE = timedelta(seconds=2)
    shop = Shop(options)
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    make_shop(options.rows, shop.random)
    begin = time.monotonic()
    try:
        shop.start()
        start_run()
        attack(shop, options)
        settle(shop)
    finally:
        shop.stop()
    found, details = judge()
    figures = {
        "rows": Classification.objects.count(),
        "faults": sum(shop.faults.values()),
        **found,
        "seconds": round(time.monotonic() - begin),
        "found": details,
        "products": Product.objects.count(),
        "runs": Run.objects.count(),
        "database": connection.vendor,
        "by_fault": dict(shop.faults),
        "states": dict(Counter(Classification.objects.values_list("state", flat=True))),
    }
    print(json.dumps(figures, indent=2))
    shutil.rmtree(VAR, ignore_errors=True)
    sys.exit(bool(figures["lost"] or figures["repeated"] or figures["stuck"]))


if __name__ == "__main__":
    main()
