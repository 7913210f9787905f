"""What it takes to decide, and what is then decided. Read in order, the names are the specification."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from casework.contracts.assessment import (
    CaseAssessmentRecorded,
    CaseInformationRecorded,
    HearingAnswered,
    HearingSent,
    RecommendationApproved,
)
from casework.contracts.decision import DecisionMade, DecisionNotified
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseClosed, ConsentChanged, EnquiryRecorded
from casework.contracts.values import Goal, Intervention, Party, ServiceLine
from casework.errors import Invalid
from casework.process import Actor, Role
from casework.testing.cases import refused
from decision.commands import MakeDecision, NotifyCitizen

Assessed = Callable[..., CaseAssessmentRecorded]
Approve = Callable[..., RecommendationApproved]
CITIZEN = Party(name="Bente", role="citizen")
INFORMED = CaseInformationRecorded(themes=("mental-functions",), party_hearing_needed=True)


# which numbers there are
@pytest.mark.refuses("GEN-10", "INT-11")
def test_without_an_approved_recommendation_nothing_is_decided(empty):
    empty.hear(EnquiryRecorded(is_clear_case=True, opening_reason="Klara ser dårligt"))

    with refused("GEN-10", "decision.decide"):
        empty.do(MakeDecision(action="decision.decide"))


def test_an_approved_recommendation_opens_a_decision(drafted):
    assert drafted.at == {"1": "decide"}


def test_a_second_recommendation_becomes_the_ground_of_the_undecided_one(drafted, assessed, approve):
    more = Intervention(id="i1", services=("support-education", "support-administration"), offer="mobile-offer")
    drafted.hear(assessed(2, more), approve(2, 2)).do(MakeDecision())
    assert drafted.at == {"1": "notify"}
    assert drafted.said(DecisionMade)[0].assessment_revision == 2
    assert drafted.said(DecisionMade)[0].granted_interventions == (more,)


def test_a_recommendation_after_the_decision_opens_the_next(granted, approve):
    granted.hear(approve(2, 1))
    assert granted.at == {"1": "notify", "2": "decide"}


def test_only_an_undecided_number_is_stopped_when_the_case_closes(granted, approve):
    granted.hear(approve(2, 1), CaseClosed(closed_on=date(2026, 3, 3)))
    assert granted.at == {"1": "notify", "2": "stopped"}


@pytest.mark.refuses("GEN-14")
def test_a_provider_makes_no_decision(drafted):
    with refused("GEN-14", "decision.decide"):
        drafted.do(MakeDecision(action="decision.decide"), Actor("p", "X-Hus", Role.PROVIDER, "x-hus"))


@pytest.mark.permits("GEN-10", "GEN-14", "INT-11")
@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.LEADER])
def test_the_authority_decides_on_what_was_assessed_also_in_a_clear_case(drafted, role):
    drafted.hear(EnquiryRecorded(is_clear_case=True, opening_reason="Bente vil have en bolig"))
    drafted.do(MakeDecision(), Actor("k", "Kim Dam", role))
    assert drafted.at == {"1": "notify"}


# what must be there
@pytest.mark.refuses("DEC-01")
@pytest.mark.parametrize("name", ["decision_outcome", "decision_date", "decision_body"])
def test_result_date_and_decider_are_documented(drafted, name):
    drafted.fill(**{name: None})
    with refused("DEC-01", f"decision.{name}"):
        drafted.do(MakeDecision())


@pytest.mark.refuses("ASM-15")
def test_a_hearing_that_is_needed_and_not_sent_stops_the_decision(drafted):
    drafted.hear(INFORMED)
    with refused("ASM-15", "case_information.party_hearing_sent_date"):
        drafted.do(MakeDecision())


@pytest.mark.refuses("ASM-15")
@pytest.mark.permits("ASM-15")
def test_a_hearing_stops_the_decision_until_it_is_answered_or_its_day_is_over(drafted):
    sent = HearingSent(number=1, party=CITIZEN, party_hearing_sent_date=date(2026, 3, 2), answer_due=date(2026, 3, 16))
    drafted.hear(INFORMED, sent).on("2026-03-16")
    with refused("ASM-15", "case_information.party_hearing_response"):
        drafted.do(MakeDecision())
    drafted.on("2026-03-17").do(MakeDecision())


@pytest.mark.permits("ASM-15")
def test_an_answered_hearing_stops_nothing(drafted):
    sent = HearingSent(number=1, party=CITIZEN, party_hearing_sent_date=date(2026, 3, 2), answer_due=date(2026, 3, 16))
    drafted.hear(INFORMED, sent, HearingAnswered(number=1, answered_on=date(2026, 3, 3))).do(MakeDecision())
    assert drafted.at == {"1": "notify"}


@pytest.mark.rule("ASM-16")
@pytest.mark.parametrize("answer", [False, None])
def test_where_a_condition_is_missing_no_hearing_is_demanded(drafted, answer):
    drafted.hear(replace(INFORMED, party_hearing_needed=answer)).do(MakeDecision())
    assert drafted.at == {"1": "notify"}


@pytest.mark.refuses("ASM-18")
@pytest.mark.permits("ASM-18")
def test_a_case_without_any_fact_is_not_decided_unless_it_is_clear_and_says_why(drafted, assessed):
    drafted.hear(CaseInformationRecorded(party_hearing_needed=False), assessed(2, goals=()))
    with refused("ASM-18", "case_information.theme_entries"):
        drafted.do(MakeDecision())
    drafted.hear(EnquiryRecorded(is_clear_case=True, opening_reason="Bente vil have en bolig")).do(MakeDecision())


@pytest.mark.permits("ASM-18")
@pytest.mark.parametrize("themes, level", [(("relations",), None), ((), 2)], ids=["a theme", "a level"])
def test_one_fact_is_enough_to_decide_on(drafted, assessed, themes, level):
    goal = Goal(id="g1", current_functioning_level=level)
    drafted.hear(CaseInformationRecorded(themes=themes, party_hearing_needed=False), assessed(2, goals=(goal,)))
    drafted.do(MakeDecision())
    assert drafted.at == {"1": "notify"}


@pytest.mark.refuses("GEN-07")
@pytest.mark.permits("GEN-07")
def test_a_refused_consent_asks_that_the_consequences_were_explained(drafted):
    drafted.hear(ConsentChanged(reused_information_consent=False))
    with refused("GEN-07", "consent.consent_consequences_explained"):
        drafted.do(MakeDecision())
    explained = ConsentChanged(reused_information_consent=False, consent_consequences_explained=True)
    drafted.hear(explained).do(MakeDecision())


@pytest.mark.refuses("DEC-16")
def test_the_target_group_is_confirmed_although_the_assessment_has_one(drafted, assessed, approve):
    drafted.hear(assessed(2, primary_target_group="alcohol-misuse"), approve(2, 2)).fill(primary_target_group=None)
    with refused("DEC-16", "decision.primary_target_group"):
        drafted.do(MakeDecision())


@pytest.mark.refuses("DEC-04")
@pytest.mark.parametrize("outcome", ["partly-refused", "refused", "repayment"])
def test_a_refusal_is_no_full_approval(drafted, outcome):
    drafted.fill(decision_outcome=outcome)
    with refused("DEC-04", "decision.fully_upheld"):
        drafted.do(MakeDecision())


@pytest.mark.rule("DEC-04")
@pytest.mark.parametrize(
    "outcome, refuses, is_full", [("granted", None, True), ("partly-refused", "i2", False), ("repayment", None, False)]
)
def test_full_approval_is_reckoned_and_need_not_be_ticked(drafted, outcome, refuses, is_full):
    granted = [{"id": "i1"}] if outcome != "repayment" else None
    refused_lines = [{"id": refuses}] if refuses else None
    drafted.fill(fully_upheld=None, decision_outcome=outcome,
                 granted_interventions=granted, refused_interventions=refused_lines)  # fmt: skip
    assert drafted.document["decision"]["decision"]["fully_upheld"] is is_full

    drafted.do(MakeDecision())

    assert drafted.said(DecisionMade)[0].fully_upheld is is_full


def of_hours(hours: int) -> Intervention:
    line = ServiceLine(id="l1", service="support-education", unit="hour", units_per_period=Decimal(hours),
                       service_frequency="week")  # fmt: skip
    return Intervention(id="i1", services=("support-education",), offer="mobile-offer", service_lines=(line,))


@pytest.mark.rule("DEC-04")
@pytest.mark.parametrize("granted_hours, is_full", [(8, False), (10, True), (12, True)])
def test_ten_hours_applied_for_are_not_met_by_eight(drafted, assessed, approve, granted_hours, is_full):
    asked = {"id": "a1", "service": "support-education", "units_per_period": 10, "unit": "hour",
             "service_frequency": "week"}  # fmt: skip
    drafted.hear(assessed(2, of_hours(granted_hours)), approve(2, 2)).fill(fully_upheld=None, applied_for=[asked])

    assert drafted.do(MakeDecision()).said(DecisionMade)[0].fully_upheld is is_full


@pytest.mark.refuses("DEC-04")
def test_full_approval_is_not_ticked_where_what_was_asked_for_is_not_given(drafted, assessed, approve):
    asked = Intervention(id="i2", services=("escort-scheme",), is_requested=True)
    drafted.hear(assessed(2, of_hours(8), asked), approve(2, 2))

    with refused("DEC-04", "decision.fully_upheld"):
        drafted.do(MakeDecision())


@pytest.mark.permits("DEC-04")
def test_full_approval_may_be_ticked_where_all_is_given(drafted):
    drafted.fill(fully_upheld=True).do(MakeDecision())
    assert drafted.said(DecisionMade)[0].fully_upheld is True


@pytest.mark.rule("DEC-04")
def test_a_caseworker_who_knows_of_more_says_that_approval_is_not_full(drafted):
    drafted.fill(fully_upheld=False).do(MakeDecision())
    assert drafted.said(DecisionMade)[0].fully_upheld is False


@pytest.mark.refuses("DEC-07")
def test_a_provision_that_is_no_longer_law_is_not_cited(drafted):
    drafted.fill(legal_bases=["sel-85", "sel-11"])
    with refused("DEC-07", "decision.legal_bases"):
        drafted.do(MakeDecision())


@pytest.mark.permits("DEC-07")
def test_a_provision_is_cited_on_a_day_on_which_it_was_law(drafted):
    drafted.fill(legal_bases=["sel-85", "sel-11"], decision_date="2023-12-31").do(MakeDecision())
    assert drafted.at == {"1": "notify"}


@pytest.mark.rule("DEC-01")
def test_who_decided_and_who_may_is_on_record(drafted):
    drafted.do(MakeDecision())
    entry = drafted.document["decisions"][0]
    assert (entry["decided_by"], entry["delegated_to"]) == ("Karen Lund", "manager")


@pytest.mark.rule("DEC-01")
def test_a_caseworker_who_decides_beyond_the_delegation_is_warned(drafted):
    assert "DEC-01" not in drafted.warnings
    drafted.fill(decision_body="caseworker")
    assert "Leder" in drafted.warnings["DEC-01"].message


@pytest.mark.refuses("DEC-18")
@pytest.mark.parametrize(
    "outcome, missing, named",
    [
        ("granted", "granted", "granted"),
        ("refused", "refused", "granted"),  # which contradicts the result
        ("partly-refused", "refused", "refused"),
        ("partly-refused", "granted", "granted"),
    ],
)
def test_grants_and_refusals_stand_line_by_line(drafted, outcome, missing, named):
    lines = {f"{name}_interventions": [] if name == missing else [{"id": "i1"}] for name in ("granted", "refused")}
    full = outcome == "granted"
    drafted.fill(granted_interventions=None, refused_interventions=None)
    drafted.fill(decision_outcome=outcome, fully_upheld=full, **lines)
    with refused("DEC-18", f"decision.{named}_interventions"):
        drafted.do(MakeDecision())


@pytest.mark.permits("DEC-18")
def test_one_decision_holds_what_is_granted_beside_what_is_refused(partly):
    made = partly.said(DecisionMade)[0]
    assert [i.id for i in made.granted_interventions] == ["i1"]
    assert made.refused_interventions == ("i1",)


@pytest.mark.refuses("DEC-18")
def test_a_grant_that_also_refuses_contradicts_itself(drafted):
    drafted.fill(refused_interventions=[{"id": "i2"}])
    with refused("DEC-18", "decision.refused_interventions"):
        drafted.do(MakeDecision())


def test_lines_of_the_decision_before_are_no_part_of_the_next(told, approve):
    told.hear(approve(2, 1)).fill(decision_outcome="granted", fully_upheld=True).do(MakeDecision())
    assert told.said(DecisionMade)[0].refused_interventions == ()


@pytest.mark.refuses("GEN-10")
def test_what_no_assessment_knows_is_not_granted(drafted):
    drafted.fill(granted_interventions=[{"id": "i9"}])
    with refused("GEN-10", "decision.granted_interventions"):
        drafted.do(MakeDecision())


def test_a_refusal_where_no_help_was_proposed_needs_no_lines(drafted, approve):
    nothing = CaseAssessmentRecorded(assessment_revision=2, primary_target_group="alcohol-misuse")
    refusal = {"decision_outcome": "refused", "fully_upheld": False, "granted_interventions": None}
    drafted.hear(nothing, approve(2, 2)).fill(**refusal).do(MakeDecision())
    assert drafted.at == {"1": "notify"}


def test_of_an_intervention_only_the_choice_is_made_here(drafted):
    with pytest.raises(Invalid):
        drafted.fill(granted_interventions=[{"id": "i1", "offer": "day-offer"}])


def test_a_draft_for_a_later_decision_does_not_leak_into_this_one(drafted, assessed):
    drafted.hear(assessed(2, Intervention(id="i1", services=("support-administration",)))).do(MakeDecision())
    assert drafted.said(DecisionMade)[0].granted_interventions[0].services == ("support-education",)


@pytest.mark.refuses("PRI-08")
def test_help_at_a_residential_offer_needs_a_stay(drafted, assessed, approve):
    at_home = Intervention(id="i1", services=("support-education",), offer="ordinary-long-term-residential")
    drafted.hear(assessed(2, at_home), approve(2, 2))
    with refused("PRI-08", "decision.granted_interventions"):
        drafted.do(MakeDecision())


@pytest.mark.refuses("PRI-09")
def test_a_stay_is_not_granted_alone(drafted):
    drafted.fill(granted_interventions=None).fill(granted_interventions=[{"id": "i2"}])
    with refused("PRI-09", "decision.granted_interventions"):
        drafted.do(MakeDecision())


@pytest.mark.permits("PRI-08", "PRI-09")
def test_a_stay_with_other_help_is_granted(drafted):
    drafted.fill(granted_interventions=[{"id": "i1"}, {"id": "i2"}]).do(MakeDecision())
    assert [i.id for i in drafted.said(DecisionMade)[0].granted_interventions] == ["i1", "i2"]


@pytest.mark.refuses("DEC-17")
@pytest.mark.permits("DEC-17")
@pytest.mark.parametrize("base", ["sel-83", "sel-108-2", "abl-105-1"])
def test_where_the_citizen_may_choose_the_provider_is_that_choice(drafted, assessed, approve, base):
    help_at_home = Intervention(id="i1", services=("personal-care",), offer="mobile-offer")
    drafted.hear(assessed(2, help_at_home), approve(2, 2)).fill(legal_bases=[base])
    with refused("DEC-17", "decision.granted_interventions"):
        drafted.do(MakeDecision())
    chosen = replace(help_at_home, provider=Party(name="Hjælp A/S", role="provider"))
    drafted.hear(assessed(3, chosen), approve(3, 3)).do(MakeDecision())


@pytest.mark.permits("DEC-17")
def test_elsewhere_the_authority_may_choose_the_provider_later(drafted, assessed, approve):
    drafted.hear(assessed(2, Intervention(id="i1", services=("support-education",))), approve(2, 2)).do(MakeDecision())


@pytest.mark.rule("FUP-11")
def test_a_notice_is_at_least_98_days(drafted):
    drafted.fill(notice_days=97)
    with refused("FUP-11", "decision.notice_days"):
        drafted.do(MakeDecision())
    drafted.fill(notice_days=98).do(MakeDecision())


# what a follow-up decides
CONCLUDED = FollowupConcluded(number=1, follow_up_held_on=date(2026, 6, 2), follow_up_outcome="continue")


@pytest.mark.rule("FUP-07", "FUP-08")
def test_what_a_follow_up_continues_with_the_citizen_agreeing_is_noted_and_no_more(granted):
    granted.do(NotifyCitizen(channel="digital-post")).hear(CONCLUDED)
    assert granted.at == {"1": "final", "follow-up 1 1": "recorded"}
    entries = granted.document["decisions"]
    assert [(e["decision_date"], e["decision_outcome"]) for e in entries] == [
        ("2026-03-02", "granted"),
        ("2026-06-02", "granted"),
    ]
    assert granted.document["decision"]["decision"]["decision_date"] == "2026-03-02"


@pytest.mark.rule("FUP-08", "FUP-10")
def test_against_the_citizens_wish_it_takes_a_letter_with_reasons_and_guidance(granted):
    granted.do(NotifyCitizen(channel="digital-post"))
    granted.hear(replace(CONCLUDED, follow_up_outcome="end", citizen_agrees=False)).on("2026-06-03")
    assert granted.at == {"1": "final", "2": "notify"}
    granted.fill("decision_letter", complaint_guidance=None)
    with refused("DEC-05", "decision_letter.complaint_guidance"):
        granted.do(NotifyCitizen(channel="digital-post"))
    granted.fill("decision_letter", complaint_guidance="Du kan klage inden fire uger.")
    granted.do(NotifyCitizen(channel="digital-post"))
    assert [d.due for d in granted.asked("complaint")] == [date(2026, 7, 1)]
    assert granted.letter.refused_services == ("support-education",)
    assert granted.document["decision"]["decision"]["decision_outcome"] == "granted"


ENDED = replace(CONCLUDED, follow_up_outcome="end", citizen_agrees=True)


@pytest.mark.rule("FUP-11")
def test_an_end_of_help_under_notice_is_told_and_takes_effect_14_weeks_later_also_where_the_citizen_agrees(drafted):
    drafted.fill(legal_bases=["sel-95"]).do(MakeDecision()).do(NotifyCitizen(channel="digital-post"))
    drafted.on("2026-06-02").hear(ENDED)
    assert drafted.at["2"] == "notify"
    drafted.do(NotifyCitizen(channel="digital-post", received_on=date(2026, 6, 3)))
    assert drafted.said(DecisionNotified)[0].effective_from == date(2026, 9, 9)


@pytest.mark.rule("FUP-11")
@pytest.mark.parametrize("ended_on, stands", [("2034-03-01", "notify"), ("2034-03-02", "recorded")])
def test_car_support_takes_a_notice_until_the_car_can_be_replaced(drafted, ended_on, stands):
    drafted.fill(legal_bases=["sel-114"]).do(MakeDecision()).do(NotifyCitizen(channel="digital-post"))
    drafted.on(ended_on).hear(replace(ENDED, follow_up_held_on=date.fromisoformat(ended_on)))
    assert [at for key, at in drafted.at.items() if key != "1"] == [stands]


@pytest.mark.rule("FUP-12")
@pytest.mark.parametrize("base, agrees, stands", [
    ("sel-107", None, "notify"), ("sel-107", True, "recorded"), ("sel-85", None, "recorded"),
])  # fmt: skip
def test_an_end_of_a_stay_that_the_citizen_has_not_agreed_to_is_told_with_reasons(drafted, base, agrees, stands):
    drafted.fill(legal_bases=[base]).do(MakeDecision()).do(NotifyCitizen(channel="digital-post"))
    drafted.hear(replace(ENDED, citizen_agrees=agrees))
    assert [at for key, at in drafted.at.items() if key != "1"] == [stands]


@pytest.mark.rule("FUP-12")
@pytest.mark.refuses("ASM-15")
@pytest.mark.permits("ASM-15")
def test_what_is_changed_after_a_follow_up_is_heard_of_anew(granted, approve):
    first = HearingSent(number=1, party=CITIZEN, party_hearing_sent_date=date(2026, 2, 9), answer_due=date(2026, 2, 23))
    granted.do(NotifyCitizen(channel="digital-post")).hear(first)
    granted.on("2026-06-02").hear(replace(CONCLUDED, party_hearing_needed=True))
    granted.hear(CaseInformationRecorded(themes=("relations",), party_hearing_needed=True), approve(2, 1))
    with refused("ASM-15", "case_information.party_hearing_sent_date"):
        granted.do(MakeDecision())
    sent = {"party_hearing_sent_date": date(2026, 6, 3), "answer_due": date(2026, 6, 17)}
    granted.hear(replace(first, number=2, **sent)).on("2026-06-18").do(MakeDecision())
    assert granted.at["2"] == "notify"


def test_a_case_may_begin_with_a_follow_up(empty):
    empty.hear(CONCLUDED)
    assert empty.at == {"follow-up 1 1": "recorded"}
    assert [e["follow_up"] for e in empty.document["decisions"]] == [1]


def test_acts_go_to_the_counted_number_also_after_follow_ups(granted, approve):
    granted.do(NotifyCitizen(channel="digital-post")).hear(CONCLUDED, replace(CONCLUDED, number=2), approve(2, 1))
    granted.fill(decision_date="2026-06-10").do(MakeDecision())
    assert granted.at["2"] == "notify"
    assert granted.said(DecisionMade)[0].number == 2
