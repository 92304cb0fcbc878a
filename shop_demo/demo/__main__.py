"""`python -m shop_demo.demo`: the whole shop on this machine, until Ctrl-C."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from shop_demo.demo.conditions import check_photos, check_redis, claim_folder
from shop_demo.demo.ports import find_free_port
from shop_demo.demo.processes import Child, start_child, stop_children
from shop_demo.demo.redis import EmbeddedRedis

VAR = Path(os.environ.get("DEMO_VAR", "var/demo")).resolve()
LOGS = VAR / "log"
WEB_PORT = 8000
REDIS_PORT = 6390


class Stopped(Exception):
    """The person pressed Ctrl-C, or the process was asked to end."""


def raise_stopped(number: int, frame: FrameType | None) -> None:
    # A second one, which `make` passes on from its own group, must not interrupt the stopping.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--photos", type=Path, help="a folder or zip archive of your own photos")
    parser.add_argument("--port", type=int, default=WEB_PORT, help="port of the web server")
    arguments = parser.parse_args()
    if not 0 < arguments.port < 65536:
        parser.error("a port is a number from 1 to 65535.")
    return arguments


def main() -> int:
    """Run the demo; the exit status is 0 unless a part of it failed."""
    arguments = parse_arguments()
    signal.signal(signal.SIGTERM, raise_stopped)
    signal.signal(signal.SIGINT, raise_stopped)
    children: list[Child] = []
    try:
        with claim_folder(VAR):
            run(arguments, children)
    except Stopped:
        print("\nStopping ...", flush=True)
        return 0
    except RuntimeError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    finally:
        # A second Ctrl-C ends this at once.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop_children(children)
    return 0


def run(arguments: argparse.Namespace, children: list[Child]) -> None:
    """Start every part, then watch them."""
    started = time.monotonic()
    if arguments.photos:
        check_photos(arguments.photos)
    if url := os.environ.get("REDIS_URL"):
        check_redis(url)
    else:
        redis = EmbeddedRedis(VAR / "redis", find_free_port(REDIS_PORT))
        log = VAR / "redis" / "redis.log"
        children.append(Child("redis", redis.start(), log))
        os.environ["REDIS_URL"] = redis.url
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop_demo.settings"
    prepare_database()
    environment = dict(os.environ)
    manage = [sys.executable, "-m", "django"]
    children.append(start_child("worker", [*manage, "catalog_ai_worker"], LOGS, environment))
    port = find_free_port(arguments.port)
    if port != arguments.port:
        print(f"Port {arguments.port} is taken: using {port}.", flush=True)
    web = ["waitress-serve", f"--listen=127.0.0.1:{port}", "--threads=8"]
    server = [sys.executable, "-m", "waitress", *web[1:], "shop_demo.wsgi:application"]
    children.append(start_child("web", server, LOGS, environment))
    print(
        f"\n  The shop:      http://127.0.0.1:{port}/admin/"
        "\n  Store admin:   admin / admin"
        "\n  Merchandiser:  merch / merch (may only review)"
        f"\n  Logs:          {LOGS}"
        "\n  Stop:          Ctrl-C\n",
        flush=True,
    )
    seed = [
        *manage,
        "seed_demo",
        *(["--photos", str(arguments.photos)] if arguments.photos else []),
    ]
    children.append(start_child("seed", seed, LOGS, environment))
    watch(children, started)


def prepare_database() -> None:
    """Migrate, and make the accounts. Django is set up only now: its settings need REDIS_URL.

    Raises:
        RuntimeError: the database cannot be reached.
    """
    import django
    from django.core.management import call_command
    from django.db import OperationalError

    django.setup()
    try:
        call_command("migrate", verbosity=0)
    except OperationalError as error:
        raise RuntimeError(f"The database cannot be used: {error}") from error
    from shop_demo.demo.accounts import make_accounts

    make_accounts()


def watch(children: list[Child], started: float) -> None:
    """Show the progress until every product is through, then stay until stopped.

    Raises:
        RuntimeError: a part of the demo ended by itself.
    """
    from shop_demo.demo.progress import read_progress

    shown, first, told = "", False, False
    while True:
        check_children(children)
        progress = read_progress()
        if progress.done and not first:
            first = True
            print(f"\n  First product after {time.monotonic() - started:.1f} s", flush=True)
        if str(progress) != shown:
            shown = str(progress)
            print(f"\r  {shown}", end="", flush=True)
        seeded = not any(child.name == "seed" for child in children)
        if seeded and not told and progress.total and not progress.in_flight:
            told = True
            print(
                f"\n\n  {progress.filed} filed by itself, {progress.waiting} wait for a person, "
                f"{progress.unreadable} unreadable."
                "\n  Add a product with a photo, or review: it is your shop now.\n",
                flush=True,
            )
        time.sleep(0.5)


def check_children(children: list[Child]) -> None:
    """Note that seeding is done; anything else that ended is an error."""
    for child in list(children):
        status = child.process.poll()
        if status is None:
            continue
        children.remove(child)
        if child.name != "seed" or status:
            raise RuntimeError(f"The {child.name} ended ({status}):\n{child.read_tail()}")


if __name__ == "__main__":
    sys.exit(main())
