"""What benchmarks/chaos.py attacks: a shop with sound products and poison, its Redis, its workers.

Import it first: it sets the environment up.
"""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.setdefault("DEMO_VAR", tempfile.mkdtemp(prefix="chaos-")))
os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.chaos_settings"
os.environ.setdefault("SECRET_KEY", "only-for-this-benchmark")

from shop_demo.demo.ports import find_free_port  # noqa: E402
from shop_demo.demo.redis import EmbeddedRedis  # noqa: E402

REDIS = EmbeddedRedis(VAR / "redis", find_free_port(16600))
os.environ["REDIS_URL"] = REDIS.url

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402
from PIL import Image  # noqa: E402

from benchmarks.chaos_settings import POISON  # noqa: E402
from benchmarks.memory import list_children  # noqa: E402
from catalog_ai.models import Run  # noqa: E402
from catalog_ai.targets import get_target  # noqa: E402
from catalog_ai.workflow.enqueue import enqueue  # noqa: E402
from shop_demo.models import Product  # noqa: E402

TARGET = "shop_demo.product"
COLOURS = ((255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (255, 255, 0))
POISONED = 100  # one product in so many


class Shop:
    """The processes under attack."""

    def __init__(self, workers: int, *, forgetful: bool) -> None:
        self.workers, self.forgetful = workers, forgetful
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
        if self.supervisor is not None:
            self.supervisor.terminate()
            self.supervisor.wait(90)
        REDIS.stop()

    def list_workers(self) -> list[int]:
        return list_children(self.supervisor.pid) if self.supervisor else []

    def list_horses(self) -> list[int]:
        """The workers' children, which do the work."""
        return [child for worker in self.list_workers() for child in list_children(worker)]


def send_signal(pid: int, number: signal.Signals) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def make_shop(rows: int, dice: random.Random) -> None:
    """An empty database, then sound products, and poison of every kind among them."""
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    products = []
    for number in range(rows):
        kind = POISON[number // POISONED % len(POISON)] if number % POISONED == 7 else "sound"
        picture = make_picture(f"{kind}-{number}", dice)
        products.append(Product(title=kind, price=1, image=picture))
    Product.objects.bulk_create(products)  # past the upload hook


def make_picture(name: str, dice: random.Random) -> str:
    """A small picture with a digest of its own; its name in the storage."""
    folder = Path(settings.MEDIA_ROOT) / "products"
    folder.mkdir(parents=True, exist_ok=True)
    picture = Image.new("RGB", (48, 48), dice.choice(COLOURS))
    picture.putpixel((0, 0), (dice.randrange(256), dice.randrange(256), dice.randrange(256)))
    picture.save(folder / f"{name}.png")
    return f"products/{name}.png"


def start_run() -> None:
    with transaction.atomic():
        products = Product.objects.order_by("pk")
        enqueue(get_target(TARGET), products, source=Run.Source.COMMAND, mode=Run.Mode.REDO)
