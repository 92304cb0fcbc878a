"""What must hold before the demo starts anything; each refusal says what to do."""

import fcntl
from pathlib import Path
from typing import TextIO

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from shop_demo.photos import read_photos


def check_photos(source: Path) -> None:
    """Pass if at least one picture is there.

    Raises:
        RuntimeError: there is none, or the file cannot be read.
    """
    try:
        next(read_photos(source))
    except Exception as error:  # whatever an archive made by hand brings up
        raise RuntimeError(f"PHOTOS: {error}") from error


def claim_folder(folder: Path) -> TextIO:
    """Hold the demo's folder for as long as the file stays open: two demos would mix their work.

    Raises:
        RuntimeError: another demo holds it, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "lock").open("w")
    except OSError as error:
        raise RuntimeError(
            f"The demo keeps its files in {folder} and cannot write there ({error.strerror}). "
            "DEMO_VAR=/another/folder make demo puts them elsewhere."
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise RuntimeError(
            f"A demo is running in {folder} already. Stop it with Ctrl-C, "
            "or start a second one with DEMO_VAR=/another/folder make demo."
        ) from error
    return file


def check_redis(url: str) -> None:
    """Pass if the Redis that the environment names answers.

    Raises:
        RuntimeError: it does not.
    """
    try:
        with Redis.from_url(url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=5) as client:
            client.ping()
    except (RedisError, ValueError) as error:
        raise RuntimeError(
            f"REDIS_URL is set, and Redis does not answer there: {error}\n"
            "Start it, or unset REDIS_URL: the demo brings a Redis of its own."
        ) from error
