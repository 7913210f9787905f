"""A queue that is filled while its consumers stand still, and the time until they have emptied it.

Ours and the bare loop are measured by the same procedure: so many processes are started and warmed up, stopped
(SIGSTOP), their queue filled and confirmed, and let go.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from common import Meter
from kombu import Connection
from private import CountingPostgres, plain, until

Process = subprocess.Popen[bytes]
Letter = tuple[str, bytes]
"""A message for a queue: its routing key and its body."""


@dataclass(frozen=True)
class Drained:
    """What it took to take so many messages in."""

    messages: int
    wall: float
    cpu: float  # of consumers and PostgreSQL, in seconds
    postgres: float  # of it, PostgreSQL
    statements: float  # of each message, without those that idle consumers send
    commits: float

    @property
    def rate(self) -> float:
        return self.messages / self.wall

    @property
    def ms(self) -> float:
        """Processor time of one message, in milliseconds."""
        return 1000 * self.cpu / self.messages


class Consumers:
    """So many processes that empty one queue into one database. `done` asks how many messages are handled."""

    def __init__(
        self, postgres: CountingPostgres, rabbitmq: str, database: str, exchange: str, queue: str, done: str
    ) -> None:
        self.postgres, self.rabbitmq, self.database = postgres, rabbitmq, database
        self.exchange, self.queue, self.done = exchange, queue, done
        self.processes: list[Process] = []
        self.idle = 0.0  # the statements that they send a second at rest

    @contextmanager
    def started(self, count: int, start: Callable[[], object], first: Sequence[Letter]) -> Iterator[Consumers]:
        """`start` gives a context with one process. They take in `first`, so that what is made once is made."""
        with ExitStack() as stack:
            self.processes = [stack.enter_context(start()) for _ in range(count)]  # type: ignore[arg-type]
            until(lambda: self._ready() == count)
            self.drain(first)
            begin = self.postgres.statements(self.database)[0]
            time.sleep(2)
            self.idle = (self.postgres.statements(self.database)[0] - begin) / 2
            yield self

    def _ready(self) -> int:
        for process in self.processes:
            if process.poll() is not None:
                raise RuntimeError(f"{process.args!r} has ended with {process.returncode}")
        with Connection(self.rabbitmq) as link:
            return int(link.default_channel.queue_declare(self.queue, passive=True).consumer_count)

    def drain(self, letters: Sequence[Letter]) -> Drained:
        """Until all of these are handled."""
        with psycopg.connect(plain(self.database), autocommit=True) as asking:
            count = lambda: int((asking.execute(self.done.encode()).fetchone() or (0,))[0])  # noqa: E731
            wanted = count() + len(letters)
            self._tell(signal.SIGSTOP)
            try:
                self._fill(letters)
                asked, commits = self.postgres.statements(self.database)
            finally:
                self._tell(signal.SIGCONT)
            own = time.process_time()
            with Meter([process.pid for process in self.processes], self.postgres) as meter:
                until(lambda: count() >= wanted, seconds=300)
            own = time.process_time() - own  # what it costs to ask is not theirs
            since, commits_since = self.postgres.statements(self.database)
        cost, number = meter.cost, len(letters)
        statements = (since - asked - self.idle * cost.wall) / number
        return Drained(
            number, cost.wall, cost.both - own, cost.postgres, statements, (commits_since - commits) / number
        )

    def _tell(self, told: signal.Signals) -> None:
        for process in self.processes:
            os.kill(process.pid, told)

    def _fill(self, letters: Sequence[Letter]) -> None:
        """Lay them in the exchange, on disk, each confirmed."""
        with Connection(self.rabbitmq, transport_options={"confirm_publish": True}) as link:
            channel = link.default_channel
            for key, body in letters:
                message = channel.prepare_message(
                    body, content_type="application/json", properties={"delivery_mode": 2}
                )
                channel.basic_publish(message, self.exchange, key)


@contextmanager
def script(name: str, *arguments: str, python: str = sys.executable) -> Iterator[Process]:
    """One of the scripts here as a process of its own, killed afterwards."""
    process = subprocess.Popen([python, str(Path(__file__).with_name(name)), *arguments])
    try:
        yield process
    finally:
        process.kill()
        process.wait()
