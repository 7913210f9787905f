"""What is known, what is judged, and what is put before the deciding body."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessment.app import PHASE
from assessment.commands import (
    AnswerRecommendation,
    CompletePlan,
    OfferPlan,
    PauseAssessment,
    Recommend,
    RecordHearingAnswer,
    ResumeAssessment,
    SendHearing,
    StartAssessment,
)
from assessment.model import ActionPlan, CaseAssessment, CaseInformation, Ledger, Recommendation, State
from casework.contracts.assessment import (
    ActionPlanCompleted,
    ActionPlanOffered,
    AssessmentPaused,
    AssessmentResumed,
    AssessmentStarted,
    HearingAnswered,
    HearingSent,
    RecommendationApproved,
    RecommendationSubmitted,
)
from casework.contracts.common import DeadlineMet, DeadlineRequested, NotificationRequested
from casework.contracts.decision import DecisionMade, DecisionReassessed
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import (
    CaseChanged,
    CaseClosed,
    CaseOpeningRecorded,
    CitizenChanged,
    EnquiryRecorded,
    IntakeCompleted,
    RepresentationChanged,
)
from casework.contracts.values import (
    CategoryAnalysis,
    Document,
    Goal,
    GoalResult,
    Intervention,
    LevelEntry,
    Party,
    ServiceLine,
    ThemeEntry,
)
from casework.errors import Forbidden, NotHere
from casework.process import Effects, Situation
from casework.schema import Amount, dump
from casework.testing.cases import (
    A_CASE,
    A_CASEWORKER,
    A_LEADER,
    A_PROVIDER,
    ANOTHER_CASEWORKER,
    OPENED,
    TODAY,
    Office,
    doing,
    refused,
    situation,
    warned,
    wrong,
)

REASONED = CaseAssessment(support_need_assessment="Berettiget efter § 85. Alternativ: mentor rækker ikke.")
A_DECISION = DecisionMade(number=1, decision_date=TODAY, decision_outcome="granted", assessment_revision=1)
COOKING = Goal(
    id="g1", goal_statement="Jeg laver mad to gange om ugen", goal_type="develop", primary_subtheme="cooking"
)


def assessing(*records: Any, **more: Any) -> Situation[State]:
    return situation(PHASE, *records, at=more.pop("at", "recommend"), **more)


def sent(effects: Effects, kind: type) -> list[Any]:
    return [m for m in effects.messages if type(m) is kind]


def standing(effects: Effects) -> list[tuple[int, str]]:
    return [(run.number, run.at) for run in effects.situation.runs]


def with_level(level: int | None, subtheme: str = "cooking", on: date = TODAY) -> Ledger:
    entries = () if level is None else (LevelEntry(subtheme=subtheme, level=level, on=on, origin="assessment"),)
    return Ledger(levels=entries)


# beginning
def test_a_finished_opening_begins_the_assessment_once():
    done = IntakeCompleted(completed_on=TODAY)

    assert standing(doing(PHASE, situation(PHASE), done, done)) == [(1, "recommend")]


@pytest.mark.rule("GEN-01")
def test_an_assessment_begins_without_an_opening_and_says_so():
    effects = doing(PHASE, situation(PHASE), StartAssessment(reason="Anbragt i forvejen"))

    assert standing(effects) == [(1, "recommend")]
    assert sent(effects, AssessmentStarted) == [AssessmentStarted(started_on=TODAY)]


def test_an_assessment_that_has_begun_is_not_begun_again():
    with pytest.raises(NotHere):
        doing(PHASE, assessing(), StartAssessment())


# recommending
def test_a_recommendation_goes_to_the_leader_and_from_there_to_the_decision():
    submitted = doing(PHASE, assessing(REASONED, said={"case_assessment.recorded": 3}), Recommend())
    approved = doing(
        PHASE, replace(submitted.situation, actor=A_LEADER), AnswerRecommendation(action="assessment.approve")
    )

    assert [m.number for m in sent(submitted, RecommendationSubmitted)] == [1]
    assert standing(approved) == [(1, "approved")]
    (told,) = sent(approved, RecommendationApproved)
    assert (told.number, told.assessment_revision, told.approved_on) == (1, 3, TODAY)


def test_on_the_small_track_nobody_is_asked():
    small = replace(OPENED, track="small")
    effects = doing(PHASE, assessing(REASONED, case=small), Recommend())

    assert (standing(effects), len(sent(effects, RecommendationApproved))) == ([(1, "approved")], 1)


@pytest.mark.parametrize("action, place", [("assessment.approve", "approved"), ("assessment.return", "recommend")])
def test_the_leader_agrees_or_sends_back_under_the_same_number(action, place):
    s = assessing(REASONED, at="answer", actor=A_LEADER, state=State(recommended_by="kim"))
    effects = doing(PHASE, s, AnswerRecommendation(action=action, comment="Se igen"))

    assert standing(effects) == [(1, place)]


def test_a_recommendation_that_is_sent_back_is_told_to_the_caseworker():
    s = assessing(REASONED, at="answer", actor=A_LEADER, state=State(recommended_by="kim"))
    effects = doing(PHASE, s, AnswerRecommendation(action="assessment.return"))

    assert "assessment.returned" in [m.kind for m in sent(effects, NotificationRequested)]


def test_nobody_approves_their_own_recommendation():
    s = assessing(REASONED, at="answer", actor=A_LEADER, state=State(recommended_by=A_LEADER.id))

    with refused("EVA-15", "approve"):
        doing(PHASE, s, AnswerRecommendation(action="assessment.approve"))


def test_a_caseworker_approves_nothing():
    with pytest.raises(Forbidden):
        doing(PHASE, assessing(REASONED, at="answer"), AnswerRecommendation(action="assessment.approve"))


def test_a_new_recommendation_after_an_approved_one_is_the_next_number():
    s = assessing(REASONED, at="approved", state=State(approved=True, recommended_by="bo"))
    effects = doing(PHASE, s, Recommend())

    assert standing(effects) == [(1, "approved"), (2, "answer")]
    assert effects.situation.runs[1].state.approved is None


@pytest.mark.rule("EVA-15")
def test_what_is_put_forward_is_frozen_by_its_ids():
    interventions = (
        Intervention(id="i1", services=("escort-scheme",), offer="mobile-offer"),
        Intervention(id="i2", is_alternative=True),
    )
    proposed = replace(REASONED, interventions=interventions, primary_target_group="homelessness")
    effects = doing(PHASE, assessing(proposed), Recommend())

    state = effects.situation.runs[0].state
    assert (state.interventions, state.alternatives, state.recommended_outcome) == (("i1",), ("i2",), "granted")


def test_without_any_help_proposed_it_is_a_refusal_that_is_recommended():
    assert doing(PHASE, assessing(REASONED), Recommend()).situation.runs[0].state.recommended_outcome == "refused"


@pytest.mark.refuses("EVA-02")
@pytest.mark.parametrize("words", [None, "", "  "])
def test_a_recommendation_without_its_reason_is_refused(words):
    with refused("EVA-02", "case_assessment.support_need_assessment"):
        doing(PHASE, assessing(CaseAssessment(support_need_assessment=words)), Recommend())


@pytest.mark.permits("EVA-02")
def test_a_recommendation_with_its_reason_goes_on():
    assert standing(doing(PHASE, assessing(REASONED), Recommend())) == [(1, "answer")]


@pytest.mark.refuses("GOL-02")
def test_a_goal_without_a_type_cannot_be_put_forward():
    goals = (COOKING, Goal(id="g2", goal_statement="Jeg går til fodbold"))

    with refused("GOL-02", "case_assessment.goals[g2].goal_type"):
        doing(PHASE, assessing(replace(REASONED, goals=goals)), Recommend())


@pytest.mark.permits("GOL-02")
@pytest.mark.parametrize("goal_type", ["develop", "maintain", "limit-loss"])
def test_a_goal_of_any_one_type_is_put_forward(goal_type):
    goals = (replace(COOKING, goal_type=goal_type),)

    assert doing(PHASE, assessing(replace(REASONED, goals=goals)), Recommend()).moves


@pytest.mark.refuses("PLN-03")
@pytest.mark.parametrize(
    "answers, field",
    [
        ({"action_plan_offered": False}, "action_plan_not_offered_reason"),
        ({"action_plan_offered": False, "action_plan_not_offered_reason": " "}, "action_plan_not_offered_reason"),
        ({"action_plan_offered": True}, "action_plan_wanted"),
        ({"action_plan_offered": True, "action_plan_wanted": True}, "action_plan_status"),
    ],
    ids=str,
)
def test_half_an_answer_about_the_plan_is_refused(answers, field):
    with refused("PLN-03", f"case_assessment.{field}"):
        doing(PHASE, assessing(replace(REASONED, **answers)), Recommend())


@pytest.mark.permits("PLN-03")
@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"action_plan_offered": False, "action_plan_not_offered_reason": "Kun § 97"},
        {"action_plan_offered": True, "action_plan_wanted": False},
        {"action_plan_offered": True, "action_plan_wanted": True, "action_plan_status": "in-preparation"},
    ],
    ids=str,
)
def test_a_whole_answer_about_the_plan_goes_on(answers):
    assert doing(PHASE, assessing(replace(REASONED, **answers)), Recommend()).moves


@pytest.mark.rule("ASM-01")
def test_themes_that_are_empty_hold_nothing_up():
    assert doing(PHASE, assessing(REASONED, CaseInformation()), Recommend()).moves


@pytest.mark.rule("INT-10")
@pytest.mark.parametrize(
    "step", [CaseInformation(omitted_information="Nabostrid"), REASONED, ActionPlan(citizen_agreements="Tirsdage")]
)
def test_a_clear_case_is_investigated_evaluated_and_planned_all_the_same(office, step):
    office.hear(EnquiryRecorded(is_clear_case=True, opening_reason="Klara ser dårligt"))

    assert office.record({step.step: dump(step)}).status_code == 200
    assert [position["at"] for position in office.read()["positions"]] == ["recommend"]


@pytest.mark.rule("EVA-12")
@pytest.mark.parametrize("need", ["none", "light", "moderate", "high", "complete"])
def test_no_rule_derives_the_need_from_the_levels(need):
    s = assessing(replace(REASONED, current_support_need=need), with_level(1))

    assert s[CaseAssessment].current_support_need == need
    assert doing(PHASE, s, Recommend()).moves


# hearings
GUARDIAN = Party(name="Gerda", role="guardian")


@pytest.mark.rule("ASM-17")
@pytest.mark.parametrize(
    "rights, to",
    [
        (None, "Jonas Holm"),
        (RepresentationChanged(has_guardian=True, guardian_contact=GUARDIAN), "Gerda"),
        (RepresentationChanged(has_guardian=False, guardian_contact=GUARDIAN), "Jonas Holm"),
        (RepresentationChanged(representation_form="companion", representative_contact=GUARDIAN), "Jonas Holm"),
        (RepresentationChanged(representation_form="party-representative", representative_contact=GUARDIAN), "Gerda"),
    ],
)
def test_a_hearing_goes_to_whoever_holds_the_party_rights(rights, to):
    told = [CitizenChanged(citizen_name="Jonas Holm"), *([rights] if rights else [])]
    (hearing,) = sent(doing(PHASE, assessing(told=told), SendHearing()), HearingSent)

    assert hearing.party.name == to


@pytest.mark.rule("ASM-15")
def test_a_hearing_asks_for_an_answer_by_a_working_day():
    effects = doing(PHASE, assessing(today=date(2026, 3, 19)), SendHearing())  # 14 days later is Skærtorsdag

    (asked,) = sent(effects, DeadlineRequested)
    assert (asked.kind, asked.key, asked.due) == ("hearing-answer", "1", date(2026, 4, 7))
    assert effects.situation[CaseInformation].party_hearing_sent_date == date(2026, 3, 19)


@pytest.mark.rule("ASM-17")
def test_the_answer_belongs_to_the_hearing_that_is_open():
    answer = RecordHearingAnswer(party_hearing_response="Det passer ikke")
    effects = doing(PHASE, assessing(), SendHearing(), answer, SendHearing(), answer)

    assert [(h.number, h.answered_on) for h in effects.situation[Ledger].hearings] == [(1, TODAY), (2, TODAY)]
    assert [m.number for m in sent(effects, HearingAnswered)] == [1, 2]
    assert [m.key for m in sent(effects, DeadlineMet)] == ["1", "2"]


@pytest.mark.refuses("ASM-17")
@pytest.mark.parametrize("before", [(), (SendHearing(), RecordHearingAnswer())], ids=["none sent", "answered"])
def test_without_an_open_hearing_there_is_nothing_to_answer(before):
    s = doing(PHASE, assessing(), *before).situation

    with refused("ASM-17", "party_hearing_response"):
        doing(PHASE, s, RecordHearingAnswer(party_hearing_response="Det passer ikke"))


# pauses
@pytest.mark.rule("INT-21")
def test_an_assessment_stands_still_and_goes_on():
    effects = doing(
        PHASE,
        assessing(),
        PauseAssessment(reason="Venter på læge"),
        ResumeAssessment(),
        PauseAssessment(reason="Venter på svar"),
    )

    assert len(sent(effects, AssessmentPaused)) == 2
    assert sent(effects, AssessmentResumed) == [AssessmentResumed(resumed_on=TODAY)]
    assert effects.situation[Ledger].paused_on == TODAY


@pytest.mark.refuses("INT-21")
def test_what_stands_still_is_not_stopped_and_what_runs_is_not_resumed():
    with refused("INT-21", "resume"):
        doing(PHASE, assessing(), ResumeAssessment())
    with refused("INT-21", "pause"):
        doing(PHASE, assessing(), *[PauseAssessment(reason="Venter på læge")] * 2)


# prices
def line(units: Any, times: int | None, price: Any, **more: Any) -> ServiceLine:
    amount = None if price is None else Amount(price)
    given = {"id": "l1", "unit": "hour", "service_frequency": "week"} | more
    return ServiceLine(
        units_per_period=None if units is None else Decimal(str(units)), repetitions=times, unit_price=amount, **given
    )


def prices(*interventions: Intervention) -> CaseAssessment:
    return assessing(CaseAssessment(interventions=interventions))[CaseAssessment]


TWO_HOURS = line(2, 26, "500.00")
FIVE_DAYS = line(5, 26, "700.00", unit="day")


@pytest.mark.rule("PRI-01", "PRI-02", "PRI-03", "PRI-04")
def test_the_handbooks_example_comes_to_its_sums():
    support = Intervention(id="i1", service_lines=(TWO_HOURS, replace(TWO_HOURS, id="l2")))
    activity = Intervention(id="i2", service_lines=(FIVE_DAYS,))
    assessment = prices(support, activity)

    first, second = assessment.interventions
    assert [n.base_price for n in first.service_lines] == [Decimal(26_000), Decimal(26_000)]
    assert (first.expected_price, second.expected_price) == (Decimal(52_000), Decimal(91_000))
    assert assessment.total_expected_price == Decimal(143_000)


@pytest.mark.rule("PRI-04")
@pytest.mark.parametrize("frequency", ["day", "week", "month", "year", None])
def test_the_frequency_names_the_period_and_is_no_factor(frequency):
    (priced,) = prices(
        Intervention(id="i1", service_lines=(replace(FIVE_DAYS, service_frequency=frequency),))
    ).interventions

    assert priced.expected_price == Decimal(91_000)


@pytest.mark.rule("PRI-05")
def test_the_number_of_repeats_is_typed_and_not_reckoned_from_dates():
    open_ended = Intervention(
        id="i1", expected_start_date=date(2026, 5, 1), without_end_date=True, service_lines=(TWO_HOURS,)
    )

    assert prices(open_ended).total_expected_price == Decimal(26_000)


@pytest.mark.rule("PRI-01")
@pytest.mark.parametrize("missing", [{"units_per_period": None}, {"repetitions": None}, {"unit_price": None}])
def test_a_line_that_lacks_a_factor_has_no_price_and_stops_no_sum(missing):
    assessment = prices(Intervention(id="i1", service_lines=(TWO_HOURS, replace(TWO_HOURS, id="l2", **missing))))

    assert [n.base_price for n in assessment.interventions[0].service_lines] == [Decimal(26_000), None]
    assert assessment.total_expected_price == Decimal(26_000)


@pytest.mark.rule("PRI-03")
def test_alternatives_are_priced_and_not_added():
    assessment = prices(
        Intervention(id="i1", service_lines=(TWO_HOURS,)),
        Intervention(id="i2", is_alternative=True, service_lines=(FIVE_DAYS,)),
    )

    assert assessment.interventions[1].expected_price == Decimal(91_000)
    assert assessment.total_expected_price == Decimal(26_000)


halves = st.integers(1, 200).map(lambda n: Decimal(n) / 2)
lines = st.builds(line, halves, st.integers(1, 400), st.decimals(0, 10_000, places=2))


@pytest.mark.rule("PRI-01", "PRI-02", "PRI-03")
@given(st.lists(st.lists(lines, min_size=1, max_size=4), min_size=1, max_size=4))
def test_whatever_the_lines_the_sums_add_up_to_the_last_oere(given_lines):
    numbered = [[replace(n, id=f"l{k}") for k, n in enumerate(ones)] for ones in given_lines]
    assessment = prices(*(Intervention(id=f"i{k}", service_lines=tuple(ones)) for k, ones in enumerate(numbered)))

    expected = [[round(n.units_per_period * n.repetitions * n.unit_price, 2) for n in ones] for ones in numbered]
    assert [[n.base_price for n in i.service_lines] for i in assessment.interventions] == expected
    assert [i.expected_price for i in assessment.interventions] == [sum(ones) for ones in expected]
    assert assessment.total_expected_price == sum(map(sum, expected))


@pytest.mark.rule("PRI-03")
def test_what_is_mended_in_the_recommendation_is_priced_anew():
    proposed = CaseAssessment(interventions=(Intervention(id="i1", service_lines=(TWO_HOURS,)),))
    mended = Recommendation(interventions=(Intervention(id="i1", service_lines=(line(3, 26, "500.00"),)),))
    view = assessing(proposed, mended)[Recommendation]

    assert view.interventions[0].service_lines[0].base_price == Decimal(39_000)
    assert view.total_expected_price == Decimal(39_000)


# goals and levels
def goal(**more: Any) -> CaseAssessment:
    return CaseAssessment(goals=(replace(COOKING, **more),))


@pytest.mark.rule("GOL-04")
def test_the_level_of_a_goal_is_fetched_from_its_subtheme():
    assert assessing(goal(), with_level(3))[CaseAssessment].goals[0].current_functioning_level == 3


@pytest.mark.permits("GOL-05")
@pytest.mark.rule("GOL-06")
def test_two_goals_of_one_subtheme_show_the_same_level():
    goals = (COOKING, replace(COOKING, id="g2", goal_statement="Vi spiser sammen"))
    shown = assessing(CaseAssessment(goals=goals), with_level(2))[CaseAssessment].goals

    assert [g.current_functioning_level for g in shown] == [2, 2]


@pytest.mark.rule("ASM-20")
@given(st.lists(st.tuples(st.dates(date(2020, 1, 1), TODAY), st.integers(0, 4)), min_size=1, max_size=6))
def test_the_level_now_is_the_one_of_the_latest_day(entries):
    ledger = Ledger(
        levels=tuple(LevelEntry(subtheme="cooking", level=n, on=on, origin="assessment") for on, n in entries)
    )
    shown = assessing(goal(), ledger)[CaseAssessment].goals[0].current_functioning_level

    latest = max(on for on, _ in entries)
    assert shown == [n for on, n in entries if on == latest][-1]


LEVELS = st.one_of(st.none(), st.integers(0, 4))


@pytest.mark.rule("GOL-08", "GOL-09", "GOL-10")
@given(st.sampled_from(["develop", "maintain", "limit-loss", None]), LEVELS, LEVELS)
def test_a_goals_type_and_its_levels_agree_or_it_is_warned_of(goal_type, now, expected):
    s = assessing(goal(goal_type=goal_type, expected_functioning_level=expected), with_level(now))
    both = now is not None and expected is not None

    found = set(warned(PHASE, s)) & {"GOL-08", "GOL-09", "GOL-10"}
    assert found == {
        *(["GOL-08"] if both and goal_type == "develop" and not expected < now else []),
        *(["GOL-09"] if both and goal_type == "maintain" and expected != now else []),
    }


@pytest.mark.rule("GOL-08", "GOL-09", "GOL-10")
@pytest.mark.parametrize(
    "goal_type, expected, rule",
    [
        ("develop", 3, "GOL-08"),
        ("develop", 2, None),
        ("maintain", 2, "GOL-09"),
        ("maintain", 3, None),
        ("limit-loss", 4, None),
    ],
)
def test_the_handbooks_examples_from_level_three(goal_type, expected, rule):
    found = warned(PHASE, assessing(goal(goal_type=goal_type, expected_functioning_level=expected), with_level(3)))

    assert [r for r in found if r in ("GOL-08", "GOL-09", "GOL-10")] == ([rule] if rule else [])


@pytest.mark.rule("GOL-12")
@pytest.mark.parametrize(
    "words, warns",
    [
        ("Jeg får støtte til madlavning", True),
        ("Jeg modtager rengøringshjælp", True),
        ("Jeg får pædagogisk støtte til at handle", True),
        ("Jeg får fire timers hjælp om ugen", True),
        ("Jeg bliver hjulpet med at gøre rent", True),
        ("Jeg støttes i at holde min bolig", True),
        ("Jeg siger til, når jeg vil have hjælp", False),
        ("Jeg får ikke længere hjælp af min mor", False),
        ("Jeg modtager hjælp til post", True),
        ("Jeg laver mad to gange om ugen", False),
        ("Jeg støtter min søster", False),
    ],
)
def test_a_goal_that_speaks_of_help_gets_a_hint(words, warns):
    assert ("GOL-12" in warned(PHASE, assessing(goal(goal_statement=words)))) == warns


@pytest.mark.rule("ASM-20", "FUP-04")
def test_a_follow_up_sets_the_new_baseline_as_of_its_day():
    held = date(2026, 2, 20)
    results = (
        GoalResult(id="g1", primary_subtheme="cooking", current_functioning_level=1),
        GoalResult(id="g2", primary_subtheme="handling-mail"),
    )
    concluded = FollowupConcluded(
        number=2, follow_up_held_on=held, follow_up_outcome="continue", goals=results, action_plan_to_update=True
    )
    effects = doing(PHASE, assessing(goal(), with_level(3, on=held - timedelta(days=90))), concluded)

    newest = effects.situation[Ledger].levels[-1]
    assert (newest.subtheme, newest.level, newest.on, newest.origin) == ("cooking", 1, held, "follow-up 2")
    assert effects.situation[CaseAssessment].goals[0].current_functioning_level == 1
    assert "PLN-08" in warned(PHASE, effects.situation)


@pytest.mark.rule("FUP-04", "ASM-20")
def test_a_level_from_a_follow_up_says_who_judged_it():
    results = (GoalResult(id="g1", primary_subtheme="cooking", current_functioning_level=1),)
    concluded = FollowupConcluded(
        number=2, follow_up_held_on=TODAY, follow_up_outcome="continue", goals=results, concluded_by="Kim Dam"
    )

    assert doing(PHASE, assessing(goal()), concluded).situation[Ledger].levels[-1].by == "Kim Dam"


HEARD = CaseInformation(
    party_hearing_needed=False, party_hearing_sent_date=TODAY - timedelta(days=90), party_hearing_response="Enig"
)


@pytest.mark.rule("FUP-12")
@pytest.mark.parametrize("wanted", [True, None])
def test_a_substantial_change_makes_the_hearing_step_appear_anew(wanted):
    concluded = FollowupConcluded(
        number=1, follow_up_held_on=TODAY, follow_up_outcome="end-and-reassign", party_hearing_needed=wanted
    )
    info = doing(PHASE, assessing(goal(), HEARD), concluded).situation[CaseInformation]

    now = (info.party_hearing_needed, info.party_hearing_sent_date, info.party_hearing_response)
    assert now == ((True, None, None) if wanted else (False, HEARD.party_hearing_sent_date, "Enig"))


@pytest.mark.rule("FUP-12")
@pytest.mark.parametrize("begin", [IntakeCompleted(completed_on=TODAY), StartAssessment(action="assessment.start")])
def test_the_case_that_a_follow_up_opens_for_the_change_begins_with_the_hearing(begin):
    told = FollowupConcluded(
        number=1, follow_up_held_on=TODAY, follow_up_outcome="end-and-reassign", party_hearing_needed=True,
        new_assessment_needed=True,
    )  # fmt: skip
    linked = replace(situation(PHASE), earlier=situation(PHASE, told=(told,)))

    assert doing(PHASE, linked, begin).situation[CaseInformation].party_hearing_needed is True
    assert doing(PHASE, situation(PHASE), begin).situation[CaseInformation].party_hearing_needed is None


# what is warned of
def themes(**entry: Any) -> CaseInformation:
    return CaseInformation(theme_entries=(ThemeEntry(theme="practical-tasks", **entry),))


SOURCE = Document(title="Statusattest", date=TODAY, journal_number="2026-0417", source="Lægehuset Nord")


@pytest.mark.rule("ASM-10")
@pytest.mark.parametrize(
    "entry, warns",
    [
        ({"other_information": "Brændt mad"}, True),
        ({"other_information": "Brændt mad", "other_information_sources": (Document(title="Attest"),)}, True),
        ({"other_information": "Brændt mad", "other_information_sources": (replace(SOURCE, source=None),)}, True),
        ({"other_information": "Brændt mad", "other_information_sources": (SOURCE,)}, False),
        ({"citizen_information": "Jeg glemmer gryden"}, False),
    ],
    ids=str,
)
def test_what_others_say_without_a_source_is_warned_of(entry, warns):
    assert ("ASM-10" in warned(PHASE, assessing(themes(**entry)))) == warns


@pytest.mark.rule("ASM-11")
@pytest.mark.parametrize(
    "words, warns",
    [
        ("Bør have 6 timer §85", True),
        ("Det anbefales at bevilge § 97", True),
        ("Bør tilbydes støtte i hjemmet", True),
        ("Har brug for socialpædagogisk støtte i hjemmet", True),
        ("Der bør bevilges et mobilt tilbud", True),
        ("Vil have gavn af bostøtte", True),
        ("Han skal op klokken syv, men sover tolv timer i døgnet", False),
        ("Hun skal hvile to timer midt på dagen", False),
        ("Har i dag to timer efter § 85 fra X-Hus", False),
        ("Egen læge anbefaler motion som hjælp mod smerter", False),
        ("Mister tråden midt i opgaven", False),
        ("Skal have hjælp til at komme i gang", False),
        ("Skal stå op klokken syv", False),
    ],
)
def test_a_remark_that_proposes_help_is_warned_of(words, warns):
    assert ("ASM-11" in warned(PHASE, assessing(themes(caseworker_remarks=words)))) == warns


@pytest.mark.rule("EVA-03")
@pytest.mark.parametrize(
    "words, alternative, warns",
    [
        ("Berettiget", False, True),
        ("Der er intet relevant alternativ, fordi …", False, False),
        ("Berettiget", True, False),
    ],
)
def test_help_without_an_alternative_gets_a_hint(words, alternative, warns):
    chosen = Intervention(id="i1", services=("escort-scheme",))
    interventions = (chosen, replace(chosen, id="i2", is_alternative=True)) if alternative else (chosen,)
    s = assessing(CaseAssessment(support_need_assessment=words, interventions=interventions))

    assert ("EVA-03" in warned(PHASE, s)) == warns


@pytest.mark.rule("EVA-16")
@pytest.mark.parametrize(
    "words, hours, warns",
    [
        ("Der bevilges 8 timer om ugen.", (0.5, 0.5, 0.5, 0.5, 3, 1, 2), False),
        ("Der bevilges 8 timer om ugen.", (3, 1, 2), True),
        ("Otte timers støtte om ugen", (5, 3), False),
        ("Otte timers støtte om ugen", (5,), True),
        ("2,5 timer om ugen", (2, 0.5), False),
        ("En time om ugen", (1,), False),
        ("En time om ugen", (2,), True),
        ("Har i dag to timer om ugen. Bevilges fire timer om ugen.", (4,), False),
        ("To timer om ugen til rengøring og to timer om ugen til post, i alt fire timer om ugen.", (4,), False),
        ("I alt 8 timer pr. uge", (4,), True),
        ("Otte timer hver uge", (4,), True),
        ("8 timer ugentligt", (8,), False),
        ("8,25 timer om ugen", (8, 0.5), True),
        ("Berettiget efter § 85", (3,), False),
        ("8 timer om måneden", (3,), False),
    ],
)
def test_hours_that_do_not_add_up_are_warned_of(words, hours, warns):
    lines = tuple(line(n, 26, "500.00", id=f"l{k}") for k, n in enumerate(hours))
    s = assessing(
        CaseAssessment(support_need_assessment=words, interventions=(Intervention(id="i1", service_lines=lines),))
    )

    assert ("EVA-16" in warned(PHASE, s)) == warns


@pytest.mark.rule("PLN-01")
@pytest.mark.parametrize(
    "group, offered, warns",
    [
        ("homelessness", False, True),
        ("homelessness", True, False),
        ("homelessness", None, False),
        ("visual-impairment", False, False),
        (None, False, False),
    ],
)
def test_who_has_a_right_to_a_plan_and_is_not_offered_one_is_flagged(group, offered, warns):
    s = assessing(CaseAssessment(primary_target_group=group, action_plan_offered=offered))

    assert ("PLN-01" in warned(PHASE, s)) == warns


# what is carried
@pytest.mark.rule("ASM-14")
def test_remarks_are_carried_to_the_evaluation_until_there_is_an_analysis():
    remarks = themes(caseworker_remarks="Mister tråden")
    analysed = replace(
        remarks, category_analyses=(CategoryAnalysis(category="activity-and-participation", category_analysis="Ja"),)
    )

    assert assessing(remarks)[CaseAssessment].theme_remarks == ("Mister tråden",)
    assert assessing(analysed)[CaseAssessment].theme_remarks == ()
    assert assessing(analysed)[CaseAssessment].category_analyses[0].category_analysis == "Ja"


@pytest.mark.rule("INT-07", "GEN-13")
def test_what_the_opening_knows_shows_in_investigation_evaluation_and_recommendation():
    told = [EnquiryRecorded(opening_reason="Post"), CaseOpeningRecorded(analysis_question="Hvad skal der til?")]
    s = assessing(told=told)

    assert (s[CaseInformation].opening_reason, s[CaseAssessment].opening_reason, s[Recommendation].opening_reason) == (
        "Post", "Post", "Post",
    )  # fmt: skip
    assert s[CaseAssessment].analysis_question == "Hvad skal der til?"
    assert s.origins(Recommendation)["opening_reason"] == "intake.enquiry.opening_reason"


@pytest.mark.rule("EVA-15")
def test_the_recommendation_is_filled_from_what_is_there():
    neighbour = Party(name="Nabo Kommune", role="other")
    chosen = Intervention(id="i1", service_lines=(TWO_HOURS,))
    records = replace(REASONED, goals=(COOKING,), interventions=(chosen, replace(chosen, id="i2", is_alternative=True)))
    told = [RepresentationChanged(has_guardian=True, guardianship_form="guardianship")]
    view = assessing(records, with_level(3), told=told, case=replace(OPENED, paying_municipality=neighbour))[
        Recommendation
    ]

    assert (view.goals[0].current_functioning_level, view.total_expected_price) == (3, Decimal(26_000))
    assert [i.id for i in view.interventions] == ["i1"]
    assert [i.id for i in view.alternative_recommendations] == ["i2"]
    assert (view.has_guardian, view.paying_municipality) == (True, neighbour)


@pytest.mark.rule("GOL-18")
def test_goals_stand_in_the_plan_in_the_same_words():
    plan = assessing(CaseAssessment(goals=(COOKING,), intervention_purpose="Mit hjem"))[ActionPlan]

    assert (plan.goals[0].goal_statement, plan.intervention_purpose) == (COOKING.goal_statement, "Mit hjem")


@pytest.mark.rule("EVA-03")
def test_alternatives_are_no_part_of_the_plan():
    plan = assessing(CaseAssessment(interventions=(Intervention(id="i2", is_alternative=True),)))[ActionPlan]

    assert plan.interventions == ()


# the action plan
PLANNED = CaseAssessment(
    intervention_purpose="Mit hjem er mit eget", interventions=(Intervention(id="i1", without_end_date=True),)
)


@pytest.mark.permits("PLN-04", "PLN-05")
def test_a_plan_with_all_that_the_law_asks_is_final_once_there_is_a_decision():
    effects = doing(PHASE, assessing(PLANNED, told=[A_DECISION]), CompletePlan(), CompletePlan())

    assert [m.number for m in sent(effects, ActionPlanCompleted)] == [1, 2]


@pytest.mark.refuses("PLN-05")
def test_a_plan_is_not_final_before_there_is_a_decision():
    with refused("PLN-05", "action_plan"):
        doing(PHASE, assessing(PLANNED), CompletePlan())


@pytest.mark.permits("PLN-05")
def test_a_plan_is_worked_on_before_there_is_a_decision(office):
    assert office.record({"action_plan": {"citizen_agreements": "Vi mødes om tirsdagen"}}).status_code == 200


@pytest.mark.refuses("PLN-04")
@pytest.mark.parametrize(
    "missing, field",
    [
        ({"intervention_purpose": None}, "action_plan.intervention_purpose"),
        ({"interventions": ()}, "action_plan.interventions"),
        ({"interventions": (Intervention(id="i2", is_alternative=True),)}, "action_plan.interventions"),
        (
            {"interventions": (Intervention(id="i0", is_alternative=True), Intervention(id="i1"))},
            "action_plan.interventions[i1].expected_end_date",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_plan_that_lacks_what_the_law_asks_is_not_final(missing, field):
    s = assessing(replace(PLANNED, **missing), told=[A_DECISION])

    with refused("PLN-04", field):
        doing(PHASE, s, CompletePlan())


@pytest.mark.permits("PLN-04")
def test_a_plan_whose_help_ends_on_a_day_is_final_too():
    ends = replace(PLANNED, interventions=(Intervention(id="i1", expected_end_date=date(2026, 12, 31)),))

    assert sent(doing(PHASE, assessing(ends, told=[A_DECISION]), CompletePlan()), ActionPlanCompleted)


def test_a_plan_that_is_offered_is_on_record():
    effects = doing(PHASE, assessing(), OfferPlan())

    assert effects.situation[CaseAssessment].action_plan_offered is True
    assert len(sent(effects, ActionPlanOffered)) == 1


def test_a_plan_that_is_final_anew_is_up_to_date():
    s = assessing(PLANNED, Ledger(plan_to_update=True), told=[A_DECISION])

    assert "PLN-08" in warned(PHASE, s)
    assert "PLN-08" not in warned(PHASE, doing(PHASE, s, CompletePlan()).situation)


# what others tell
@pytest.mark.parametrize("outcome, told", [("changed", 1), ("upheld", 0)])
def test_a_decision_that_is_to_be_changed_asks_for_a_new_recommendation(outcome, told):
    effects = doing(PHASE, assessing(at="approved"), DecisionReassessed(number=1, outcome=outcome))

    assert [m.kind for m in sent(effects, NotificationRequested)].count("assessment.new_recommendation") == told


@pytest.mark.parametrize("place, then", [("recommend", "stopped"), ("answer", "stopped"), ("approved", "approved")])
def test_when_the_case_is_closed_what_is_not_over_stops(place, then):
    assert standing(doing(PHASE, assessing(at=place), CaseClosed(closed_on=TODAY))) == [(1, then)]


# at work
def values(office: Office, step: str) -> dict[str, Any]:
    (record,) = office.call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/records?step={step}").get_json()["records"]
    return dict(record["values"])


@pytest.mark.rule("ASM-20")
def test_every_level_that_is_set_enters_the_history_with_its_day_and_author(office):
    for level, on in ((3, "2026-02-10"), (2, "2026-03-01")):
        office.record(
            {
                "case_information": {
                    "functioning_scores": [{"subtheme": "cooking", "current_functioning_level": level, "scored_on": on}]
                }
            }
        )

    history = office.read()["parts"]["levels"]["cooking"]
    assert [(e["level"], e["on"], e["by"], e["origin"]) for e in history] == [
        (3, "2026-02-10", "Kim Dam", "assessment"),
        (2, "2026-03-01", "Kim Dam", "assessment"),
    ]
    assert [body["current_functioning_level"] for _, body in office.owed("level.recorded")] == [3, 2]


@pytest.mark.rule("ASM-20")
def test_a_score_saved_again_as_it_was_is_no_new_level(office):
    score = {"case_information": {"functioning_scores": [{"subtheme": "cooking", "current_functioning_level": 3}]}}
    office.record(score)
    office.record(score)

    assert len(office.read()["parts"]["levels"]["cooking"]) == 1


@pytest.mark.rule("ASM-08")
def test_a_subtheme_without_a_level_is_saved_and_has_none(office):
    office.record({"case_information": {"functioning_scores": [{"subtheme": "cooking"}]}})

    assert office.read()["parts"]["levels"] == {}


def scored(office: Office, subtheme: str, level: Any) -> Any:
    score = {"subtheme": subtheme, "current_functioning_level": level}
    return office.record({"case_information": {"functioning_scores": [score]}})


@pytest.mark.refuses("ASM-04")
@pytest.mark.parametrize("subtheme", ["vision", "people-in-network", "housing-situation", "practical-tasks"])
def test_a_level_is_set_only_under_activity_and_participation(office, subtheme):
    assert wrong(scored(office, subtheme, 2)) == ("ASM-04", "case_information.functioning_scores[0].subtheme")


@pytest.mark.permits("ASM-04", "ASM-05")
@pytest.mark.parametrize("level", [0, 1, 2, 3, 4])
def test_a_level_from_none_to_complete_is_set(office, level):
    assert scored(office, "cooking", level).status_code == 200


@pytest.mark.refuses("ASM-05")
@pytest.mark.parametrize("level", [2.5, 5, -1, "3", True])
def test_a_level_is_a_whole_number_from_none_to_complete(office, level):
    answer = scored(office, "cooking", level)

    assert wrong(answer) == ("ASM-05", "case_information.functioning_scores[0].current_functioning_level")


def entry(office: Office, **voices: str) -> Any:
    return office.record({"case_information": {"theme_entries": [{"theme": "relations", **voices}]}})


@pytest.mark.refuses("ASM-09")
def test_what_is_known_of_a_theme_is_in_somebodys_voice(office):
    assert wrong(entry(office, text="Moren siger …")) == (None, "case_information.theme_entries[0].text")


@pytest.mark.permits("ASM-09")
@pytest.mark.parametrize("voice", ["citizen_information", "other_information", "caseworker_remarks"])
def test_each_of_the_three_voices_is_kept_apart(office, voice):
    assert entry(office, **{voice: "Moren siger …"}).status_code == 200

    (kept,) = values(office, "case_information")["theme_entries"]
    assert {*kept} - {"theme"} == {voice}


@pytest.mark.rule("ASM-13")
def test_there_is_one_analysis_per_category_and_none_per_theme(office):
    def analysis(category: str) -> Any:
        return office.record(
            {"case_information": {"category_analyses": [{"category": category, "category_analysis": "Ja"}]}}
        )

    assert analysis("activity-and-participation").status_code == 200
    assert analysis("activity-and-participation").status_code == 200
    assert len(values(office, "case_information")["category_analyses"]) == 1
    assert wrong(analysis("relations"))[1] == "case_information.category_analyses[0].category"


@pytest.mark.rule("ASM-03")
def test_what_is_left_out_is_stored_with_its_reason(office):
    office.record({"case_information": {"omitted_information": "Nabostrid: uden betydning for § 85"}})

    assert values(office, "case_information")["omitted_information"].startswith("Nabostrid")


GOALS: list[tuple[dict[str, Any], str, str]] = [
    ({"primary_subtheme": "substance-use"}, "GOL-03", "primary_subtheme"),
    ({"primary_subtheme": ["cooking", "handling-mail"]}, "GOL-03", "primary_subtheme"),
    ({"related_subthemes": ["housing-situation"]}, "GOL-07", "related_subthemes[0]"),
    ({"related_subthemes": [{"subtheme": "cooking", "level": 2}]}, "GOL-07", "related_subthemes[0]"),
    ({"goal_type": ["develop", "maintain"]}, "GOL-02", "goal_type"),
    ({"current_functioning_level": 1}, "GOL-04", "current_functioning_level"),
    ({"expected_functioning_level": 5}, "ASM-05", "expected_functioning_level"),
]


@pytest.mark.refuses("GOL-02", "GOL-03", "GOL-04", "GOL-07")
@pytest.mark.parametrize("part, rule, field", GOALS, ids=lambda v: str(v)[:40])
def test_a_goal_with_what_does_not_belong_there_is_refused(office, part, rule, field):
    answer = office.record({"case_assessment": {"goals": [{"id": "g1", **part}]}})

    assert wrong(answer) == (rule, f"case_assessment.goals[0].{field}")


@pytest.mark.permits("GOL-02", "GOL-03", "GOL-07")
@pytest.mark.rule("GOL-06")
def test_goals_with_what_belongs_there_are_taken(office):
    whole = {
        "goal_type": "develop",
        "primary_subtheme": "cooking",
        "related_subthemes": ["handling-mail"],
        "expected_functioning_level": 1,
    }

    assert office.record({"case_assessment": {"goals": [{"id": i, **whole} for i in ("g1", "g2")]}}).status_code == 200


@pytest.mark.refuses("GOL-04", "GOL-05")
def test_two_goals_of_one_subtheme_cannot_be_given_levels_of_their_own(office):
    goals = [
        {"id": i, "primary_subtheme": "cooking", "current_functioning_level": n} for i, n in (("g1", 2), ("g2", 3))
    ]

    answer = office.record({"case_assessment": {"goals": goals}})
    assert wrong(answer) == ("GOL-04", "case_assessment.goals[0].current_functioning_level")


@pytest.mark.refuses("GOL-01")
@pytest.mark.parametrize(
    "name, value",
    [
        ("intervention_purpose_date", "2026-12-31"),
        ("intervention_purpose_level", 1),
        ("intervention_purpose", ["Mit hjem", "En uddannelse"]),
    ],
)
def test_the_purpose_is_one_and_has_neither_day_nor_level(office, name, value):
    assert wrong(office.record({"case_assessment": {name: value}})) == (None, f"case_assessment.{name}")


@pytest.mark.permits("GOL-01")
def test_the_purpose_is_said_in_words(office):
    assert office.record({"case_assessment": {"intervention_purpose": "Mit hjem"}}).status_code == 200


@pytest.mark.refuses("EVA-07")
@pytest.mark.parametrize(
    "value", [["visual-impairment", "mobility-impairment"], "physical-impairment"], ids=["two", "a heading"]
)
def test_there_is_one_primary_target_group(office, value):
    answer = office.record({"case_assessment": {"primary_target_group": value}})

    assert wrong(answer) == ("EVA-07", "case_assessment.primary_target_group")


@pytest.mark.permits("EVA-07")
@pytest.mark.parametrize(
    "groups",
    [
        {"primary_target_group": "mobility-impairment"},
        {"other_target_groups": ["visual-impairment", "hearing-impairment"]},
    ],
    ids=["one primary", "several others"],
)
def test_there_is_any_number_of_other_groups(office, groups):
    assert office.record({"case_assessment": groups}).status_code == 200


@pytest.mark.refuses("EVA-11")
@pytest.mark.parametrize("need", ["3", 3, "Højt"])
def test_the_need_is_no_number(office, need):
    answer = office.record({"case_assessment": {"current_support_need": need}})

    assert wrong(answer) == ("EVA-11", "case_assessment.current_support_need")


@pytest.mark.permits("EVA-11")
@pytest.mark.parametrize("need", ["none", "light", "moderate", "high", "complete"])
def test_the_need_is_one_of_five_words(office, need):
    assert office.record({"case_assessment": {"current_support_need": need}}).status_code == 200


@pytest.mark.refuses("PRI-01", "PRI-02", "PRI-03")
@pytest.mark.parametrize(
    "part, rule, field",
    [
        ({"total_expected_price": "5.00"}, "PRI-03", "total_expected_price"),
        ({"interventions": [{"id": "i1", "expected_price": "5.00"}]}, "PRI-02", "interventions[0].expected_price"),
        (
            {"interventions": [{"id": "i1", "service_lines": [{"id": "l1", "base_price": "5.00"}]}]},
            "PRI-01",
            "interventions[0].service_lines[0].base_price",
        ),
    ],
    ids=str,
)
def test_a_price_that_is_reckoned_cannot_be_typed(office, part, rule, field):
    assert wrong(office.record({"case_assessment": part})) == (rule, f"case_assessment.{field}")


@pytest.mark.refuses("PRI-03")
def test_nor_can_the_total_of_the_recommendation(office):
    answer = office.record({"recommendation": {"total_expected_price": "5.00"}})

    assert wrong(answer) == ("PRI-03", "recommendation.total_expected_price")


def test_a_price_beyond_all_reason_is_refused(office):
    huge = {"id": "l1", "units_per_period": 900000, "repetitions": 2000000000, "unit_price": "900000000000.00"}
    answer = office.record({"case_assessment": {"interventions": [{"id": "i1", "service_lines": [huge]}]}})

    assert wrong(answer) == ("PRI-01", "service_lines[l1].unit_price")


def help_of(office: Office, **more: Any) -> Any:
    return office.record({"case_assessment": {"interventions": [{"id": "i1", **more}]}})


@pytest.mark.refuses("PRI-07", "DAT-03")
@pytest.mark.parametrize("service, rule", [("stay", "PRI-07"), ("hjemmehjælp", "DAT-03")], ids=["heading", "free text"])
def test_a_service_is_chosen_from_the_list_in_as_much_detail_as_it_has(office, service, rule):
    answer = help_of(office, services=["escort-scheme", service])

    assert wrong(answer) == (rule, "case_assessment.interventions[0].services[1]")


@pytest.mark.refuses("PRI-07", "DAT-03")
def test_an_intervention_has_one_type_of_offer(office):
    answer = help_of(office, offer=["mobile-offer", "day-offer"])

    assert wrong(answer) == ("DAT-03", "case_assessment.interventions[0].offer")


@pytest.mark.permits("PRI-07")
def test_an_intervention_has_services_an_offer_and_a_provider_once_it_is_known(office):
    chosen = {"services": ["escort-scheme", "support-administration"], "offer": "mobile-offer"}

    assert help_of(office, **chosen).status_code == 200
    assert help_of(office, provider={"name": "X-Hus", "role": "provider"}).status_code == 200


@pytest.mark.refuses("GOL-18")
@pytest.mark.permits("GOL-18")
@pytest.mark.rule("PLN-07")
def test_the_plan_adds_the_provider_to_a_goal_and_mends_no_word(office):
    office.record({"case_assessment": {"goals": [{"id": "g1", "goal_statement": "Jeg laver mad"}]}})
    provider = {"id": "g1", "goal_provider": {"name": "X-Hus", "role": "provider"}}
    mended = office.record({"action_plan": {"goals": [{"id": "g1", "goal_statement": "Jeg får mad"}]}})
    unknown = office.record({"action_plan": {"goals": [provider | {"id": "g9"}]}})

    assert wrong(mended) == ("GOL-18", "action_plan.goals[0].goal_statement")
    assert wrong(unknown) == ("GOL-18", "action_plan.goals[g9]")
    assert office.record({"action_plan": {"goals": [provider]}}).status_code == 200
    (planned,) = values(office, "action_plan")["goals"]
    assert (planned["goal_statement"], planned["goal_provider"]["name"]) == ("Jeg laver mad", "X-Hus")


@pytest.mark.refuses("GEN-14")
@pytest.mark.permits("GEN-14")
@pytest.mark.parametrize(
    "patch", [{"goals": [{"id": "g1"}]}, {"interventions": [{"id": "i1"}]}, {"current_support_need": "high"}], ids=str
)
def test_the_authority_and_no_provider_changes_goal_help_and_need(office, patch):
    assert wrong(office.record({"case_assessment": patch}, actor=A_PROVIDER), 403) == ("GEN-14", "case_assessment")
    assert office.record({"case_assessment": patch}).status_code == 200


@pytest.mark.refuses("GEN-14")
@pytest.mark.parametrize("action", ["recommend", "send_hearing", "pause", "complete_plan"])
def test_a_provider_does_no_authority_work(office, action):
    answer = office.act(f"assessment.{action}", A_CASE, A_PROVIDER)

    assert wrong(answer, 403) == ("GEN-14", f"assessment.{action}")


@pytest.mark.parametrize(
    "patch, field",
    [
        ({"case_information": {"party_hearing_needed": "ja"}}, "case_information.party_hearing_needed"),
        (
            {"case_information": {"theme_entries": [{"citizen_information": "x"}]}},
            "case_information.theme_entries[0].theme",
        ),
        ({"case_information": {"theme_entries": {}}}, "case_information.theme_entries"),
        ({"case_assessment": {"goal": []}}, "case_assessment.goal"),
        ({"case_assessment": {"theme_remarks": ["x"]}}, "case_assessment.theme_remarks"),
        ({"ledger": {"paused_on": "2026-03-02"}}, "ledger.paused_on"),
        ({"ledger": {"levels": []}}, "ledger.levels"),
        ({"intake": {}}, "intake"),
    ],
    ids=str,
)
def test_bad_input_is_refused_by_name_and_changes_nothing(office, patch, field):
    before = office.owed()

    assert wrong(office.record(patch))[1] == field
    assert office.owed() == before


@pytest.mark.refuses("GOL-03")
def test_a_code_that_is_none_comes_back_with_the_nearest(office):
    answer = office.record({"case_assessment": {"goals": [{"id": "g1", "primary_subtheme": "cookin"}]}})

    assert wrong(answer) == ("GOL-03", "case_assessment.goals[0].primary_subtheme")
    assert "cooking" in answer.get_json()["detail"]


def test_an_act_out_of_place_says_where_the_case_stands(office):
    answer = office.act("assessment.approve")

    assert wrong(answer, 409)
    assert "Send indstilling" in answer.get_json()["detail"]


def test_two_goals_are_mended_at_once_and_one_goal_is_not(office):
    office.record({"case_assessment": {"goals": [{"id": "g1"}, {"id": "g2"}]}})
    seen = office.read()["revision"]
    first, second, third = (
        office.record({"case_assessment": {"goals": [{"id": i, "goal_statement": who.name}]}}, actor=who, seen=seen)
        for i, who in (("g1", A_CASEWORKER), ("g2", ANOTHER_CASEWORKER), ("g1", A_LEADER))
    )

    assert (first.status_code, second.status_code) == (200, 200)
    assert wrong(third, 412) == (None, "case_assessment.goals[g1]")


def test_what_is_recommended_rests_on_the_record_as_it_was_told_last(office):
    office.hear(CaseChanged(**{**vars(OPENED), "track": "small"}))
    office.record(
        {"case_assessment": {"support_need_assessment": "Ja", "goals": [{"id": "g1", "goal_type": "develop"}]}}
    )
    office.record({"case_assessment": {"current_support_need": "high"}})
    office.act("assessment.recommend")

    revisions = [body["assessment_revision"] for _, body in office.owed("case_assessment.recorded")]
    ((_, approved),) = office.owed("recommendation.approved")
    assert (revisions, approved["assessment_revision"]) == ([1, 2], 2)


def test_what_is_emptied_is_told_empty(office):
    office.record({"case_assessment": {"intervention_purpose": "Mit hjem"}})
    office.record({"case_assessment": {"intervention_purpose": None}})

    told = [body.get("intervention_purpose") for _, body in office.owed("case_assessment.recorded")]
    assert told == ["Mit hjem", None]


@pytest.mark.rule("GEN-02")
def test_the_investigation_is_mended_also_after_the_recommendation(office):
    office.hear(CaseChanged(**{**vars(OPENED), "track": "small"}))
    office.record({"case_assessment": {"support_need_assessment": "Ja"}})
    office.act("assessment.recommend")

    assert office.record({"case_information": {"party_hearing_needed": True}}).status_code == 200
    assert values(office, "case_assessment")["support_need_assessment"] == "Ja"
