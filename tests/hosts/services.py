"""What the hosts share: Redis with password and TLS, a way to the database, a server of images."""

import selectors
import shutil
import socket
import socketserver
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

PASSWORD = "only-of-this-test"
IMAGE_DELAY = 0.03  # seconds: so that a run lasts


def find_port(address: str) -> int:
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(server: socketserver.BaseServer) -> Iterator[int]:
    """Its port, while a thread answers."""
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class ImageHandler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        time.sleep(IMAGE_DELAY)
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:
        pass


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a host that was cut off does not take its answer


def serve_images(address: str, folder: Path) -> Any:
    """A server of the files in a folder."""
    return serve(QuietServer((address, 0), partial(ImageHandler, directory=str(folder))))


class RelayHandler(socketserver.BaseRequestHandler):
    """Passes bytes between a host and the database, which listens on this machine alone."""

    def handle(self) -> None:
        with self.server.connect() as database:  # type: ignore[attr-defined]
            selector = selectors.DefaultSelector()
            selector.register(self.request, selectors.EVENT_READ, database)
            selector.register(database, selectors.EVENT_READ, self.request)
            with selector:
                while True:
                    for key, _ in selector.select():
                        try:
                            data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                            key.data.sendall(data)
                        except OSError:
                            return
                        if not data:
                            return


class Relay(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False

    def __init__(self, address: str, database: tuple[str, int]) -> None:
        super().__init__((address, 0), RelayHandler)
        self.database = database
        self.open: list[socket.socket] = []

    def connect(self) -> socket.socket:
        self.open.append(socket.create_connection(self.database))
        return self.open[-1]

    def server_close(self) -> None:
        """Ends what a host that is gone has left open: the test's database is dropped next."""
        super().server_close()
        for link in self.open:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)


@contextmanager
def run_redis(address: str, folder: Path) -> Iterator[str]:
    """Redis with password and TLS only; its URL."""
    folder.mkdir()
    certificate, key = folder / "redis.crt", folder / "redis.key"
    make_certificate(address, certificate, key)
    port = find_port(address)
    options = {
        "--bind": address,
        "--port": "0",
        "--tls-port": str(port),
        "--tls-cert-file": str(certificate),
        "--tls-key-file": str(key),
        "--tls-ca-cert-file": str(certificate),
        "--tls-auth-clients": "no",
        "--requirepass": PASSWORD,
        "--dir": str(folder),
        "--save": "",
        "--logfile": str(folder / "log"),
    }
    server = shutil.which("redis-server")
    assert server
    flat = [part for pair in options.items() for part in pair]
    process = subprocess.Popen([server, *flat])
    url = f"rediss://:{PASSWORD}@{address}:{port}/0?ssl_ca_certs={certificate}"
    try:
        wait_for_redis(url)
        yield url
    finally:
        process.kill()
        process.wait()


def make_certificate(address: str, certificate: Path, key: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=redis", "-addext", f"subjectAltName=IP:{address}"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *names, *files], check=True, capture_output=True)


def wait_for_redis(url: str) -> None:
    client, deadline = Redis.from_url(url), time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            client.ping()
            return
        except RedisError:
            time.sleep(0.05)
        finally:
            client.close()
    raise AssertionError("Redis did not start")
