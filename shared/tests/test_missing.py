"""A number that is missing in a line for minutes is seen, named, and can be sent again by its producer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import structlog

from casework.contracts.intake import EnquiryRecorded
from casework.database import Database
from casework.messaging import Direct, Relay
from casework.messaging.missing import MISSED_AFTER, Gap, count_missing, missing, send_again
from casework.messaging.tables import Outgoing
from casework.testing import visits
from casework.testing.cases import A_CASE, A_CASEWORKER, AN_OPERATOR, OPENED, Office, wrong
from casework.testing.desk import Clock, Desk, a_case

AN_ENQUIRY = EnquiryRecorded(opening_reason="Borgeren kan ikke selv klare indkøb")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def desks(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Desk, Desk, Clock]]:
    """Intake, assessment, and the time."""
    clock = Clock()

    def url(name: str) -> str:
        if request.param == "sqlite":
            return f"sqlite:///{tmp_path}/{name}.db"
        return str(request.getfixturevalue("new_database")())

    made = [Desk(name, url(name), clock) for name in ("intake", "assessment")]
    yield made[0], made[1], clock
    for desk in made:
        desk.close()


def gaps(desk: Desk, now: datetime) -> list[Gap]:
    with desk.database.reading() as session:
        found = missing(session, now, 50)
        assert count_missing(session, now) == len(found)
    return found


def test_a_number_that_never_came_is_named_with_those_that_wait_for_it(desks: tuple[Desk, Desk, Clock]):
    intake, assessment, clock = desks
    case, another, since = a_case(), a_case(), clock.now
    told = intake.tell(case, *[AN_ENQUIRY] * 6)
    assessment.inbox.receive([told[n].to_json() for n in (0, 3, 5)])  # 2, 3 and 5 are lost
    assessment.inbox.receive([envelope.to_json() for envelope in intake.tell(another, AN_ENQUIRY)])

    clock.let_pass((MISSED_AFTER - timedelta(seconds=1)).total_seconds())
    early = gaps(assessment, clock.now)
    clock.let_pass(1)

    assert early == []
    assert gaps(assessment, clock.now) == [Gap("intake", str(case), 2, 3, since, 2)]


def test_what_waits_behind_one_that_fails_or_is_parked_misses_nothing(desks: tuple[Desk, Desk, Clock]):
    intake, assessment, clock = desks

    def fails(*_: Any) -> None:
        raise RuntimeError("der mangler papir")

    assessment.before = fails
    assessment.inbox.receive([e.to_json() for e in intake.tell(a_case(), AN_ENQUIRY, AN_ENQUIRY)])
    found = []
    for _ in range(20):
        clock.let_pass(3600)
        assessment.inbox.work_due()
        found += gaps(assessment, clock.now)

    assert {row.status for row in assessment.came()} == {"parked", "new"}
    assert found == []


def test_a_gap_is_told_of_once_in_the_log(desks: tuple[Desk, Desk, Clock]):
    intake, assessment, clock = desks
    case = a_case()
    first, second = intake.tell(case, AN_ENQUIRY, AN_ENQUIRY)
    assessment.inbox.receive([second.to_json()])

    with structlog.testing.capture_logs() as said:
        for _ in range(20):
            clock.let_pass(60)
            assessment.inbox.work_due()
    told = [line for line in said if line["event"] == "messages_missing"]

    assert [(line["producer"], line["subject"], line["first"], line["log_level"]) for line in told] == [
        ("intake", str(case), 1, "warning")
    ]
    assert first.numbers["assessment"] == 1


def test_what_is_missing_is_sent_again_and_lets_go_of_those_behind_it(desks: tuple[Desk, Desk, Clock]):
    intake, assessment, clock = desks
    case, direct, received = a_case(), Direct(), list[Any]()
    direct.connect("assessment", received.extend)
    direct.connect("decision", lambda bodies: None)
    relay = Relay(intake.database, direct, clock)
    intake.tell(case, *[AN_ENQUIRY] * 4)
    while relay.run_once():
        pass
    assessment.inbox.receive([body for body in received if body["numbers"]["assessment"] in (1, 4)])
    clock.let_pass(MISSED_AFTER.total_seconds())
    (gap,) = gaps(assessment, clock.now)
    direct.connect("assessment", assessment.inbox.receive)

    with intake.database.writing() as session:
        answer = send_again(session, "assessment", gap.subject, gap.first, gap.last)
    clock.let_pass(60)
    while relay.run_once():
        pass

    assert answer == ([2, 3], [])
    assert [number for _, _, number in assessment.noted(case)] == [1, 2, 3, 4]
    assert gaps(assessment, clock.now) == []


def test_numbers_that_the_outbox_no_longer_has_are_said_to_be_gone(desks: tuple[Desk, Desk, Clock]):
    intake, _, _ = desks
    case = a_case()
    first, second, _ = intake.tell(case, *[AN_ENQUIRY] * 3)
    with intake.database.writing() as session:
        session.execute(sa.delete(Outgoing).where(Outgoing.id == second.id))
        session.execute(sa.update(Outgoing).values(sent_at=datetime.now(UTC)))

    with intake.database.writing() as session:
        answer = send_again(session, "assessment", str(case), 1, 5)
    with intake.database.writing() as session:
        elsewhere = send_again(session, "portal", str(case), 1, 1)

    assert answer == ([1, 3], [2, 4, 5])
    assert elsewhere == ([], [1])
    assert first.id in {row.id for row in intake.unsent()}


# the whole story, as an operator sees it
@pytest.fixture
def visit(tmp_path: Path) -> Iterator[Office]:
    with visits.contracts():
        made = Office(visits, tmp_path)
        yield made
        made.close()


def lose(office: Office) -> list[dict[str, Any]]:
    """Two numbers of a line come late; what has come waits for them, and has for an hour."""
    told = [office.envelope(OPENED), *(office.envelope(visits.VisitsOrdered(providers=("x-hus",))) for _ in range(2))]
    office.service.inbox.receive(told[2:])
    office.service.inbox.clock = later(office.service.inbox.clock)
    return told[:2]


def later(clock: Callable[[], datetime]) -> Callable[[], datetime]:
    return lambda: clock() + timedelta(hours=1)


def test_an_operator_sees_what_is_missing_in_figures_and_by_name(visit: Office):
    lost = lose(visit)

    flow, metrics = visit.call(AN_OPERATOR, "GET", "/flow").get_json(), visit.call(None, "GET", "/metrics").text
    (row,) = visit.call(AN_OPERATOR, "GET", "/missing").get_json()["missing"]
    visit.service.inbox.receive(lost)

    assert (flow["missing"], flow["new"], "sagsgang_messages_missing 1\n" in metrics) == (1, 1, True)
    assert (row["producer"], row["consumer"], row["subject"]) == ("intake", "visit", str(A_CASE))
    assert (row["first"], row["last"], row["behind"]) == (1, 2, 1)
    assert datetime.fromisoformat(row["since"]).tzinfo
    assert visit.call(AN_OPERATOR, "GET", "/missing").get_json() == {"missing": []}


def test_an_operator_has_what_is_missing_sent_again_by_its_producer(visit: Office):
    visit.hear(OPENED)
    assert visit.act("visit.plan").status_code == 200
    portal = outgoing(visit.database, A_CASE, "portal")
    with visit.database.writing() as session:
        session.execute(sa.update(Outgoing).values(sent_at=datetime.now(UTC), attempts=2, failure="nede"))

    ask = {"consumer": "portal", "subject": str(A_CASE), "first": portal[0], "last": portal[-1] + 1}
    answer = visit.call(AN_OPERATOR, "POST", "/outbox/resend", json=ask).get_json()

    assert answer == {"again": portal, "gone": [portal[-1] + 1]}
    with visit.database.reading() as session:
        owed = session.scalars(sa.select(Outgoing).where(Outgoing.sent_at.is_(None))).all()
    assert sorted(row.envelope["numbers"]["portal"] for row in owed) == portal
    assert {(row.attempts, row.failure) for row in owed} == {(0, None)}


def outgoing(database: Database, case: UUID, consumer: str) -> list[int]:
    """The numbers of a consumer's line about a case."""
    with database.reading() as session:
        rows = session.scalars(sa.select(Outgoing).where(Outgoing.subject == str(case)))
        return sorted(row.envelope["numbers"][consumer] for row in rows if consumer in row.envelope["numbers"])


@pytest.mark.parametrize(
    "changed, field",
    [
        ({"first": 0}, "last"),
        ({"first": 3}, "last"),
        ({"last": 1001}, "last"),
        ({"last": 10**12}, "last"),
        ({"first": "1"}, "first"),
        ({"subject": None}, "subject"),
        ({"extra": 1}, "extra"),
    ],
)
def test_what_makes_no_sense_is_not_sent_again(visit: Office, changed: dict[str, Any], field: str):
    ask = {"consumer": "portal", "subject": str(A_CASE), "first": 1, "last": 2} | changed

    assert wrong(visit.call(AN_OPERATOR, "POST", "/outbox/resend", json=ask)) == (None, field)


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"[" * 20_000])
def test_what_is_no_json_object_is_not_sent_again(visit: Office, body: bytes):
    answer = visit.call(AN_OPERATOR, "POST", "/outbox/resend", data=body, content_type="application/json")

    assert answer.status_code == 422


def test_only_an_operator_sees_and_sends_again(visit: Office):
    for method, path in (("GET", "/missing"), ("POST", "/outbox/resend")):
        assert visit.call(A_CASEWORKER, method, path, json={}).status_code == 403
