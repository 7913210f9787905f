"""What leaves the house: at least once, in the order of each receiver, whatever fails, hangs or is killed."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count, groupby
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from casework.channels import Base, LineRow, NotSent, Parcel, ParcelRow, Post, parcels_of, put_out, retry
from casework.channels.parcels import AlreadySent
from casework.channels.post import GIVE_UP, LEASE, PAUSES, pause
from casework.database import Database
from casework.errors import NotFound
from casework.testing.desk import Clock, a_case

SECOND = timedelta(seconds=1)


class Killed(BaseException):
    """The sender ends here."""


class Outside:
    """Whoever is outside: takes what comes, unless told what to do the next time, per receiver."""

    def __init__(self) -> None:
        self.came: dict[str, list[str]] = defaultdict(list)
        self.next: dict[str, list[Callable[[], Any]]] = defaultdict(list)

    def __call__(self, parcel: Parcel) -> str:
        if self.next[parcel.receiver]:
            self.next[parcel.receiver].pop(0)()
        self.came[parcel.receiver].append(parcel.about)
        return f"receipt of {parcel.about}"


def fails(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


AWAY = fails(NotSent("HTTP 503"))
REFUSES = fails(NotSent("HTTP 422", for_good=True))
KILLS = fails(Killed())


class Sending:
    """One service's post, and those outside."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        Base.metadata.create_all(self.database.engine)
        self.clock, self.outside = Clock(), Outside()
        self.sent: Counter[str] = Counter()
        self.given_up: Counter[str] = Counter()
        self.posts: list[Post] = []
        self.post = self.another()

    def another(self, **options: Any) -> Post:
        """A sender, as another process would have it."""
        made = Post(
            self.database, {"webhook": self.outside}, self.clock, on_sent=self._note(self.sent),
            on_given_up=self._note(self.given_up), jitter=lambda: 0.5, **{"patience": 0.2, **options},
        )  # fmt: skip
        self.posts.append(made)
        return made

    def _note(self, counted: Counter[str]) -> Callable[[Session, ParcelRow], None]:
        return lambda _, row: counted.update([row.about])

    def put(self, receiver: str, *abouts: str, **more: Any) -> list[Parcel]:
        parcels = [self.parcel(receiver, about, **more) for about in abouts]
        with self.database.writing() as session:
            assert all(put_out(session, parcel) for parcel in parcels)
        return parcels

    def parcel(self, receiver: str, about: str, **more: Any) -> Parcel:
        given = {
            "id": uuid5(NAMESPACE_URL, f"{receiver}/{about}"), "channel": "webhook", "receiver": receiver,
            "kind": "order.sent", "body": b"{}", "content_type": "application/json", "about": about,
            "made_at": self.clock(), **more,
        }  # fmt: skip
        return Parcel(**given)

    def send(self) -> int:
        return self.post.send()

    def let_pass(self, span: timedelta) -> None:
        self.clock.let_pass(span.total_seconds())

    def row(self, about: str) -> ParcelRow:
        with self.database.reading() as session:
            return session.scalars(sa.select(ParcelRow).where(ParcelRow.about == about)).one()

    def states(self) -> dict[str, str]:
        with self.database.reading() as session:
            return {row.about: row.status for row in session.scalars(sa.select(ParcelRow).order_by(ParcelRow.position))}

    def breaker(self, receiver: str) -> str:
        with self.database.reading() as session:
            return session.get_one(LineRow, ("webhook", receiver)).breaker(self.clock())

    def status(self) -> dict[str, Any]:
        with self.database.reading() as session:
            return self.post.status(session)

    def retry(self, parcel_id: UUID) -> None:
        with self.database.writing() as session:
            retry(session, parcel_id)

    def close(self) -> None:
        for post in self.posts:
            post.close()
        self.database.close()


@pytest.fixture
def sending(tmp_path: Path) -> Iterator[Sending]:
    made = Sending(f"sqlite:///{tmp_path}/parcels.db")
    yield made
    made.close()


