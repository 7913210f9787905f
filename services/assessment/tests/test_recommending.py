"""What is put before the deciding body, who that is, and what may not be put there yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment.app import PHASE
from assessment.commands import AnswerRecommendation, PauseAssessment, Recommend, SendCopy, SendHearing, StartAssessment
from assessment.model import CaseAssessment, Ledger, State
from casework.configuration import Delegation, Municipality
from casework.contracts.assessment import HelpProposed, RecommendationApproved, RecommendationSubmitted
from casework.contracts.intake import CaseClosed, CitizenChanged, RepresentationChanged
from casework.contracts.values import Document, Goal, Intervention, Party, ServiceLine
from casework.errors import NotHere
from casework.pricing import as_told, inherited, priced, total
from casework.process import Situation
from casework.schema import Amount
from casework.testing.cases import (
    A_LEADER,
    OPENED,
    TODAY,
    doing,
    refused,
    situation,
    warned,
    wrong,
)

WISHED = Intervention(
    id="i2", services=("long-term-stay",), offer="temporary-residential", is_requested=True, is_alternative=True
)
AT_HOME = Intervention(id="i1", services=("support-daily-tasks-at-home",), offer="mobile-offer")
REASONED = CaseAssessment(
    support_need_assessment="Berettiget efter § 85. Alternativ: mentor rækker ikke.",
    interventions=(AT_HOME,),
    primary_target_group="homelessness",
)


def assessing(*records: Any, **more: Any) -> Situation[State]:
    return situation(PHASE, *records, at=more.pop("at", "recommend"), **more)


# the wish
@pytest.mark.refuses("EVA-04")
def test_a_wish_that_is_not_followed_must_be_answered():
    asked = replace(REASONED, interventions=(AT_HOME, WISHED))

    with refused("EVA-04", "case_assessment.decision_reasoning"):
        doing(PHASE, assessing(asked), Recommend())


@pytest.mark.refuses("EVA-04")
def test_a_home_that_the_citizen_has_asked_for_in_words_is_a_wish_too():
    wished = replace(REASONED, citizen_wishes="Jeg vil gerne bo på et botilbud. Jeg vil ikke være alene.")
    applied = replace(REASONED, opening_reason="Søger om botilbud.")

    for asked in (wished, applied):
        with refused("EVA-04", "case_assessment.decision_reasoning"):
            doing(PHASE, assessing(asked), Recommend())


@pytest.mark.permits("EVA-04")
@pytest.mark.parametrize(
    "values",
    [
        {"interventions": (AT_HOME, WISHED), "decision_reasoning": "Hjælpen kan gives hjemme."},
        {"interventions": (replace(WISHED, is_alternative=None),)},
        {"citizen_wishes": "Jeg vil ikke på botilbud."},
        {"citizen_wishes": "Et botilbud.", "support_need_assessment": "Et botilbud er ikke nødvendigt."},
        {"opening_reason": "Er flyttet fra sit botilbud."},
        {"citizen_wishes": "Jeg vil have et botilbud.", "decision_reasoning": "Hjælpen kan gives hjemme."},
        {"interventions": (AT_HOME, replace(WISHED, is_requested=None))},
    ],
)
def test_a_wish_that_is_followed_or_answered_stops_nobody(values):
    doing(PHASE, assessing(replace(REASONED, **values)), Recommend())


# the intervention
@pytest.mark.refuses("PRI-07")
@pytest.mark.parametrize("lacks, field", [({"services": ()}, "services"), ({"offer": None}, "offer")])
def test_an_intervention_without_services_or_offer_is_not_put_forward(lacks, field):
    half = replace(REASONED, interventions=(replace(AT_HOME, **lacks),))

    with refused("PRI-07", f"case_assessment.interventions[i1].{field}"):
        doing(PHASE, assessing(half), Recommend())


@pytest.mark.permits("PRI-07")
def test_cash_comes_from_no_offer():
    expenses = Intervention(id="i1", services=("additional-expenses",))

    assert doing(PHASE, assessing(replace(REASONED, interventions=(expenses,))), Recommend()).situation.runs


@pytest.mark.permits("PRI-07")
def test_the_provider_may_come_later():
    after = doing(PHASE, assessing(REASONED), Recommend())

    assert [run.state.interventions for run in after.situation.runs] == [("i1",)]


# the target group
@pytest.mark.refuses("EVA-09")
@pytest.mark.parametrize(
    "group, other",
    [("depression", "Anden psykisk vanskelighed"), ("dementia", "Anden intellektuel/kognitiv forstyrrelse")],
)
def test_a_diagnosis_as_target_group_takes_a_doctor_and_else_the_other_group_is_pointed_out(office, group, other):
    answer = office.record({"case_assessment": {"primary_target_group": group}})

    assert wrong(answer) == ("EVA-09", "case_assessment.primary_target_group")
    assert other in answer.get_json()["detail"]


@pytest.mark.refuses("EVA-09")
def test_so_it_is_for_the_other_groups(office):
    answer = office.record({"case_assessment": {"other_target_groups": ["homelessness", "anxiety"]}})

    assert wrong(answer) == ("EVA-09", "case_assessment.other_target_groups")


@pytest.mark.permits("EVA-09")
def test_with_a_diagnosis_or_a_group_that_is_none_it_is_recorded(office):
    assert office.record({"case_assessment": {"primary_target_group": "other-mental-difficulty"}}).status_code == 200
    office.record({"case_assessment": {"diagnoses": [{"diagnosis": "Depression, F 32", "diagnosed_by": "Lægehuset"}]}})

    assert office.record({"case_assessment": {"primary_target_group": "depression"}}).status_code == 200


@pytest.mark.refuses("EVA-07")
def test_help_is_not_put_forward_without_a_primary_target_group():
    with refused("EVA-07", "case_assessment.primary_target_group"):
        doing(PHASE, assessing(replace(REASONED, primary_target_group=None)), Recommend())


@pytest.mark.permits("EVA-07")
def test_where_no_help_is_proposed_the_group_may_come_with_the_decision():
    after = doing(PHASE, assessing(replace(REASONED, primary_target_group=None, interventions=())), Recommend())

    assert [run.state.recommended_outcome for run in after.situation.runs] == ["refused"]


# the whole plan
@pytest.mark.refuses("PLN-09")
@pytest.mark.parametrize("wanted", [False, None])
def test_a_whole_person_plan_takes_no_ones_place_without_the_citizens_consent(office, wanted):
    plan = {"holistic_plan_offered": True, "holistic_plan_wanted": wanted, "holistic_plan_status": "prepared"}

    assert wrong(office.record({"case_assessment": plan})) == ("PLN-09", "case_assessment.holistic_plan_status")


@pytest.mark.permits("PLN-09")
def test_with_consent_the_whole_person_plan_is_recorded(office):
    plan = {"holistic_plan_offered": True, "holistic_plan_wanted": True, "holistic_plan_status": "in-preparation"}

    assert office.record({"case_assessment": plan}).status_code == 200


@pytest.mark.permits("PLN-09")
def test_that_no_whole_plan_is_prepared_may_be_said_without_consent(office):
    answer = office.record({"case_assessment": {"holistic_plan_wanted": False, "holistic_plan_status": "not-prepared"}})

    assert answer.status_code == 200


# who decides
def town(*delegation: Delegation) -> Municipality:
    return Municipality(name="Prøveby", delegation=delegation)


LIMITED = town(
    Delegation(body="caseworker", up_to=Amount("50000.00"), legal_bases=("sel-85",)),
    Delegation(body="manager", up_to=Amount("500000.00")),
    Delegation(body="assignment-committee"),
)


def costing(price: str) -> CaseAssessment:
    line = ServiceLine(id="l1", units_per_period=Decimal(1), repetitions=1, unit_price=Amount(price))
    return replace(REASONED, interventions=(replace(AT_HOME, service_lines=(line,)),))


@pytest.mark.parametrize(
    "price, body, place",
    [
        ("50000.00", "caseworker", "approved"),
        ("50000.01", "manager", "answer"),
        ("500000.01", "assignment-committee", "answer"),
    ],
)
def test_the_delegation_says_who_decides_by_amount(price, body, place):
    after = doing(PHASE, assessing(costing(price), municipality=LIMITED), Recommend())

    assert [(run.at, run.state.decision_body) for run in after.situation.runs] == [(place, body)]


def test_a_paragraph_outside_the_delegation_goes_to_the_leader():
    (support,) = costing("100.00").interventions
    escort = replace(REASONED, interventions=(replace(support, services=("escort-scheme",)),))
    after = doing(PHASE, assessing(escort, municipality=LIMITED), Recommend())

    assert [m.decision_body for m in after.messages if isinstance(m, RecommendationSubmitted)] == ["manager"]


def test_as_delivered_the_caseworker_decides_small_cases_and_the_leader_all_others():
    bodies = {
        track: doing(PHASE, assessing(REASONED, case=replace(OPENED, track=track)), Recommend())
        .situation.runs[0]
        .state.decision_body
        for track in ("clear", "small", "standard", "complex")
    }

    assert bodies == {"clear": "caseworker", "small": "caseworker", "standard": "manager", "complex": "manager"}


# the answer
def submitted(*records: Any, **more: Any) -> Situation[State]:
    first = doing(PHASE, assessing(*records, **more), Recommend()).situation
    return replace(first, actor=A_LEADER, said={"case_assessment.recorded": 7}, _views={})


def test_the_leader_approves_what_was_put_forward_even_if_it_has_changed_since():
    s = submitted(REASONED, said={"case_assessment.recorded": 3})
    after = doing(PHASE, s, AnswerRecommendation(action="assessment.approve"))

    assert [m.assessment_revision for m in after.messages if isinstance(m, RecommendationApproved)] == [3]


def test_the_leader_may_approve_with_changes_and_says_which():
    s = submitted(REASONED, said={"case_assessment.recorded": 3})
    changed = AnswerRecommendation(action="assessment.change", comment="Seks timer i stedet for otte.")
    after = doing(PHASE, s, changed)

    (approved,) = [m for m in after.messages if isinstance(m, RecommendationApproved)]
    assert approved.assessment_revision == 7
    assert [(r.at, r.state.is_changed, r.state.comment) for r in after.situation.runs] == [
        ("approved", True, "Seks timer i stedet for otte.")
    ]


def test_a_change_without_a_word_is_refused():
    with refused("EVA-15", "comment"):
        doing(PHASE, submitted(REASONED), AnswerRecommendation(action="assessment.change"))


def test_what_is_for_the_committee_takes_the_committees_answer():
    s = submitted(costing("500000.01"), municipality=LIMITED)

    with refused("EVA-15", "decision_body"):
        doing(PHASE, s, AnswerRecommendation(action="assessment.approve"))
    answered = AnswerRecommendation(action="assessment.approve", decision_body="assignment-committee")
    assert [run.at for run in doing(PHASE, s, answered).situation.runs] == ["approved"]


def test_a_second_recommendation_does_not_pass_one_that_waits_for_its_answer():
    first = submitted(REASONED)
    approved = doing(PHASE, first, AnswerRecommendation(action="assessment.approve")).situation
    again = doing(PHASE, approved, Recommend()).situation

    with pytest.raises(NotHere, match="Indstilling 2 venter på svar"):
        doing(PHASE, again, Recommend())


@pytest.mark.parametrize("act", [Recommend(), StartAssessment(reason="Ringede igen")])
def test_a_closed_case_is_not_assessed_any_further(act):
    at = "approved" if isinstance(act, Recommend) else None
    s = situation(PHASE, REASONED, at=at, told=[CaseClosed(closed_on=TODAY)])

    with pytest.raises(NotHere, match="Sagen er lukket"):
        doing(PHASE, s, act)


# hearing, pause, copy
@pytest.mark.rule("ASM-17")
@pytest.mark.parametrize(
    "days, name",
    [
        ({}, "Vera"),
        ({"guardianship_valid_to": TODAY}, "Vera"),
        ({"guardianship_valid_to": TODAY - timedelta(days=1)}, "Mads"),
    ],
)
def test_the_hearing_goes_to_whoever_holds_the_rights_that_day_with_what_is_heard_on(days, name):
    guarded = RepresentationChanged(
        has_guardian=True, guardianship_form="guardianship-without-capacity",
        guardian_contact=Party(name="Vera", role="guardian"), **days,
    )  # fmt: skip
    letter = Document(title="Brev fra udlejer")
    s = assessing(told=[guarded, CitizenChanged(citizen_name="Mads")])
    after = doing(PHASE, s, SendHearing(facts="Udlejer klager over larm.", documents=(letter,)))

    (hearing,) = after.situation[Ledger].hearings
    assert (hearing.to.name, hearing.facts, hearing.documents) == (name, "Udlejer klager over larm.", (letter,))
    assert hearing.answer_due == TODAY + timedelta(days=14)


@pytest.mark.rule("INT-21")
def test_a_pause_without_a_reason_is_asked_for_one():
    silent = doing(PHASE, assessing(), PauseAssessment()).situation
    told = doing(PHASE, assessing(), PauseAssessment(reason="Afventer lægeerklæring")).situation

    assert ("INT-21" in warned(PHASE, silent), "INT-21" in warned(PHASE, told)) == (True, False)


def test_a_pause_says_what_is_waited_for(office):
    office.act("assessment.pause", reason="Afventer lægeerklæring")

    history = office.read()["history"]
    assert [e["reason"] for e in history if e["action"] == "assessment.pause"] == ["Afventer lægeerklæring"]


@pytest.mark.rule("INT-22")
def test_that_a_copy_was_sent_is_kept():
    assert doing(PHASE, assessing(), SendCopy()).situation[Ledger].copy_sent_on == TODAY


def test_under_which_rules_help_is_proposed_is_told_for_the_clock(office):
    office.record({"case_assessment": {"interventions": [{"id": "i1", "services": ["escort-scheme"]}]}})
    office.record({"case_assessment": {"interventions": [{"id": "i1", "is_alternative": True}]}})

    assert [body for _, body in office.owed(HelpProposed.wire)] == [{"legal_bases": ["sel-97"]}, {}]


@pytest.mark.refuses("ASM-09")
def test_a_theme_of_which_nobody_says_anything_is_not_saved(office):
    answer = office.record({"case_information": {"theme_entries": [{"theme": "self-care"}]}})

    assert wrong(answer) == ("ASM-09", "case_information.theme_entries[0].caseworker_remarks")


@pytest.mark.permits("ASM-09")
@pytest.mark.parametrize("voice", ["citizen_information", "other_information", "caseworker_remarks"])
def test_one_voice_is_enough(office, voice):
    answer = office.record(
        {"case_information": {"theme_entries": [{"theme": "self-care", voice: "Glemmer at spise."}]}}
    )

    assert answer.status_code == 200


# permits
@pytest.mark.rule("EVA-13")
def test_the_whole_need_is_recorded_also_where_help_is_declined_or_given_by_others(office):
    declined = {"citizen_perspective": "Vil ikke have hjælp.", "civil_society_support": "Søster hjælper.",
                "current_support_need": "high"}  # fmt: skip

    assert office.record({"case_assessment": declined}).status_code == 200


@pytest.mark.rule("ASM-21")
def test_relatives_who_help_are_told_of_and_move_no_level(office):
    office.record(
        {"case_information": {"functioning_scores": [{"subtheme": "handling-mail", "current_functioning_level": 2}]}}
    )
    office.record(
        {
            "case_information": {
                "theme_entries": [{"theme": "community-life", "other_information": "Mor klarer posten."}]
            }
        }
    )

    assert [entry["level"] for entry in office.read()["parts"]["levels"]["handling-mail"]] == [2]


@pytest.mark.rule("ASM-23")
def test_help_may_be_proposed_to_one_who_does_not_consent():
    against = replace(REASONED, citizen_perspective="Vil ikke have hjælp.")

    assert [r.at for r in doing(PHASE, assessing(against), Recommend()).situation.runs] == ["answer"]


@pytest.mark.rule("GEN-05")
def test_several_services_and_offers_rest_on_one_assessment():
    day = Intervention(id="i2", services=("social-activity",), offer="activity-and-companionship-offer")
    after = doing(PHASE, assessing(replace(REASONED, interventions=(AT_HOME, day))), Recommend())

    assert [run.state.interventions for run in after.situation.runs] == [("i1", "i2")]


@pytest.mark.rule("EVA-05")
def test_civil_society_perspective_and_resources_flow_to_the_recommendation(office):
    office.record(
        {"case_assessment": {"has_civil_society_support": True, "civil_society_support": "Fællesspisning",
                             "citizen_perspective": "Enig", "citizen_resources": "God til engelsk"}}
    )  # fmt: skip
    part = office.read()["parts"]["assessment"]["recommendation"]

    assert (part["civil_society_support"], part["citizen_perspective"], part["citizen_resources"]) == (
        "Fællesspisning",
        "Enig",
        "God til engelsk",
    )
    (told,) = office.owed("evaluation.recorded")
    assert told[1]["citizen_resources"] == "God til engelsk"


# the days of a line
DAYS = st.none() | st.dates(date(2026, 1, 1), date(2027, 12, 31))


@pytest.mark.rule("PRI-06")
@given(start=DAYS, end=DAYS, line_start=DAYS, line_end=DAYS)
def test_a_lines_days_are_the_interventions_where_they_are_blank_and_travel_only_where_they_differ(
    start, end, line_start, line_end
):
    line = ServiceLine(id="l1", service_start_date=line_start, service_end_date=line_end)
    whole = replace(AT_HOME, expected_start_date=start, expected_end_date=end, service_lines=(line,))

    (shown,) = inherited(whole).service_lines
    (told,) = as_told(inherited(whole)).service_lines
    assert (shown.service_start_date, shown.service_end_date) == (line_start or start, line_end or end)
    assert told.service_start_date == (line_start if line_start != start else None)
    assert inherited(as_told(whole)) == inherited(whole)


@pytest.mark.rule("PRI-01", "PRI-02", "PRI-03", "PRI-04")
def test_the_worked_example_of_two_half_years_and_a_day_offer():
    def line(id: str, units: int, unit: str, price: str) -> ServiceLine:
        return ServiceLine(id=id, unit=unit, units_per_period=Decimal(units), service_frequency="week", repetitions=26,
                           unit_price=Amount(price))  # fmt: skip

    support = priced(replace(AT_HOME, service_lines=(line("l1", 2, "hour", "500.00"), line("l2", 2, "hour", "500.00"))))
    days = priced(replace(AT_HOME, id="i2", service_lines=(line("l1", 5, "day", "700.00"),)))

    assert [n.base_price for n in support.service_lines] == [Decimal("26000.00"), Decimal("26000.00")]
    assert (support.expected_price, days.expected_price) == (Decimal("52000.00"), Decimal("91000.00"))
    assert total([support.expected_price, days.expected_price]) == Decimal("143000.00")


LINES = st.builds(
    ServiceLine,
    id=st.uuids().map(str),
    units_per_period=st.integers(0, 400).map(lambda n: Decimal(n) / 2),
    repetitions=st.integers(0, 366),
    unit_price=st.decimals("0.00", "5000.00", places=2).map(Amount),
)


@pytest.mark.rule("PRI-01", "PRI-02")
@given(st.lists(LINES, max_size=8))
def test_prices_are_exact_to_the_oere_in_whichever_order_the_lines_stand(lines):
    whole = replace(AT_HOME, service_lines=tuple(lines))
    back = priced(replace(AT_HOME, service_lines=tuple(reversed(lines))))

    in_half_oere = sum(int(n.units_per_period * 2) * n.repetitions * int(n.unit_price * 100) for n in lines)
    assert priced(whole).expected_price == back.expected_price
    if (
        lines
        and in_half_oere % 2 == 0
        and all((int(n.units_per_period * 2) * n.repetitions * int(n.unit_price * 100)) % 2 == 0 for n in lines)
    ):
        assert priced(whole).expected_price == Decimal(in_half_oere) / 200


LEVELS = st.none() | st.integers(0, 4)


@pytest.mark.rule("GOL-04", "GOL-05", "GOL-08", "GOL-09", "GOL-10")
@given(now=LEVELS, expected=LEVELS, goal_type=st.sampled_from([None, "develop", "maintain", "limit-loss"]))
def test_a_goal_is_warned_of_exactly_where_its_level_contradicts_its_type(now, expected, goal_type):
    from casework.contracts.values import LevelEntry

    goals = tuple(
        Goal(id=i, primary_subtheme="cooking", goal_type=goal_type, expected_functioning_level=expected)
        for i in ("a", "b")
    )
    levels = () if now is None else (LevelEntry(subtheme="cooking", level=now, on=TODAY, origin="assessment"),)
    s = assessing(CaseAssessment(goals=goals), Ledger(levels=levels))

    known = now is not None and expected is not None
    wanted = {
        "develop": ["GOL-08"] if known and expected >= now else [],
        "maintain": ["GOL-09"] if known and expected != now else [],
    }.get(goal_type or "", [])
    assert {g.current_functioning_level for g in s[CaseAssessment].goals} == {now}
    assert [r for r in warned(PHASE, s) if r in ("GOL-08", "GOL-09")] == wanted * 2
