"""However much a case holds, it is read with the same few statements: counted as the database is sent them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from casework.contracts.decision import DecisionMade
from casework.contracts.intake import ConsentChanged, IntakeCompleted
from casework.contracts.values import Intervention, ServiceLine
from casework.testing.cases import A_CASE, A_CASEWORKER, A_LEADER, OPENED, TODAY, Office
from casework.testing.values import filled, forms
from casework.vocabularies import vocabulary
from onebox.fields import phase

Json = dict[str, Any]
THEMES = vocabulary("themes").recordable({"level": "theme"})
SCORED = vocabulary("themes").recordable({"level": "subtheme", "scored": "true"})
CATEGORIES = vocabulary("themes").recordable({"level": "category"})


@contextmanager
def counted(office: Office) -> Iterator[list[str]]:
    """The statements that are sent to the service's database meanwhile."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    sa.event.listen(office.database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(office.database.engine, "before_cursor_execute", note)


def statements(office: Office, *paths: str, case: UUID = A_CASE) -> dict[str, list[str]]:
    """What it takes to read the case at each of these paths."""
    taken = {}
    for path in paths:
        with counted(office) as taken[path]:
            answer = office.call(A_CASEWORKER, "GET", f"/cases/{case}{path}")
        assert answer.status_code == 200, answer.text
    return taken


# a case of some size
def investigated(times: int) -> Json:
    """All themes and levels, an analysis of each category; ten goals and six helps with three lines each, `times`."""
    lines = [{**filled(ServiceLine), "id": f"l{n}"} for n in range(3 * times)]
    helps = [{**filled(Intervention), "id": f"i{n}", "service_lines": lines} for n in range(6 * times)]
    goals = [
        {"id": f"g{n}", "goal_statement": "Jeg laver mad.", "goal_type": "develop", "primary_subtheme": SCORED[n % 10]}
        for n in range(10 * times)
    ]
    return {
        "case_information": {
            "theme_entries": [{"theme": theme, "citizen_information": "Det går. " * 50 * times} for theme in THEMES],
            "functioning_scores": [{"subtheme": sub, "current_functioning_level": times} for sub in SCORED],
            "category_analyses": [{"category": one, "category_analysis": "Samlet. " * times} for one in CATEGORIES],
        },
        "case_assessment": {
            "goals": goals,
            "interventions": helps,
            "support_need_assessment": "Berettiget.",
            "primary_target_group": "mobility-impairment",
        },
    }


def work(office: Office, case: UUID, times: int) -> None:
    """A round for each of the times, and one more: investigated, recommended, approved, decided."""
    for number in range(1, times + 2):
        assert office.record(investigated(times), case).status_code == 200
        for action, who in (("recommend", A_CASEWORKER), ("approve", A_LEADER)):
            answer = office.act(action, case, who)
            assert answer.status_code == 200, answer.text
        office.act("send_hearing", case, facts="Oplysninger fra skolen")
        made = DecisionMade(number=number, decision_date=TODAY, decision_outcome="granted", assessment_revision=number)
        office.hear(made, subject=case)


def assessing(times: int) -> Office:
    """Assessment with a case of this size."""
    office = Office(import_module("assessment.app"))
    office.hear(OPENED, IntakeCompleted(completed_on=TODAY))
    if times:
        work(office, A_CASE, times)
    return office


def opening(times: int) -> Office:
    """Intake with a case of this size: everything written, and as often somebody outside has been asked."""
    office = Office(import_module("intake.app"))
    assert office.call(A_CASEWORKER, "POST", "/cases", json={"id": str(A_CASE)}).status_code == 201
    for number in range(times):
        case, *others = phase("intake").steps
        assert office.record(forms([case] if number else [case, *others])).status_code == 200
        for about in ("Skolegang", "Behandling", "Økonomi"):
            asked = {"consent_party": "others", "about": about, "exception": "RSL § 11 c"}
            assert office.act("request_information", A_CASE, **asked).status_code == 200
    return office


# reading it
@pytest.mark.parametrize("at_work", [opening, assessing])
def test_a_case_is_read_with_the_same_statements_whatever_its_size(at_work):
    empty, full, twice = (statements(at_work(times), "", "/records", "/changes") for times in (0, 1, 2))

    assert empty == full == twice
    assert max(map(len, empty.values())) < 12


def going_on(times: int) -> Office:
    """A new case of the citizen whose earlier case is of this size, with all of it reused."""
    office = assessing(times)
    office.hear(replace(OPENED, case_number="2026-00002", linked_from=A_CASE), subject=A_NEW_CASE)
    office.hear(
        IntakeCompleted(completed_on=TODAY), ConsentChanged(reused_information_consent=True), subject=A_NEW_CASE
    )
    if items := offered(office, A_NEW_CASE):
        answer = office.act("reuse", A_NEW_CASE, from_case=str(A_CASE), items=items)
        assert answer.status_code == 200, answer.text
    return office


def offered(office: Office, case: UUID) -> list[str]:
    (earlier,) = office.call(A_CASEWORKER, "GET", f"/cases/{case}/earlier").get_json()["earlier"]
    return [item["path"] for item in earlier["items"]]


A_NEW_CASE = uuid4()


def test_a_case_that_goes_on_from_another_is_read_with_the_same_statements_whatever_that_holds():
    paths = "", "/records", "/earlier", "/questions"
    empty, full, twice = (statements(going_on(times), *paths, case=A_NEW_CASE) for times in (0, 1, 2))

    assert empty == full == twice
    assert max(map(len, empty.values())) < 18


def test_many_earlier_cases_are_listed_with_as_few_statements_as_one():
    office = going_on(1)
    one = statements(office, "/earlier", case=A_NEW_CASE)["/earlier"]
    for number in range(3, 6):
        another = uuid4()
        office.hear(replace(OPENED, case_number=f"2026-0000{number}"), subject=another)
        assert office.record(investigated(1), another).status_code == 200

    assert len(office.call(A_CASEWORKER, "GET", f"/cases/{A_NEW_CASE}/earlier").get_json()["earlier"]) == 4
    assert len(statements(office, "/earlier", case=A_NEW_CASE)["/earlier"]) == len(one)


def test_all_that_an_earlier_case_holds_is_reused_and_read():
    office = going_on(1)
    step = office.call(A_CASEWORKER, "GET", f"/cases/{A_NEW_CASE}/records?step=case_information").get_json()["records"][
        0
    ]

    assert len(offered(office, A_NEW_CASE)) >= len([*THEMES, *SCORED, *CATEGORIES]) + 16
    assert {entry["theme"] for entry in step["values"]["theme_entries"]} == {*THEMES}
    assert (len(THEMES), len(CATEGORIES)) == (11, 3)