# putting out
def test_what_is_put_out_is_handed_over_once_with_a_receipt(sending: Sending):
    sending.put("birken", "1")

    assert (sending.send(), sending.send()) == (1, 0)
    row = sending.row("1")
    assert (row.status, row.receipt, row.attempts, row.sent_at) == ("sent", "receipt of 1", 1, sending.clock())
    assert sending.sent == {"1": 1}


def test_the_same_put_out_twice_is_one(sending: Sending):
    (parcel,) = sending.put("birken", "1")

    with sending.database.writing() as session:
        assert not put_out(session, parcel)
    sending.send()
    with sending.database.writing() as session:
        assert not put_out(session, parcel)
    assert sending.send() == 0


def test_what_is_not_committed_is_never_sent(sending: Sending):
    with sending.database.writing() as session:
        put_out(session, sending.parcel("birken", "1"))
        session.rollback()

    assert sending.send() == 0


def test_the_parcels_of_a_case_are_told_without_their_bodies(sending: Sending):
    case = a_case()
    sending.put("birken", "1", "2", case_id=case)
    sending.put("birken", "3", case_id=a_case())

    with sending.database.reading() as session:
        rows = parcels_of(session, case)
    assert [row.about for row in rows] == ["1", "2"]
    assert "body" in sa.inspect(rows[0]).unloaded


def test_a_parcel_of_a_channel_that_is_not_here_waits(sending: Sending):
    sending.put("birken", "1", channel="pigeon")

    assert sending.send() == 0
    assert sending.states() == {"1": "waiting"}


# order, pauses, breaker
def test_a_later_parcel_waits_until_the_earlier_is_sent(sending: Sending):
    sending.put("birken", "1", "2")
    sending.outside.next["birken"] = [AWAY]

    sending.send()
    assert sending.outside.came["birken"] == []
    sending.let_pass(PAUSES[0])
    sending.send()

    assert sending.outside.came["birken"] == ["1", "2"]


def test_a_receiver_that_is_away_delays_no_other(sending: Sending):
    sending.put("birken", "1", "2")
    sending.put("x-hus", "a", "b")
    sending.outside.next["birken"] = [AWAY] * 9

    sending.send()

    assert sending.outside.came["x-hus"] == ["a", "b"]
    assert sending.states() == {"1": "waiting", "2": "waiting", "a": "sent", "b": "sent"}


def test_pauses_grow_and_the_last_is_kept():
    grown = [pause(n, jitter=0.5) for n in range(1, 20)]

    assert grown[: len(PAUSES)] == list(PAUSES)
    assert set(grown[len(PAUSES) :]) == {PAUSES[-1]}


def test_pauses_are_spread():
    assert (pause(1, jitter=0), pause(1, jitter=1)) == (0.8 * PAUSES[0], 1.2 * PAUSES[0])


@pytest.mark.parametrize("wish, rests", [(1, 10), (60, 60), (10**6, 21600)])
def test_a_receiver_may_ask_for_a_longer_rest_up_to_a_point(wish: int, rests: int):
    assert pause(1, 0.5, timedelta(seconds=wish)) == timedelta(seconds=rests)


def test_the_breaker_opens_lets_one_probe_go_and_closes(sending: Sending):
    sending.put("birken", "1", "2")
    sending.outside.next["birken"] = [AWAY] * 2
    sending.send()
    opened = sending.breaker("birken"), sending.send()

    sending.let_pass(PAUSES[0])
    probing = sending.breaker("birken"), sending.send()
    longer = sending.breaker("birken"), sending.send()
    sending.let_pass(PAUSES[1])
    sending.send()

    assert (opened, probing, longer) == (("open", 0), ("half-open", 1), ("open", 0))
    assert sending.breaker("birken") == "closed"
    assert sending.states() == {"1": "sent", "2": "sent"}


