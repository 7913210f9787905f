"""Servers of our own to measure on, and the roles of a service as real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import make_url

from casework.testing import servers

UNCOUNTED = "^(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET |SHOW |.*pg_stat_statements)"
"""What is no statement of the work itself, as a pattern of PostgreSQL's."""


class CountingPostgres(servers.PrivatePostgres):
    """A private PostgreSQL that counts statements, with room for many connections. Otherwise as it comes, on disk."""

    def __init__(self) -> None:
        super().__init__()
        with (self.data / "postgresql.conf").open("a") as conf:
            conf.write("shared_preload_libraries = 'pg_stat_statements'\nmax_connections = 200\n")

    def database(self, name: str) -> str:
        """Makes an empty database; its URL for SQLAlchemy."""
        with psycopg.connect(plain(self.url), autocommit=True) as admin:
            admin.execute(f"CREATE DATABASE {name}".encode())
        url = make_url(self.url).set(database=name).render_as_string(hide_password=False)
        with psycopg.connect(plain(url), autocommit=True) as own:
            own.execute("CREATE EXTENSION pg_stat_statements")
        return url

    def statements(self, url: str) -> tuple[int, int]:
        """How many statements the database has been sent so far, and how many transactions it has committed."""
        asked = (
            "SELECT coalesce(sum(calls) FILTER (WHERE query !~ %(not)s), 0),"
            "       coalesce(sum(calls) FILTER (WHERE query ~ '^COMMIT'), 0)"
            "  FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        with psycopg.connect(plain(url), autocommit=True) as own:
            found = own.execute(asked, {"not": UNCOUNTED}).fetchone()
        assert found
        return int(found[0]), int(found[1])


def plain(url: str) -> str:
    """The URL as psycopg takes it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


@contextmanager
def private_servers(*, rabbitmq: bool = True) -> Iterator[tuple[CountingPostgres, servers.PrivateRabbitmq | None]]:
    """PostgreSQL and RabbitMQ of our own, removed afterwards. Their data lies on disk, as it does in production."""
    with ExitStack() as stack:
        postgres = CountingPostgres()
        stack.enter_context(servers.running(postgres))
        broker = servers.PrivateRabbitmq() if rabbitmq else None
        if broker:
            stack.enter_context(servers.running(broker))
        yield postgres, broker


@contextmanager
def role(service: str, role_and_options: list[str], folder: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """One role of a service as a process of its own (`python -m decision work`), told to end afterwards.

    `settings` are its environment, without the service's name: database=…, broker=… What it says is in `folder`.
    """
    mine = {f"{service.upper()}_{name.upper()}": value for name, value in ({"log_level": "WARNING"} | settings).items()}
    with (folder / f"{service}-{'-'.join(role_and_options)}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", service, *role_and_options],
            env=os.environ | mine, stdout=log, stderr=log, cwd=folder,
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(true: Callable[[], bool], seconds: float = 120.0, pause: float = 0.02) -> None:
    """Wait. Raises TimeoutError."""
    ends = time.monotonic() + seconds
    while not true():
        if time.monotonic() > ends:
            raise TimeoutError(f"not so within {seconds:.0f} s")
        time.sleep(pause)
