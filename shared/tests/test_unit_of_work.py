"""What comes together is answered together: loaded once, written once, and ends just as if each had come alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from casework.contracts import Message
from casework.contracts.intake import CaseClosed, CaseOpened, EnquiryRecorded
from casework.messaging import Envelope
from casework.messaging.tables import Outgoing
from casework.phase.handlers import Handlers
from casework.phase.tables import CaseRow, HeardRow, JournalRow, RecordRow, RunRow
from casework.phase.unit_of_work import UnitOfWork
from casework.testing import cases, visits
from casework.testing.cases import A_CITIZEN, Office
from casework.testing.visits import VisitAnswered, VisitsOrdered

CASES = tuple(UUID(int=n) for n in (1, 2, 3))
UNHAPPY = "uheld"


@pytest.fixture
def offices(request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[tuple[Office, Office]]:
    """The same phase twice, each with a database of its own."""
    with visits.contracts():
        made = Office(visits, tmp_path), Office(visits, tmp_path)
        yield made
        for office in made:
            office.close()


def opened(number: int) -> CaseOpened:
    """A case of a citizen of its own; but the first two are one citizen's."""
    citizen = A_CITIZEN if number < 3 else UUID(int=300 + number)
    return CaseOpened(case_number=f"2026-0000{number}", citizen_id=citizen, track="standard", entry_phase="intake")


def a_stream(office: Office, seed: int) -> list[dict[str, Any]]:
    """Messages of three cases as they may arrive: out of order, some early, some twice."""
    told = [
        office.envelope(message, subject=case)
        for number, case in enumerate(CASES, 1)
        for message in (
            opened(number),
            EnquiryRecorded(opening_reason="Har brug for selskab"),
            VisitsOrdered(providers=("x-hus", "y-hus")),
            EnquiryRecorded(opening_reason=f"Noget nyt i sag {number}"),
            VisitAnswered(provider_id="x-hus", comes=True),
            CaseClosed(closed_on=cases.TODAY),
        )[: 4 + number % 3]
    ]
    dice = random.Random(seed)
    told += dice.sample(told, 5)
    dice.shuffle(told)
    return told


def stands(office: Office) -> dict[str, Any]:
    """How all cases stand, and what others have heard of it last; without what counts how often something was told."""

    def rows(table: type, *leave_out: str) -> list[Any]:
        with office.database.reading() as session:
            found = session.scalars(sa.select(table)).all()
        kept = [{c.name: getattr(row, c.name) for c in table.__table__.columns} for row in found]
        return sorted(repr({n: v for n, v in row.items() if n not in leave_out}) for row in kept)

    told = {(name, str(sorted(body))): body for name, body in office.owed() if name != "overview.changed"}
    return {
        "cases": rows(CaseRow),
        "numbers": rows(RunRow),
        "records": rows(RecordRow),
        "heard": rows(HeardRow),
        "journal": rows(JournalRow, "id"),
        "told": told,
        "waiting": sorted((row.subject, row.type, row.status) for row in office.came()),
    }


@pytest.mark.parametrize("seed", range(6))
def test_together_in_any_batches_or_each_alone_ends_in_the_same(offices: tuple[Office, Office], seed: int) -> None:
    alone, together = offices
    stream, dice = a_stream(alone, seed), random.Random(seed)
    for one in stream:
        alone.service.inbox.receive([one])
    while stream:
        count = dice.randint(1, len(stream))
        together.service.inbox.receive(stream[:count])
        stream = stream[count:]

    assert stands(together) == stands(alone)


def test_a_message_that_fails_takes_nothing_with_it(offices: tuple[Office, Office]) -> None:
    office, _ = offices

    class Unhappy(Handlers):
        def hear(self, unit: UnitOfWork, envelope: Envelope, message: Message) -> None:
            super().hear(unit, envelope, message)
            if isinstance(message, EnquiryRecorded) and message.opening_reason == UNHAPPY:
                raise RuntimeError(UNHAPPY)

    office.service.handlers = Unhappy(visits.PHASE, office.service.municipality)
    told: list[tuple[int, Message]] = [(n, opened(n)) for n in (1, 2, 3)]
    told += [(2, EnquiryRecorded(opening_reason=UNHAPPY))]
    told += [(n, VisitsOrdered(providers=("x-hus",))) for n in (1, 2, 3)]
    producer = {VisitsOrdered: "delivery"}
    office.service.inbox.receive(
        [office.envelope(message, CASES[number - 1], producer.get(type(message))) for number, message in told]
    )

    status = {(row.subject, row.type): row.status for row in office.came()}
    assert status.pop((str(CASES[1]), "enquiry.recorded")) == "new"
    assert status.pop((str(CASES[1]), "visits.ordered")) == "done"  # of another producer: in nobody's line
    assert set(status.values()) == {"done"}
    with office.database.reading() as session:
        heard = session.scalars(sa.select(HeardRow.type).where(HeardRow.subject == str(CASES[1]))).all()
    assert "enquiry.recorded" not in heard


def test_facts_are_told_once_for_all_that_came_together_and_before_the_acts(offices: tuple[Office, Office]) -> None:
    office, _ = offices
    facts = [EnquiryRecorded(opening_reason=f"Nummer {n}") for n in range(12)]
    office.hear(opened(1), *facts, subject=CASES[0])
    office.hear(VisitsOrdered(providers=("x-hus",)), subject=CASES[0])

    assert [name for name, _ in office.owed()] == ["overview.changed", "overview.changed", "notification.requested",
                                                   "position.changed"]  # fmt: skip


def test_what_follows_from_each_message_of_a_batch_is_in_its_own_trace(offices: tuple[Office, Office]) -> None:
    office, _ = offices
    office.service.inbox.receive([office.envelope(opened(n), CASES[n - 1]) for n in (1, 3)])
    traces = {str(case): f"{n:032x}" for n, case in enumerate(CASES, 1)}
    told = [office.envelope(VisitsOrdered(providers=("x-hus",)), case) for case in (CASES[0], CASES[2])]
    office.service.inbox.receive([one | {"traceparent": f"00-{traces[one['subject']]}-{1:016x}-01"} for one in told])

    with office.database.reading() as session:
        moved = session.scalars(sa.select(Outgoing.envelope).where(Outgoing.type == "position.changed")).all()
    assert {one["subject"]: one["traceparent"].split("-")[1] for one in moved} == {
        str(case): traces[str(case)] for case in (CASES[0], CASES[2])
    }


def test_however_many_come_together_the_statements_are_the_same_few(offices: tuple[Office, Office]) -> None:
    def sent(office: Office, count: int) -> int:
        told = [
            office.envelope(message, subject)
            for number, subject in enumerate([uuid4() for _ in range(count)], 3)
            for message in (opened(number), EnquiryRecorded(opening_reason="Ja"))
        ]
        statements: list[str] = []
        sa.event.listen(office.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
        office.service.inbox.receive(told)
        return len(statements)

    few, many = (sent(office, count) for office, count in zip(offices, (2, 20), strict=True))

    assert many == few < 30
