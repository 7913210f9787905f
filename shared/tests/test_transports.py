"""Messages arrive, once each and in their order, whatever breaks on the way: the same over both transports."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kombu.connection import Connection

from casework.contracts.assessment import ReasoningRecorded
from casework.contracts.intake import CaseClosed, EnquiryRecorded, IntakeCompleted
from casework.errors import NotYet
from casework.messaging import Direct, Parcel, Relay, Transport
from casework.messaging.amqp import DELIVERY_LIMIT, Amqp
from casework.messaging.direct import ARCHIVE
from casework.messaging.inbox import DELAYS
from casework.testing.desk import Clock, Desk, a_case, has_noted
from casework.testing.servers import PrivateRabbitmq, fresh_database

NAMES = ("intake", "assessment", "decision")
AN_ENQUIRY = EnquiryRecorded(opening_reason="Borgeren kan ikke selv klare indkøb")
ANOTHER = EnquiryRecorded(opening_reason="Borgeren kan heller ikke lave mad")
THE_END_OF_INTAKE = IntakeCompleted(completed_on=date(2026, 3, 2))
A_REASONING = ReasoningRecorded(decision_reasoning="Fordi")
TO_EVERY_SERVICE = CaseClosed(closed_on=date(2026, 3, 2))  # most of whom are not at work here

Receive = Callable[[list[Any]], None]


class Crash(BaseException):
    """The process ends here."""


class Hurried(Clock):
    """A minute passes every time somebody looks: no pause of a relay is worth waiting for."""

    def __call__(self) -> Any:
        self.now += timedelta(minutes=1)
        return self.now


class House:
    """Three services, each with its own database, inbox and relay."""

    def __init__(self, urls: list[str]) -> None:
        self.clock = Clock()
        self.desks = {name: Desk(name, url, self.clock) for name, url in zip(NAMES, urls, strict=True)}
        self.intake, self.assessment, self.decision = (self.desks[name] for name in NAMES)
        self.relays = {n: Relay(d.database, self.transport(n), Hurried()) for n, d in self.desks.items()}
        for name in NAMES:
            self.open(name)

    def transport(self, name: str) -> Transport:
        raise NotImplementedError

    def open(self, name: str, receive: Receive | None = None) -> None:
        """From now on the service takes what comes for it, into its inbox or otherwise."""
        raise NotImplementedError

    def close(self, name: str) -> None:
        """The service is away."""
        raise NotImplementedError

    def deliver(self, name: str, body: bytes) -> None:
        """Lay something on the way to the service that no relay of ours would send."""
        raise NotImplementedError

    def relay(self) -> None:
        """Each service sends what it owes, as far as it can; it survives the end of another."""
        for relay in self.relays.values():
            with suppress(Crash):
                while relay.run_once():
                    pass

    def settle(self, done: Callable[[], bool]) -> None:
        """Send and take until this is true. It is soon, or it never will be."""
        until = time.monotonic() + 15
        self.relay()
        while not done():
            assert time.monotonic() < until, "does not settle"
            time.sleep(0.005)
            self.relay()

    def send(self, sender: Desk, subject: UUID, *messages: Any) -> list[Any]:
        """Tell, and wait until it is handled or kept wherever it should come."""
        told = sender.tell(subject, *messages)
        self.settle(lambda: all(self._has_come(name, told) for name in NAMES))
        return told

    def shut(self) -> None:
        for name, desk in self.desks.items():
            self.close(name)
            desk.clear()
            desk.close()

    def _has_come(self, name: str, told: list[Any]) -> bool:
        """It has come and was looked at: stored first, worked in the next commit."""
        expected = {envelope.id for envelope in told if name in envelope.numbers}
        rows = [row for row in self.desks[name].came() if row.id in expected]
        return len(rows) == len(expected) and all(row.status != "new" or row.attempts for row in rows)


class EmbeddedHouse(House):
    """One process, a SQLite file for each service."""

    def __init__(self, folder: Path) -> None:
        self.direct = Direct()
        super().__init__([f"sqlite:///{folder}/{name}.db" for name in NAMES])

    def transport(self, name: str) -> Transport:
        return self.direct

    def open(self, name: str, receive: Receive | None = None) -> None:
        self.direct.connect(name, receive or self.desks[name].inbox.receive)

    def close(self, name: str) -> None:
        self.direct.receivers.pop(name, None)

    def deliver(self, name: str, body: bytes) -> None:
        self.direct.receivers[name]([body])


class DistributedHouse(House):
    """PostgreSQL and RabbitMQ, a consumer thread and a connection for each service."""

    def __init__(self, broker: str, urls: list[str]) -> None:
        self.broker, self.prefix = broker, f"test-{uuid4().hex}"
        self.transports = {name: Amqp(broker, self.prefix) for name in NAMES}
        self.consumers: dict[str, tuple[threading.Event, threading.Thread]] = {}
        super().__init__(urls)

    def transport(self, name: str) -> Transport:
        return self.transports[name]

    def open(self, name: str, receive: Receive | None = None) -> None:
        self.close(name)
        stop = threading.Event()

        transport = self.transports.get(name, self.transports["intake"])
        transport.declare([name])

        def consume() -> None:
            with suppress(Crash):
                transport.consume(name, receive or self.desks[name].inbox.receive, stop.is_set)

        thread = threading.Thread(target=consume)
        thread.start()
        self.consumers[name] = stop, thread

    def close(self, name: str) -> None:
        if name in self.consumers:
            stop, thread = self.consumers.pop(name)
            stop.set()
            thread.join(10)
            assert not thread.is_alive()

    def deliver(self, name: str, body: bytes) -> None:
        connection: Any = Connection(self.broker)
        with connection, connection.channel() as channel:
            channel.basic_publish(channel.prepare_message(body), self.prefix, f"to.{name}.test")

    def shut(self) -> None:
        for stop, _ in self.consumers.values():
            stop.set()
        for name in list(self.consumers):
            self.close(name)
        super().shut()
        self.transports["intake"].remove((*NAMES, ARCHIVE))
        for transport in self.transports.values():
            transport.close()


@pytest.fixture(scope="module")
def three_databases(postgres_server: str) -> Iterator[list[str]]:
    """Made once, because that takes longer than a test; every house shares them in turn."""
    with ExitStack() as made:
        yield [made.enter_context(fresh_database(postgres_server)) for _ in NAMES]


@pytest.fixture(params=["direct", pytest.param("amqp", marks=[pytest.mark.postgres, pytest.mark.rabbitmq])])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    if request.param == "direct":
        made: House = EmbeddedHouse(tmp_path)
    else:
        made = DistributedHouse(request.getfixturevalue("rabbitmq"), request.getfixturevalue("three_databases"))
    yield made
    made.shut()


# What arrives


def test_a_message_reaches_every_consumer_named_in_its_contract_and_nobody_else(house: House):
    case = a_case()

    house.send(house.intake, case, AN_ENQUIRY, THE_END_OF_INTAKE)

    assert house.assessment.noted(case) == [("intake", "enquiry.recorded", 1), ("intake", "intake.completed", 2)]
    assert house.decision.noted(case) == [("intake", "enquiry.recorded", 1)]
    assert house.intake.noted(case) == []
    assert house.intake.unsent() == []


def test_a_message_delivered_twice_takes_effect_once(house: House):
    case = a_case()
    (told,) = house.send(house.intake, case, AN_ENQUIRY)

    house.transport("intake").publish([Parcel(told.id, ("assessment",), told.to_json())] * 3)
    house.send(house.intake, case, ANOTHER)  # comes after the copies

    assert house.assessment.noted(case) == [("intake", "enquiry.recorded", 1), ("intake", "enquiry.recorded", 2)]


def test_an_early_message_waits_for_those_before_it(house: House):
    case = a_case()
    first, second, third = house.intake.tell(case, AN_ENQUIRY, ANOTHER, THE_END_OF_INTAKE)
    publish = house.transport("intake").publish

    publish([Parcel(late.id, ("assessment",), late.to_json()) for late in (third, second)])
    wait_until(lambda: len(house.assessment.states(case)) == 2)
    before = house.assessment.states(case)
    publish([Parcel(first.id, ("assessment",), first.to_json())])
    wait_until(lambda: house.assessment.states(case) == ["done"] * 3)

    assert before == ["new", "new"]
    assert [number for _, _, number in house.assessment.noted(case)] == [1, 2, 3]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_messages_in_any_order_and_repeated_end_in_the_same_state(house: House, data: st.DataObject):
    case = a_case()
    house.decision.before = a_reasoning_needs_an_enquiry
    told = [*house.intake.tell(case, AN_ENQUIRY, ANOTHER), *house.assessment.tell(case, A_REASONING, A_REASONING)]
    parcels = [Parcel(envelope.id, ("decision",), envelope.to_json()) for envelope in told]
    repeated = [*parcels, *data.draw(st.lists(st.sampled_from(parcels), max_size=4))]

    house.transport("intake").publish(data.draw(st.permutations(repeated)))
    wait_until(lambda: house.decision.states(case) == ["done"] * 4)

    noted = house.decision.noted(case)
    assert [n for n in noted if n[0] == "intake"] == [("intake", "enquiry.recorded", n) for n in (1, 2)]
    assert [n for n in noted if n[0] == "assessment"] == [("assessment", "reasoning.recorded", n) for n in (1, 2)]
    assert noted[0][0] == "intake"


def test_what_comes_before_its_time_waits_and_is_handled_after_the_next_change(house: House):
    case = a_case()
    house.decision.before = a_reasoning_needs_an_enquiry

    house.send(house.assessment, case, A_REASONING)
    before = [(row.status, row.reason) for row in house.decision.came()]
    house.send(house.intake, case, AN_ENQUIRY)

    assert before == [("waiting", "Henvendelsen er ikke kommet")]
    assert house.decision.noted(case) == [("intake", "enquiry.recorded", 1), ("assessment", "reasoning.recorded", 1)]


def test_the_archive_gets_a_copy_of_every_message_once_it_is_there(house: House):
    case, kept = a_case(), list[str]()
    house.send(house.intake, case, AN_ENQUIRY)
    house.open(ARCHIVE, lambda bodies: kept.extend(body_type(body) for body in bodies))

    house.send(house.intake, case, THE_END_OF_INTAKE)
    house.send(house.assessment, case, A_REASONING)

    wait_until(lambda: kept == ["intake.completed", "reasoning.recorded"])
    house.close(ARCHIVE)


# What cannot be handled


def test_a_message_of_an_unknown_version_is_kept_with_its_reason(house: House):
    case = a_case()
    (told,) = house.intake.tell(case, AN_ENQUIRY)

    house.deliver("assessment", json.dumps(told.to_json() | {"version": 99}).encode())
    wait_until(lambda: house.assessment.states(case) == ["unknown"])

    assert house.assessment.came()[0].reason == "enquiry.recorded version 99 kendes ikke her"


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\x00\xff",
        b"[" * 100_000,
        b'"intake"',
        b'{"id": 7}',
        b'{"numbers": {"assessment": "first"}, %s}',
        b'{"numbers": {"assessment": 1e99}, %s}',
        b'{"numbers": {"assessment": 1' + b"0" * 30 + b"}, %s}",
        b'{"numbers": {"assessment": 1}, "actor": "\\u0000", %s}',
        b'{"numbers": {"assessment": 1}, "actor": "\\ud800", %s}',
    ],
    ids=["half", "bytes", "deep", "text", "stranger", "word", "float", "huge", "nul", "surrogate"],
)
def test_broken_json_on_a_queue_is_parked_and_holds_nobody(house: House, body: bytes):
    rest = {"id": str(uuid4()), "type": "enquiry.recorded", "version": 1, "subject": str(a_case())}
    rest |= {"time": "2026-03-02T08:00:00+00:00", "producer": "intake", "body": {"opening_reason": "x\0y"}}
    case = a_case()

    house.deliver("assessment", body.replace(b"%s", json.dumps(rest).encode()[1:-1]))
    house.send(house.intake, case, AN_ENQUIRY)

    assert house.assessment.noted(case) == [("intake", "enquiry.recorded", 1)]
    broken = [row for row in house.assessment.came() if row.subject != str(case)]
    assert [row.status for row in broken] == ["parked"]
    assert (broken[0].reason or "").startswith("Kan ikke læses: ")


def test_a_handler_that_fails_is_tried_again_with_growing_delay_and_then_parked(house: House):
    case, tried = a_case(), list[float]()

    def fails(*_: Any) -> None:
        tried.append(house.clock().timestamp())
        raise RuntimeError("der mangler papir")

    house.assessment.before = fails
    house.send(house.intake, case, AN_ENQUIRY)
    for delay in DELAYS:
        for seconds in (delay.total_seconds() - 0.5, 0.5):  # too early, and on time
            house.clock.let_pass(seconds)
            house.assessment.inbox.work_due()

    waited = [later - earlier for earlier, later in pairwise(dict.fromkeys(tried))]  # with others, and then alone
    assert waited == [delay.total_seconds() for delay in DELAYS]
    (row,) = house.assessment.came()
    assert (row.status, row.reason) == ("parked", "RuntimeError: der mangler papir")


def test_a_message_that_fails_holds_its_own_subject_only(house: House):
    case, another = a_case(), a_case()
    house.assessment.before = fails_for(case)

    house.intake.tell(case, AN_ENQUIRY, THE_END_OF_INTAKE)
    house.intake.tell(another, AN_ENQUIRY, THE_END_OF_INTAKE)
    house.settle(lambda: len(house.assessment.noted(another)) == 2 and house.assessment.attempts(case) == [1, 0])

    assert house.assessment.noted(case) == []


def test_a_replayed_message_takes_effect_and_lets_go_of_those_behind_it(house: House):
    case = a_case()
    house.assessment.before = fails_for(case)
    told, _ = house.intake.tell(case, AN_ENQUIRY, THE_END_OF_INTAKE)
    house.settle(lambda: house.assessment.attempts(case) == [1, 0])
    for delay in DELAYS:
        house.clock.let_pass(delay.total_seconds())
        house.assessment.inbox.work_due()
    before = house.assessment.states(case)

    house.assessment.before = lambda *_: None
    house.assessment.replay(told.id)

    assert before == ["parked", "new"]
    assert house.assessment.noted(case) == [("intake", "enquiry.recorded", 1), ("intake", "intake.completed", 2)]


# What breaks on the way


@pytest.mark.parametrize("stored", [False, True], ids=["before storing it", "after storing it"])
def test_a_consumer_that_crashes_before_acknowledging_gets_it_again(house: House, stored: bool):
    case, crashed = a_case(), threading.Event()

    def crashes(bodies: list[Any]) -> None:
        if bodies:
            if stored:
                house.assessment.inbox.receive(bodies)
            crashed.set()
            raise Crash

    house.open("assessment", crashes)
    house.intake.tell(case, AN_ENQUIRY, THE_END_OF_INTAKE)
    house.settle(crashed.is_set)
    house.open("assessment")
    house.settle(lambda: house.assessment.states(case) == ["done", "done"] and not house.intake.unsent())

    assert house.assessment.noted(case) == [("intake", "enquiry.recorded", 1), ("intake", "intake.completed", 2)]


def test_what_a_consumer_cannot_store_now_it_gets_again(house: House):
    case, calls = a_case(), list[int]()

    def has_no_database_at_first(bodies: list[Any]) -> None:
        calls.extend([len(bodies)] if bodies else [])
        if bodies and len(calls) < 3:
            raise ConnectionError("databasen er væk")
        house.assessment.inbox.receive(bodies)

    house.open("assessment", has_no_database_at_first)
    house.send(house.intake, case, AN_ENQUIRY, THE_END_OF_INTAKE)

    assert len(calls) >= 3
    assert [number for _, _, number in house.assessment.noted(case)] == [1, 2]


def test_an_unroutable_message_is_a_failure_of_the_relay_and_stays_in_the_outbox(house: House):
    house.intake.tell(a_case(), TO_EVERY_SERVICE)

    house.relay()

    (kept,) = house.intake.unsent()
    assert kept.attempts >= 1
    assert any(name in (kept.failure or "") for name in ("portal", "ordering", "delivery", "reporting", "scheduler"))


def test_what_cannot_be_sent_holds_nothing_else(house: House):
    case = a_case()
    house.intake.tell(a_case(), *[TO_EVERY_SERVICE] * 5)
    house.intake.tell(case, AN_ENQUIRY)
    relay = house.relays["intake"]

    for _ in range(4):
        relay.run_once(limit=2)
    wait_until(lambda: house.assessment.states(case) == ["done"])

    assert len(house.intake.unsent()) == 5


def test_a_receiver_that_is_down_gets_everything_when_it_is_back(house: House):
    case, another = a_case(), a_case()
    house.close("assessment")
    house.intake.tell(case, AN_ENQUIRY, ANOTHER)
    house.settle(lambda: len(house.decision.noted(case)) == 2)
    house.intake.tell(another, AN_ENQUIRY, THE_END_OF_INTAKE)
    house.settle(lambda: len(house.decision.noted(another)) == 1)

    house.open("assessment")
    house.settle(lambda: not house.intake.unsent() and house.assessment.states(another) == ["done", "done"])
    wait_until(lambda: house.assessment.states(case) == ["done", "done"])

    assert [number for _, _, number in house.assessment.noted(case)] == [1, 2]
    assert [number for _, _, number in house.assessment.noted(another)] == [1, 2]
    assert [number for _, _, number in house.decision.noted(case)] == [1, 2]


# What only a broker can do to us


@pytest.fixture
def amqp(rabbitmq: str) -> Iterator[Amqp]:
    made = Amqp(rabbitmq, f"test-{uuid4().hex}")
    made.declare(["assessment"])
    yield made
    made.remove(["assessment"])
    made.close()


def test_a_batch_names_those_of_it_that_nobody_can_get(amqp: Amqp):
    parcels = [a_parcel("assessment"), a_parcel("assessment", "decision"), a_parcel("assessment")]

    failed = amqp.publish(parcels)

    assert failed == {parcels[1].id: "ingen kø for to.decision.enquiry.recorded (unroutable)"}


def test_an_exchange_that_somebody_has_deleted_is_made_again(amqp: Amqp):
    amqp.publish([a_parcel("assessment")])
    amqp.remove(["assessment"])

    failed = amqp.publish([a_parcel("assessment"), a_parcel("assessment")])

    assert len(failed) == 2
    amqp.declare(["assessment"])
    assert amqp.publish([a_parcel("assessment")]) == {}


def test_a_queue_that_somebody_has_deleted_is_made_again_by_its_consumer(amqp: Amqp):
    received: list[Any] = []
    with consuming(amqp, received.extend):
        amqp.publish([a_parcel("assessment")])
        wait_until(lambda: len(received) == 1)
        amqp.remove(["assessment"])
        wait_until(lambda: amqp.publish([a_parcel("assessment")]) == {})
        wait_until(lambda: len(received) == 2)


def test_a_consumer_stops_soon_after_it_is_asked_to(amqp: Amqp):
    with consuming(amqp, lambda bodies: None):
        time.sleep(0.2)
        asked = time.monotonic()

    assert time.monotonic() - asked < 0.5


def test_a_consumer_receives_many_messages_together_and_as_bytes(amqp: Amqp):
    received: list[list[Any]] = []
    amqp.publish([a_parcel("assessment") for _ in range(120)])

    with consuming(amqp, received.append):
        wait_until(lambda: sum(map(len, received)) == 120)

    assert max(map(len, received)) == 50
    assert all(isinstance(body, bytes) for bodies in received for body in bodies)


def test_a_consumer_that_cannot_store_anything_takes_nothing(amqp: Amqp):
    """Its restarts would otherwise count as deliveries, and all that it took would end among the dead."""
    taken: list[int] = []

    def has_no_database(bodies: list[Any]) -> None:
        taken.append(len(bodies))
        raise ConnectionError("databasen er væk")

    amqp.publish([a_parcel("assessment")])
    with consuming(amqp, has_no_database):
        wait_until(lambda: len(taken) > 1)

    assert set(taken) == {0}


def test_what_cannot_be_written_as_a_message_holds_no_other(amqp: Amqp):
    deep: Any = {}
    for _ in range(100_000):
        deep = {"a": deep}
    good, long, half, too_deep, nameless = (a_parcel("assessment") for _ in range(5))
    long.envelope["type"], half.envelope["subject"], too_deep.envelope["body"] = "x" * 300, "\ud800", deep
    del nameless.envelope["type"]

    failed = amqp.publish([long, half, too_deep, nameless, good])

    assert {one: reason.partition(":")[0] for one, reason in failed.items()} == {
        long.id: "ValueError", half.id: "UnicodeEncodeError", too_deep.id: "RecursionError", nameless.id: "KeyError",
    }  # fmt: skip
    assert amqp.behind("assessment") == 1


def kill(amqp: Amqp, rabbitmq: str) -> int:
    """Let what lies in assessment's queue kill its consumer until it is laid among the dead; how often it could."""
    connection: Any = Connection(rabbitmq)
    with connection, connection.channel() as channel:
        deliveries = 0
        while message := channel.basic_get(amqp.topology.queue("assessment")):
            deliveries += 1
            channel.basic_reject(message.delivery_tag, requeue=True)
        dead = amqp.topology.dead_of("assessment")
        wait_until(lambda: channel.queue_declare(dead, passive=True).message_count == 1)
    return deliveries


