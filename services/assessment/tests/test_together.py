"""Messages that come together: what the cases of a citizen share is known in each of them at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from assessment import app
from assessment.model import CitizenPlans
from casework.messaging import Envelope
from casework.phase.tables import RecordRow
from casework.schema import read
from casework.testing.cases import A_CASE, A_CITIZEN, OPENED, Office

ANOTHER_CASE = UUID(int=77)
A_PLAN: dict[str, Any] = {"plans": [{"id": "1", "case_number": "2025-1", "number": 1, "completed_on": "2025-05-05"}]}


@pytest.mark.rule("PLN-06")
def test_a_case_that_is_opened_has_the_citizens_plans_before_the_next_message_of_the_batch():
    office = Office(app)
    record = {"step": CitizenPlans.step, "key": "", "data": A_PLAN, "changed": {}, "marks": {}}
    with office.database.writing() as session:
        session.add(RecordRow(owner_id=A_CITIZEN, **record))
    told = [
        (read(Envelope, office.envelope(message, case)), message)
        for case, message in ((A_CASE, OPENED), (ANOTHER_CASE, replace(OPENED, case_number="2026-00002")))
    ]

    with office.database.writing() as session:
        hearing = office.service.handlers.begin(session, told)
        for envelope, message in told:
            hearing.take(envelope, message)
        plans = [case.situation[CitizenPlans].plans for case in hearing.unit.cases.values()]
    assert [plan.case_number for (plan,) in plans] == ["2025-1", "2025-1"]
    office.close()
