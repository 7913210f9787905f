"""What is still empty in a case, what that costs, and that nobody is alarmed without cause."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from assessment import app as assessment
from assessment.model import CaseAssessment, CaseInformation
from casework.contracts.values import NO_FFB_GOAL, FunctioningScore, Goal, Intervention
from casework.fields import ALWAYS, NEVER, fields_of
from casework.phase.completeness import is_needed, is_understood
from casework.phase.document import picture
from casework.testing.cases import OPENED, TODAY, situation
from intake import app as intake
from intake.model import Enquiry, Rights, State

PHASES = {phase.name: phase for phase in (intake.PHASE, assessment.PHASE)}


def missing(phase: str, *records: Any, track: str = "standard", **more: Any) -> dict[str, str | None]:
    """Each missing field, and what it costs."""
    at = {"intake": "complete", "assessment": "recommend"}[phase]
    state = State(case_number="1", entry_phase="intake") if phase == "intake" else None
    s = situation(PHASES[phase], *records, at=at, state=state, case=replace(OPENED, track=track), **more)
    return {lack["field"]: lack.get("costs") for step in picture(PHASES[phase], s) for lack in step["missing"]}


def types_of(cls: type) -> Iterator[type]:
    """A step or value type, and the types of the entries of its lists."""
    yield cls
    for declared in fields_of(cls).values():
        if declared.entry and declared.many:
            yield from types_of(declared.entry)


@pytest.mark.parametrize("phase", PHASES)
def test_every_condition_under_which_a_field_is_needed_is_understood(phase):
    words = {
        (cls.__name__, name, declared.info.required)
        for step in PHASES[phase].steps
        for cls in types_of(step)
        for name, declared in fields_of(cls).items()
        if not is_understood(declared.info.required, cls, PHASES[phase].conditions)
    }

    assert words == set()


@pytest.mark.parametrize(
    "words, values, needed",
    [
        (ALWAYS, {}, True),
        (NEVER, {}, False),
        ("has_guardian", {"has_guardian": True}, True),
        ("has_guardian", {}, False),
        ("not has_guardian", {"has_guardian": False}, True),
        ("not has_guardian", {}, False),  # nobody has said that there is none
        ("guardianship_form is co-guardianship or guardianship", {"guardianship_form": "guardianship"}, True),
        ("guardianship_form is not guardianship", {"guardianship_form": "co-guardianship"}, True),
        ("guardianship_form is not guardianship", {}, False),
        ("a score is added", {}, True),
    ],
)
def test_the_words_are_read_as_a_caseworker_reads_them(words, values, needed):
    assert is_needed(words, Rights(**values), {}, situation(intake.PHASE)) == needed


def test_what_is_missing_says_what_it_costs_later():
    lacks = missing("assessment")

    assert "FFB" in (lacks["assessment.case_assessment.current_support_need"] or "")
    assert "statistik" in (lacks["assessment.case_assessment.primary_target_group"] or "")


def test_a_goal_without_its_structure_is_told_what_it_loses_field_by_field():
    half = Goal(id="g1", goal_statement="Jeg laver mad", goal_type="develop")
    lacks = missing("assessment", CaseAssessment(goals=(half,), is_entitled=True))

    assert {field: costs for field, costs in lacks.items() if "[g1]" in field and costs} == {
        "assessment.case_assessment.goals[g1].primary_subtheme": NO_FFB_GOAL,
        "assessment.case_assessment.goals[g1].goal_follow_up_interval": NO_FFB_GOAL,
    }


def test_what_is_filled_in_is_not_missed():
    assert "intake.enquiry.opening_reason" in missing("intake")
    assert "intake.enquiry.opening_reason" not in missing("intake", Enquiry(opening_reason="Ny hjælp"))


def test_an_enquiry_from_others_is_asked_who_it_was_and_one_from_the_citizen_is_not():
    from_doctor, from_citizen = (missing("intake", Enquiry(enquiry_source=source)) for source in ("doctor", "citizen"))

    assert {"intake.enquiry.enquiry_source_contact", "intake.enquiry.citizen_agrees_to_opening"} <= from_doctor.keys()
    assert {
        "intake.enquiry.enquiry_source_contact",
        "intake.enquiry.citizen_agrees_to_opening",
    } & from_citizen.keys() == set()


def test_a_plan_that_the_citizen_does_not_want_is_missed_by_nobody():
    declined, wanted = (missing("assessment", CaseAssessment(action_plan_wanted=w)) for w in (False, True))

    assert [f for f in declined if f.startswith("assessment.action_plan.")] == []
    assert "assessment.action_plan.coordinator" in wanted


def test_without_help_proposed_goals_and_purpose_are_not_missed():
    refused, proposed = (missing("assessment", CaseAssessment(is_entitled=e)) for e in (False, True))

    assert "assessment.case_assessment.goals" in proposed
    assert "assessment.case_assessment.goals" not in refused


def test_what_a_track_does_not_show_is_not_missed():
    tracks = {track: set(missing("assessment", track=track)) for track in ("clear", "small", "standard", "complex")}

    assert tracks["clear"] <= tracks["small"] <= tracks["standard"] <= tracks["complex"]


def test_a_clear_case_well_done_misses_nothing_that_costs():
    goal = Goal(
        id="g1", goal_statement="Jeg løber hver uge", goal_type="maintain", primary_subtheme="pursuing-interests",
        expected_functioning_level=3, goal_follow_up_mode="same-date", goal_follow_up_interval="12-months",
    )  # fmt: skip
    help_ = Intervention(
        id="i1", services=("escort-scheme",), offer="mobile-offer", expected_start_date=TODAY, without_end_date=True
    )
    score = FunctioningScore(subtheme="pursuing-interests", current_functioning_level=3)
    lacks = missing(
        "assessment",
        CaseInformation(functioning_scores=(score,), party_hearing_needed=False),
        CaseAssessment(
            situation_assessment="Kan ikke.", intervention_purpose="Jeg løber", goals=(goal,), is_entitled=True,
            support_need_assessment="Berettiget", primary_target_group="visual-impairment", interventions=(help_,),
            current_support_need="light", action_plan_offered=False, action_plan_not_offered_reason="Ønsker ingen",
        ),
        track="clear",
    )  # fmt: skip

    assert {field for field, costs in lacks.items() if costs} == {"assessment.case_information.theme_entries"}


def test_before_its_time_a_phase_misses_nothing():
    assert picture(assessment.PHASE, situation(assessment.PHASE)) == []
