"""Several schedulers on one PostgreSQL: what one has claimed the others pass by."""

from __future__ import annotations

import threading
from uuid import UUID

import pytest

from casework.database import lock
from scheduler import deadlines

from .conftest import OPENED, World, asked, at

CASES = [UUID(int=n) for n in range(1, 41)]


@pytest.fixture
def busy(make, postgres_url: str) -> World:
    """Forty cases, each with two deadlines that are due."""
    world = make(database=postgres_url)
    for case in CASES:
        world.hear(OPENED, by="intake", subject=str(case))
        for key in ("1", "2"):
            world.hear(asked("complaint", "2026-03-16", key), by="decision", subject=str(case))
    world.service.clock.set(at("2026-03-16 08:00"))
    return world


def test_two_workers_share_what_is_due_and_raise_it_once(busy: World):
    house, database = busy.service.house, busy.service.database
    raised: list[int] = []
    both = threading.Barrier(2)

    def work() -> None:
        both.wait()
        for _ in range(60):
            with database.writing() as session:
                raised.append(deadlines.tick(house, session, busy.service.clock(), limit=7))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert sum(raised) == 80
    assert busy.raised() == ["due"] * 80
    assert len(busy.told()) == 80


def test_what_another_worker_has_claimed_is_passed_by_at_once(busy: World):
    house, database, now = busy.service.house, busy.service.database, busy.service.clock()

    with database.writing() as one:
        first = deadlines.tick(house, one, now, limit=10)
        with database.writing() as other:
            other.connection().exec_driver_sql("SET LOCAL lock_timeout = '1s'")
            second = deadlines.tick(house, other, now, limit=200)

    assert first == 10
    assert 80 - 2 * first <= second <= 80 - first  # the claimed, and what else is in their cases
    assert busy.service.tick() == 80 - first - second


def test_a_case_in_which_somebody_is_being_told_is_left_for_the_next_look(busy: World):
    with busy.service.database.writing() as telling:
        lock(telling, f"tell/{CASES[0]}")
        assert busy.service.tick() == 78

    assert busy.service.tick() == 2