@pytest.mark.parametrize("stored", [False, True], ids=["before it is stored", "after it is stored"])
def test_a_message_that_kills_its_consumer_again_and_again_is_parked(
    amqp: Amqp, rabbitmq: str, tmp_path: Path, stored: bool
):
    case, desks = a_case(), [Desk(name, f"sqlite:///{tmp_path}/{name}.db", Clock()) for name in NAMES]
    intake, assessment, _ = desks
    (told,) = intake.tell(case, AN_ENQUIRY)
    amqp.publish([Parcel(told.id, ("assessment",), told.to_json())])
    if stored:
        assessment.before = fails_for(case)  # as far as a process gets that dies of it
        assessment.inbox.receive([told.to_json()])

    deliveries = kill(amqp, rabbitmq)
    taken = [amqp.take_dead("assessment", assessment.inbox.bury) for _ in range(2)]
    parked = [(row.status, row.reason) for row in assessment.came()]
    assessment.before = lambda *_: None
    assessment.replay(told.id)

    assert deliveries == DELIVERY_LIMIT + 1
    assert taken == [1, 0]
    assert parked == [("parked", "Har standset modtageren igen og igen")]
    assert assessment.states(case) == ["done"]
    for desk in desks:
        desk.close()


def test_what_was_taken_in_the_end_is_not_parked_when_it_is_found_among_the_dead(tmp_path: Path):
    intake, assessment, _ = desks = [Desk(name, f"sqlite:///{tmp_path}/{name}.db", Clock()) for name in NAMES]
    (told,) = intake.tell(a_case(), AN_ENQUIRY)
    assessment.inbox.receive([told.to_json()])

    assessment.inbox.bury([told.to_json(), b"{"])

    assert sorted(row.status for row in assessment.came()) == ["done", "parked"]
    for desk in desks:
        desk.close()


