"""What a caseworker is told while writing: never a wall, and silent where there is nothing to say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment.app import PHASE
from assessment.goals import gaps
from assessment.model import (
    CaseAssessment,
    CaseInformation,
    CitizenPlans,
    Ledger,
    PlanOnRecord,
    Reopened,
    Reused,
    State,
)
from casework.configuration import Municipality, Tariff
from casework.contracts.decision import DecisionMade
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseOpeningRecorded, CitizenChanged, EnquiryRecorded
from casework.contracts.intake import RepresentationChanged as Rights
from casework.contracts.values import (
    FunctioningScore,
    Goal,
    GoalResult,
    Intervention,
    LevelEntry,
    ServiceLine,
    ThemeEntry,
)
from casework.process import Situation
from casework.schema import Amount
from casework.testing.cases import A_CASE, OPENED, TODAY, doing, situation, warned
from casework.vocabularies import vocabulary

A_SMALL_CASE = replace(OPENED, track="small")
COOKING = Goal(
    id="g1", goal_statement="Jeg laver mad to gange om ugen", goal_type="develop", primary_subtheme="cooking",
    expected_functioning_level=1, goal_follow_up_interval="3-months",
)  # fmt: skip
AT_HOME = Intervention(
    id="i1", services=("support-daily-tasks-at-home",), offer="mobile-offer", expected_start_date=TODAY,
    without_end_date=True,
)  # fmt: skip
ESCORT = Intervention(id="i1", services=("escort-scheme",), offer="mobile-offer")
LIVING = Intervention(
    id="i1", services=("long-term-stay", "support-daily-tasks-at-home"), offer="temporary-residential"
)


def assessing(*records: Any, **more: Any) -> Situation[State]:
    return situation(PHASE, *records, at="recommend", **more)


def judged(**values: Any) -> CaseAssessment:
    return CaseAssessment(**values)


def informed(*entries: ThemeEntry, scores: dict[str, int | None] | None = None) -> CaseInformation:
    levels = tuple(FunctioningScore(subtheme=s, current_functioning_level=n) for s, n in (scores or {}).items())
    return CaseInformation(theme_entries=entries, functioning_scores=levels)


def fields(s: Situation[State], rule: str) -> list[str]:
    return [w.field for warn in PHASE.warnings for w in warn(s) if w.rule == rule]


# necessary, and in its place
A_TRAUMA = ThemeEntry(theme="social-conditions", citizen_information="Barndommen var hård.")


@pytest.mark.rule("ASM-02")
@pytest.mark.parametrize(
    "case, told",
    [(A_SMALL_CASE, ()), (replace(OPENED, track="clear"), ()), (OPENED, (EnquiryRecorded(is_clear_case=True),))],
)
def test_in_a_small_or_clear_case_text_on_a_theme_without_bearing_is_asked_about(case, told):
    assert fields(assessing(informed(A_TRAUMA), case=case, told=told), "ASM-02") == [
        "assessment.case_information.theme_entries[social-conditions]"
    ]


@pytest.mark.rule("ASM-02")
def test_what_has_to_do_with_a_level_or_a_goal_is_not_asked_about():
    scored = informed(
        ThemeEntry(theme="mobility", caseworker_remarks="Går med stok."), scores={"walking-and-moving": 2}
    )
    aimed_at = informed(ThemeEntry(theme="practical-tasks", caseworker_remarks="Kan selv."))

    assert fields(assessing(scored, case=A_SMALL_CASE), "ASM-02") == []
    assert fields(assessing(aimed_at, judged(goals=(COOKING,)), case=A_SMALL_CASE), "ASM-02") == []
    assert fields(assessing(informed(A_TRAUMA)), "ASM-02") == []  # a standard case looks wider


WITH_A_WALKER = CaseOpeningRecorded(assistive_devices=("rollator",))


@pytest.mark.rule("ASM-06")
def test_where_aids_are_known_a_level_is_set_with_them_counted():
    scored = informed(scores={"walking-and-moving": 0})

    assert "ASM-06" in warned(PHASE, assessing(scored, told=[WITH_A_WALKER]))
    assert "ASM-06" not in warned(PHASE, assessing(scored))
    assert "ASM-06" not in warned(PHASE, assessing(told=[WITH_A_WALKER]))


@pytest.mark.rule("ASM-07")
def test_where_aids_are_known_functions_are_described_without_them():
    function = informed(ThemeEntry(theme="physical-functions", caseworker_remarks="Kan ikke gå."))
    activity = informed(ThemeEntry(theme="mobility", caseworker_remarks="Kommer frit omkring."))

    assert fields(assessing(function, told=[WITH_A_WALKER]), "ASM-07") == [
        "assessment.case_information.theme_entries[physical-functions]"
    ]
    assert fields(assessing(activity, told=[WITH_A_WALKER]), "ASM-07") == fields(assessing(function), "ASM-07") == []


@pytest.mark.rule("ASM-08")
def test_a_sub_theme_that_is_spoken_of_without_a_level_shows_as_not_sufficiently_informed():
    text_only = informed(
        ThemeEntry(theme="community-life", caseworker_remarks="Har gæld.", highlighted_subthemes=("managing-finances",))
    )

    assert fields(assessing(text_only), "ASM-08") == [
        "assessment.case_information.functioning_scores[managing-finances]"
    ]
    assert "ASM-08" in warned(PHASE, assessing(informed(scores={"managing-finances": None})))
    assert "ASM-08" not in warned(PHASE, assessing(informed(scores={"managing-finances": 2})))


@pytest.mark.rule("ASM-12")
def test_a_fact_under_the_theme_of_its_handling_is_pointed_out():
    mixed = ThemeEntry(theme="self-care", caseworker_remarks="Ryger hash.", highlighted_subthemes=("intoxicants",))
    apart = ThemeEntry(theme="health-conditions", caseworker_remarks="Hash.", highlighted_subthemes=("intoxicants",))

    assert "ASM-12" in warned(PHASE, assessing(informed(mixed)))
    assert "ASM-12" not in warned(PHASE, assessing(informed(apart)))


@pytest.mark.rule("ASM-02")
def test_to_point_at_a_trauma_is_not_yet_to_say_why_it_bears_on_a_clear_case():
    trauma = replace(A_TRAUMA, highlighted_subthemes=("traumatic-experiences",))
    sight = ThemeEntry(theme="physical-functions", caseworker_remarks="Ser lys.", highlighted_subthemes=("vision",))

    assert fields(assessing(informed(trauma, sight), case=A_SMALL_CASE), "ASM-02") == [
        "assessment.case_information.theme_entries[social-conditions]"
    ]


# no new facts
@pytest.mark.rule("EVA-01")
@pytest.mark.parametrize(
    "text, warns",
    [
        ("Han kan ikke varetage økonomi alene.", True),
        ("Hans Hørelse er nedsat.", True),
        ("Hørelse nævnes først i sætningen.", False),
        ("Han ser dårligt og hører godt.", False),
    ],
)
def test_an_assessment_that_speaks_of_what_nobody_has_informed_is_pointed_out(text, warns):
    assert ("EVA-01" in warned(PHASE, assessing(judged(situation_assessment=text)))) == warns


@pytest.mark.rule("EVA-01")
def test_a_goal_on_a_sub_theme_that_nothing_is_known_of_is_pointed_out():
    known = informed(ThemeEntry(theme="practical-tasks", caseworker_remarks="Kan selv."))

    assert "EVA-01" in warned(PHASE, assessing(judged(goals=(COOKING,))))
    assert "EVA-01" not in warned(PHASE, assessing(known, judged(goals=(COOKING,))))


@pytest.mark.rule("EVA-01")
def test_the_level_of_one_sub_theme_says_nothing_of_its_neighbour():
    scored = informed(scores={"managing-finances": 2})
    mail = judged(situation_assessment="Han kan ikke håndtere post.")

    assert "EVA-01" in warned(PHASE, assessing(scored, mail))
    assert "EVA-01" not in warned(PHASE, assessing(informed(scores={"handling-mail": 2}), mail))


# the target group
@pytest.mark.rule("EVA-08")
@pytest.mark.parametrize(
    "group, services, warns",
    [
        ("drug-misuse", ("escort-scheme",), True),
        ("visual-impairment", ("escort-scheme",), False),
        ("mobility-impairment", ("social-drug-treatment",), True),
        ("drug-misuse", ("social-drug-treatment",), False),
        ("drug-misuse", ("support-daily-tasks-at-home",), False),
        (None, ("escort-scheme",), False),
    ],
)
def test_a_primary_group_that_the_help_is_not_about_should_be_changed(group, services, warns):
    help_ = Intervention(id="i1", services=services, offer="mobile-offer")

    assert ("EVA-08" in warned(PHASE, assessing(judged(primary_target_group=group, interventions=(help_,))))) == warns


# goals
@pytest.mark.rule("GOL-13")
def test_what_a_goal_lacks_to_be_smart_is_named_part_by_part():
    vague = Goal(id="g1", goal_statement="Struktur i hverdagen")

    assert [gap.split()[0] for gap in gaps(vague)] == ["specifikt", "målbart", "accepteret", "tidsbestemt"]
    assert gaps(COOKING) == ()


@pytest.mark.rule("GOL-13")
def test_a_leap_of_three_levels_is_hardly_realistic():
    leap = replace(COOKING, current_functioning_level=4, expected_functioning_level=1)

    assert [gap.split()[0] for gap in gaps(leap)] == ["realistisk"]


@pytest.mark.rule("GOL-13")
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=60))
def test_the_hint_never_blocks_whatever_is_written(text):
    s = assessing(judged(goals=(Goal(id="g1", goal_statement=text, goal_type="maintain"),)))

    assert set(fields(s, "GOL-13")) == {"assessment.case_assessment.goals[g1].goal_statement"}


@pytest.mark.rule("GOL-15")
@pytest.mark.parametrize(
    "lacks", ["goal_type", "primary_subtheme", "current_functioning_level", "expected_functioning_level"]
)
def test_a_goal_counts_in_results_only_when_nothing_of_its_structure_is_missing(lacks):
    whole = replace(COOKING, current_functioning_level=2)

    assert whole.is_structured
    assert not replace(whole, **{lacks: None}).is_structured
    assert not replace(whole, goal_follow_up_interval=None).is_structured


def concluded(outcome: str, **more: Any) -> FollowupConcluded:
    result = GoalResult(id="g1", primary_subtheme="cooking", current_functioning_level=1, goal_outcome=outcome)
    return FollowupConcluded(
        number=1, follow_up_held_on=TODAY, follow_up_outcome="continue", goals=(result,), **more
    )  # fmt: skip


@pytest.mark.rule("GOL-08")
@pytest.mark.parametrize("outcome, warns", [("close", False), ("unchanged", True)])
def test_a_goal_that_is_reached_and_closed_is_no_contradiction(outcome, warns):
    reached = Ledger(levels=(LevelEntry(subtheme="cooking", level=1, on=TODAY, origin="follow-up 1"),))
    s = assessing(judged(goals=(COOKING,)), reached, told=[concluded(outcome)])

    assert ("GOL-08" in warned(PHASE, s)) == warns


@pytest.mark.rule("PLN-08")
@pytest.mark.parametrize(
    "plans, wanted, told, warns",
    [
        (1, True, concluded("close"), True),
        (1, True, concluded("revise"), True),
        (1, True, concluded("unchanged"), False),
        (None, True, concluded("close"), False),  # there is no plan yet
        (None, True, concluded("unchanged", action_plan_to_update=True), True),
        (None, False, concluded("close", action_plan_to_update=True), False),  # the citizen wants none
    ],
)
def test_a_goal_that_ends_or_is_rewritten_at_a_follow_up_flags_the_plan(plans, wanted, told, warns):
    s = assessing(judged(action_plan_wanted=wanted, goals=(COOKING,)), Ledger(plans_completed=plans))

    assert ("PLN-08" in warned(PHASE, doing(PHASE, s, told).situation)) == warns


A_PLAN = PlanOnRecord(
    id=str(A_CASE), case_number="2026-00001", number=1, completed_on=TODAY, intervention_purpose="Eget hjem",
    goals=(COOKING,), interventions=(AT_HOME,), citizen_address="Prøvevej 8",
)  # fmt: skip
AS_PLANNED = judged(intervention_purpose="Eget hjem", goals=(COOKING,), interventions=(AT_HOME,))


@pytest.mark.rule("GOL-17")
def test_a_new_goal_is_shown_beside_what_the_plan_holds():
    new = Goal(id="g2", goal_statement="Jeg bor alene")
    s = assessing(CitizenPlans(plans=(A_PLAN,)), judged(goals=(COOKING, new)))

    (message,) = [w.message for warn in PHASE.warnings for w in warn(s) if w.rule == "GOL-17"]
    assert "Eget hjem" in message
    assert "Jeg laver mad to gange om ugen" in message


@pytest.mark.rule("GOL-17")
def test_without_a_plan_and_for_goals_of_the_plan_there_is_nothing_to_compare():
    assert "GOL-17" not in warned(PHASE, assessing(judged(goals=(COOKING,))))
    assert "GOL-17" not in warned(PHASE, assessing(CitizenPlans(plans=(A_PLAN,)), judged(goals=(COOKING,))))


# the action plan
def born(cpr: str) -> CitizenChanged:
    return CitizenChanged(cpr_number=cpr, citizen_address="Prøvevej 8")


@pytest.mark.rule("PLN-02")
@pytest.mark.parametrize(
    "assessment, citizen, warns",
    [
        (judged(interventions=(ESCORT,)), born("2503794431"), True),
        (judged(interventions=(ESCORT,), action_plan_offered=False), born("2503794431"), False),
        (judged(interventions=(ESCORT,)), born("2503494431"), False),  # of pension age
        (judged(interventions=(ESCORT,), primary_target_group="homelessness"), born("2503794431"), False),  # PLN-01
        (judged(), born("2503794431"), False),
    ],
)
def test_of_others_under_pension_age_it_is_weighed_whether_a_plan_is_of_use(assessment, citizen, warns):
    assert ("PLN-02" in warned(PHASE, assessing(assessment, told=[citizen]))) == warns


@pytest.mark.rule("PLN-01")
@pytest.mark.parametrize(
    "values, warns",
    [
        ({"primary_target_group": "visual-impairment", "current_support_need": "high"}, True),
        ({"primary_target_group": "visual-impairment", "current_support_need": "light"}, False),
        ({"interventions": (LIVING,)}, True),
        ({"interventions": (ESCORT,)}, False),
    ],
)
def test_to_offer_a_plan_is_a_duty_where_much_support_or_a_place_to_live_is_needed(values, warns):
    assert ("PLN-01" in warned(PHASE, assessing(judged(action_plan_offered=False, **values)))) == warns


@pytest.mark.rule("PLN-12")
def test_anonymous_treatment_owes_nobody_a_plan():
    treated = judged(action_plan_offered=False, primary_target_group="drug-misuse")
    anonymous = EnquiryRecorded(is_clear_case=True, clear_case_legal_bases=("sel-101a",))

    assert "PLN-01" in warned(PHASE, assessing(treated))
    assert "PLN-01" not in warned(PHASE, assessing(treated, told=[anonymous]))


@pytest.mark.rule("PLN-01", "EVA-03")
def test_where_all_help_is_refused_neither_plan_nor_alternative_is_missed():
    denied = judged(
        is_entitled=False, interventions=(AT_HOME,), primary_target_group="homelessness", action_plan_offered=False
    )

    assert {"PLN-01", "EVA-03"} & {*warned(PHASE, assessing(denied))} == set()


@pytest.mark.rule("GEN-03")
def test_help_of_another_kind_in_a_decided_case_is_asked_for_its_own_opening():
    made = DecisionMade(
        number=1,
        decision_date=TODAY,
        decision_outcome="granted",
        assessment_revision=1,
        granted_interventions=(AT_HOME,),
    )
    more_of_the_same = judged(interventions=(replace(AT_HOME, without_end_date=None),))

    assert "GEN-03" in warned(PHASE, assessing(judged(interventions=(AT_HOME, replace(ESCORT, id="i2"))), told=[made]))
    assert "GEN-03" not in warned(PHASE, assessing(more_of_the_same, told=[made]))
    assert "GEN-03" not in warned(PHASE, assessing(judged(interventions=(ESCORT,))))


@pytest.mark.rule("PLN-06")
def test_a_second_plan_for_the_citizen_is_better_gathered_in_one():
    elsewhere = replace(A_PLAN, id="another case", case_number="2025-00077")
    begun = judged(action_plan_wanted=True)

    assert "PLN-06" in warned(PHASE, assessing(CitizenPlans(plans=(elsewhere,)), begun))
    assert "PLN-06" not in warned(PHASE, assessing(CitizenPlans(plans=(elsewhere,))))
    assert "PLN-06" not in warned(PHASE, assessing(CitizenPlans(plans=(A_PLAN,)), begun))


@pytest.mark.rule("PLN-08")
@pytest.mark.parametrize(
    "now, citizen, warns",
    [
        (AS_PLANNED, born("2503794431"), False),
        (replace(AS_PLANNED, intervention_purpose="Job"), born("2503794431"), True),
        (replace(AS_PLANNED, goals=()), born("2503794431"), True),
        (
            replace(AS_PLANNED, interventions=(replace(AT_HOME, expected_end_date=TODAY + timedelta(days=90)),)),
            born("2503794431"),
            True,
        ),
        (AS_PLANNED, CitizenChanged(citizen_address="Nyvej 1"), True),
    ],
)
def test_the_plan_is_to_be_updated_when_goals_help_its_length_or_the_home_changes(now, citizen, warns):
    s = assessing(CitizenPlans(plans=(A_PLAN,)), now, told=[citizen])

    assert ("PLN-08" in warned(PHASE, s)) == warns


@pytest.mark.rule("INT-22")
def test_additional_expenses_are_sent_to_the_citizen_before_the_decision():
    (expenses,) = [s for s in vocabulary("services").values() if s["paragraphs"] == "SEL § 100"]
    proposed = judged(interventions=(Intervention(id="i1", services=(expenses.code,), offer="authority-offer"),))

    assert "INT-22" in warned(PHASE, assessing(proposed))
    assert "INT-22" not in warned(PHASE, assessing(proposed, Ledger(copy_sent_on=TODAY)))
    assert "INT-22" not in warned(PHASE, assessing(judged(interventions=(AT_HOME,))))


@pytest.mark.rule("INT-14")
def test_a_proposed_home_without_a_guardian_is_warned_of():
    home = judged(interventions=(LIVING,))

    assert "INT-14" in warned(PHASE, assessing(home, told=[Rights(has_guardian=False)]))
    assert "INT-14" not in warned(PHASE, assessing(home, told=[Rights(has_guardian=True)]))


@pytest.mark.rule("INT-14")
def test_a_guardian_whose_time_is_over_is_none():
    over = Rights(has_guardian=True, guardianship_valid_to=TODAY - timedelta(days=1))

    assert "INT-14" in warned(PHASE, assessing(judged(interventions=(LIVING,)), told=[over]))


@pytest.mark.rule("PRI-08", "PRI-09")
def test_a_home_without_a_stay_and_a_stay_alone_are_told_while_they_are_proposed():
    no_stay = replace(LIVING, services=("support-daily-tasks-at-home",))
    alone = replace(LIVING, services=("long-term-stay",))

    assert [r for r in warned(PHASE, assessing(judged(interventions=(no_stay,)))) if r[:3] == "PRI"] == ["PRI-08"]
    assert [r for r in warned(PHASE, assessing(judged(interventions=(alone,)))) if r[:3] == "PRI"] == ["PRI-09"]
    assert [r for r in warned(PHASE, assessing(judged(interventions=(LIVING,)))) if r[:3] == "PRI"] == []


@pytest.mark.rule("EVA-16")
@pytest.mark.parametrize("hours, warns", [((4, 4), False), ((8, 2), False), ((4, 3), True)])
def test_hours_named_are_those_of_one_intervention_or_of_all_together(hours, warns):
    def lasting(n: int) -> ServiceLine:
        return ServiceLine(id="l1", unit="hour", service_frequency="week", units_per_period=Decimal(n))

    given = tuple(replace(AT_HOME, id=f"i{k}", service_lines=(lasting(n),)) for k, n in enumerate(hours))
    s = assessing(judged(support_need_assessment="Otte timer om ugen", interventions=given))

    assert ("EVA-16" in warned(PHASE, s)) == warns


# prices
A_TARIFF = Tariff(service="escort-scheme", unit="hour", lowest=Amount("250.00"), highest=Amount("400.00"))


@pytest.mark.rule("PRI-11")
@pytest.mark.parametrize("price, warns", [("249.99", True), ("250.00", False), ("400.00", False), ("400.01", True)])
def test_a_price_outside_the_municipalitys_interval_is_pointed_out(price, warns):
    line = ServiceLine(id="l1", service="escort-scheme", unit="hour", unit_price=Amount(price))
    s = assessing(
        judged(interventions=(replace(ESCORT, service_lines=(line,)),)),
        municipality=Municipality(name="Prøveby", tariffs=(A_TARIFF,)),
    )

    assert fields(s, "PRI-11") == (
        ["assessment.case_assessment.interventions[i1].service_lines[l1].unit_price"] if warns else []
    )


@pytest.mark.rule("PRI-11")
def test_the_interval_is_that_of_the_day_the_help_begins():
    line = ServiceLine(id="l1", service="escort-scheme", unit="hour", unit_price=Amount("420.00"))
    dearer = replace(A_TARIFF, highest=Amount("450.00"), valid_from=date(2027, 1, 1))
    town = Municipality(name="Prøveby", tariffs=(replace(A_TARIFF, valid_to=date(2026, 12, 31)), dearer))

    def warns(begins: date) -> bool:
        help_ = replace(ESCORT, service_lines=(line,), expected_start_date=begins)
        return "PRI-11" in warned(PHASE, assessing(judged(interventions=(help_,)), municipality=town))

    assert (warns(date(2026, 12, 31)), warns(date(2027, 1, 1))) == (True, False)


# reuse
def taken(**values: Any) -> Ledger:
    return Ledger(
        reused=(Reused(id="case_information.citizen_wishes", case_number="2025-00077", taken_on=TODAY, **values),)
    )


@pytest.mark.rule("GEN-08")
def test_what_was_reused_is_marked_until_it_is_confirmed():
    assert fields(assessing(taken()), "GEN-08") == ["assessment.case_information.citizen_wishes"]
    assert fields(assessing(taken(confirmed_on=TODAY)), "GEN-08") == []


@pytest.mark.rule("GEN-09")
@pytest.mark.parametrize(
    "then, entitled, interventions, explained, warns",
    [
        ("granted", False, (), None, True),
        ("refused", True, (AT_HOME,), None, True),
        ("granted", False, (), "Smerterne er aftaget.", False),
        ("granted", True, (AT_HOME,), None, False),
        ("granted", None, (), None, False),  # nothing is judged yet
        (None, False, (), None, False),
    ],
)
def test_the_same_information_with_the_opposite_result_is_to_be_explained(
    then, entitled, interventions, explained, warns
):
    now = judged(is_entitled=entitled, interventions=interventions, earlier_result_explanation=explained)

    assert ("GEN-09" in warned(PHASE, assessing(taken(outcome=then), now))) == warns


@pytest.mark.rule("ASM-19")
def test_a_reopened_theme_is_waited_for():
    reopened = Ledger(reopened=(Reopened(theme="relations", reopened_on=TODAY),))

    assert fields(assessing(reopened), "ASM-19") == ["assessment.case_information.theme_entries[relations]"]


# silence
@pytest.mark.parametrize("track", ["clear", "small", "standard", "complex"])
def test_an_empty_case_is_warned_of_nothing(track):
    assert warned(PHASE, assessing(case=replace(OPENED, track=track))) == []


def test_nobody_is_warned_of_a_case_well_done():
    line = ServiceLine(
        id="l1", service="support-daily-tasks-at-home", unit="hour", units_per_period=2, service_frequency="week",
        repetitions=26, unit_price=Amount("450.00"),
    )  # fmt: skip
    information = informed(
        ThemeEntry(
            theme="practical-tasks", citizen_information="Jeg kan.", caseworker_remarks="Kan, når han kommer i gang."
        ),
        scores={"cooking": 2},
    )
    assessment = judged(
        situation_assessment="Klarer sig med struktur.",
        support_need_assessment="Berettiget til to timer om ugen. Alternativet er mentor, som ikke rækker.",
        is_entitled=True, goals=(COOKING,), interventions=(replace(AT_HOME, service_lines=(line,)),),
        primary_target_group="other-mental-difficulty", action_plan_offered=True, action_plan_wanted=False,
    )  # fmt: skip
    level = Ledger(levels=())

    assert warned(PHASE, assessing(information, assessment, level, told=[born("2503794431")])) == []
