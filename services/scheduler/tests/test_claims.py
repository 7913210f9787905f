"""Four workers raise what is due on one PostgreSQL, one of them killed every second: each deadline exactly once.

5,000 due among 50,000; with SAGSGANG_FULL=1 it is 50,000 among 1,000,000. Prints the rate; what a deadline costs beside
bare loops is measured by `bench/scheduler_ticks.py`, where nobody is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.process import BaseProcess

import pytest
import sqlalchemy as sa

from casework.messaging.tables import Outgoing
from casework.service import logs
from scheduler.app import create
from scheduler.model import DeadlineRow, Notification
from scheduler.settings import SchedulerSettings

from .conftest import Silence, World, at

DUE, ALL = (50_000, 1_000_000) if os.environ.get("SAGSGANG_FULL") else (20_000, 60_000)
WORKERS = 4
TODAY = "2026-03-16"

FILL = (
    "INSERT INTO known_case (id, number, caseworker_id) "
    "SELECT md5('c' || n)::uuid, '2026-' || n, 'w' || n % 200 FROM generate_series(0, :all / 2) AS n",
    "INSERT INTO deadline (id, case_id, kind, key, due, notify, status, reminded, escalated, next_at, asked_at) "
    "SELECT md5('d' || n)::uuid, md5('c' || n / 2)::uuid, 'complaint', n::text, day, 'caseworker', 'waiting', 0, 0, "
    "day, '2026-01-05' FROM (SELECT n, DATE '2026-03-16' + CASE WHEN n * :due / :all > (n - 1) * :due / :all THEN 0 "
    "ELSE (n % 300)::int + 1 END AS day FROM generate_series(1::bigint, :all) AS n) AS numbered",
)


@pytest.fixture
def many(make, postgres_url: str) -> World:
    world = make(database=postgres_url)
    execute(world, FILL)
    with world.service.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    world.service.clock.set(at(f"{TODAY} 08:00"))
    return world


def execute(world: World, statements: Iterable[str]) -> None:
    with world.service.database.engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement), {"all": ALL, "due": DUE} if ":all" in statement else {})


def work(settings: SchedulerSettings) -> None:
    """A worker process: looks for what is due until it is ended."""
    logs.set_up("scheduler", settings.log_level)
    service = create(settings, transport=Silence())
    while True:
        service.tick() or time.sleep(0.05)


@contextmanager
def workers(settings: SchedulerSettings) -> Iterator[list[BaseProcess]]:
    def begin() -> BaseProcess:
        process = multiprocessing.get_context("fork").Process(target=work, args=(settings,), daemon=True)
        process.start()
        return process

    running, stop, killed = [begin() for _ in range(WORKERS)], threading.Event(), []

    def kill_one_every_second() -> None:
        while not stop.wait(1):
            n = random.randrange(WORKERS)
            running[n].kill()
            running[n].join()
            killed.append(running[n])
            running[n] = begin()

    killing = threading.Thread(target=kill_one_every_second)
    killing.start()
    try:
        yield killed
    finally:
        stop.set()
        killing.join()
        for process in running:
            process.kill()
            process.join()


@pytest.mark.slow
def test_four_workers_of_whom_one_is_killed_every_second_raise_each_deadline_once(many: World, settings, capsys):
    left = sa.select(sa.func.count()).where(DeadlineRow.next_at <= at(f"{TODAY} 08:00").date())
    began = time.monotonic()
    with workers(replace(settings, database=many.service.settings.database, log_level="CRITICAL")) as killed:
        while _count(many, left) and time.monotonic() - began < 600:
            time.sleep(0.2)
        seconds = time.monotonic() - began

    with capsys.disabled():
        print(  # noqa: T201 - the figures are the point
            f"\n{DUE} due among {ALL}: {WORKERS} workers, {len(killed)} killed, {seconds:.1f} s, {DUE / seconds:.0f}/s"
        )
    assert killed
    assert _count(many, left) == 0
    key = Outgoing.envelope["body"]["key"].as_string()
    raised = sa.select(sa.func.count(), sa.func.count(key.distinct())).where(Outgoing.type == "deadline.due")
    with many.service.database.reading() as session:
        assert session.execute(raised).one() == (DUE, DUE)
        assert session.scalar(sa.select(sa.func.count()).select_from(Notification)) == DUE
        assert session.scalar(sa.select(sa.func.count()).where(DeadlineRow.status == "due")) == DUE


def _count(world: World, query: sa.Select[tuple[int]]) -> int:
    with world.service.database.reading() as session:
        return session.scalar(query) or 0
