"""By when a case must be decided: the period of its paragraph, the days it stood still, and a new date in writing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.configuration import Municipality, Period
from casework.contracts.assessment import AssessmentPaused, AssessmentResumed, HelpProposed
from casework.contracts.common import DeadlineRequested
from casework.contracts.decision import DecisionMade
from casework.contracts.scheduler import DeadlineApproaching, DeadlineMissed
from casework.process import Effects, Situation
from casework.testing.cases import A_CITIZEN, TODAY, doing, refused, situation, warned
from intake.app import PHASE
from intake.commands import AnnounceNewDate, CompleteIntake
from intake.model import CaseStep, ClearCase, Enquiry, Ledger, Rights, State
from intake.rules import CLOCK, clock_due, follow_the_record

DUE = date(2026, 4, 27)  # 56 days from Monday 2 March 2026
RUNNING = State(
    case_number="2026-00001",
    citizen_id=A_CITIZEN,
    entry_phase="intake",
    track="standard",
    clock_began=TODAY,
    clock_due=DUE,
)
A_DECISION = DecisionMade(number=1, decision_date=TODAY, decision_outcome="granted", assessment_revision=1)
PERIODS = Municipality(
    name="Prøveby",
    periods=(
        Period(legal_basis="sel-97", days=28),
        Period(legal_basis="sel-97", days=14, track="clear"),
        Period(legal_basis="sel-108", days=112, valid_from=date(2026, 1, 1)),
    ),
)


def running(*records: Any, **more: Any) -> Situation[State]:
    return situation(PHASE, *records, at="running", state=more.pop("state", RUNNING), **more)


def asked(effects: Effects) -> list[date]:
    return [m.due for m in effects.messages if isinstance(m, DeadlineRequested) and m.kind == CLOCK]


# the paragraph
@pytest.mark.rule("INT-21")
@pytest.mark.parametrize(
    "bases, track, days",
    [
        ((), "standard", 56),
        (("sel-97",), "standard", 28),
        (("sel-97",), "clear", 14),
        (("sel-85",), "standard", 56),
        (("sel-97", "sel-108"), "standard", 112),
    ],
)
def test_the_period_is_that_of_the_paragraph_and_the_track(bases, track, days):
    clear = ClearCase(is_clear_case=True, clear_case_legal_bases=bases)
    s = running(clear, CaseStep(track=track), municipality=PERIODS)

    assert clock_due(s.of(s.runs[0]), TODAY) == s.calendar.on_or_after(TODAY + timedelta(days=days))


@pytest.mark.rule("INT-21")
def test_when_the_help_is_proposed_the_clock_is_reckoned_anew():
    proposed = HelpProposed(legal_bases=("sel-97",))
    after = doing(PHASE, running(municipality=PERIODS, told=[proposed]), proposed)

    assert asked(after) == [date(2026, 3, 30)]
    assert after.situation.runs[0].state.clock_due == date(2026, 3, 30)


@pytest.mark.rule("INT-21")
def test_another_track_is_another_period():
    clear = ClearCase(is_clear_case=True, clear_case_legal_bases=("sel-97",))
    before = running(clear, municipality=PERIODS, state=replace(RUNNING, clock_due=date(2026, 3, 30)))
    after = running(
        clear, CaseStep(track="clear"), municipality=PERIODS, state=replace(RUNNING, clock_due=date(2026, 3, 30))
    )
    events = list(follow_the_record(before, after))

    assert [e.due for e in events if isinstance(e, DeadlineRequested)] == [date(2026, 3, 16)]


@pytest.mark.rule("INT-21")
def test_on_the_municipalitys_own_initiative_the_clock_runs_from_the_finished_opening():
    told = Rights(informed_of_representation_right=True, informed_of_electronic_registration=True)
    source = Enquiry(enquiry_source="own-initiative", citizen_agrees_to_opening=True)
    fresh = replace(RUNNING, clock_began=None, clock_due=None)
    after = doing(PHASE, situation(PHASE, told, source, at="complete", state=fresh), CompleteIntake())

    assert asked(after) == [DUE]


# the new date
def test_near_its_last_day_the_case_says_what_is_owed():
    near = DeadlineApproaching(kind=CLOCK, key="case", due=DUE)
    after = doing(PHASE, running(), near)

    (message,) = [w.message for warn in PHASE.warnings for w in warn(after.situation) if w.rule == "INT-21"]
    assert "27.4.2026" in message


@pytest.mark.parametrize(
    "near, state",
    [
        (DeadlineApproaching(kind="complaint", key="1", due=DUE), RUNNING),
        (DeadlineApproaching(kind=CLOCK, key="case", due=TODAY), RUNNING),  # it has been moved since
        (DeadlineApproaching(kind=CLOCK, key="case", due=DUE), replace(RUNNING, decided_on=TODAY)),
    ],
)
def test_another_days_coming_near_is_no_matter(near, state):
    assert "INT-21" not in warned(PHASE, doing(PHASE, running(state=state), near).situation)


@pytest.mark.rule("INT-21")
def test_the_citizen_is_told_a_new_date_in_writing_and_the_deadline_moves_there():
    told = AnnounceNewDate(expected_on=date(2026, 5, 20), reason="Vi venter på en lægeerklæring.")
    after = doing(PHASE, running(), DeadlineMissed(kind=CLOCK, key="case", due=DUE), told)

    (new,) = after.situation[Ledger].new_dates
    assert new.text == (
        "Vi kan ikke nå at afgøre din sag senest den 27.4.2026. Vi venter på en lægeerklæring. "
        "Vi forventer at afgøre den senest den 20.5.2026."
    )
    assert asked(after) == [date(2026, 5, 20)]
    assert "INT-21" not in warned(PHASE, after.situation)


@pytest.mark.parametrize("day", [TODAY, DUE, DUE - timedelta(days=1)])
def test_a_new_date_that_is_no_later_is_refused(day):
    with refused("INT-21", "expected_on"):
        doing(PHASE, running(), AnnounceNewDate(expected_on=day, reason="Travlhed"))


@pytest.mark.parametrize("state", [replace(RUNNING, decided_on=TODAY), replace(RUNNING, clock_due=None)])
def test_where_no_clock_runs_no_new_date_is_told(state):
    with refused("INT-21", "expected_on"):
        doing(PHASE, running(state=state), AnnounceNewDate(expected_on=DUE + timedelta(days=9), reason="Travlhed"))


def test_a_date_that_has_been_promised_is_not_taken_back_by_a_shorter_period():
    told = AnnounceNewDate(expected_on=date(2026, 6, 1), reason="Travlhed.")
    proposed = HelpProposed(legal_bases=("sel-97",))
    after = doing(PHASE, running(municipality=PERIODS, told=[proposed]), told, proposed)

    assert asked(after) == [date(2026, 6, 1)]


# standing still
@pytest.mark.rule("INT-21")
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=4))
def test_the_days_a_case_stood_still_are_added_however_often(stretches):
    day, stood_still = TODAY, 0
    s = running(Enquiry(enquiry_received_date=TODAY))
    for wait, pause in stretches:
        began = day + timedelta(days=wait)
        day = began + timedelta(days=pause)
        s = doing(PHASE, s, AssessmentPaused(paused_on=began), AssessmentResumed(resumed_on=day)).situation
        stood_still += pause

    due = s.runs[0].state.clock_due
    assert due == s.calendar.on_or_after(TODAY + timedelta(days=56 + stood_still))
    assert doing(PHASE, s, A_DECISION).situation.runs[0].state.decided_on == TODAY
