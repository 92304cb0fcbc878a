"""Worker hosts that can be cut off: network namespaces, else processes that are held still."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

WORKER = [sys.executable, "-m", "django", "catalog_ai_worker", "--bulk", "1"]


def list_family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    try:
        files = list(Path(f"/proc/{pid}/task").glob("*/children"))
        children = [int(child) for file in files for child in file.read_text().split()]
    except OSError:
        return []
    return [pid, *(member for child in children for member in list_family(child))]


class ProcessHost:
    """A group of processes of this machine; cut off means that none of them moves."""

    def __init__(self, number: int, environment: dict[str, str], hidden: Path) -> None:
        self.process = subprocess.Popen(self.wrap(WORKER), env=environment)

    def wrap(self, command: list[str]) -> list[str]:
        return command

    def cut_off(self) -> None:
        self.send(signal.SIGSTOP)

    def join(self) -> None:
        self.send(signal.SIGCONT)

    def has(self, pid: int) -> bool:
        return pid in list_family(self.process.pid)

    def remove(self) -> None:
        self.send(signal.SIGKILL)
        self.process.wait()

    def send(self, number: signal.Signals) -> None:
        for pid in list_family(self.process.pid):
            os.kill(pid, number)


class ProcessNetwork:
    """The fallback: everything on the loopback address."""

    address = "127.0.0.1"

    def add_host(self, number: int, environment: dict[str, str], hidden: Path) -> ProcessHost:
        return ProcessHost(number, environment, hidden)

    def remove(self) -> None:
        pass


class NamespaceHost(ProcessHost):
    """A network of its own, joined to the others by one link; the images' folder is hidden."""

    def __init__(self, number: int, environment: dict[str, str], hidden: Path) -> None:
        self.name, self.link, self.hidden = f"{TAG}h{number}", f"{TAG}v{number}", hidden
        run_ip("netns", "add", self.name)
        inside = ("name", "eth0", "netns", self.name)
        run_ip("link", "add", self.link, "type", "veth", "peer", *inside)
        run_ip("link", "set", self.link, "master", TAG, "up")
        run_ip("-n", self.name, "addr", "add", f"{NET}.{number + 10}/24", "dev", "eth0")
        run_ip("-n", self.name, "link", "set", "eth0", "up")
        run_ip("-n", self.name, "link", "set", "lo", "up")
        super().__init__(number, environment, hidden)

    def wrap(self, command: list[str]) -> list[str]:
        # `ip netns exec` has a view of the mounts of its own.
        hide = f'mount -t tmpfs none {self.hidden} && exec "$@"'
        return ["ip", "netns", "exec", self.name, "sh", "-c", hide, "sh", *command]

    def cut_off(self) -> None:
        run_ip("link", "set", self.link, "down")

    def join(self) -> None:
        run_ip("link", "set", self.link, "up")

    def remove(self) -> None:
        super().remove()
        run_ip("link", "del", self.link)
        run_ip("netns", "del", self.name)


class NamespaceNetwork:
    """A bridge of this machine, and hosts on it. Needs root and iproute2."""

    def __init__(self) -> None:
        self.address = f"{NET}.1"
        run_ip("link", "add", TAG, "type", "bridge")
        run_ip("addr", "add", f"{self.address}/24", "dev", TAG)
        run_ip("link", "set", TAG, "up")

    def add_host(self, number: int, environment: dict[str, str], hidden: Path) -> NamespaceHost:
        return NamespaceHost(number, environment, hidden)

    def remove(self) -> None:
        run_ip("link", "del", TAG)


NET = f"10.213.{os.getpid() % 250}"
TAG = f"cai{os.getpid() % 100_000}"


def run_ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def make_network() -> NamespaceNetwork | ProcessNetwork:
    """Namespaces where this machine allows them and TWO_HOSTS does not say "processes"."""
    if os.environ.get("TWO_HOSTS") != "processes" and can_make_namespaces():
        return NamespaceNetwork()
    return ProcessNetwork()


def can_make_namespaces() -> bool:
    if shutil.which("ip") is None:
        return False
    try:
        run_ip("netns", "add", f"{TAG}try")
        run_ip("netns", "del", f"{TAG}try")
        run_ip("link", "add", TAG, "type", "bridge")
        run_ip("link", "del", TAG)
    except subprocess.CalledProcessError:
        return False
    return True
