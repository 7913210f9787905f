"""A private installation to be measured: PostgreSQL, RabbitMQ, and the roles of a checkout as real processes.

The checkout is named by its interpreter, so that an older release is measured by the same script. All figures come from
/proc: CPU in seconds (steps of 10 ms), memory in MB, summed over a process and what it has started.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import requests
from kombu.connection import Connection

from casework.contracts import SERVICES
from casework.messaging.amqp import Topology
from casework.testing.servers import PrivatePostgres, PrivateRabbitmq, free_port, fresh_database, running

TICKS = os.sysconf("SC_CLK_TCK")
PREFIX = "bench"
READY_WITHIN = 120.0


@dataclass(frozen=True)
class Tree:
    """A process and all that it has started, and that they have started."""

    pid: int

    def pids(self) -> list[int]:
        found = [self.pid]
        for pid in found:  # grows while it is read
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                with suppress(OSError):
                    found += [int(child) for child in task.read_text().split()]
        return found

    def cpu(self) -> float:
        """Seconds of CPU until now, with those of the children that have ended."""
        return sum(_cpu(pid) for pid in self.pids())

    def memory(self, what: str = "Rss") -> float:
        """MB: `Rss` counts what processes share in each of them, `Pss` once."""
        return sum(_memory(pid, what) for pid in self.pids())


def _cpu(pid: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / TICKS
    return 0.0


def _memory(pid: int, what: str) -> float:
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(f"{what}:")) / 1024
    return 0.0


class Role(Tree):
    """A role that runs. `ready` is asked until it is."""

    def __init__(self, process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
        super().__init__(process.pid)
        object.__setattr__(self, "process", process)
        object.__setattr__(self, "ready", ready)

    process: subprocess.Popen[bytes]
    ready: Callable[[], bool]

    def await_ready(self) -> None:
        """Raises TimeoutError, or ChildProcessError where it has ended."""
        until = time.monotonic() + READY_WITHIN
        while not self.ready():
            if self.process.poll() is not None:
                raise ChildProcessError(f"{self.process.args} ended with {self.process.returncode}")
            if time.monotonic() > until:
                raise TimeoutError(f"{self.process.args} is not ready")
            time.sleep(0.05)


class Installation:
    """What `installed` makes. Its roles end with it."""

    def __init__(self, python: Path, postgres: PrivatePostgres, rabbitmq: PrivateRabbitmq) -> None:
        self.python, self.postgres, self.rabbitmq = python, postgres, rabbitmq
        self.databases: dict[str, str] = {}
        self.roles: list[Role] = []

    def environment(self, service: str) -> dict[str, str]:
        given = {
            "DATABASE": self.databases[service], "BROKER": self.rabbitmq.url, "BROKER_PREFIX": PREFIX,
            "LOG_LEVEL": "WARNING",
        }  # fmt: skip
        return os.environ | {f"{service.upper()}_{name}": value for name, value in given.items()}

    def run(self, service: str, *arguments: str, script: str = "") -> str:
        """Run the checkout's interpreter to its end: a role, or a script (with the service's settings)."""
        what = ["-c", script] if script else ["-m", service]
        done = subprocess.run(
            [self.python, *what, *arguments], env=self.environment(service), cwd="/", capture_output=True, text=True
        )
        if done.returncode:
            raise ChildProcessError(f"{service} {arguments}: {done.stderr[-2000:]}")
        return done.stdout

    def start(self, service: str, role: str, *arguments: str) -> Role:
        """Start a role; it is not ready yet."""
        port = free_port()
        environment = self.environment(service) | {f"{service.upper()}_LISTEN": f"127.0.0.1:{port}"}
        process = subprocess.Popen([self.python, "-m", service, role, *arguments], env=environment, cwd="/")

        def answers() -> bool:
            with suppress(requests.RequestException):
                return requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).ok
            return False

        begun = Role(process, answers if role == "api" else lambda: self._consumers(service) > 0)
        self.roles.append(begun)
        return begun

    def end(self, role: Role) -> None:
        role.process.terminate()
        role.process.wait(60)
        self.roles.remove(role)

    def connect(self, service: str) -> psycopg.Connection:
        return psycopg.connect(self.databases[service].replace("+psycopg", ""), autocommit=True)

    def _consumers(self, service: str) -> int:
        with Connection(self.rabbitmq.url) as link:  # type: ignore[no-untyped-call]
            channel = link.default_channel
            return int(channel.queue_declare(Topology(PREFIX).queue(service), passive=True).consumer_count)


@contextmanager
def installed(python: Path, services: tuple[str, ...] = SERVICES) -> Iterator[Installation]:
    """Servers, databases up to date, queues in place; nothing runs yet."""
    with ExitStack() as stack:
        postgres, rabbitmq = PrivatePostgres(), PrivateRabbitmq()
        for server in (postgres, rabbitmq):
            stack.enter_context(running(server))
        with psycopg.connect(postgres.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
        postgres.restart()
        installation = Installation(python, postgres, rabbitmq)
        for service in services:
            installation.databases[service] = stack.enter_context(fresh_database(postgres.url))
            installation.run(service, "migrate")
        try:
            yield installation
        finally:
            for role in [*installation.roles]:
                installation.end(role)
