"""Questions of specialist areas: asked where the track and the target group call for them, answered like any field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from assessment import app
from casework.contracts.intake import CaseChanged, IntakeCompleted
from casework.testing.cases import A_CASE, A_CASEWORKER, A_PROVIDER, OPENED, TODAY, Office, wrong


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office(app)
    made.hear(replace(OPENED, track="complex"), IntakeCompleted(completed_on=TODAY))
    yield made
    made.close()


def asked(office: Office) -> dict[str, list[dict[str, Any]]]:
    answer = office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/questions")
    assert answer.status_code == 200, answer.text
    return {one["id"]: one["questions"] for one in answer.get_json()["question_sets"]}


def test_a_complex_case_is_asked_what_its_target_group_calls_for(office):
    everything = asked(office)
    office.record({"case_assessment": {"primary_target_group": "alcohol-misuse"}})

    assert asked(office).keys() < everything.keys()
    assert "misuse" in asked(office)


def test_a_standard_case_is_asked_nothing_special_and_keeps_what_was_answered(office):
    question = asked(office)["misuse"][0]["id"]
    office.record({"question_sets": {"answers": [{"question": question, "answer": "Siden 2019."}]}})
    office.hear(CaseChanged(**{**vars(OPENED), "track": "standard"}))
    in_between = asked(office)
    office.hear(CaseChanged(**{**vars(OPENED), "track": "complex"}))

    assert in_between == {}
    assert asked(office)["misuse"][0]["answer"] == "Siden 2019."


def test_an_answer_to_a_question_that_nobody_asks_is_refused(office):
    answer = office.record({"question_sets": {"answers": [{"question": "skostørrelse", "answer": "43"}]}})

    assert wrong(answer) == ("ASM-02", "question_sets.answers[0].question")


def test_a_provider_is_shown_no_questions(office):
    assert office.call(A_PROVIDER, "GET", f"/cases/{A_CASE}/questions").status_code == 403
