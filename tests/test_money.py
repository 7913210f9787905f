"""Ordering and reporting at work together: the archive, the books and the finance file come to the same, to the øre."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from casework.contracts import SERVICES, Message
from casework.contracts.assessment import CaseAssessmentRecorded
from casework.contracts.decision import DecisionMade
from casework.contracts.delivery import OrderAnswered
from casework.contracts.intake import CaseOpened
from casework.contracts.values import Intervention, Party, ServiceLine
from casework.messaging import Envelope
from casework.process import Actor, Role
from casework.schema import Amount, dump
from onebox.house import House
from reporting.model import Archived

KIM = Actor("kim", "Kim Dam", Role.CASEWORKER)
FIA = Actor("fia", "Fia Lind", Role.FINANCE)
CASES = 12


class Town:
    """Cases in ordering, told of by nobody but this test, and what reporting archives of them."""

    def __init__(self, data: Path) -> None:
        self.house = House(data, names=("ordering", "reporting"))
        for name in {*SERVICES} - {"ordering", "reporting"}:
            self.house.transport.connect(name, lambda envelopes: None)  # the others take what they are told
        self.dice = random.Random(9)
        self.numbers: dict[tuple[UUID, str], int] = {}

    def tell(self, case: UUID, message: Message) -> None:
        producer = message.contract.producers[0]
        number = self.numbers[case, producer] = self.numbers.get((case, producer), 0) + 1
        envelope = Envelope(
            id=uuid4(), type=message.wire, version=1, subject=str(case), numbers={"ordering": number},
            time=datetime.now(UTC), producer=producer, actor=None, body=dump(message),
        )  # fmt: skip
        self.house.transport.receivers["ordering"]([envelope.to_json()])

    def call(self, who: Actor, method: str, path: str, **more: Any) -> Any:
        answer = self.house.apps["ordering"].test_client().open(
            path, method=method, headers=self.house.headers(who), **more
        )  # fmt: skip
        assert answer.status_code in (200, 201), answer.text
        return answer

    def decide(self, case: UUID, number: int) -> None:
        lines = tuple(
            ServiceLine(
                id=f"l{n}", unit="hour", units_per_period=Decimal(self.dice.randint(1, 80)) * Decimal("0.5"),
                repetitions=self.dice.randint(1, 104),
                unit_price=Amount(Decimal(self.dice.randint(1, 99_999)).scaleb(-2)),
            )
            for n in range(2)
        )  # fmt: skip
        one = Intervention(
            id="i1", services=("support-daily-tasks-at-home",), offer="mobile-offer", account_number="5.38.85",
            provider=Party(id="x-hus", name="X-Hus", role="provider"), expected_start_date=date(2026, 3, 2),
            without_end_date=True, service_lines=lines,
        )  # fmt: skip
        self.tell(case, CaseAssessmentRecorded(assessment_revision=number, interventions=(one,)))
        self.tell(
            case,
            DecisionMade(
                number=number, decision_date=date(2026, 2, 5), decision_outcome="granted", legal_bases=("sel-85",),
                granted_interventions=(one,), assessment_revision=number,
            ),
        )  # fmt: skip

    def play(self, n: int) -> None:
        """Sent; and then left, said no to, changed, or changed and said no to."""
        case = uuid4()
        self.tell(
            case,
            CaseOpened(case_number=f"2026-{n:05}", citizen_id=uuid4(), entry_phase="intake", track="standard"),
        )
        self.decide(case, 1)
        self.call(KIM, "POST", f"/cases/{case}/actions/send")
        answered = OrderAnswered(provider_id="x-hus", version=1, accepted=n % 4 != 1, answered_on=date(2026, 2, 9))
        if n % 4:
            self.tell(case, answered)
        if n % 4 > 1:
            self.decide(case, 2)
            self.call(KIM, "POST", f"/cases/{case}/actions/revise", json={"order": "x-hus"})
        if n % 4 == 3:
            self.tell(
                case, OrderAnswered(provider_id="x-hus", version=2, accepted=False, answered_on=date(2026, 2, 10))
            )

    def archived(self) -> Decimal:
        """Made less released, in what reporting keeps."""
        with self.house.services["reporting"].database.reading() as session:
            kept = session.scalars(sa.select(Archived)).all()
        made = sum((Decimal(m.body["expected_price"]) for m in kept if m.type == "commitment.made"), Decimal(0))
        return made - sum((Decimal(m.body["amount"]) for m in kept if m.type == "commitment.released"), Decimal(0))


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    made = Town(tmp_path / "data")
    yield made
    made.house.close()


@pytest.mark.rule("ORD-10")
def test_the_archive_the_books_and_the_file_come_to_the_same(town: Town):
    for n in range(CASES):
        town.play(n)
    town.house.settle()

    control = town.call(FIA, "POST", "/finance/files").get_json()["control"]
    (granted,) = town.call(FIA, "GET", "/finance/overview?by=account").get_json()["rows"]
    assert Decimal(control["total"]) == town.archived() == Decimal(granted["committed"]) > 0
    assert town.house.stuck() == []
