"""Which days are planned, met and dropped."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from casework.configuration import Interval, Municipality
from casework.contracts.common import DeadlineRequested
from casework.contracts.decision import DecisionMade
from casework.contracts.intake import CaseClosed
from casework.contracts.ordering import OrderCancelled, OrderEnded
from casework.contracts.values import FollowedUpIntervention, Intervention
from followup.model import FollowUp

from .conftest import Played, goal, order


def granted(number: int = 1, *bases: str, on: str = "2026-05-01", outcome: str = "granted") -> DecisionMade:
    return DecisionMade(
        number=number, decision_date=date.fromisoformat(on), decision_outcome=outcome, assessment_revision=1,
        legal_bases=bases or ("sel-100",),
        granted_interventions=(Intervention(id="cash", services=("additional-expenses",), offer="mobile-offer"),),
    )  # fmt: skip


# orders
@pytest.mark.rule("GOL-11", "FUP-14")
def test_an_accepted_order_plans_its_day(ordered: Played):
    assert ordered.waiting() == ["2026-06-02"]
    (asked,) = ordered.sent(DeadlineRequested)
    assert (asked.due, asked.provider_id, asked.notify) == (date(2026, 6, 2), "x-hus", ("caseworker", "provider"))


@pytest.mark.rule("GOL-11")
def test_a_goal_may_have_a_day_of_its_own(case: Played):
    goals = (
        goal("g1"),
        goal("g2", goal_follow_up_mode="separate", goal_follow_up_interval="1-month"),
        goal("g3", goal_follow_up_mode="separate", goal_follow_up_interval="specific-date",
             goal_follow_up_date=date(2026, 5, 4)),
    )  # fmt: skip
    case.hear(order(goals=goals), "2026-02-11")
    assert case.waiting() == ["2026-04-02", "2026-05-04", "2026-06-02"]


def test_two_orders_on_one_day_are_one_deadline(ordered: Played):
    ordered.hear(order("y-hus"), "2026-02-12")
    assert len(ordered.sent(DeadlineRequested)) == 1


def test_a_new_version_moves_only_what_it_changes(ordered: Played):
    ordered.hear(order(version=2), "2026-03-01")
    assert len(ordered.told) == 1
    ordered.hear(order(version=3, follow_up="2026-07-01"), "2026-03-02")
    assert ordered.deadlines() == {"2026-06-02": "cancelled", "2026-07-01": "requested"}


@pytest.mark.rule("FUP-14")
def test_a_version_after_a_follow_up_does_not_bring_its_past_day_back(ordered: Played):
    ordered.hold("2026-06-02", "2026-09-02")
    ordered.hear(order(version=2), "2026-06-12")
    assert ordered.deadlines() == {"2026-06-02": "met", "2026-09-02": "requested"}


def test_an_order_that_is_cancelled_takes_its_days_with_it(ordered: Played):
    ordered.hear(order("y-hus", "2026-09-01"), "2026-02-12")
    ordered.hear(OrderCancelled(provider_id="x-hus", version=1, effective_on=date(2026, 4, 1)), "2026-03-20")
    assert ordered.deadlines() == {"2026-06-02": "cancelled", "2026-09-01": "requested"}


def test_with_the_last_order_the_typed_day_falls_away_too(ordered: Played):
    ordered.hold("2026-06-02", "2026-09-02")
    ordered.hear(OrderEnded(provider_id="x-hus", version=1, ended_on=date(2026, 6, 30)), "2026-07-01")
    assert ordered.waiting() == []


def test_a_closed_case_awaits_nothing(ordered: Played):
    ordered.hear(granted(), "2026-05-01")
    ordered.open("2026-05-20")
    ordered.hear(CaseClosed(closed_on=date(2026, 5, 21)), "2026-05-21")
    assert ordered.waiting() == ordered.waiting("status-note") == ordered.waiting("statutory-review") == []
    assert ordered.document()["follow_ups"][0]["status"] == "stopped"


# what a follow-up serves
@pytest.mark.rule("FUP-14")
def test_a_planned_follow_up_meets_its_day_and_sets_the_next(ordered: Played):
    ordered.open("2026-05-20")
    ordered.hold("2026-05-28", "2026-09-02")
    assert ordered.deadlines() == {"2026-06-02": "met", "2026-09-02": "requested"}


def test_an_extra_follow_up_meets_nothing_and_moves_the_common_day(case: Played):
    case.hear(order(follow_up="2027-04-01", goals=(goal("g1"), goal(
        "g2", goal_follow_up_mode="separate", goal_follow_up_interval="12-months"))), "2026-03-11")  # fmt: skip
    case.open("2026-10-01")
    assert case.document()["follow_ups"][0]["is_extra"] is True
    case.hold("2026-10-05", "2027-01-15")
    assert case.deadlines() == {"2027-03-02": "requested", "2027-04-01": "cancelled", "2027-01-15": "requested"}


def test_an_extra_follow_up_that_types_the_same_day_leaves_it(case: Played):
    case.hear(order(follow_up="2027-04-01"), "2026-03-11")
    case.hold("2026-10-05", "2027-04-01")
    assert case.deadlines() == {"2027-04-01": "requested"}
    assert len(case.sent(DeadlineRequested)) == 1 + len(case.deadlines("status-note"))


@pytest.mark.parametrize("planned, stands", [("2026-06-15", "met"), ("2026-06-16", "requested")])
def test_45_days_part_the_planned_from_the_extra(case: Played, planned: str, stands: str):
    case.hear(order(follow_up=planned), "2026-02-11")
    case.hold("2026-05-01", planned if stands == "requested" else "2026-12-01")
    assert case.deadlines()[planned] == stands


def test_every_day_before_the_follow_up_is_met(ordered: Played):
    ordered.hear(order("y-hus", "2026-06-20"), "2026-02-12")
    ordered.hear(order("z-hus", "2026-09-20"), "2026-02-12")
    ordered.open("2026-05-20")
    ordered.hold("2026-06-22", "2026-12-01")
    assert ordered.deadlines() == {
        "2026-06-02": "met", "2026-06-20": "met", "2026-09-20": "requested", "2026-12-01": "requested",
    }  # fmt: skip


@pytest.mark.rule("FUP-14")
def test_where_no_next_day_is_typed_the_interval_sets_it(case: Played):
    case.hear(order(goals=(goal("g1", goal_follow_up_interval="3-months"),)), "2026-02-11")
    case.hold("2026-06-02")
    assert case.waiting() == ["2026-09-02"]
    assert case.read(FollowUp).next_follow_up_date == date(2026, 9, 2)


TOWN = Municipality(
    name="Prøveby",
    intervals=(
        Interval(legal_basis="sel-85", months_until_first=3, months_between=6),
        Interval(legal_basis="sel-107", months_until_first=1, months_between=4),
        Interval(legal_basis="sel-100", months_until_first=6, months_between=9),
    ),
)


@pytest.mark.rule("FUP-13", "FUP-14")
@pytest.mark.parametrize(
    "bases, day", [(("sel-85",), "2026-12-02"), (("sel-85", "sel-107"), "2026-10-02"), (("sel-97",), None)]
)
def test_where_the_help_has_no_interval_either_the_municipalitys_sets_the_next_day(
    case: Played, bases: tuple[str, ...], day: str | None
):
    case.s = replace(case.s, municipality=TOWN)
    case.hear(order(legal_bases=bases), "2026-02-11")
    case.hold("2026-06-02")
    assert case.waiting() == [*filter(None, [day])]


@pytest.mark.rule("FUP-14")
def test_help_that_goes_on_without_a_next_day_is_warned_of(ordered: Played):
    ordered.hold("2026-06-02")
    assert ordered.waiting() == []
    assert "FUP-14" in ordered.warnings()


def test_an_ending_sets_no_next_day(ordered: Played):
    ordered.hold("2026-06-02", "2026-09-02", follow_up_outcome="end")
    assert ordered.waiting() == []


# the yearly follow-up by law
@pytest.mark.rule("FUP-13")
def test_a_grant_of_extra_expenses_is_reviewed_within_a_year(case: Played):
    case.hear(granted(), "2026-05-01")
    (asked,) = case.sent(DeadlineRequested)
    assert (asked.kind, asked.key, asked.due) == ("statutory-review", "1/1", date(2027, 5, 1))


@pytest.mark.rule("FUP-13")
def test_the_municipality_may_look_at_extra_expenses_more_often_than_once_a_year(case: Played):
    case.s = replace(case.s, municipality=TOWN)
    case.hear(granted(), "2026-05-01")
    case.hold("2026-10-20")
    assert [asked.due for asked in case.sent(DeadlineRequested)] == [date(2026, 11, 1), date(2027, 7, 20)]


@pytest.mark.rule("FUP-13")
def test_other_help_has_no_day_by_law(case: Played):
    case.hear(granted(1, "sel-85"), "2026-05-01")
    assert case.told == []


@pytest.mark.rule("FUP-13")
def test_a_follow_up_of_ordered_help_does_not_move_the_review(ordered: Played):
    ordered.hear(granted(), "2026-05-01")
    ordered.hold("2026-06-02", "2026-09-02")
    assert ordered.deadlines("statutory-review") == {"1/1": "requested"}


@pytest.mark.rule("FUP-13")
def test_a_follow_up_of_the_grant_meets_the_review_and_asks_for_the_next(case: Played):
    case.hear(granted(), "2026-05-01")
    case.hold("2027-04-20")
    assert case.deadlines("statutory-review") == {"1/1": "met", "1/2": "requested"}
    assert case.sent(DeadlineRequested)[-1].due == date(2028, 4, 20)
    assert [i.id for i in case.read(FollowUp).interventions] == ["cash"]


@pytest.mark.rule("FUP-13")
def test_a_follow_up_that_takes_the_grant_in_meets_the_review(ordered: Played):
    ordered.hear(granted(), "2026-05-01")
    ordered.hold("2026-06-02", "2026-09-02", interventions=[{"id": "cash", "services": ["additional-expenses"]}])
    assert ordered.deadlines("statutory-review") == {"1/1": "met", "1/2": "requested"}
    assert all(isinstance(i, FollowedUpIntervention) for i in ordered.read(FollowUp).interventions)


@pytest.mark.rule("FUP-13")
@pytest.mark.parametrize("outcome, waits", [("granted", ["2/1"]), ("refused", [])])
def test_a_later_decision_takes_the_place_of_the_grant(case: Played, outcome: str, waits: list[str]):
    case.hear(granted(), "2026-05-01")
    case.hear(granted(2, on="2026-08-01", outcome=outcome), "2026-08-01")
    assert case.deadlines("statutory-review")["1/1"] == "cancelled"
    assert case.waiting("statutory-review") == waits
