"""What leaves the house: at least once, in the order of each receiver, whatever fails, hangs or is killed."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count, groupby
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from casework.channels import Base, LineRow, NotSent, Parcel, ParcelRow, Post, parcels_of, put_out, retry
from casework.channels.parcels import AlreadySent
from casework.channels.post import GIVE_UP, LEASE, PAUSES, pause
from casework.database import Database
from casework.errors import NotFound
from casework.migrations import common
from casework.process import Actor
from casework.service import roles
from casework.service.clock import system
from casework.service.parcels_api import PAGE
from casework.service.phase_api import PhaseService, create_phase_app
from casework.service.settings import Settings
from casework.service.tasks import make_celery
from casework.testing import visits
from casework.testing.cases import A_CASEWORKER, AN_OPERATOR, Office
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
            on_given_up=self._note(self.given_up), jitter=lambda: 0.5, **{"patience": 30, **options},
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


def differences(url: str) -> list[Any]:
    """Between the tables that the migration makes and those that the code maps."""
    database = Database(url)
    with database.engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        with Operations.context(context):
            common.parcels()
        found = compare_metadata(context, Base.metadata)
    database.close()
    return list(found)


def test_the_migration_makes_what_the_code_maps(tmp_path: Path):
    assert differences(f"sqlite:///{tmp_path}/parcels.db") == []


def test_it_does_so_on_postgresql_too(postgres_url: str):
    assert differences(postgres_url) == []


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
        sending.let_pass(600 * SECOND)
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
        sending.let_pass(600 * SECOND)
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


@pytest.mark.slow
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


# a service that has channels
class Visiting:
    """The service of the tests' visits, with a channel, as the `app.py` of a phase puts it together."""

    __name__ = "visiting"

    def __init__(self) -> None:
        self.outside = Outside()
        self.told: list[tuple[str, str]] = []

    def create(self, settings: Settings, **overrides: Any) -> PhaseService:
        phase = replace(visits.PHASE, bases=(Base,))
        return PhaseService(
            phase, settings, channels=lambda _: {"webhook": self.outside}, on_sent=self.note, **overrides
        )

    def note(self, service: PhaseService, session: Session, row: ParcelRow) -> None:
        self.told.append((service.name, row.about))

    create_app = staticmethod(create_phase_app)


@dataclass
class Branch:
    """An office that sends things out of the house."""

    module: Visiting
    office: Office

    def put(self, *abouts: str, **more: Any) -> list[UUID]:
        given = {"channel": "webhook", "receiver": "birken", "kind": "order.sent", "content_type": "text/plain", **more}
        parcels = [
            Parcel(id=uuid4(), body=b"0102031234", about=about, made_at=self.office.now, **given) for about in abouts
        ]
        with self.office.database.writing() as session:
            assert all(put_out(session, parcel) for parcel in parcels)
        return [parcel.id for parcel in parcels]

    def listed(self, query: str = "", actor: Actor = AN_OPERATOR) -> Any:
        return self.office.call(actor, "GET", f"/parcels{query}").get_json()

    def metrics(self) -> dict[str, str]:
        lines = self.office.call(None, "GET", "/metrics").text.splitlines()
        found = (line.split() for line in lines if line.startswith("sagsgang_parcels_"))
        return {name.removeprefix("sagsgang_parcels_"): value for name, value in found}


@pytest.fixture
def branch(tmp_path: Path) -> Iterator[Branch]:
    with visits.contracts():
        module = Visiting()
        made = Branch(module, Office(module, tmp_path))
        yield made
        made.office.close()


def test_a_service_sends_and_hears_what_was_sent(branch: Branch):
    branch.put("1")

    assert (branch.office.service.send_parcels(), branch.office.service.send_parcels()) == (1, 0)
    assert branch.module.told == [("visit", "1")]


def test_the_worker_of_one_process_sends_itself(branch: Branch):
    service, stop = branch.office.service, threading.Event()
    service.settings = replace(service.settings, tick_seconds=0.01)
    working = threading.Thread(target=service.run, args=(stop,), daemon=True)
    branch.put("1")
    working.start()
    until = time.monotonic() + 10
    while not branch.module.told and time.monotonic() < until:
        time.sleep(0.01)
    stop.set()
    working.join(10)

    assert branch.module.told == [("visit", "1")]


