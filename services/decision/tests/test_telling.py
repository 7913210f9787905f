"""The letter, the notice and the clocks. Read in order, the names are the specification."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.configuration import Municipality
from casework.contracts.assessment import HearingAnswered, ReasoningRecorded
from casework.contracts.common import DeadlineCancelled, DeadlineMet
from casework.contracts.decision import (
    AppealDecided,
    ComplaintReceived,
    DecisionMade,
    DecisionNotified,
    DecisionReassessed,
)
from casework.contracts.intake import CaseClosed, EnquiryRecorded, RepresentationChanged
from casework.contracts.scheduler import DeadlineDue
from casework.contracts.values import Intervention, Party, ServiceLine
from casework.errors import NotHere
from casework.process.engine import allowed
from casework.process.nodes import Role
from casework.testing.cases import refused
from decision import rules
from decision.commands import (
    DemandWritten,
    MakeDecision,
    NotifyCitizen,
    Reassess,
    RecordAppealOutcome,
    RegisterComplaint,
)
from decision.model import Decision
from decision.process import DECISION

POST, LETTER, VERBAL = (NotifyCitizen(channel=c) for c in ("digital-post", "letter", "verbal"))
PARTLY = {"decision_outcome": "partly-refused", "fully_upheld": False, "refused_interventions": [{"id": "i1"}]}
OLE = Party(name="Ole Krog", role="companion")
GUARDED = {"has_guardian": True, "guardian_contact": Party(name="Eva Riis", role="guardian")}
REPRESENTED = {
    "is_represented": True,
    "representation_form": "party-representative",
    "representative_contact": OLE,
}


# what the letter shows
@pytest.mark.rule("DEC-10")
def test_the_letter_is_filled_from_the_case(partly):
    partly.fill("decision_letter", specific_assessment=None)
    partly.hear(EnquiryRecorded(opening_reason="Bente vil have en bolig", enquiry_received_date=date(2026, 1, 12)))
    letter = partly.letter
    assert letter.case_subject == "Bente vil have en bolig"
    assert letter.granted_services == letter.refused_services == ("support-education",)
    assert letter.result == "Delvist afslag"
    assert letter.intervention_purpose == "Et hjem"
    assert letter.rules_and_practice == ("sel-85",)


@pytest.mark.rule("DEC-10")
def test_reasons_are_carried_from_the_assessment_until_they_are_mended(drafted):
    del drafted.situation.own["decision_letter", ""]["specific_assessment"]
    assert drafted.letter.specific_assessment == "Du kan miste din bolig."
    assert drafted.fill("decision_letter", specific_assessment="Derfor.").letter.specific_assessment == "Derfor."


def test_origins_name_only_what_shows(empty, assessed):
    empty.hear(assessed(1, primary_target_group="alcohol-misuse"))
    assert empty.situation.origins(Decision) == {
        "primary_target_group": "assessment.case_assessment.primary_target_group"
    }


# what the letter must hold
@pytest.mark.refuses("DEC-05")
@pytest.mark.parametrize("name", ["complaint_guidance", "specific_assessment"])
def test_short_of_full_approval_the_letter_has_reasons_and_complaint_guidance(partly, name):
    partly.fill("decision_letter", **{name: None})
    with refused("DEC-05", f"decision_letter.{name}"):
        partly.do(POST)


@pytest.mark.rule("DEC-03")
def test_full_approval_asks_for_neither(granted):
    nothing = dict.fromkeys(("complaint_guidance", "specific_assessment", "weighted_facts", "legal_requirements"))
    granted.fill("decision_letter", **nothing).do(POST)
    assert granted.at == {"1": "final"}
    assert granted.asked("complaint") == []


@pytest.mark.refuses("DEC-07")
@pytest.mark.parametrize("name", ["legal_requirements", "weighted_facts", "rules_and_practice"])
def test_reasons_cite_rules_considerations_and_facts(partly, name):
    partly.fill("decision_letter", **{name: None})
    with refused("DEC-07", f"decision_letter.{name}"):
        partly.do(POST)


@pytest.mark.permits("DEC-05", "DEC-07", "DEC-08")
def test_a_letter_with_reasons_and_guidance_goes_out(partly):
    partly.do(POST)
    assert partly.at == {"1": "complaint"}


@pytest.mark.refuses("DEC-08")
@pytest.mark.parametrize(
    "name",
    [
        "letter_heading",
        "result",
        "rules_and_practice",
        "authority_name",
        "department",
        "caseworker",
        "letter_date",
        "recipient",
        "contact_for_questions",
        "signature",
        "has_own_payment",
        "intervention_purpose",
        "expected_follow_up",
    ],
)
def test_a_letter_is_whole(granted, name):
    granted.fill("decision_letter", **{name: None})
    with refused("DEC-08", f"decision_letter.{name}"):
        granted.do(POST)


@pytest.mark.rule("DEC-08")
def test_what_the_letter_lacks_is_flagged_while_it_is_written(granted):
    assert "DEC-08" not in granted.warnings
    assert "DEC-08" in granted.fill("decision_letter", expected_follow_up=None).warnings


@pytest.mark.refuses("DEC-09")
def test_a_companion_does_not_take_the_citizens_place(partly):
    partly.hear(RepresentationChanged(is_represented=True, representation_form="companion", representative_contact=OLE))
    partly.fill("decision_letter", recipient={"name": "Ole Krog", "role": "companion"})
    with refused("DEC-09", "decision_letter.recipient"):
        partly.do(POST)


@pytest.mark.refuses("INT-15", "DEC-09")
def test_a_relative_gets_no_letter_by_being_known(partly):
    partly.hear(EnquiryRecorded(opening_reason="Malene henvender sig for sin bror"), RepresentationChanged())
    partly.fill("decision_letter", recipient={"name": "Malene", "role": "relative"})
    with refused("DEC-09", "decision_letter.recipient"):
        partly.do(POST)


@pytest.mark.permits("INT-15", "DEC-09")
@pytest.mark.parametrize(
    "rights", [REPRESENTED, GUARDED | {"guardian_contact": OLE}], ids=["representative", "guardian"]
)
def test_a_relative_who_holds_the_rights_gets_the_letter(partly, rights):
    partly.hear(RepresentationChanged(**rights)).fill(
        "decision_letter", recipient={"name": OLE.name, "role": "relative"}
    )
    partly.do(POST)
    assert partly.at == {"1": "complaint"}


@pytest.mark.rule("DEC-09")
@pytest.mark.parametrize(
    "rights, name, role, may",
    [
        ({}, "Bente", "citizen", True),
        ({}, "Malene", "relative", False),
        (GUARDED | {"guardianship_form": "guardianship"}, "Eva Riis", "other", True),
        (GUARDED | {"guardianship_form": "guardianship"}, "Bente", "citizen", True),
        (GUARDED | {"guardianship_form": "co-guardianship"}, "Eva Riis", "guardian", False),
        (GUARDED | {"guardianship_form": "guardianship-without-capacity"}, "Bente", "citizen", False),
        ({"has_guardian": True}, "Eva Riis", "guardian", True),
        (REPRESENTED, "Ole Krog", "other", True),
        (REPRESENTED | {"is_represented": False}, "Ole Krog", "other", False),
    ],
)
def test_only_who_holds_the_rights_gets_the_letter(empty, rights, name, role, may):
    empty.hear(RepresentationChanged(**rights))
    assert rules.may_receive(empty.situation, Party(name=name, role=role)) is may


@pytest.mark.refuses("DEC-12")
def test_own_payment_is_stated_as_an_amount(granted):
    granted.fill("decision_letter", has_own_payment=True)
    with refused("DEC-12", "decision_letter.own_payment_amount"):
        granted.do(POST)


@pytest.mark.refuses("PRI-10")
def test_only_a_stay_has_own_payment(granted):
    granted.fill("decision_letter", has_own_payment=True, own_payment_amount="900.00")
    with refused("PRI-10", "decision_letter.has_own_payment"):
        granted.do(POST)


@pytest.mark.permits("PRI-10", "DEC-12")
def test_a_stay_may_have_own_payment(drafted):
    drafted.fill(granted_interventions=[{"id": "i1"}, {"id": "i2"}]).do(MakeDecision())
    drafted.fill("decision_letter", has_own_payment=True, own_payment_amount="900.00").do(POST)
    assert str(drafted.said(DecisionNotified)[0].own_payment_amount) == "900.00"


@pytest.mark.refuses("DEC-13")
def test_extracts_of_the_law_are_attached(granted):
    granted.fill("decision_letter", law_extracts=None)
    with refused("DEC-13", "decision_letter.law_extracts"):
        granted.do(POST)


@pytest.mark.rule("DEC-13")
def test_a_law_without_a_paragraph_is_flagged(granted):
    assert "DEC-13" not in granted.warnings
    assert "DEC-13" in granted.fill("decision_letter", law_extracts=[{"title": "Serviceloven"}]).warnings


# the citizen is told
@pytest.mark.rule("DEC-03")
def test_full_approval_may_be_told_without_a_letter(drafted):
    drafted.fill("decision_letter", letter_heading=None).fill(decision_channel="verbal").do(MakeDecision()).do(VERBAL)
    assert drafted.at == {"1": "final"}
    notified = drafted.said(DecisionNotified)[0]
    assert (notified.channel, notified.received_on) == ("verbal", date(2026, 3, 2))


def test_the_letter_is_kept_as_it_was_sent(told):
    told.fill("decision_letter", letter_heading="Et udkast til det næste")
    assert told.document["decision"]["decision_letter"]["letter_heading"] == "Du får støtte otte timer om ugen"


@pytest.mark.rule("DEC-14")
@pytest.mark.parametrize(
    "day, command, last",
    [
        ("2026-03-02", POST, date(2026, 3, 30)),
        ("2026-03-05", POST, date(2026, 4, 7)),  # four weeks end on Maundy Thursday
        ("2026-10-23", LETTER, date(2026, 11, 30)),  # six working days, then four weeks
        ("2026-03-02", NotifyCitizen(channel="letter", received_on=date(2026, 3, 4)), date(2026, 4, 1)),
    ],
)
def test_four_weeks_from_receipt_to_complain(partly, day, command, last):
    partly.on(day).do(command)
    assert [d.due for d in partly.asked("complaint")] == [last]
    assert partly.document["decision"]["decision_letter"]["complaint_deadline"] == last.isoformat()


@pytest.mark.rule("DEC-14")
@given(received=st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_the_last_day_is_a_working_day_and_never_short_of_four_weeks(received):
    town = Municipality(name="Prøveby Kommune", closing_days=("12-24", "12-31", "06-05"))
    last = rules.last_day_to_complain(town, received)
    assert town.calendar.is_working_day(last)
    assert last >= received + timedelta(weeks=4)


def easter(year: int) -> date:
    """Easter Sunday by the rule of the Gregorian calendar (Meeus, Jones and Butcher), for a reference of our own."""
    golden, century, in_century = year % 19, *divmod(year, 100)
    leaps, rest = divmod(century, 4)
    shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - shift + 15) % 30
    weekday = (32 + 2 * rest + 2 * (in_century // 4) - epact - in_century % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def is_closed(day: date) -> bool:
    """By the Danish law on holidays, in days from Easter; Store Bededag until 2023; and the days the town closes."""
    from_easter = {-3, -2, 0, 1, 39, 49, 50} | ({26} if day.year < 2024 else set())
    fixed = {(1, 1), (12, 25), (12, 26)} | {(6, 5), (12, 24), (12, 31)}
    return day.isoweekday() > 5 or (day.month, day.day) in fixed or (day - easter(day.year)).days in from_easter


@pytest.mark.rule("DEC-14")
@given(received=st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_the_last_day_to_complain_is_that_of_another_reckoning(received):
    town = Municipality(name="Prøveby Kommune", closing_days=("12-24", "12-31", "06-05"))
    expected = next(day for n in range(28, 60) if not is_closed(day := received + timedelta(days=n)))

    assert rules.last_day_to_complain(town, received) == expected


def test_when_the_period_is_over_the_decision_is_final(told):
    told.let_pass(*told.asked("complaint"))
    assert told.at == {"1": "final"}


def test_a_new_letter_begins_a_new_period(told):
    told.on("2026-03-09").do(POST)
    assert [m.kind for m in told.said(DeadlineCancelled)] == ["complaint"]
    assert [d.due for d in told.asked("complaint")] == [date(2026, 4, 7)]


# an oral decision
def test_without_guidance_the_complaint_clock_stands_still(oral):
    assert oral.at == {"1": "complaint"}
    assert oral.asked("complaint") == []


@pytest.mark.rule("DEC-06")
def test_a_demand_within_14_days_is_owed_a_written_decision(oral):
    oral.on("2026-06-10").do(DemandWritten())
    assert oral.at == {"1": "notify"}
    assert [d.due for d in oral.asked("written-decision")] == [date(2026, 6, 24)]
    with refused("DEC-06", "channel"):
        oral.do(VERBAL)
    oral.on("2026-06-12").do(POST)
    assert [m.met_on for m in oral.asked("written-decision", "deadline.met")] == [date(2026, 6, 12)]
    assert [d.due for d in oral.asked("complaint")] == [date(2026, 7, 10)]


@pytest.mark.rule("DEC-06", "DEC-05")
def test_what_was_oral_holds_reasons_and_guidance_once_it_is_written(oral):
    oral.on("2026-06-10").do(DemandWritten()).fill("decision_letter", complaint_guidance=None)
    with refused("DEC-05", "decision_letter.complaint_guidance"):
        oral.do(POST)


@pytest.mark.rule("DEC-06")
def test_a_later_demand_is_outside_the_right(oral):
    with refused("DEC-06", "received_on"):
        oral.do(DemandWritten(received_on=date(2026, 6, 20)))


@pytest.mark.rule("DEC-06")
def test_a_written_decision_is_not_demanded_again(told):
    with refused("DEC-06", "received_on"):
        told.do(DemandWritten())


@pytest.mark.rule("DEC-02")
def test_an_oral_grant_under_section_85_is_confirmed_in_writing(drafted):
    drafted.fill(decision_channel="verbal")
    assert "DEC-02" in drafted.warnings
    assert "DEC-02" not in drafted.fill(written_grant_notice={"title": "Bevilling"}).warnings
    assert "DEC-02" not in drafted.fill(written_grant_notice=None, legal_bases=["sel-97"]).warnings


# notice
@pytest.mark.rule("FUP-11")
def test_help_under_notice_ends_14_weeks_after_receipt_at_the_earliest(drafted, approve):
    drafted.fill(legal_bases=["sel-96"]).do(MakeDecision()).do(POST).hear(approve(2, 1))
    ending = {"decision_outcome": "refused", "fully_upheld": False, "refused_interventions": [{"id": "i1"}]}
    drafted.fill(**ending).do(MakeDecision())
    drafted.do(NotifyCitizen(channel="digital-post", received_on=date(2026, 3, 1)))
    assert [d.due for d in drafted.asked("notice-of-reduction")] == [date(2026, 6, 7)]
    assert drafted.said(DecisionNotified)[0].effective_from == date(2026, 6, 7)
    drafted.on("2026-06-07").hear(DeadlineDue(kind="notice-of-reduction", key="2", due=date(2026, 6, 7)))
    assert [m.key for m in drafted.said(DeadlineMet)] == ["2"]


@pytest.mark.rule("FUP-11")
@pytest.mark.parametrize("base, taken", [("sel-97", True), ("sel-96", False)])
def test_no_notice_for_other_help_or_for_what_was_never_granted(drafted, approve, base, taken):
    if taken:
        drafted.fill(legal_bases=[base]).do(MakeDecision()).do(POST).hear(approve(2, 1))
    refusal = {"decision_outcome": "refused", "fully_upheld": False, "refused_interventions": [{"id": "i1"}]}
    if not taken:
        drafted.fill(granted_interventions=None)
    drafted.fill(legal_bases=[base], **refusal).do(MakeDecision()).do(POST)
    assert drafted.asked("notice-of-reduction") == []


@pytest.mark.rule("FUP-11")
@pytest.mark.parametrize("units, services, due", [
    ("5", ("support-education", "escort-scheme"), ["2026-06-08"]),
    ("10", ("support-education",), ["2026-06-08"]),
    ("10", ("support-education", "escort-scheme"), []),
    ("12", ("support-education", "escort-scheme"), []),
])  # fmt: skip
def test_less_of_help_under_notice_is_a_reduction_also_where_it_is_granted(
    drafted, assessed, approve, units, services, due
):
    def help_(units: str, *services: str) -> Intervention:
        line = ServiceLine(
            id="l1", service="support-education", unit="hour", units_per_period=Decimal(units), service_frequency="week"
        )
        return Intervention(id="i1", services=services, offer="mobile-offer", service_lines=(line,))

    drafted.hear(assessed(2, help_("10", "support-education", "escort-scheme")), approve(2, 2))
    drafted.fill(legal_bases=["sel-95"]).do(MakeDecision()).do(POST)
    drafted.hear(assessed(3, help_(units, *services)), approve(3, 3)).do(MakeDecision()).do(POST)
    assert [str(d.due) for d in drafted.asked("notice-of-reduction")] == due


# complaints
@pytest.mark.rule("DEC-15")
def test_a_timely_complaint_is_reassessed_within_four_weeks(told):
    told.on("2026-03-10").do(RegisterComplaint(text="Jeg vil have ti timer"))
    assert told.said(ComplaintReceived)[0].is_late is False
    assert [d.due for d in told.asked("reassessment")] == [date(2026, 4, 7)]
    assert told.asked("complaint", "deadline.met")
    assert told.document["decision"]["complaint"] == {"received_on": "2026-03-10", "text": "Jeg vil have ti timer"}


@pytest.mark.rule("DEC-15")
def test_a_late_complaint_is_marked_and_has_no_deadline(told):
    told.let_pass(*told.asked("complaint"))
    told.on("2026-03-31").do(RegisterComplaint(text="For sent"))
    assert told.at == {"1": "reassess"}
    assert told.said(ComplaintReceived)[0].is_late is True
    assert told.asked("reassessment") == []
    assert "DEC-14" in told.warnings


@pytest.mark.rule("DEC-15")
def test_a_complaint_that_came_in_time_is_in_time_also_when_it_is_registered_later(told):
    told.let_pass(*told.asked("complaint"))
    told.on("2026-04-01").do(RegisterComplaint(received_on=date(2026, 3, 30), text="I tide"))
    assert told.said(ComplaintReceived)[0].is_late is False


def test_after_full_approval_a_complaint_is_in_time(granted):
    granted.do(POST).on("2026-09-01").do(RegisterComplaint(text="Alligevel ikke"))
    assert granted.said(ComplaintReceived)[0].is_late is False


def test_a_complaint_is_offered_while_the_period_runs(told):
    assert RegisterComplaint in {row.on for row, _ in allowed(DECISION, told.situation)}


@pytest.mark.rule("DEC-15")
def test_an_upheld_decision_goes_to_the_appeals_board(told):
    told.do(RegisterComplaint(text="Nej")).on("2026-03-20").do(Reassess(outcome="upheld"))
    assert told.at == {"1": "board"}
    assert told.said(DecisionReassessed)[0].forwarded_on == date(2026, 3, 20)
    assert told.asked("reassessment", "deadline.met")
    assert told.document["decision"]["complaint"]["outcome"] == "upheld"


@pytest.mark.rule("DEC-15")
def test_a_changed_decision_gives_way_to_the_next_on_the_assessment_as_it_stands(told, assessed):
    told.do(RegisterComplaint(text="Nej")).do(Reassess(outcome="changed"))
    assert told.at == {"1": "changed", "2": "decide"}
    assert told.document["decision"]["decision"]["decision_outcome"] == "partly-refused"
    told.hear(assessed(2, Intervention(id="i1", services=("support-administration",), offer="mobile-offer")))
    told.fill(decision_outcome="granted", fully_upheld=True).do(MakeDecision())
    made = told.said(DecisionMade)[0]
    assert (made.number, made.assessment_revision) == (2, 2)
    assert [e["number"] for e in told.document["decisions"]] == [1, 2]
    assert "complaint" not in told.document["decision"]


@pytest.fixture
def forwarded(told):
    """Complained about, upheld, and sent to the appeals board on 20 March 2026."""
    return told.do(RegisterComplaint(text="Nej")).on("2026-03-20").do(Reassess(outcome="upheld"))


@pytest.mark.parametrize("outcome", ["upheld", "dismissed"])
def test_what_the_board_lets_stand_is_final(forwarded, outcome):
    forwarded.on("2026-09-01").do(RecordAppealOutcome(outcome=outcome))
    assert forwarded.at == {"1": "final"}
    assert forwarded.said(AppealDecided)[0].decided_on == date(2026, 9, 1)
    assert forwarded.document["decision"]["complaint"]["appeal_outcome"] == outcome


@pytest.mark.parametrize("outcome", ["changed", "returned"])
def test_what_the_board_overrules_is_decided_anew(forwarded, outcome):
    forwarded.on("2026-09-01").do(RecordAppealOutcome(outcome=outcome))
    assert forwarded.at == {"1": "changed", "2": "decide"}
    assert forwarded.said(AppealDecided)[0].outcome == outcome


def test_the_board_rules_after_it_has_the_case(forwarded):
    with refused("DEC-15", "decided_on"):
        forwarded.do(RecordAppealOutcome(outcome="upheld", decided_on=date(2026, 3, 19)))


def test_a_second_complaint_is_taken_while_the_board_has_the_first(forwarded):
    forwarded.do(RegisterComplaint(text="Og en ting til"))
    assert forwarded.at == {"1": "reassess"}


def test_a_decision_is_followed_from_draft_to_ruling(partly):
    def status() -> str:
        return partly.document["decisions"][0]["status"]

    assert status() == "decided"
    partly.do(POST)
    assert status() == "in-force"
    partly.do(RegisterComplaint(text="Nej"))
    assert status() == "appealed"
    partly.do(Reassess(outcome="upheld"))
    assert status() == "forwarded"
    partly.do(RecordAppealOutcome(outcome="returned"))
    assert status() == "changed"


def test_a_decision_ends_where_a_later_one_is_made(granted, approve):
    granted.do(POST).hear(approve(2, 1)).do(MakeDecision())
    assert [entry["status"] for entry in granted.document["decisions"]] == ["ended", "decided"]


# help on which there is no board to complain to
def test_without_a_board_there_is_no_guidance_and_no_period(drafted):
    drafted.fill(**PARTLY, legal_bases=["sel-82b"]).fill("decision_letter", complaint_guidance=None).do(MakeDecision())
    drafted.do(POST)
    assert drafted.at == {"1": "final"}
    assert drafted.asked("complaint") == []
    drafted.do(RegisterComplaint(text="Nej")).do(Reassess(outcome="upheld"))
    assert drafted.at == {"1": "final"}


@pytest.mark.rule("DEC-05")
def test_help_that_also_rests_on_other_rules_can_be_complained_about(drafted):
    drafted.fill(**PARTLY, legal_bases=["sel-82b", "sel-85"]).do(MakeDecision()).do(POST)
    assert drafted.at == {"1": "complaint"}


def test_closing_the_case_drops_the_reassessment_deadline(told):
    told.do(RegisterComplaint(text="Nej")).hear(CaseClosed(closed_on=date(2026, 3, 20)))
    assert [m.key for m in told.asked("reassessment", "deadline.cancelled")] == ["1/1"]


def test_nobody_complains_about_what_is_not_decided(drafted):
    with pytest.raises(NotHere):
        drafted.do(RegisterComplaint(text="Nej"))


def test_only_the_authority_registers_complaints():
    assert [row.roles for row in DECISION.on(RegisterComplaint)] == [(Role.CASEWORKER,)] * 2


# warnings on reasons
@pytest.mark.rule("DEC-11")
def test_a_view_that_goes_against_the_result_is_answered(drafted, assessed):
    drafted.fill(decision_outcome="refused", fully_upheld=False).fill("decision_letter", citizen_views=None)
    assert "DEC-11" not in drafted.warnings
    drafted.hear(HearingAnswered(number=1, answered_on=date(2026, 3, 2), party_hearing_response="Det var ikke mig"))
    assert "DEC-11" in drafted.warnings
    assert "DEC-11" not in drafted.fill("decision_letter", citizen_views="Du siger, det ikke var dig.").warnings


@pytest.mark.parametrize(
    "rule, words, answer",
    [
        pytest.param("GEN-11", "Det ligger over vores serviceniveau.", "quality_standard_deviation",
                     marks=pytest.mark.rule("GEN-11")),
        pytest.param("GEN-12", "Du kan få en mentor i jobcentret.", "other_legislation_checked",
                     marks=pytest.mark.rule("GEN-12")),
        pytest.param("ASM-22", "Din søster gør rent.", None, marks=pytest.mark.rule("ASM-22")),
    ],
)  # fmt: skip
def test_poor_reasons_of_a_refusal_are_warned_of(drafted, rule, words, answer):
    drafted.fill(decision_reasoning=words)
    assert rule not in drafted.warnings
    drafted.fill(decision_outcome="refused", fully_upheld=False)
    assert rule in drafted.warnings
    if answer:
        drafted.hear(ReasoningRecorded(is_entitled=False, **{answer: "Undersøgt den 2. marts"}))
        assert rule not in drafted.warnings
