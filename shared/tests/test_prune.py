"""Messages that are over lose their body after a month and are gone after a year; what is not over is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from casework.database import Base, Database, insert_all
from casework.messaging.missing import send_again
from casework.messaging.prune import Pruner
from casework.messaging.tables import Incoming, Outgoing

NOW = datetime(2027, 6, 1, 12, tzinfo=UTC)
EMPTY: dict[str, Any] = {"type": "decision.made", "numbers": {"portal": 1}}
BODY = EMPTY | {"body": {"a": 1}}
DAYS = {"today": 0, "a month ago": 29, "more than a month ago": 31, "a year ago": 364, "more than a year ago": 366}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path}/pruned.db" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    made = Database(url)
    Base.metadata.create_all(made.engine, tables=[Outgoing.__table__, Incoming.__table__])
    yield made
    made.close()


def put(database: Database, **over_at: datetime | None) -> None:
    """A message of each name, sent or handled at that time."""
    with database.writing() as session:
        insert_all(session, Outgoing, [outgoing(name, at) for name, at in over_at.items()])
        insert_all(session, Incoming, [incoming(name, "done" if at else "new", at) for name, at in over_at.items()])


def outgoing(name: str, sent_at: datetime | None) -> dict[str, Any]:
    return {
        "id": uuid4(), "type": name, "subject": name, "consumers": ["portal"], "envelope": BODY, "sent_at": sent_at,
        "attempts": 0, "failure": None,
    }  # fmt: skip


def incoming(name: str, status: str, done_at: datetime | None) -> dict[str, Any]:
    return {
        "id": uuid4(), "producer": "decision", "type": name, "subject": "s", "number": 1, "time": NOW, "envelope": BODY,
        "status": status, "attempts": 0, "try_at": None, "reason": None, "came_at": NOW - timedelta(days=900),
        "done_at": done_at,
    }  # fmt: skip


def pruned(database: Database, now: datetime = NOW) -> None:
    pruner = Pruner(database, lambda: now, page=3)
    while pruner.run_once():
        pass


def kept(database: Database, table: Any) -> dict[str, dict[str, Any]]:
    with database.reading() as session:
        return {row.type: row.envelope for row in session.scalars(sa.select(table))}


@pytest.mark.parametrize("table", [Outgoing, Incoming])
def test_what_is_over_is_emptied_after_a_month_and_removed_after_a_year(database, table):
    put(database, **{name: NOW - timedelta(days=days) for name, days in DAYS.items()})

    pruned(database)

    assert kept(database, table) == {
        "today": BODY, "a month ago": BODY, "more than a month ago": EMPTY, "a year ago": EMPTY,
    }  # fmt: skip


def test_what_is_still_to_be_sent_keeps_all_it_has_however_old_it_is(database):
    put(database, owed=None)

    pruned(database)

    assert kept(database, Outgoing) == {"owed": BODY}


@pytest.mark.parametrize("status", ["new", "waiting", "unknown", "parked"])
def test_what_has_not_been_handled_keeps_all_it_has_however_old_it_is(database, status):
    long_ago = NOW - timedelta(days=900)  # of what was handled once and is tried again
    with database.writing() as session:
        insert_all(session, Incoming, [incoming(status, status, long_ago)])

    pruned(database)

    assert kept(database, Incoming) == {status: BODY}


def test_what_has_been_emptied_is_gone_for_whoever_asks_for_it_again_and_what_is_asked_for_is_kept(database):
    put(database, gone=NOW - timedelta(days=40), there=NOW - timedelta(days=29))

    pruned(database)
    with database.writing() as session:
        answers = [send_again(session, "portal", subject, 1, 1) for subject in ("gone", "there")]
    pruned(database, NOW + timedelta(days=300))

    assert answers == [([], [1]), ([1], [])]
    assert kept(database, Outgoing)["there"] == BODY


def test_every_page_is_looked_at_once_a_round_and_again_in_the_next(database):
    put(database, **{f"message {number}": NOW for number in range(7)})
    pruner = Pruner(database, lambda: NOW, page=3)

    rounds = [pruner.run_once() for _ in range(14)]

    assert rounds == [3, 3, 1, 3, 3, 1, 0, 3, 3, 1, 3, 3, 1, 0]


def test_two_that_prune_at_once_do_it_once(database):
    put(database, old=NOW - timedelta(days=40), gone=NOW - timedelta(days=400))
    one, other = Pruner(database, lambda: NOW), Pruner(database, lambda: NOW)

    assert [one.run_once(), other.run_once(), one.run_once(), other.run_once()] == [2, 1, 2, 1]
    assert kept(database, Outgoing) == {"old": EMPTY}
