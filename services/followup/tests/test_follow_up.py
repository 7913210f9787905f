"""What a follow-up is given, what it must answer, and what it tells."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from casework.contracts.assessment import HearingSent
from casework.contracts.common import NotificationRequested
from casework.contracts.decision import DecisionMade
from casework.contracts.followup import FollowupConcluded, InspectionRecorded
from casework.contracts.intake import CitizenChanged
from casework.contracts.ordering import ActualsImported, OrderAccepted
from casework.contracts.values import FollowedUpGoal, Intervention, Party, ServiceLine
from casework.errors import Forbidden, NotHere
from casework.process import Actor, Role
from casework.schema import Amount
from casework.testing.cases import refused
from followup.carried import attainment
from followup.commands import OpenFollowup
from followup.model import FollowUp, Inspection, NextSteps, Preparation
from followup.rules import WARNINGS

from .conftest import Played, goal, note, order

ANSWERED = {
    "inspection_done": True, "citizen_met": True, "citizen_thrives": True, "use_of_force_in_period": False,
    "inspection_conclusion": "Godt tilsyn",
}  # fmt: skip


# opening
def test_one_is_open_at_a_time_and_the_refusal_names_it(ordered: Played):
    ordered.open("2026-05-20")
    with pytest.raises(NotHere, match="Opfølgning 1 er åben"):
        ordered.open("2026-05-21")


def test_a_provider_opens_none(ordered: Played):
    with pytest.raises(Forbidden):
        ordered.act(OpenFollowup(action="followup.open"), by=Actor("p", "X-Hus", Role.PROVIDER, "x-hus"))


@pytest.mark.rule("FUP-18")
def test_what_is_known_is_brought_over(case: Played):
    case.hear(CitizenChanged(citizen_name="Bente", cpr_number="0107614298"), "2026-01-12")
    case.hear(order(), "2026-02-11")
    case.hear(
        order("y-hus", goals=(goal("g2", "cleaning", 3, related_subthemes=("network-relations",)),)), "2026-02-12"
    )
    case.open("2026-05-20")
    view = case.read(FollowUp)
    assert (view.citizen_name, view.cpr_number) == ("Bente", "0107614298")
    assert (view.citizen_wishes, view.intervention_purpose) == ("Et hjem", "Ro")
    assert [(i.provider.name, i.start_date) for i in view.interventions] == [
        ("X-Hus", date(2026, 3, 2)), ("Y-Hus", date(2026, 3, 2)),
    ]  # fmt: skip
    assert [(g.id, g.goal_statement, g.transferred_current_functioning_level) for g in view.goals] == [
        ("g1", "Mål g1", 2), ("g2", "Mål g2", 3),
    ]  # fmt: skip
    assert view.goals[1].related_subthemes == ("network-relations",)


@pytest.mark.rule("FUP-18")
def test_what_is_brought_over_can_be_mended(ordered: Played):
    ordered.open("2026-05-20")
    ordered.fill(FollowUp, citizen_wishes="En kat", interventions=[{"id": "i-x-hus", "start_date": "2026-03-09"}])
    view = ordered.read(FollowUp)
    assert (view.citizen_wishes, view.interventions[0].start_date) == ("En kat", date(2026, 3, 9))
    assert view.interventions[0].offer == "mobile-offer"


def test_a_case_may_begin_with_a_follow_up_and_goes_on_from_it(case: Played):
    case.open("2026-05-20")
    assert case.read(FollowUp).goals == ()
    case.fill(FollowUp, goals=[{"id": "g1", "goal_statement": "Jeg løber", "primary_subtheme": "walking-and-moving",
                                "current_functioning_level": 3, "goal_outcome": "unchanged"}])  # fmt: skip
    case.fill(FollowUp, follow_up_outcome="continue", current_support_need="light", overall_conclusion="Godt.")
    case.conclude("2026-05-21")
    case.open("2026-08-20")
    (brought,) = case.read(FollowUp, 2).goals
    assert (brought.goal_statement, brought.transferred_current_functioning_level) == ("Jeg løber", 3)


@pytest.mark.rule("FUP-04")
def test_the_level_of_the_last_follow_up_is_the_new_baseline(ordered: Played):
    ordered.hold("2026-06-02", "2026-09-02", levels={"g1": 1})
    ordered.open("2026-08-24")
    assert ordered.read(FollowUp, 2).goals[0].transferred_current_functioning_level == 1


@pytest.mark.rule("FUP-04")
def test_a_level_that_a_later_order_brings_is_newer_still(ordered: Played):
    ordered.hold("2026-06-02", "2026-09-02", levels={"g1": 1})
    ordered.hear(order(version=2, goals=(goal("g1", level=3, goal_statement="Nyt"),)), "2026-07-01")
    ordered.open("2026-08-24")
    (brought,) = ordered.read(FollowUp, 2).goals
    assert (brought.goal_statement, brought.transferred_current_functioning_level) == ("Nyt", 3)


@pytest.mark.rule("FUP-19")
def test_the_support_need_before_is_shown(ordered: Played):
    ordered.open("2026-05-20")
    assert ordered.read(FollowUp).previous_support_need == "moderate"
    ordered.hold("2026-06-02", "2026-09-02")
    ordered.open("2026-08-24")
    assert ordered.read(FollowUp, 2).previous_support_need == "light"


def test_what_is_concluded_stays_as_it_was(ordered: Played):
    ordered.hold("2026-06-02", "2026-09-02")
    ordered.hear(order(version=2, goals=(goal("g9"),), citizen_wishes="Andet"), "2026-07-01")
    view = ordered.read(FollowUp)
    assert ([g.id for g in view.goals], view.citizen_wishes) == (["g1"], "Et hjem")


def test_a_goal_that_was_closed_is_not_followed_up_again(case: Played):
    case.hear(order(goals=(goal("g1"), goal("g2", "cleaning"))), "2026-02-11")
    case.open("2026-05-20")
    case.fill(FollowUp, goals=[
        {"id": "g1", "current_functioning_level": 2, "goal_outcome": "unchanged"},
        {"id": "g2", "current_functioning_level": 1, "goal_outcome": "close"},
    ], follow_up_outcome="continue", current_support_need="light", overall_conclusion="Godt.")  # fmt: skip
    case.conclude("2026-06-02")
    case.open("2026-08-24")
    assert [g.id for g in case.read(FollowUp, 2).goals] == ["g1"]


@pytest.mark.rule("FUP-20")
def test_participants_and_form_are_kept_as_history(ordered: Played):
    mother = {"name": "Malene", "role": "relative"}
    ordered.hold("2026-06-02", "2026-09-02", participants=[mother], follow_up_form="meeting")
    shown = ordered.document()["follow_ups"][0]
    assert (shown["status"], shown["follow_up"]["participants"]) == ("concluded", [mother])
    assert shown["follow_up"]["follow_up_form"] == "meeting"


# concluding
def answer(case: Played, **more: object) -> None:
    case.open("2026-05-20")
    judged = {"citizen_evaluation": "Nået", "provider_evaluation": "Delvist", "caseworker_evaluation": "Ikke nået"}
    goals = [{"id": "g1", "current_functioning_level": 2, "goal_outcome": "unchanged", **judged}]
    given = {"goals": goals, "follow_up_outcome": "continue", "current_support_need": "light",
             "overall_conclusion": "Godt.", "follow_up_held_on": "2026-06-02"}  # fmt: skip
    case.fill(FollowUp, **{**given, **more})


@pytest.mark.rule("FUP-02")
def test_three_voices_may_disagree(ordered: Played):
    ordered.hear(note(g1="Delvist"), "2026-05-01")
    answer(ordered)
    ordered.conclude()
    (kept,) = ordered.read(FollowUp).goals
    assert (kept.citizen_evaluation, kept.provider_evaluation, kept.caseworker_evaluation) == (
        "Nået", "Delvist", "Ikke nået")  # fmt: skip


@pytest.mark.refuses("FUP-03")
def test_every_goal_has_a_level_even_if_unchanged(ordered: Played):
    answer(ordered, goals=[{"id": "g1", "goal_outcome": "unchanged"}])
    with refused("FUP-03", "follow_up.goals[g1].current_functioning_level"):
        ordered.conclude()


@pytest.mark.permits("FUP-03")
def test_a_level_of_zero_is_a_level(ordered: Played):
    answer(ordered, goals=[{"id": "g1", "goal_outcome": "unchanged", "current_functioning_level": 0}])
    ordered.conclude()
    assert ordered.sent(FollowupConcluded)[0].goals[0].current_functioning_level == 0


@pytest.mark.refuses("FUP-05")
@pytest.mark.permits("FUP-05")
def test_two_goals_on_one_subtheme_end_with_one_level(case: Played):
    case.hear(order(goals=(goal("g1"), goal("g2"))), "2026-02-11")
    levels = [{"id": g, "current_functioning_level": n, "goal_outcome": "unchanged"} for g, n in (("g1", 2), ("g2", 1))]
    answer(case, goals=levels)
    with refused("FUP-05", "follow_up.goals[g2].current_functioning_level"):
        case.conclude()
    case.fill(FollowUp, goals=[{"id": "g1", "current_functioning_level": 1}])
    case.conclude()


@pytest.mark.refuses("FUP-06")
@pytest.mark.permits("FUP-06")
def test_every_goal_has_an_outcome(ordered: Played):
    answer(ordered, goals=[{"id": "g1", "current_functioning_level": 2}])
    with refused("FUP-06", "follow_up.goals[g1].goal_outcome"):
        ordered.conclude()
    ordered.fill(FollowUp, goals=[{"id": "g1", "goal_outcome": "close"}])
    ordered.conclude()
    assert ordered.sent(FollowupConcluded)[0].goals[0].goal_outcome == "close"


@pytest.mark.refuses("FUP-07")
@pytest.mark.permits("FUP-07")
def test_a_status_of_the_help_is_chosen(ordered: Played):
    answer(ordered, follow_up_outcome=None)
    with refused("FUP-07", "follow_up.follow_up_outcome"):
        ordered.conclude()
    ordered.fill(FollowUp, follow_up_outcome="end-and-reassign")
    ordered.conclude()
    assert ordered.sent(FollowupConcluded)[0].follow_up_outcome == "end-and-reassign"


@pytest.mark.refuses("FUP-19")
@pytest.mark.permits("FUP-19")
def test_the_support_need_is_set_anew(ordered: Played):
    answer(ordered, current_support_need=None)
    with refused("FUP-19", "follow_up.current_support_need"):
        ordered.conclude()
    ordered.fill(FollowUp, current_support_need="moderate")
    ordered.conclude()
    assert ordered.read(FollowUp).previous_support_need == ordered.read(FollowUp).current_support_need == "moderate"


@pytest.mark.refuses("FUP-10")
@pytest.mark.permits("FUP-10")
@pytest.mark.parametrize("outcome", ["end", "end-and-reassign"])
def test_an_ending_has_its_reasons(ordered: Played, outcome: str):
    answer(ordered, follow_up_outcome=outcome, overall_conclusion=None)
    with refused("FUP-10", "follow_up.overall_conclusion"):
        ordered.conclude()
    ordered.fill(FollowUp, overall_conclusion="Målene er nået.")
    ordered.conclude()
    assert ordered.sent(FollowupConcluded)[0].follow_up_outcome == outcome


@pytest.mark.refuses("FUP-08")
@pytest.mark.permits("FUP-08")
def test_where_the_citizen_disagrees_there_are_reasons(ordered: Played):
    decided = date(2026, 2, 5)
    made = DecisionMade(number=1, decision_date=decided, decision_outcome="granted", assessment_revision=1)
    ordered.hear(made, "2026-02-05")
    answer(ordered, citizen_agrees=False, overall_conclusion=None)
    with refused("FUP-08", "follow_up.overall_conclusion"):
        ordered.conclude()
    ordered.fill(FollowUp, citizen_agrees=True)
    ordered.conclude()
    assert ordered.sent(FollowupConcluded)[0].citizen_agrees is True


@pytest.mark.refuses("GEN-10")
@pytest.mark.permits("GEN-10")
def test_a_continuation_rests_on_an_evaluation_or_on_its_own_conclusion(ordered: Played):
    answer(ordered, overall_conclusion=None)
    with refused("GEN-10", "follow_up.overall_conclusion"):
        ordered.conclude()
    ordered.fill(FollowUp, overall_conclusion="Målene er de rigtige.")
    ordered.conclude()


def test_what_was_found_is_told_without_its_texts(ordered: Played):
    answer(ordered, next_follow_up_date="2026-09-02")
    ordered.fill(NextSteps, action_option="change-goals", new_assessment_needed=True)
    ordered.conclude()
    (told,) = ordered.sent(FollowupConcluded)
    assert (told.number, told.follow_up_held_on, told.follow_up_outcome) == (1, date(2026, 6, 2), "continue")
    assert (told.providers, told.next_follow_up_date) == (("x-hus",), date(2026, 9, 2))
    assert (told.new_assessment_needed, told.action_plan_to_update, told.order_to_resend) == (True, True, True)


@pytest.mark.rule("FUP-21")
def test_a_goal_to_be_revised_means_a_new_plan_and_a_new_order(ordered: Played):
    answer(ordered, goals=[{"id": "g1", "current_functioning_level": 2, "goal_outcome": "revise"}])
    ordered.conclude()
    (told,) = ordered.sent(FollowupConcluded)
    assert (told.action_plan_to_update, told.order_to_resend) == (True, True)
    assert "followup.goals_to_revise" in [n.kind for n in ordered.sent(NotificationRequested)]


@pytest.mark.rule("FUP-21")
def test_what_the_caseworker_answers_stands(ordered: Played):
    answer(ordered)
    ordered.fill(NextSteps, action_option="change-goals", order_to_resend=False)
    ordered.conclude()
    assert ordered.sent(FollowupConcluded)[0].order_to_resend is False


@pytest.mark.rule("FUP-23")
def test_another_service_is_to_be_reported(ordered: Played):
    answer(ordered, follow_up_outcome="end-and-reassign")
    ordered.fill(NextSteps, action_option="change-service")
    ordered.conclude()
    assert "followup.reporting_to_update" in [n.kind for n in ordered.sent(NotificationRequested)]


def granting(*services: str, number: int = 1, group: str = "autism-spectrum") -> DecisionMade:
    help_ = Intervention(id="i1", services=services, offer="activity-and-companionship-offer")
    return DecisionMade(
        number=number, decision_date=date(2026, 2, 5), decision_outcome="granted", assessment_revision=number,
        granted_interventions=(help_,), primary_target_group=group,
    )  # fmt: skip


@pytest.mark.rule("FUP-23")
@pytest.mark.parametrize(
    "later, is_asked",
    [
        (granting("sheltered-service-work", number=2), True),
        (granting("social-activity", number=2, group="brain-injury"), True),
        (granting("social-activity", number=2), False),
    ],
)
def test_what_a_decision_after_the_follow_up_changes_is_to_be_reported(
    ordered: Played, later: DecisionMade, is_asked: bool
):
    ordered.hear(granting("social-activity"), "2026-02-05")
    ordered.hold("2026-06-02", "2026-09-02")
    ordered.hear(later, "2026-06-20")
    assert ("followup.reporting_to_update" in [n.kind for n in ordered.sent(NotificationRequested)]) == is_asked
    assert ("FUP-23" in ordered.warnings()) == is_asked
    ordered.fill(NextSteps, 1, reporting_updated=True)
    assert "FUP-23" not in ordered.warnings()


# a substantial change of help
STAY = ("sel-107",)


@pytest.mark.rule("FUP-12")
@pytest.mark.parametrize(
    "bases, outcome, option, is_owed",
    [
        (STAY, "end-and-reassign", "change-offer", True),
        (STAY, "continue", "change-offer", True),
        (STAY, "end", "end", True),
        (("sel-85", "sel-104"), "end-and-reassign", "change-service", True),
        (STAY, "continue", "keep", False),
        (STAY, "continue", "change-goals", False),
        (("sel-85",), "end-and-reassign", "change-offer", False),
    ],
)
def test_a_substantial_change_of_a_stay_or_day_offer_is_warned_of_and_asks_for_a_hearing(
    case: Played, bases: tuple[str, ...], outcome: str, option: str, is_owed: bool
):
    case.hear(order(legal_bases=bases), "2026-02-11")
    answer(case, follow_up_outcome=outcome)
    case.fill(NextSteps, action_option=option)
    assert ("FUP-12" in case.warnings()) == is_owed
    case.conclude()
    assert case.sent(FollowupConcluded)[0].party_hearing_needed == (True if is_owed else None)
    assert ("followup.party_hearing" in [n.kind for n in case.sent(NotificationRequested)]) == is_owed


@pytest.mark.rule("FUP-12")
@pytest.mark.parametrize("sent_on, is_owed", [("2026-05-19", True), ("2026-05-20", False)])
def test_one_who_has_been_heard_since_the_follow_up_was_opened_is_not_heard_again(
    case: Played, sent_on: str, is_owed: bool
):
    case.hear(order(legal_bases=STAY), "2026-02-11")
    answer(case, follow_up_outcome="end")
    citizen = Party(name="Bente", role="citizen")
    day = date.fromisoformat(sent_on)
    case.hear(HearingSent(number=1, party=citizen, party_hearing_sent_date=day, answer_due=day), "2026-05-21")
    assert ("FUP-12" in case.warnings()) == is_owed


def test_a_conclusion_says_who_drew_it(ordered: Played):
    answer(ordered)
    ordered.conclude()
    assert ordered.sent(FollowupConcluded)[0].concluded_by == "Kim Dam"


@pytest.mark.rule("DAT-01")
@pytest.mark.parametrize(
    "goal_type, before, now, expected, met",
    [
        ("develop", 3, 1, 1, "fully"), ("develop", 3, 2, 1, "partly"), ("develop", 2, 2, 1, "not"),
        ("maintain", 2, 2, 2, "fully"), ("maintain", 2, 3, 2, "not"),
        ("limit-loss", 2, 3, 3, "fully"), ("limit-loss", 2, 4, 3, "not"), (None, 2, 2, 2, None),
    ],
)  # fmt: skip
def test_a_result_is_read_with_the_goals_type(goal_type: str, before: int, now: int, expected: int, met: str):
    judged = FollowedUpGoal(
        id="g", goal_type=goal_type, current_functioning_level=now, transferred_current_functioning_level=before,
        transferred_expected_functioning_level=expected,
    )  # fmt: skip
    assert attainment(judged) == met


@pytest.mark.rule("DAT-01")
def test_the_caseworker_may_correct_how_far_a_goal_is_met(ordered: Played):
    answer(ordered, goals=[{"id": "g1", "current_functioning_level": 2, "goal_outcome": "unchanged",
                            "goal_attainment": "partly"}])  # fmt: skip
    ordered.conclude()
    assert ordered.sent(FollowupConcluded)[0].goals[0].goal_attainment == "partly"


# preparation
@pytest.mark.rule("FUP-25")
def test_price_and_force_are_asked_for_in_time(ordered: Played):
    ordered.hear(ActualsImported(provider_id="x-hus", amount=Amount(Decimal("21000.50")), booked_on=date(2026, 4, 30)),
                 "2026-05-01")  # fmt: skip
    assert "FUP-25" not in ordered.warnings()
    ordered.open("2026-05-20")
    assert ordered.warnings().count("FUP-25") == 2
    ordered.fill(Preparation, price_development_checked=True, use_of_force_checked=False)
    assert "FUP-25" not in ordered.warnings()


def price_warning(case: Played) -> str:
    (said,) = [w.message for warn in WARNINGS for w in warn(case.s.of(None)) if w.field.endswith("development_checked")]
    return said


def priced(price: str, version: int = 1, *lines: str) -> OrderAccepted:
    first = order(version=version, total_expected_price=Amount(Decimal(price)))
    charges = tuple(ServiceLine(id=service, service=service) for service in lines)
    return replace(first, interventions=(replace(first.interventions[0], service_lines=charges),))


@pytest.mark.rule("FUP-25")
def test_a_price_that_has_developed_is_shown_with_the_question_why(case: Played):
    case.hear(priced("91000.00"), "2026-02-11")
    case.hear(priced("97500.00", 2, "escort-scheme"), "2026-04-01")
    case.hear(ActualsImported(provider_id="x-hus", amount=Amount(Decimal("21000.50")), booked_on=date(2026, 4, 30)),
              "2026-05-01")  # fmt: skip
    case.open("2026-05-20")
    assert price_warning(case) == (
        "Se på prisudvikling og tillæg i perioden. Bogført 21.000,50 kr., forventet 97.500,00 kr. i alt. "
        "Prisen er gået fra 91.000,00 kr. til 97.500,00 kr. Hvorfor? Nyt i perioden: Ledsageordning."
    )


@pytest.mark.rule("FUP-25")
def test_the_development_is_that_since_the_last_follow_up(case: Played):
    case.hear(priced("91000.00"), "2026-02-11")
    case.hear(priced("97500.00", 2), "2026-04-01")
    case.hold("2026-06-02", "2026-09-02")
    case.open("2026-08-24")
    assert "Hvorfor" not in price_warning(case)
    case.hear(priced("90000.00", 3), "2026-08-25")
    assert "fra 97.500,00 kr. til 90.000,00 kr. Hvorfor?" in price_warning(case)


@pytest.mark.rule("FUP-25")
@pytest.mark.parametrize("force", [True, False])
def test_force_that_was_used_before_is_remembered(ordered: Played, force: bool):
    answer(ordered)
    ordered.inspect(**{**ANSWERED, "use_of_force_in_period": force, "use_of_force_follow_up": "Drøftet"})
    ordered.conclude("2026-06-02")
    ordered.open("2026-08-24")
    said = [w.message for warn in WARNINGS for w in warn(ordered.s.of(None)) if w.field.endswith("force_checked")]
    assert ["Ved den forrige opfølgning var der brugt magt" in one for one in said] == [force]


# the inspection
@pytest.mark.refuses("FUP-15")
@pytest.mark.parametrize("wrong", [{"citizen_met": False}, {"citizen_met": None}, {"inspection_done": False}])
def test_an_inspection_is_done_only_where_the_citizen_was_seen(ordered: Played, wrong: dict[str, object]):
    ordered.open("2026-05-20")
    with refused("FUP-15", "inspection.citizen_met"):
        ordered.inspect(**{**ANSWERED, **wrong})


@pytest.mark.refuses("FUP-16")
@pytest.mark.parametrize("missing", ["citizen_thrives", "use_of_force_in_period", "inspection_conclusion"])
def test_an_inspection_answers_all_questions(ordered: Played, missing: str):
    ordered.open("2026-05-20")
    with refused("FUP-16", f"inspection.{missing}"):
        ordered.inspect(**{**ANSWERED, missing: None})


@pytest.mark.permits("FUP-16")
def test_an_inspection_may_say_that_the_citizen_does_not_thrive_though_the_goals_are_reached(ordered: Played):
    answer(ordered, goals=[{"id": "g1", "current_functioning_level": 0, "goal_outcome": "close",
                            "goal_attainment": "fully"}])  # fmt: skip
    ordered.inspect(**{**ANSWERED, "citizen_thrives": False, "wellbeing_remarks": "Ny udredning"})
    ordered.conclude()
    assert ordered.sent(InspectionRecorded)[0].citizen_thrives is False


@pytest.mark.refuses("FUP-17")
@pytest.mark.permits("FUP-17")
@pytest.mark.parametrize(
    "wrong, mended",
    [
        ({"citizen_thrives": False}, {"wellbeing_remarks": "Ny udredning"}),
        ({"use_of_force_in_period": True}, {"use_of_force_follow_up": "Drøftet med botilbuddet"}),
    ],
)
def test_where_something_is_wrong_the_measures_are_described(ordered: Played, wrong: dict, mended: dict):
    ordered.open("2026-05-20")
    (field,) = mended
    with refused("FUP-17", f"inspection.{field}"):
        ordered.inspect(**{**ANSWERED, **wrong})
    ordered.inspect(**mended)
    (told,) = ordered.sent(InspectionRecorded)
    assert (told.number, told.citizen_met) == (1, True)


@pytest.mark.refuses("FUP-15")
@pytest.mark.permits("FUP-15")
def test_an_inspection_marked_done_is_checked_when_the_follow_up_is_concluded(ordered: Played):
    answer(ordered)
    ordered.fill(Inspection, **{**ANSWERED, "citizen_met": False})
    with refused("FUP-15", "inspection.citizen_met"):
        ordered.conclude()
    ordered.fill(Inspection, citizen_met=True)
    ordered.conclude()
    assert ordered.sent(InspectionRecorded)[0].inspected_on == date(2026, 6, 2)