def test_celery_does_what_a_service_with_channels_does(branch: Branch):
    service = branch.office.service
    settings = replace(service.settings, tasks_broker="memory://", tick_seconds=5)
    celery = make_celery("visit", settings, lambda: service, service.jobs)
    branch.put("1")

    assert {e["task"]: e["schedule"] for e in celery.conf.beat_schedule.values()} == {"visit.send_parcels": 5}
    assert celery.tasks["visit.send_parcels"].apply().get() == 1
    assert branch.module.told == [("visit", "1")]


def test_a_service_without_channels_has_no_tasks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("VISIT_DATABASE", f"sqlite:///{tmp_path}/visits.db")
    with visits.contracts(), pytest.raises(SystemExit):
        roles.main("visit", ["tasks"], module="casework.testing.visits")
    assert "visit has no tasks" in capsys.readouterr().err


def test_metrics_count_what_waits_and_what_was_given_up(branch: Branch):
    branch.put("1", "2")
    branch.module.outside.next["birken"] = [REFUSES, AWAY]
    branch.office.service.send_parcels()
    branch.office.now += timedelta(minutes=2)

    assert branch.metrics() == {"waiting": "1", "failed": "1", "oldest_waiting_seconds": "120"}


def test_an_operator_sees_what_waits_and_who_fails_without_the_content(branch: Branch):
    case = a_case()
    branch.put("1", "2", "3", case_id=case)
    branch.module.outside.next["birken"] = [lambda: None, REFUSES, AWAY]
    branch.office.service.send_parcels()

    listed = branch.listed()
    assert [(p["about"], p["status"], p["failure"]) for p in listed["parcels"]] == [
        ("2", "failed", "HTTP 422"), ("3", "waiting", "HTTP 503"),
    ]  # fmt: skip
    assert "0102031234" not in str(listed)
    assert [(line["receiver"], line["breaker"]) for line in listed["status"]["failing"]] == [("birken", "open")]
    (sent,) = branch.listed("?status=sent")["parcels"]
    assert (sent["about"], sent["receipt"], sent["case_id"]) == ("1", "receipt of 1", str(case))


def test_parcels_are_listed_page_by_page(branch: Branch):
    branch.put(*map(str, range(PAGE + 1)))

    first = branch.listed()
    second = branch.listed(f"?after={first['next']}")
    assert [len(first["parcels"]), len(second["parcels"]), second["next"]] == [PAGE, 1, None]


@pytest.mark.parametrize("query", ["?after=x", "?after=-1", "?after=" + "9" * 30, "?status=lost"])
def test_a_page_that_is_none_is_told_as_such(branch: Branch, query: str):
    assert branch.office.call(AN_OPERATOR, "GET", f"/parcels{query}").status_code == 422


def test_an_operator_sends_again_what_was_given_up(branch: Branch):
    (parcel,) = branch.put("1")
    branch.module.outside.next["birken"] = [REFUSES]
    branch.office.service.send_parcels()

    answer = branch.office.call(AN_OPERATOR, "POST", f"/parcels/{parcel}/retry")
    branch.office.service.send_parcels()
    again = branch.office.call(AN_OPERATOR, "POST", f"/parcels/{parcel}/retry")

    assert (answer.get_json()["status"], branch.module.told) == ("waiting", [("visit", "1")])
    assert (again.status_code, again.get_json()["title"]) == (409, "Det er allerede sendt")


def test_only_operators_may(branch: Branch):
    (parcel,) = branch.put("1")

    assert branch.office.call(A_CASEWORKER, "GET", "/parcels").status_code == 403
    assert branch.office.call(A_CASEWORKER, "POST", f"/parcels/{parcel}/retry").status_code == 403
    assert branch.office.call(AN_OPERATOR, "POST", f"/parcels/{uuid4()}/retry").status_code == 404


# several at work
HEALTHY = [f"healthy {n}" for n in range(6)]


