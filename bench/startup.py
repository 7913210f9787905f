"""What a role costs before anybody wants anything of it: processor time to start, memory, and nine idle `work`.

Memory is RSS, summed over the processes of a role once it is ready (an api has answered `/health/ready`); what they
share is counted in each of them, and once in the PSS beside it. A role is started twice, and the second time counts: by
then its byte code lies on disk.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import common
import private
import psycopg
import requests
from heard import Loop
from kombu.connection import Connection

from casework.contracts import SERVICES
from casework.messaging.amqp import Topology
from casework.testing.servers import free_port

ROLES = {
    "memory.work": ("decision", "work", 100), "memory.work.ordering": ("ordering", "work", 100),
    "memory.work.portal": ("portal", "work", 100), "memory.api": ("decision", "api", 150),
    "memory.api.ordering": ("ordering", "api", 150), "memory.api.portal": ("portal", "api", 150),
}  # fmt: skip
"""Name of the row -> (service, role, MB that it may hold)."""

PREFIX = "bench"


def pids(process: subprocess.Popen[bytes]) -> list[int]:
    """The process, and all that it has started."""
    found = [process.pid]
    for pid in found:  # grows while it is read
        found += common.children(pid)
    return found


def shared_once(pid: int) -> float:
    """PSS in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


class Installation:
    """Servers of our own, and a database and queue for each service; nothing runs yet."""

    def __init__(
        self, postgres: private.CountingPostgres, broker: str, folder: Path, services: tuple[str, ...]
    ) -> None:
        self.postgres, self.broker, self.folder = postgres, broker, folder
        self.databases = {service: postgres.database(service) for service in services}
        for service in services:
            with self.role(service, "migrate", lambda: True) as process:
                if process.wait(120):
                    raise ChildProcessError((folder / f"{service}-migrate.log").read_text())

    @contextmanager
    def role(
        self, service: str, role: str, ready: Callable[[], bool] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """A role that is ready, until the end of `with`."""
        port = free_port()
        settings = {
            "database": self.databases[service], "broker": self.broker, "broker_prefix": PREFIX,
            "listen": f"127.0.0.1:{port}",
        }  # fmt: skip

        def answers() -> bool:
            with suppress(requests.RequestException):
                return requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).ok
            return False

        queue = Topology(PREFIX).queue(service)
        with private.role(service, [role], self.folder, **settings) as process:
            private.until(ready or (answers if role == "api" else lambda: is_consumed(self.broker, queue)))
            yield process

    def transactions(self) -> int:
        with psycopg.connect(private.plain(self.postgres.url), autocommit=True) as admin:
            found = admin.execute("SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database").fetchone()
        return int(found[0]) if found else 0


@contextmanager
def installed(services: tuple[str, ...] = SERVICES) -> Iterator[Installation]:
    with private.private_servers() as (postgres, broker), tempfile.TemporaryDirectory() as folder:
        assert broker
        yield Installation(postgres, broker.url, Path(folder), services)


@dataclass(frozen=True)
class Started:
    """What a role has cost until it was ready, and holds a second later."""

    cpu: float
    rss: float  # MB
    pss: float
    processes: int


def started(role: Callable[[], AbstractContextManager[subprocess.Popen[bytes]]]) -> Started:
    for _ in range(2):
        with role() as process:
            cpu = common.family(process.pid)
            time.sleep(1)
            running = pids(process)
            held = sum(common.memory_of(pid) for pid in running) / 2**20
            found = Started(cpu, held, sum(map(shared_once, running)), len(running))
    return found


@contextmanager
def bare_api(installation: Installation) -> Iterator[subprocess.Popen[bytes]]:
    """A bare Flask page over SQLAlchemy under gunicorn, with as many threads."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "bare:api()", "--bind", f"127.0.0.1:{port}", "--threads", "8"]
    environment = os.environ | {"BENCH_FOLDER": str(installation.folder)}
    process = subprocess.Popen([*command, "--log-level", "error"], env=environment, cwd=Path(__file__).parent)
    try:
        private.until(lambda: is_there(f"http://127.0.0.1:{port}/"))
        yield process
    finally:
        process.terminate()
        process.wait()


@contextmanager
def bare_work(installation: Installation) -> Iterator[subprocess.Popen[bytes]]:
    """The bare consumer: psycopg and py-amqp alone."""
    loop = Loop(installation.postgres, installation.broker)
    with loop.work() as process:
        private.until(lambda: is_consumed(installation.broker, loop.consumers.queue))
        yield process


def is_there(url: str) -> bool:
    with suppress(requests.RequestException):
        return bool(requests.get(url, timeout=5).status_code)
    return False


def is_consumed(broker: str, queue: str) -> bool:
    with Connection(broker) as link:
        return bool(link.default_channel.queue_declare(queue, passive=True).consumer_count)


def start(installation: Installation, name: str, service: str, role: str, may_hold: float, bare: Started) -> None:
    mine, what = started(partial(installation.role, service, role)), f"{service} {role}"
    notes = {"PSS, MB": mine.pss, "processes": mine.processes}
    peer = f"bare {role}"
    common.tell(common.Row(name, f"memory: {what}", "MB", mine.rss, peer, bare.rss, may_hold, "value", notes=notes))
    name = name.replace("memory", "start")
    common.tell(common.Row(name, f"to start: {what}", "s CPU", mine.cpu, peer, bare.cpu, 2.0, "value"))


def idle(installation: Installation, seconds: float) -> None:
    with ExitStack() as stack:
        running = [stack.enter_context(installation.role(service, "work")) for service in SERVICES]
        time.sleep(5)
        begun = installation.transactions()
        with common.Meter([process.pid for process in running], installation.postgres) as meter:
            time.sleep(seconds)
        per_second = (installation.transactions() - begun) / seconds
    notes = {"PostgreSQL's cores": meter.cost.postgres / seconds, "transactions/s": per_second}
    common.tell(
        common.Row("idle.work", "nine idle work", "cores", meter.cost.cpu / seconds, goal=0.05, of="value", notes=notes)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--short", action="store_true", help="one role of each kind, and a shorter look at the idle ones"
    )
    short = parser.parse_args().short
    with installed() as installation:
        bare = {"api": started(partial(bare_api, installation)), "work": started(partial(bare_work, installation))}
        for name, (service, role, may_hold) in ROLES.items():
            if not short or name.count(".") == 1:
                start(installation, name, service, role, may_hold, bare[role])
        idle(installation, 10 if short else 30)


if __name__ == "__main__":
    main()