def test_the_breaker_outlives_a_restart(sending: Sending):
    sending.put("birken", "1")
    sending.outside.next["birken"] = [AWAY]
    sending.send()

    assert sending.another().send() == 0
    assert sending.status()["failing"] == [
        {
            "channel": "webhook", "receiver": "birken", "breaker": "open", "failures": 1,
            "failing_since": sending.clock().isoformat(), "try_at": (sending.clock() + PAUSES[0]).isoformat(),
        }
    ]  # fmt: skip


def test_what_is_put_out_while_the_breaker_is_open_waits_in_line(sending: Sending):
    sending.put("birken", "1")
    sending.outside.next["birken"] = [AWAY]
    sending.send()
    sending.put("birken", "2")

    assert sending.send() == 0
    sending.let_pass(PAUSES[0])
    sending.send()
    assert sending.outside.came["birken"] == ["1", "2"]


def test_a_channel_s_own_mistake_stops_its_line_only(sending: Sending):
    sending.put("birken", "1")
    sending.put("x-hus", "a")
    sending.outside.next["birken"] = [fails(ZeroDivisionError("a body might stand here"))]

    sending.send()

    assert sending.states() == {"1": "waiting", "a": "sent"}
    assert sending.row("1").failure == "ZeroDivisionError"


# giving up, and sending again
def test_what_is_refused_for_good_is_given_up_at_once_and_the_next_goes(sending: Sending):
    sending.put("birken", "1", "2")
    sending.outside.next["birken"] = [REFUSES]

    sending.send()

    assert sending.states() == {"1": "failed", "2": "sent"}
    assert (sending.row("1").failure, sending.breaker("birken")) == ("HTTP 422", "closed")
    assert (sending.sent, sending.given_up) == ({"2": 1}, {"1": 1})


def test_a_receiver_that_stays_away_is_given_up_after_a_day_one_parcel_at_a_time(sending: Sending):
    sending.put("birken", "1", "2")
    sending.outside.next["birken"] = [AWAY] * 99
    began = sending.clock()
    while sending.states()["1"] == "waiting":
        sending.send()
        sending.let_pass(60 * SECOND)
    after = sending.clock() - began

    assert GIVE_UP < after <= GIVE_UP + PAUSES[-1]
    assert sending.states()["2"] == "waiting"
    assert sending.send() == 0  # the breaker is open for whoever comes next
    sending.outside.next["birken"].clear()
    sending.let_pass(PAUSES[-1])
    sending.send()
    assert sending.states() == {"1": "failed", "2": "sent"}


def test_a_fresh_parcel_gets_its_own_day_even_where_the_receiver_has_failed_for_long(sending: Sending):
    sending.put("birken", "1")
    sending.outside.next["birken"] = [AWAY] * 99
    while sending.states()["1"] == "waiting":
        sending.send()
        sending.let_pass(60 * SECOND)
    sending.put("birken", "2")

    sending.let_pass(PAUSES[-1])
    assert sending.send() == 1
    assert sending.states()["2"] == "waiting"


def test_a_receiver_that_stumbles_over_a_long_line_loses_nothing(sending: Sending):
    sending.put("birken", "1", "2")
    sending.send()
    sending.put("birken", "3", "4")
    sending.outside.next["birken"] = [fails(NotSent("HTTP 429", after=PAUSES[-1]))] * 3
    for _ in range(3):
        sending.send()
        sending.let_pass(PAUSES[-1])
    sending.send()
    sending.let_pass(GIVE_UP)

    assert set(sending.states().values()) == {"sent"}


def test_a_parcel_that_was_given_up_is_sent_again_before_those_that_wait(sending: Sending):
    first, *_ = sending.put("birken", "1", "2")
    sending.outside.next["birken"] = [REFUSES, AWAY]
    sending.send()
    assert sending.states() == {"1": "failed", "2": "waiting"}

    sending.retry(first.id)
    sending.send()

    assert sending.outside.came["birken"] == ["1", "2"]
    assert sending.row("1").attempts == 2