def send_until(post: Post, done: Callable[[], bool]) -> None:
    """Send, on a busy machine too, until it has come to this; ten seconds at most."""
    until = time.monotonic() + 10
    post.send()
    while not done() and time.monotonic() < until:
        post.send()


class Town:
    """Those outside, of whom some are bad, in simulated time: a second passes when all that could go has gone."""

    def __init__(self, sending: Sending, *, bad: bool) -> None:
        self.sending, self.began = sending, sending.clock()
        self.bad = (
            {"down": self.is_down, "fails": self.fails, "slow": self.is_slow, "hangs": self.is_slow} if bad else {}
        )
        self.outage = timedelta(minutes=10)
        self.came: dict[str, list[str]] = defaultdict(list)
        self.delays: list[timedelta] = []
        self.seconds: list[float] = []
        self.put_at: dict[str, tuple[Any, float]] = {}

    def __call__(self, parcel: Parcel) -> str:
        if parcel.receiver in self.bad and self.sending.clock() < self.began + self.outage:
            self.bad[parcel.receiver]()
        made_at, put_at = self.put_at[parcel.about]
        if parcel.receiver in HEALTHY:
            self.delays.append(self.sending.clock() - made_at)
            self.seconds.append(time.perf_counter() - put_at)
        self.came[parcel.receiver].append(parcel.about)
        return "HTTP 202"

    def is_down(self) -> None:
        raise NotSent("ConnectionError")

    def fails(self) -> None:
        raise NotSent("HTTP 500")

    def is_slow(self) -> None:
        until = self.sending.clock() + 10 * SECOND
        while self.sending.clock() < until:
            time.sleep(0.001)
        raise NotSent("ReadTimeout")

    def play(self) -> dict[str, list[str]]:
        """A parcel each ten seconds to each receiver for ten minutes; then until all is quiet. What was put out."""
        put: dict[str, list[str]] = defaultdict(list)
        post = self.sending.another(patience=0.05, threads=4)
        post.channels = {"webhook": self}
        for receiver in HEALTHY:  # who are known to be so
            put[receiver].append(f"{receiver} before")
            self.put_at[put[receiver][-1]] = self.sending.clock(), time.perf_counter()
            self.sending.put(receiver, put[receiver][-1])
        post.send()
        while self.sending.clock() < self.began + self.outage or "waiting" in self.sending.states().values():
            passed = self.sending.clock() - self.began
            if passed < self.outage and passed.seconds % 10 == 0:
                for receiver in (*self.bad, *HEALTHY):
                    put[receiver].append(f"{receiver} {passed.seconds}")
                    self.put_at[put[receiver][-1]] = self.sending.clock(), time.perf_counter()
                    self.sending.put(receiver, put[receiver][-1])
            send_until(
                post, lambda: sum(len(self.came[one]) for one in HEALTHY) == sum(len(put[one]) for one in HEALTHY)
            )
            # minutes at a time would end the lease of whoever is under way, and theirs would go twice
            self.sending.let_pass(SECOND if passed < self.outage or post._under_way else 60 * SECOND)
        return put


@pytest.mark.slow
def test_healthy_receivers_get_theirs_at_once_beside_bad_ones_and_the_bad_get_all_in_order(tmp_path: Path):
    found = {}
    for bad in (False, True):
        sending = Sending(f"sqlite:///{tmp_path}/{bad}.db")
        town = Town(sending, bad=bad)
        put = town.play()
        sending.close()
        found[bad] = town
        assert town.came == put
    means = {bad: sum(town.seconds) / len(town.seconds) for bad, town in found.items()}
    worst = {bad: max(town.delays) for bad, town in found.items()}
    print(  # noqa: T201
        f"\nhealthy receivers: {1000 * means[False]:.1f} ms alone, {1000 * means[True]:.1f} ms beside bad ones,"
        f" ratio {means[True] / means[False]:.2f}; at most {worst[False].seconds} and {worst[True].seconds} simulated s"
    )

    assert worst[False] == timedelta(0)
    assert worst[True] <= SECOND