@pytest.mark.slow
def test_publishing_raises_while_the_broker_is_away_and_goes_on_when_it_is_back(private_rabbitmq: PrivateRabbitmq):
    received: set[bytes] = set()
    amqp = Amqp(private_rabbitmq.url, "test")
    amqp.declare(["assessment"])
    time.sleep(3)  # RabbitMQ 3.10 never finds the leader of a queue that is killed in its first seconds
    with consuming(amqp, received.update):
        assert amqp.publish([a_parcel("assessment")]) == {}
        private_rabbitmq.kill()
        for _ in range(3):
            assert not publishes(amqp, a_parcel("assessment"))
        private_rabbitmq.start()

        wait_until(lambda: publishes(amqp, a_parcel("assessment")))
        wait_until(lambda: len(received) == 2)
    amqp.remove(["assessment"])
    amqp.close()


# Given


def a_reasoning_needs_an_enquiry(session: Any, envelope: Any, message: Any) -> None:
    if isinstance(message, ReasoningRecorded) and not has_noted(session, envelope.subject, "enquiry.recorded"):
        raise NotYet("Henvendelsen er ikke kommet")


def fails_for(case: UUID) -> Callable[..., None]:
    def hook(session: Any, envelope: Any, message: Any) -> None:
        if envelope.subject == str(case):
            raise RuntimeError("der mangler papir")

    return hook


def a_parcel(*consumers: str) -> Parcel:
    mine = uuid4()
    return Parcel(mine, consumers, {"id": str(mine), "type": "enquiry.recorded"})


def publishes(amqp: Amqp, parcel: Parcel) -> bool:
    try:
        return amqp.publish([parcel]) == {}
    except OSError:
        return False


@contextmanager
def consuming(amqp: Amqp, receive: Receive) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=amqp.consume, args=("assessment", receive, stop.is_set))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def body_type(body: Any) -> str:
    envelope = body if isinstance(body, dict) else json.loads(body)
    return str(envelope["type"])


def wait_until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 15
    while not done():
        assert time.monotonic() < until, "does not happen"
        time.sleep(0.005)