def test_what_waits_is_left_as_it_is_and_what_is_sent_is_not_sent_again(sending: Sending):
    first, second = sending.put("birken", "1", "2")
    sending.outside.next["birken"] = [lambda: None, AWAY]
    sending.send()

    sending.retry(second.id)
    assert sending.send() == 0
    with pytest.raises(AlreadySent):
        sending.retry(first.id)
    with pytest.raises(NotFound):
        sending.retry(a_case())


# being killed
def test_a_killed_sender_s_parcel_is_sent_again_when_its_lease_has_run_out(sending: Sending):
    sending.put("birken", "1", "2")
    sending.outside.next["birken"] = [KILLS]
    with pytest.raises(Killed):
        sending.send()
    other = sending.another()

    assert other.send() == 0
    sending.let_pass(LEASE)
    assert other.send() == 2
    assert sending.outside.came["birken"] == ["1", "2"]


def test_a_sender_that_comes_back_late_says_only_that_it_was_sent(sending: Sending):
    held, waiting = threading.Event(), threading.Event()

    def hang() -> None:
        waiting.set()
        held.wait(10)

    sending.put("birken", "1", "2")
    sending.outside.next["birken"] = [hang, AWAY]
    late, other = sending.another(patience=0.05), sending.another()
    assert late.send() == 1
    waiting.wait(10)
    sending.let_pass(LEASE)
    assert other.send() == 1  # the same again, since the first has not come back
    held.set()
    late.close()

    assert sending.states() == {"1": "sent", "2": "waiting"}
    assert sending.breaker("birken") == "open"
    assert sending.sent == {"1": 1}


def test_where_it_cannot_be_noted_it_is_not_sent_and_goes_again(sending: Sending):
    def cannot(session: Session, row: ParcelRow) -> None:
        raise OSError("the disk is full")

    sending.put("birken", "1")
    with pytest.raises(OSError, match="disk"):
        Post(sending.database, {"webhook": sending.outside}, sending.clock, cannot).send()

    assert sending.states() == {"1": "waiting"}
    sending.let_pass(LEASE)
    sending.send()
    assert sending.outside.came["birken"] == ["1", "1"]


OUTCOMES = {"takes": lambda: None, "away": AWAY, "refuses": REFUSES, "dies before": KILLS}
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["birken", "x-hus", "skoven"]), st.sampled_from(["put", *OUTCOMES, "dies after", "send"])
    ),
    max_size=40,
)


@given(EVENTS)
@settings(max_examples=60)
def test_whatever_happens_each_receiver_gets_its_parcels_in_order_and_each_is_marked_once(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[str, str]]
):
    sending = Sending(f"sqlite:///{tmp_path_factory.mktemp('any')}/parcels.db")
    numbers, put = count(1), defaultdict[str, list[str]](list)

    def dies_after(receiver: str) -> Callable[[], None]:
        def die() -> None:
            row = next(about for about in put[receiver] if sending.states()[about] == "waiting")
            sending.outside.came[receiver].append(row)
            raise Killed

        return die

    def send() -> None:
        try:
            sending.post.send()
        except Killed:
            sending.post = sending.another()

    for receiver, what in events:
        if what == "put":
            put[receiver].append(f"{receiver} {next(numbers)}")
            sending.put(receiver, put[receiver][-1])
        elif what == "send":
            send()
            sending.let_pass(PAUSES[0])
        else:
            sending.outside.next[receiver].append(OUTCOMES.get(what) or dies_after(receiver))
    while "waiting" in sending.states().values():
        send()
        sending.let_pass(LEASE)
    sending.close()

    for receiver, expected in put.items():
        given_up = {about for about in expected if sending.states()[about] == "failed"}
        assert [about for about, _ in groupby(sending.outside.came[receiver]) if about not in given_up] == [
            about for about in expected if about not in given_up
        ]
    settled = {about: 1 for abouts in put.values() for about in abouts}
    assert sending.sent + sending.given_up == settled
