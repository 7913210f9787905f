"""Who sends what is owed learns of it from the commit, in whichever process that was; else it rests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from casework.contracts.intake import IntakeCompleted
from casework.database import Database
from casework.messaging import Cause, Parcel, Relay, put
from casework.service.runtime import SWEEP, repeat
from casework.testing.desk import Clock, Desk, a_case

THE_END_OF_INTAKE = IntakeCompleted(completed_on=date(2026, 3, 2))
CAUSE = Cause(datetime(2026, 3, 2, 8, tzinfo=UTC), "tester")
AT_ONCE = SWEEP / 2
"""Seconds; sooner than anybody looks without being told."""


class Post:
    """A transport that refuses what is for those who are `down`."""

    def __init__(self) -> None:
        self.down: set[str] = set()

    def publish(self, parcels: Sequence[Parcel]) -> dict[UUID, str]:
        return {parcel.id: "er væk" for parcel in parcels if self.down.intersection(parcel.consumers)}

    def consume(self, service: str, receive: Callable[[list[Any]], None], stop: Callable[[], bool]) -> None:
        raise NotImplementedError

    def declare(self) -> None: ...

    def close(self) -> None: ...


class Listener:
    """Another process of the same service, which listens."""

    def __init__(self, url: str) -> None:
        self.database, self.heard, self._stop = Database(url), threading.Event(), threading.Event()
        self._thread = threading.Thread(
            target=repeat, args=(self._stop, lambda: self.database.listen(self.heard.set, self._stop.is_set), 0.05)
        )
        self._thread.start()
        assert self.heard.wait(10)  # listening has begun: what came before is not known
        self.heard.clear()

    def hears(self) -> bool:
        heard = self.heard.wait(AT_ONCE)
        self.heard.clear()
        return heard

    def is_cut_off(self) -> None:
        """The server ends its connection."""
        asked = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
        with self.database.writing() as session:
            session.execute(asked)

    def close(self) -> None:
        self._stop.set()
        self._thread.join(10)
        self.database.close()


@pytest.fixture
def intake(postgres_url: str) -> Iterator[Desk]:
    desk = Desk("intake", postgres_url, lambda: datetime.now(UTC))
    yield desk
    desk.close()


@pytest.fixture
def listener(postgres_url: str) -> Iterator[Listener]:
    made = Listener(postgres_url)
    yield made
    made.close()


@pytest.mark.postgres
def test_what_is_owed_is_heard_of_at_once_in_another_process(intake: Desk, listener: Listener):
    intake.tell(a_case(), THE_END_OF_INTAKE)

    assert listener.hears()


@pytest.mark.postgres
def test_what_is_rolled_back_and_what_owes_nothing_is_not_heard_of(intake: Desk, listener: Listener):
    with suppress(RuntimeError), intake.database.writing() as session:
        put(session, "intake", str(a_case()), THE_END_OF_INTAKE, CAUSE)
        raise RuntimeError
    intake.clear()

    assert not listener.hears()


@pytest.mark.postgres
def test_who_sends_itself_is_told_after_the_commit_and_tells_no_other(intake: Desk, listener: Listener):
    seen: list[int] = []
    intake.database.told = lambda: seen.append(len(intake.unsent()))

    intake.tell(a_case(), THE_END_OF_INTAKE)

    assert seen == [1]
    assert not listener.hears()


@pytest.mark.postgres
def test_who_was_cut_off_looks_again_and_hears_what_comes_then(intake: Desk, listener: Listener):
    listener.is_cut_off()

    assert listener.heard.wait(10)  # who listens anew does not know what was said in between
    listener.heard.clear()
    intake.tell(a_case(), THE_END_OF_INTAKE)
    assert listener.hears()


def test_a_process_with_a_file_is_told_of_its_own_commits(tmp_path: Path):
    told: list[bool] = []
    desk = Desk("intake", f"sqlite:///{tmp_path}/intake.db", Clock())
    desk.database.told = lambda: told.append(True)

    desk.tell(a_case(), THE_END_OF_INTAKE)
    desk.clear()

    assert (told, desk.database.can_be_heard) == ([True], False)
    desk.close()


def test_a_relay_asks_for_what_has_failed_only_where_something_has(tmp_path: Path):
    clock, post = Clock(), Post()
    desk = Desk("intake", f"sqlite:///{tmp_path}/intake.db", clock)
    relay = Relay(desk.database, post, clock)
    relay.run_once()  # others may have left something
    asked: list[str] = []
    sa.event.listen(desk.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))

    relay.run_once()
    idle, rests = len(asked), relay.rests()
    post.down = {"assessment"}
    desk.tell(a_case(), THE_END_OF_INTAKE)
    relay.run_once()

    assert (idle, rests.total_seconds()) == (2, 30)  # BEGIN, and one question
    assert relay.rests().total_seconds() == 0
    desk.close()


@pytest.mark.postgres
def test_a_listener_stops_soon_after_it_is_asked_to(listener: Listener):
    begun = time.monotonic()

    listener.close()

    assert time.monotonic() - begun < 5