def test_those_who_hang_hold_at_most_half_of_the_threads(sending: Sending):
    held = threading.Event()
    post = sending.another(patience=0.05, threads=4)
    for n in range(6):
        sending.put(f"hangs {n}", f"h{n}")
        sending.outside.next[f"hangs {n}"] = [lambda: held.wait(10)]
    begun = post.send()
    sending.put("birken", "1")

    waits = post.send(), sending.states()["1"]  # new, and so not known to be quick
    held.set()
    send_until(post, lambda: set(sending.states().values()) == {"sent"})

    assert (begun, waits) == (2, (0, "waiting"))
    assert set(sending.states().values()) == {"sent"}


def test_those_who_are_known_to_be_quick_have_the_other_half(sending: Sending):
    sending.put("birken", "1", "2")
    sending.send()
    held = threading.Event()
    post = sending.another(patience=0.05, threads=4)
    for n in range(6):
        sending.put(f"hangs {n}", f"h{n}")
        sending.outside.next[f"hangs {n}"] = [lambda: held.wait(10)]
    post.send()
    sending.put("birken", "3", "4")
    send_until(post, lambda: len(sending.outside.came["birken"]) == 4)

    assert sending.outside.came["birken"] == ["1", "2", "3", "4"]
    held.set()


def test_claiming_takes_the_same_few_statements_however_many_wait(sending: Sending):
    def statements() -> int:
        seen: list[str] = []
        sa.event.listen(sending.database.engine, "before_cursor_execute", lambda *call: seen.append(call[2]))
        sending.another(threads=2)._claim()
        return len(seen)

    sending.put("birken", "1")
    few = statements()
    for n in range(40):
        sending.put(f"receiver {n}", *(f"{n}/{m}" for m in range(5)))

    assert statements() <= few


class Steward:
    """A sender in a process of its own, which writes down what it hands over, and may be killed."""

    PROGRAM = """
import sys, time
from casework.channels import Post
from casework.database import Database
from casework.service.clock import system

url, path, pause = sys.argv[1:]

def write(parcel):
    with open(path, "a") as file:
        file.write(f"{parcel.receiver} {parcel.about}\\n")
    time.sleep(float(pause))
    return "written"

post = Post(Database(url), {"webhook": write}, system, patience=0.05)
while True:
    if not post.send():
        time.sleep(0.02)
"""

    def __init__(self, url: str, path: Path, pause: float) -> None:
        self.process = subprocess.Popen([sys.executable, "-c", self.PROGRAM, url, str(path), str(pause)])

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


@pytest.mark.slow
def test_several_senders_share_the_lines_and_one_that_is_killed_loses_nothing(postgres_url: str, tmp_path: Path):
    sending = Sending(postgres_url)
    abouts = {f"receiver{n}": [f"{n}/{m}" for m in range(10)] for n in range(12)}
    path = tmp_path / "came"
    for receiver, mine in abouts.items():
        sending.put(receiver, *mine, made_at=system())
    doomed = Steward(postgres_url, path, 120)  # killed in the midst of a parcel; it can hold eight of the lines
    stewards: list[Steward] = []
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and not (path.exists() and path.read_text()):
            time.sleep(0.1)
        stewards = [Steward(postgres_url, path, 0.02) for _ in range(2)]
        until = time.monotonic() + 90
        while time.monotonic() < until and Counter(sending.states().values())["sent"] < 40:
            time.sleep(0.1)
        doomed.kill()
        with sending.database.writing() as session:  # as if the leases of the dead had run out
            session.execute(sa.update(LineRow).where(LineRow.leased_until > system()).values(leased_until=system()))
        while time.monotonic() < until and "waiting" in sending.states().values():
            time.sleep(0.1)
    finally:
        for steward in (*stewards, doomed):
            steward.kill()
    came = defaultdict[str, list[str]](list)
    for line in path.read_text().splitlines():
        receiver, about = line.split()
        came[receiver].append(about)
    sent = Counter(sending.states().values())
    sending.close()

    assert sent == {"sent": 120}
    assert {receiver: [about for about, _ in groupby(mine)] for receiver, mine in came.items()} == abouts
    again = sum(map(len, came.values())) - 120
    assert 1 <= again <= 24  # what the dead had begun, and whoever lost a lease with them
