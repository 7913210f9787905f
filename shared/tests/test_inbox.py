"""The inbox: a message takes effect once, in its turn, or is kept with its reason; the outbox and relay before it."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.contracts import contract
from casework.contracts.assessment import AssessmentStarted, ReasoningRecorded
from casework.contracts.decision import DecisionMade
from casework.contracts.intake import EnquiryRecorded, IntakeCompleted
from casework.errors import NotYet, Refusal
from casework.messaging import Cause, Parcel, Relay, put, put_all
from casework.messaging.inbox import DELAYS
from casework.messaging.relay import PAUSES
from casework.messaging.tables import Line, Outgoing
from casework.testing.desk import Clock, Desk, a_case, has_noted, takes_it
from casework.testing.releases import apart, release

AN_ENQUIRY = EnquiryRecorded(opening_reason="Borgeren kan ikke selv klare indkøb")
THE_END_OF_INTAKE = IntakeCompleted(completed_on=date(2026, 3, 2))
A_REASONING = ReasoningRecorded(decision_reasoning="Fordi")
A_DECISION = DecisionMade(number=1, decision_date=date(2026, 3, 2), decision_outcome="granted", assessment_revision=1)
A_START = AssessmentStarted(started_on=date(2026, 3, 2))
CAUSE = Cause(datetime(2026, 3, 2, 8, tzinfo=UTC), "tester")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk_of(tmp_path: Path, clock: Clock) -> Iterator[Callable[[str], Desk]]:
    made: list[Desk] = []

    def make(name: str) -> Desk:
        made.append(Desk(name, f"sqlite:///{tmp_path}/{name}.db", clock))
        return made[-1]

    yield make
    for desk in made:
        desk.close()


@pytest.fixture
def intake(desk_of: Callable[[str], Desk]) -> Desk:
    return desk_of("intake")


@pytest.fixture
def assessment(desk_of: Callable[[str], Desk]) -> Desk:
    return desk_of("assessment")


@pytest.fixture
def decision(desk_of: Callable[[str], Desk]) -> Desk:
    return desk_of("decision")


def bodies(told: Sequence[Any]) -> list[dict[str, Any]]:
    return [envelope.to_json() for envelope in told]


def fails(*_: Any) -> None:
    raise RuntimeError("der mangler papir")


def needs_an_enquiry(session: Any, envelope: Any, message: Any) -> None:
    if isinstance(message, ReasoningRecorded) and not has_noted(session, envelope.subject, "enquiry.recorded"):
        raise NotYet("Henvendelsen er ikke kommet")


# What only a newer release knows

with apart():

    @contract("enquiry.recorded", version=2, by="intake", to="assessment decision", upcasts={1: dict})
    class EnquiryInWords(EnquiryRecorded):
        """As the next release of intake tells it."""


NEWER = EnquiryInWords(opening_reason="Borgeren kan ikke selv klare indkøb")


def restarted(desk: Desk) -> Desk:
    """The same service, started again: perhaps in another release."""
    return Desk(desk.name, desk.database.url, desk.clock)


def test_a_message_of_a_newer_version_is_kept_whole_with_the_reason_and_holds_its_own_line(
    intake: Desk, assessment: Desk, decision: Desk, clock: Clock
):
    case, another = a_case(), a_case()
    told = bodies([*intake.tell(case, AN_ENQUIRY, NEWER, THE_END_OF_INTAKE), *intake.tell(another, AN_ENQUIRY)])
    assessment.inbox.receive([*told, *bodies(decision.tell(case, A_DECISION))])
    for _ in range(50):
        clock.let_pass(3600)
        assessment.inbox.work_due()

    assert assessment.states(case) == ["done", "done", "unknown", "new"]
    assert assessment.states(another) == ["done"]
    (kept,) = [row for row in assessment.came() if row.status == "unknown"]
    assert (kept.reason, kept.envelope) == ("enquiry.recorded version 2 kendes ikke her", told[1])


def test_what_a_newer_release_knows_is_taken_by_itself_in_its_order_when_it_starts(
    intake: Desk, assessment: Desk, clock: Clock
):
    case = a_case()
    assessment.inbox.receive(bodies(intake.tell(case, NEWER, THE_END_OF_INTAKE)))

    with release(EnquiryInWords):
        newer = restarted(assessment)
        newer.inbox.work_due()

    assert newer.noted(case) == [("intake", "enquiry.recorded", 1), ("intake", "intake.completed", 2)]


def test_what_an_older_copy_still_at_work_has_put_back_is_taken_within_ten_minutes(
    intake: Desk, assessment: Desk, clock: Clock
):
    case = a_case()
    with release(EnquiryInWords):
        newer = restarted(assessment)
        newer.inbox.work_due()
    assessment.inbox.receive(bodies(intake.tell(case, NEWER)))
    for _ in range(20):
        clock.let_pass(600)
        assessment.inbox.work_due()

    clock.let_pass(600)
    with release(EnquiryInWords):
        newer.inbox.work_due()

    assert newer.states(case) == ["done"]


def test_what_is_tried_again_after_its_release_has_come_has_all_its_attempts(
    intake: Desk, assessment: Desk, clock: Clock
):
    case = a_case()
    assessment.inbox.receive(bodies(intake.tell(case, NEWER)))
    for _ in range(20):
        clock.let_pass(600)
        assessment.inbox.work_due()
    with release(EnquiryInWords):
        newer = restarted(assessment)
        newer.before = fails
        newer.inbox.work_due()

    assert (newer.states(case), newer.attempts(case)) == (["new"], [1])


# Once, and in turn


def test_copies_in_one_batch_take_effect_once(intake: Desk, assessment: Desk):
    case = a_case()
    told = bodies(intake.tell(case, AN_ENQUIRY))

    assessment.inbox.receive(told * 3)
    assessment.inbox.receive(told)

    assert assessment.noted(case) == [("intake", "enquiry.recorded", 1)]


def test_each_subject_and_each_producer_has_a_line_of_its_own(intake: Desk, assessment: Desk, decision: Desk):
    case, another = a_case(), a_case()
    _, late = bodies(intake.tell(case, AN_ENQUIRY, AN_ENQUIRY))

    decision.inbox.receive(
        [late, *bodies(intake.tell(another, AN_ENQUIRY)), *bodies(assessment.tell(case, A_REASONING))]
    )

    assert decision.noted(another) == [("intake", "enquiry.recorded", 1)]
    assert decision.noted(case) == [("assessment", "reasoning.recorded", 1)]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_any_batches_any_repetition_and_any_failures_end_in_the_same_state(
    intake: Desk, assessment: Desk, decision: Desk, clock: Clock, data: st.DataObject
):
    for desk in (intake, assessment, decision):
        desk.clear()
    case, another = UUID(int=1), UUID(int=2)  # always the same, or the failures would hit others when it is run again
    told = [
        *intake.tell(case, AN_ENQUIRY, AN_ENQUIRY, AN_ENQUIRY),
        *intake.tell(another, AN_ENQUIRY),
        *assessment.tell(case, A_REASONING, A_REASONING),
        *assessment.tell(another, A_REASONING),
    ]
    failing = data.draw(st.lists(st.booleans(), max_size=len(DELAYS)))  # never so many that it is parked

    def fails_at_times(session: Any, envelope: Any, message: Any) -> None:
        needs_an_enquiry(session, envelope, message)
        if failing and failing.pop():
            raise RuntimeError("uheld")

    decision.before = fails_at_times
    arrivals = data.draw(st.permutations([*told, *data.draw(st.lists(st.sampled_from(told), max_size=5))]))
    while arrivals:
        count = data.draw(st.integers(1, len(arrivals)))
        decision.inbox.receive(bodies(arrivals[:count]))
        arrivals = arrivals[count:]
    for _ in range(30):
        clock.let_pass(10_000)
        decision.inbox.work_due()

    for subject, enquiries, reasonings in ((case, 3, 2), (another, 1, 1)):
        assert decision.states(subject) == ["done"] * (enquiries + reasonings)
        noted = decision.noted(subject)
        assert [number for by, _, number in noted if by == "intake"] == list(range(1, enquiries + 1))
        assert [number for by, _, number in noted if by == "assessment"] == list(range(1, reasonings + 1))
        assert noted[0][0] == "intake"


def test_a_message_that_is_not_numbered_for_this_service_waits_for_none(intake: Desk, decision: Desk):
    case = a_case()

    decision.inbox.receive(bodies(intake.tell(case, THE_END_OF_INTAKE)))  # for assessment only

    assert decision.states(case) == ["done"]


# What fails, and what comes before its time


def test_what_a_failing_handler_wrote_and_owes_is_undone(intake: Desk, assessment: Desk):
    case = a_case()

    def writes_then_fails(session: Any, envelope: Any, message: Any) -> None:
        put(session, "assessment", envelope.subject, A_START, CAUSE)
        session.flush()
        if isinstance(message, IntakeCompleted):
            fails()

    assessment.before = writes_then_fails
    assessment.inbox.receive(bodies(intake.tell(case, AN_ENQUIRY, THE_END_OF_INTAKE)))

    assert assessment.noted(case) == [("intake", "enquiry.recorded", 1)]
    assert [row.envelope["numbers"] for row in assessment.unsent()] == [{"intake": 1}]


def test_what_waits_does_not_hold_those_behind_it(assessment: Desk, decision: Desk, intake: Desk):
    case = a_case()
    decision.before = needs_an_enquiry

    decision.inbox.receive(bodies(assessment.tell(case, A_REASONING, A_REASONING)))
    before = decision.states(case)
    decision.inbox.receive(bodies(intake.tell(case, AN_ENQUIRY)))

    assert before == ["waiting", "waiting"]
    taken = [(by, number) for by, _, number in decision.noted(case)]
    assert taken == [("intake", 1), ("assessment", 1), ("assessment", 2)]


def test_what_waited_and_then_fails_is_tried_again(assessment: Desk, decision: Desk, intake: Desk, clock: Clock):
    case = a_case()
    decision.before = needs_an_enquiry
    decision.inbox.receive(bodies(assessment.tell(case, A_REASONING)))
    decision.before = lambda s, e, m: fails() if isinstance(m, ReasoningRecorded) else None
    decision.inbox.receive(bodies(intake.tell(case, AN_ENQUIRY)))
    before = decision.states(case)

    decision.before = takes_it
    clock.let_pass(1)
    decision.inbox.work_due()

    assert sorted(before) == ["done", "new"]
    assert decision.states(case) == ["done", "done"]


def test_what_waited_and_is_parked_holds_those_behind_it(assessment: Desk, decision: Desk, intake: Desk, clock: Clock):
    case = a_case()
    decision.before = needs_an_enquiry
    first, second, third = assessment.tell(case, *[A_REASONING] * 3)
    decision.inbox.receive(bodies([first, second]))
    decision.before = lambda s, e, m: fails() if e.id == first.id else None
    decision.inbox.receive(bodies([third, *intake.tell(case, AN_ENQUIRY)]))
    for delay in DELAYS:
        clock.let_pass(delay.total_seconds())
        decision.inbox.work_due()
    parked, idle = decision.states(case), decision.inbox.work_due()

    decision.before = takes_it
    decision.replay(first.id)

    assert parked == ["parked", "waiting", "new", "done"]
    assert idle == 0
    assert [number for by, _, number in decision.noted(case) if by == "assessment"] == [1, 2, 3]


def test_what_waits_is_tried_again_after_an_act(assessment: Desk, decision: Desk):
    case = a_case()
    decision.before = needs_an_enquiry
    decision.inbox.receive(bodies(assessment.tell(case, A_REASONING)))

    decision.before = takes_it
    decision.inbox.work([str(case)])

    assert decision.states(case) == ["done"]


def test_only_a_parked_message_can_be_sent_again(intake: Desk, assessment: Desk):
    (told,) = intake.tell(a_case(), AN_ENQUIRY)
    assessment.inbox.receive(bodies([told]))

    with pytest.raises(Refusal):
        assessment.replay(told.id)


def test_what_is_not_in_turn_never_fills_the_round_of_retries(intake: Desk, assessment: Desk, clock: Clock):
    for _ in range(10):
        assessment.inbox.receive(bodies(intake.tell(a_case(), AN_ENQUIRY, AN_ENQUIRY)[1:]))  # the first is missing
    case = a_case()
    assessment.before = fails
    assessment.inbox.receive(bodies(intake.tell(case, AN_ENQUIRY)))

    assessment.before = takes_it
    clock.let_pass(DELAYS[0].total_seconds())
    assessment.inbox.work_due(limit=5)

    assert assessment.states(case) == ["done"]


def test_a_subject_that_cannot_be_committed_holds_no_other_and_is_tried_again(intake: Desk, assessment: Desk):
    case, another = sorted([a_case(), a_case()], key=str)
    told = [*intake.tell(case, AN_ENQUIRY), *intake.tell(another, AN_ENQUIRY)]
    commits = []

    def fails_at_commit(session: Any, envelope: Any, message: Any) -> None:
        if envelope.subject == str(case) and len(commits) < 2:  # with the others, then alone
            commits.append(sa.event.listen(session, "before_commit", fails))

    assessment.before = fails_at_commit
    assessment.inbox.receive(bodies(told))
    before = assessment.states(case)
    assessment.inbox.work_due()

    assert before == ["new"]
    assert assessment.states(another) == ["done"]
    assert assessment.noted(case) == [("intake", "enquiry.recorded", 1)]


# Many at once


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_two_workers_on_the_same_subjects_never_deadlock_nor_handle_twice(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, intake: Desk
):
    url = f"sqlite:///{tmp_path}/many.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    subjects = [a_case() for _ in range(12)]
    told = [body for subject in subjects for body in bodies(intake.tell(subject, *[AN_ENQUIRY] * 5))]
    workers = [Desk("assessment", url, lambda: datetime.now(UTC)) for _ in range(2)]
    together = threading.Barrier(len(workers))

    def work(desk: Desk, seed: int) -> None:
        order = random.Random(seed)
        mine = order.sample(told, len(told))
        together.wait()
        for start in range(0, len(mine), 15):
            desk.inbox.receive(mine[start : start + 15])
        desk.inbox.work(order.sample([str(s) for s in subjects], len(subjects)))

    threads = [threading.Thread(target=work, args=(desk, seed)) for seed, desk in enumerate(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert {row.status for row in workers[0].came()} == {"done"}
    for subject in subjects:
        assert [number for _, _, number in workers[0].noted(subject)] == [1, 2, 3, 4, 5]
    for desk in workers:
        desk.close()


# The outbox and its relay


class Post:
    """A transport that keeps what it is given, and refuses what is for those who are `down`."""

    def __init__(self) -> None:
        self.carried: list[UUID] = []
        self.tried = 0
        self.down: set[str] = set()

    def publish(self, parcels: Sequence[Parcel]) -> dict[UUID, str]:
        self.tried += 1
        failed = {parcel.id: "nede" for parcel in parcels if self.down & set(parcel.consumers)}
        self.carried += [parcel.id for parcel in parcels if parcel.id not in failed]
        return failed

    def consume(self, service: str, receive: Any, stop: Any) -> None: ...

    def close(self) -> None: ...


def test_messages_are_numbered_for_each_consumer_and_subject(intake: Desk):
    case, another = a_case(), a_case()

    first, second = intake.tell(case, AN_ENQUIRY, THE_END_OF_INTAKE)
    (third,) = intake.tell(case, AN_ENQUIRY)
    (elsewhere,) = intake.tell(another, AN_ENQUIRY)

    assert first.numbers == {"assessment": 1, "decision": 1}
    assert second.numbers == {"assessment": 2}
    assert third.numbers == {"assessment": 3, "decision": 2}
    assert elsewhere.numbers == {"assessment": 1, "decision": 1}


def test_what_is_put_together_is_numbered_and_sent_in_its_order(intake: Desk):
    case, another = str(a_case()), str(a_case())
    letters = [(case, AN_ENQUIRY, CAUSE), (another, AN_ENQUIRY, CAUSE), (case, THE_END_OF_INTAKE, CAUSE)]

    with intake.database.writing() as session:
        put(session, "intake", case, AN_ENQUIRY, CAUSE)
        told = put_all(session, "intake", letters * 2)
        assert put_all(session, "intake", []) == []

    assert [(one["subject"], one["numbers"]["assessment"]) for one in told] == [
        (case, 2), (another, 1), (case, 3), (case, 4), (another, 2), (case, 5)
    ]  # fmt: skip
    sent = sorted(intake.unsent(), key=lambda row: row.position)
    assert [str(row.id) for row in sent][1:] == [one["id"] for one in told]


def test_a_service_sends_only_what_is_its_own_to_send(decision: Desk):
    with pytest.raises(ValueError, match=r"decision does not send enquiry\.recorded"):
        decision.tell(a_case(), AN_ENQUIRY)


def test_what_is_rolled_back_is_never_sent(intake: Desk, clock: Clock):
    post = Post()

    with suppress(RuntimeError), intake.database.writing() as session:
        put(session, "intake", str(a_case()), AN_ENQUIRY, CAUSE)
        fails()
    Relay(intake.database, post, clock).run_once()

    assert post.carried == []


def test_what_cannot_be_sent_is_tried_again_slower_and_slower(intake: Desk, clock: Clock):
    post = Post()
    post.down = {"decision"}
    relay = Relay(intake.database, post, clock)
    intake.tell(a_case(), AN_ENQUIRY)
    relay.run_once()

    for pause in PAUSES:
        relay.run_once()  # fails again
        tried = post.tried
        clock.let_pass((pause - timedelta(seconds=0.05)).total_seconds())
        relay.run_once()  # too early
        assert post.tried == tried
        clock.let_pass(0.05)

    assert [row.attempts for row in intake.unsent()] == [1 + len(PAUSES)]


def test_what_could_not_be_sent_goes_all_at_once_when_it_can_be(intake: Desk, clock: Clock):
    post = Post()
    post.down = {"decision"}
    relay = Relay(intake.database, post, clock)
    told = intake.tell(a_case(), *[AN_ENQUIRY] * 5)
    for _ in range(20):
        relay.run_once(limit=2)
        clock.let_pass(60)

    post.down = set()
    sent = [relay.run_once(limit=2) for _ in range(4)]

    assert sent == [2, 2, 1, 0]
    assert set(post.carried) == {envelope.id for envelope in told}


@pytest.mark.postgres
def test_two_relays_never_send_the_same_message(postgres_url: str):
    desk = Desk("intake", postgres_url, lambda: datetime.now(UTC))
    told = desk.tell(a_case(), *[AN_ENQUIRY] * 60)
    post = Post()
    relays = [Relay(desk.database, post, lambda: datetime.now(UTC)) for _ in range(3)]

    def empty(relay: Relay) -> None:
        while relay.run_once(limit=7):
            pass

    threads = [threading.Thread(target=empty, args=(relay,)) for relay in relays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    while relays[0].run_once():
        pass

    assert sorted(post.carried) == sorted(envelope.id for envelope in told)
    desk.close()


@pytest.mark.postgres
def test_two_acts_at_once_never_give_the_same_number(postgres_url: str):
    desk = Desk("intake", postgres_url, lambda: datetime.now(UTC))
    case, together = a_case(), threading.Barrier(4)

    def act() -> None:
        together.wait()
        for _ in range(5):
            desk.tell(case, AN_ENQUIRY)

    threads = [threading.Thread(target=act) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    with desk.database.reading() as session:
        numbers = [row.envelope["numbers"]["assessment"] for row in session.scalars(sa.select(Outgoing))]
        assert session.get_one(Line, ("out", "assessment", str(case))).number == 20
    assert sorted(numbers) == list(range(1, 21))
    desk.close()
