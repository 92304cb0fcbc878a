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
import random
import shutil
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.chaos_stage import VAR, Shop, make_shop, start_run  # noqa: E402  # isort: skip

from django.db import OperationalError, close_old_connections, connection  # noqa: E402
from redis.exceptions import RedisError  # noqa: E402

from benchmarks.chaos_checks import judge  # noqa: E402
from benchmarks.chaos_faults import Faults  # noqa: E402
from catalog_ai.models import Classification, Run  # noqa: E402
from catalog_ai.workflow import reconcile  # noqa: E402
from catalog_ai.workflow.claim import CLAIMABLE_RUNS  # noqa: E402
from shop_demo.models import Product  # noqa: E402

SETTLE = 120.0  # seconds without any row ending, once the faults are over, until it is stuck
IN_FLIGHT = Classification.IN_FLIGHT


def run_chaos(options: argparse.Namespace) -> Counter[str]:
    """The attack, and the quiet after it; the faults by name."""
    dice = random.Random(options.seed)
    shop = Shop(options.workers, forgetful=options.forgetful)
    faults = Faults(shop, dice)
    make_shop(options.rows, dice)
    try:
        shop.start()
        start_run()
        attack(faults, options.faults, options.pause)
        settle(faults)
    finally:
        faults.wake(everybody=True)
        shop.stop()
    return faults.done


def attack(faults: Faults, count: int, pause: float) -> None:
    """Faults until there were enough, with always some run under way."""
    reconciled = 0.0
    while faults.done.total() < count:
        faults.break_something()
        faults.wake()
        if time.monotonic() - reconciled > 1:
            reconciled = time.monotonic()
            reconcile_now()
            start_next_run()
        time.sleep(faults.random.uniform(0.05, pause))


def reconcile_now() -> None:
    """As the cron job does; the graces are short, like the leases."""
    try:
        reconcile.reconcile()
    except (RedisError, OperationalError):
        close_old_connections()


def start_next_run() -> None:
    try:
        # Pictures that are replaced are runs of their own, and nearly always under way.
        bulk = Run.objects.filter(source=Run.Source.COMMAND, state__in=CLAIMABLE_RUNS)
        if not bulk.exists():
            start_run()
    except OperationalError:
        close_old_connections()


def settle(faults: Faults) -> None:
    """Until nothing is in flight, or nothing ends any more."""
    left, deadline = -1, time.monotonic() + SETTLE
    while time.monotonic() < deadline and left:
        faults.wake()
        reconcile_now()
        now = Classification.objects.filter(state__in=IN_FLIGHT).count()
        if now != left:
            left, deadline = now, time.monotonic() + SETTLE
        time.sleep(1)


def report(by_fault: Counter[str], seconds: float) -> dict[str, Any]:
    found, details = judge()
    return {
        "rows": Classification.objects.count(),
        "faults": by_fault.total(),
        **found,
        "seconds": round(seconds),
        "found": details,
        "products": Product.objects.count(),
        "runs": Run.objects.count(),
        "database": connection.vendor,
        "by_fault": dict(by_fault),
        "states": dict(Counter(Classification.objects.values_list("state", flat=True))),
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
    begin = time.monotonic()
    by_fault = run_chaos(options)
    figures = report(by_fault, time.monotonic() - begin)
    print(json.dumps(figures, indent=2))
    shutil.rmtree(VAR, ignore_errors=True)
    sys.exit(bool(figures["lost"] or figures["repeated"] or figures["stuck"]))


if __name__ == "__main__":
    main()
