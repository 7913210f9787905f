"""What becomes of an order: answered, changed, taken over, called off, ended, billed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlineRequested
from casework.contracts.decision import DecisionNotified
from casework.contracts.followup import FollowupConcluded
from casework.contracts.intake import CaseClosed
from casework.contracts.ordering import (
    ActualsImported,
    CommitmentMade,
    CommitmentReleased,
    OrderAccepted,
    OrderCancelled,
    OrderEnded,
    OrderSent,
)
from casework.contracts.scheduler import DeadlineMissed
from casework.errors import Forbidden, Invalid
from casework.schema import Amount
from casework.testing.cases import refused
from ordering.commands import Billed, ImportActuals
from ordering.rules import last_day

from .conftest import ECONOMY, KIM, Played, assessed, consents, goal, help_from, made, provider


def another(name: str, id_: str = "i1") -> list[dict[str, object]]:
    party = provider(name)
    return [{"id": id_, "provider": {"id": party.id, "name": party.name, "role": "provider"}}]


# the answer
def test_a_yes_puts_the_order_in_force(granted: Played):
    granted.send().answer("x-hus")

    accepted = granted.sent(OrderAccepted)[0]
    assert (accepted.provider.name, accepted.version, accepted.total_expected_price) == ("X-Hus", 1, Decimal(130000))
    assert granted.order()["status"] == "accepted"
    assert [(d.kind, d.key) for d in granted.sent(DeadlineMet)] == [("order-answer", "x-hus/1")]


def test_a_no_frees_the_money_and_the_order_stays(granted: Played):
    granted.send().answer("x-hus", accepted=False)

    assert granted.order()["status"] == "rejected"
    assert [str(c.amount) for c in granted.sent(CommitmentReleased)] == ["130000.00"]
    assert granted.document()["finance"]["commitments"] == []


# a new version
def second_decision(case: Played) -> Played:
    return case.hear(
        assessed(2, goal("g1", goal_statement="Jeg bor selv")),
        made(help_from("x-hus", hours="8"), number=2, revision=2),
        when="2026-06-10",
    )


@pytest.mark.refuses("ORD-05")
def test_nothing_that_was_not_sent_is_revised(granted: Played):
    with refused("ORD-05", "ordering.revise"):
        granted.revise("x-hus")


@pytest.mark.permits("GOL-16")
def test_a_new_version_takes_what_was_decided_last(running: Played):
    second_decision(running)

    assert running.at() == ["running"]
    running.revise("x-hus")
    assert running.order()["version"] == 2
    assert [g["goal_statement"] for g in running.order()["goals"]] == ["Jeg bor selv"]
    assert running.order()["total_expected_price"] == "104000.00"
    assert running.order()["version_in_force"] == 1


@pytest.mark.refuses("GOL-16")
def test_a_goal_that_is_rewritten_is_decided_before_it_is_ordered(running: Played):
    running.hear(assessed(2, goal("g1", goal_statement="Jeg bor selv"), goal("g2")))

    with refused("GOL-16", "order.goals[g1]"):
        running.revise("x-hus")
    assert running.at() == ["running"]


@pytest.mark.permits("GOL-16")
def test_other_changes_to_an_order_do_not_wait_for_the_decision_on_a_goal(running: Played):
    running.hear(assessed(2, goal("g1", goal_statement="Jeg bor selv"), goal("g2")))
    running.fill(special_information="Hund").revise("x-hus")

    assert [g["goal_statement"] for g in running.order()["goals"]] == ["Jeg når g1", "Jeg når g2"]


def test_a_new_version_replaces_the_former_once_it_is_accepted(running: Played):
    second_decision(running).revise("x-hus").answer("x-hus", 2, when="2026-06-12")

    assert running.at() == ["replaced", "running"]
    assert [c["expected_price"] for c in running.document()["finance"]["commitments"]] == ["104000.00"]


def test_a_new_version_that_is_said_no_to_leaves_the_former_in_force(running: Played):
    second_decision(running).revise("x-hus").answer("x-hus", 2, accepted=False, when="2026-06-12")

    assert running.at() == ["running", "rejected"]
    assert (running.order()["status"], running.order()["version_in_force"]) == ("rejected", 1)
    assert running.sent(CommitmentMade)[-1].version == 1
    assert running.document()["finance"]["total_expected_price"] == "130000.00"


def test_an_unanswered_version_lapses_when_the_next_is_sent(granted: Played):
    granted.send().revise("x-hus", when="2026-02-10")

    assert granted.at() == ["replaced", "answer"]
    assert [(d.kind, d.key) for d in granted.sent(DeadlineCancelled)] == [("order-answer", "x-hus/1")]
    granted.answer("x-hus", 1)
    assert granted.at() == ["replaced", "answer"]


@pytest.mark.refuses("ORD-05")
def test_an_order_for_which_nothing_is_granted_is_not_sent_anew(shared: Played):
    shared.send().fill(interventions=another("zeta"))

    with refused("ORD-05", "order.interventions"):
        shared.revise("x-hus")


@pytest.mark.refuses("ORD-01")
def test_which_order_is_meant_must_be_said_where_there_are_several(shared: Played):
    shared.send()

    with refused("ORD-01", "order"):
        shared.revise()
    with refused("ORD-01", "order"):
        shared.cancel()


@pytest.fixture
def both(shared: Played) -> Played:
    """X-Hus and Bohaven have both said yes, each to a goal of its own."""
    return shared.send().answer("x-hus").answer("bohaven")


def revised_goal(case: Played) -> Played:
    """What g1 says is another; the help is the same."""
    helps = (help_from("x-hus"), help_from("bohaven", "i2", account="5.38.59"))
    goals = (goal("g1", goal_statement="Jeg bor selv"), goal("g2"))
    return case.hear(assessed(2, *goals), made(*helps, number=2, revision=2), when="2026-06-10")


@pytest.mark.rule("FUP-21", "ORD-03")
def test_a_revised_goal_concerns_the_provider_who_helps_with_it_and_no_other(both: Played):
    assert "FUP-21" not in both.warned()

    revised_goal(both)
    message = "X-Hus har ikke fået de mål og den hjælp, som gælder nu. Send en ny version"
    assert both.warned_of("FUP-21") == {("ordering.order", message)}
    both.revise("x-hus")
    assert "FUP-21" not in both.warned()
    changes = [(sent.provider_id, sent.version, [g.id for g in sent.goals]) for sent in both.sent(OrderSent)[2:]]
    assert changes == [("x-hus", 2, ["g1"])]
    assert both.at("bohaven") == ["running"]


@pytest.mark.rule("FUP-21")
def test_help_that_is_granted_no_more_is_to_be_called_off_at_that_provider_only(both: Played):
    taken = made(number=2, revision=2, decision_outcome="refused", refused_interventions=("i2",))
    both.hear(assessed(2, goal("g1")), taken, when="2026-06-10")

    assert ("ordering.order.interventions", "Der er ikke længere bevilget hjælp hos Bohaven. Afbestil den") in (
        both.warned_of("FUP-21")
    )
    both.cancel("bohaven")
    assert [(told.provider_id, told.version) for told in both.sent(OrderCancelled)] == [("bohaven", 1)]
    assert [released.account_number for released in both.sent(CommitmentReleased)] == ["5.38.59"]
    assert (both.at("x-hus"), both.at("bohaven")) == (["running"], ["cancelled"])


@pytest.mark.rule("FUP-21")
def test_help_whose_last_day_is_set_needs_no_new_version(both: Played):
    revised_goal(both).hear(concluded("end", held="2026-06-10", effective_on=date(2026, 7, 31)), when="2026-06-10")

    assert "FUP-21" not in both.warned()


@pytest.mark.parametrize("answered", [True, False], ids=["in force", "not answered"])
def test_cancelling_a_draft_calls_off_what_was_sent_of_the_same_order(shared: Played, answered: bool):
    shared.send().answer("x-hus", accepted=False)
    if answered:
        shared.answer("bohaven")
    shared.fill(interventions=another("bohaven"))
    assert shared.at("bohaven") == ["running" if answered else "answer", "send"]

    shared.cancel("bohaven")
    assert shared.at("bohaven") == ["cancelled", "cancelled"]
    assert [(told.provider_id, told.version) for told in shared.sent(OrderCancelled)] == [("bohaven", 1)]
    assert [released.provider_id for released in shared.sent(CommitmentReleased)] == ["x-hus", "bohaven"]
    assert shared.document()["finance"]["commitments"] == []
    cancelled = [told.key for told in shared.sent(DeadlineCancelled) if told.kind == "order-answer"]
    assert cancelled == ([] if answered else ["bohaven/1"])


# no answer
@pytest.mark.rule("DEL-07")
def test_an_order_that_nobody_answers_in_time_is_the_caseworkers_to_weigh(granted: Played):
    granted.send()
    (asked,) = [d for d in granted.sent(DeadlineRequested) if d.kind == "order-answer"]
    assert "DEL-07" not in granted.warned()

    granted.hear(DeadlineMissed(kind="order-answer", key=asked.key, due=asked.due), when="2026-02-17")
    message = "X-Hus skulle have svaret på bestillingen senest den 16.02.2026. Spørg, eller vælg en anden udfører"
    assert granted.warned_of("DEL-07") == {("ordering.order", message)}
    granted.answer("x-hus", when="2026-02-18")
    assert (granted.at(), granted.warned_of("DEL-07")) == (["running"], set())


# another provider
def test_another_provider_takes_over_a_rejected_order(shared: Played):
    shared.fill(special_information="Hund", attachments=[{"title": "Journal"}])
    shared.fill(interventions=[{"id": "i1", "follow_up_date": "2026-08-01", "provider_agreements": "Ring først"}])
    shared.send().answer("x-hus", accepted=False)
    shared.fill(interventions=another("zeta"))

    assert shared.at("zeta") == ["send"]
    shared.send(when="2026-02-12")
    order = shared.order("zeta")
    assert [g["id"] for g in order["goals"]] == ["g1"]
    assert order["special_information"] == "Hund"
    assert "attachments" not in order
    assert order["interventions"][0]["follow_up_date"] == "2026-08-01"
    assert "provider_agreements" not in order["interventions"][0]
    assert order["number"] == "2026-00417-3"
    assert shared.order("x-hus")["status"] == "rejected"


def test_another_provider_may_be_filled_in_in_the_assessment(shared: Played):
    shared.send().answer("x-hus", accepted=False)
    shared.hear(assessed(2, goal("g1"), goal("g2"), interventions=(help_from("zeta"), help_from("bohaven", "i2"))))

    assert (shared.at("zeta"), shared.at("x-hus")) == (["send"], ["rejected"])
    assert [g["id"] for g in shared.send(when="2026-02-12").order("zeta")["goals"]] == ["g1"]


def test_a_provider_that_is_drafted_for_a_later_decision_takes_nothing_over(running: Played):
    running.hear(assessed(2, goal("g1"), interventions=(help_from("zeta"),)))

    assert (running.at("zeta"), running.at("x-hus")) == ([], ["running"])


def test_what_the_assessment_said_all_along_does_not_undo_what_was_chosen_here(granted: Played):
    granted.send().answer("x-hus", accepted=False).fill(interventions=another("zeta"))
    granted.hear(assessed(2, goal("g1"), interventions=(help_from("x-hus"),)))
    granted.hear(assessed(3, goal("g2"), interventions=(help_from("x-hus"),)))

    assert granted.at("zeta") == ["send"]


def test_help_may_go_from_hand_to_hand_and_back(granted: Played):
    granted.send().answer("x-hus", accepted=False)
    granted.fill("x-hus", interventions=another("zeta")).send(when="2026-02-12")
    granted.answer("zeta", accepted=False)
    granted.fill("zeta", interventions=another("x-hus"))

    assert (granted.at("x-hus"), granted.at("zeta")) == (["rejected", "send"], ["rejected"])
    granted.send(when="2026-02-13")
    assert [g.id for g in granted.sent(OrderSent)[-1].goals] == ["g1", "g2"]
    assert granted.sent(OrderSent)[-1].version == 2


def test_a_draft_whose_help_is_given_away_is_not_sent(shared: Played):
    shared.fill(interventions=another("bohaven")).send()

    assert [sent.provider_id for sent in shared.sent(OrderSent)] == ["bohaven"]
    assert shared.at("x-hus") == ["replaced"]


def test_a_provider_who_delivers_already_gets_taken_over_help_as_a_new_version(shared: Played):
    shared.send().answer("bohaven").answer("x-hus", accepted=False)
    shared.fill(interventions=another("bohaven")).send(when="2026-02-12")

    assert shared.order("bohaven")["version"] == 2
    assert [i["id"] for i in shared.order("bohaven")["interventions"]] == ["i1", "i2"]
    assert [g["id"] for g in shared.order("bohaven")["goals"]] == ["g1", "g2"]


@pytest.mark.rule("PRI-07")
def test_a_provider_that_nobody_has_chosen_yet_is_chosen_in_the_order(case: Played):
    case.hear(assessed(1, goal("g1")), made(help_from(None)))

    assert "PRI-07" in case.warned()
    case.fill("", interventions=another("x-hus"), coordination_needed=False).send()
    assert case.order()["coordination_needed"] is False
    assert "PRI-07" not in case.warned()


def test_what_was_chosen_before_the_decision_holds(case: Played):
    case.hear(assessed(1, goal("g1"), interventions=(help_from("x-hus"),)))
    case.fill(interventions=another("zeta")).hear(made(help_from("x-hus")))

    assert (case.at("zeta"), case.at("x-hus")) == (["send"], [])


def test_a_choice_lapses_where_a_later_decision_names_another(granted: Played):
    granted.fill(interventions=another("zeta"))
    granted.hear(assessed(2, goal("g1")), made(help_from("bohaven"), number=2, revision=2))

    assert (granted.at("zeta"), granted.at("bohaven")) == (["replaced"], ["send"])


# later decisions
def test_help_of_an_earlier_decision_is_not_lost_by_a_later_one(running: Played):
    running.hear(assessed(2, goal("g1")), made(help_from("x-hus", "i2"), number=2, revision=2)).revise("x-hus")

    assert [i["id"] for i in running.order()["interventions"]] == ["i1", "i2"]


def test_help_that_is_refused_later_is_ordered_no_more(granted: Played):
    granted.hear(assessed(2), made(number=2, revision=2, decision_outcome="refused", refused_interventions=("i1",)))

    assert granted.at() == ["replaced"]


# the end
def test_a_cancelled_order_frees_the_money(running: Played):
    running.cancel("x-hus")

    assert running.order()["status"] == "cancelled"
    assert running.sent(OrderCancelled)[0].effective_on == date(2026, 6, 11)
    assert [str(c.amount) for c in running.sent(CommitmentReleased)] == ["130000.00"]


def test_cancelling_calls_off_the_version_in_force_too(running: Played):
    second_decision(running).revise("x-hus").cancel("x-hus")

    assert running.at() == ["cancelled", "cancelled"]
    released = [(c.version, str(c.amount), c.cause) for c in running.sent(CommitmentReleased)]
    assert released == [(1, "130000.00", "replaced"), (2, "104000.00", "cancelled")]


def test_a_cancelled_order_counts_from_the_day_the_citizen_was_told_of(running: Played):
    running.hear(
        DecisionNotified(number=2, channel="letter", received_on=date(2026, 6, 1), effective_from=date(2026, 9, 14))
    )
    running.cancel("x-hus")

    assert running.sent(OrderCancelled)[0].effective_on == date(2026, 9, 14)


def test_a_draft_can_be_dropped_and_nobody_hears_of_it(granted: Played):
    granted.cancel("x-hus")

    assert granted.at() == ["cancelled"]
    assert granted.sent(OrderCancelled) == []
    assert granted.document()["orders"] == []


def test_closing_the_case_stops_every_order(shared: Played):
    shared.send().answer("x-hus").hear(CaseClosed(closed_on=date(2026, 7, 1)), when="2026-07-01")

    assert (shared.at("x-hus"), shared.at("bohaven")) == (["cancelled"], ["cancelled"])
    assert len(shared.sent(CommitmentReleased)) == 2
    assert shared.document()["finance"]["commitments"] == []


LIMITED = {
    "services": ("individual-preventive-support",),
    "expected_end_date": date(2026, 9, 1),
    "without_end_date": None,
}


@pytest.mark.permits("GOL-14")
@pytest.mark.rule("FUP-09")
def test_help_that_the_law_limits_ends_by_itself(case: Played):
    case.hear(assessed(1, goal("g1")), made(help_from("x-hus", **LIMITED), legal_bases=("sel-82b",)))
    case.send().answer("x-hus")

    asked = [d for d in case.sent(DeadlineRequested) if d.kind == "order-end"]
    assert [(d.key, d.due) for d in asked] == [("x-hus/1@2026-09-01", date(2026, 9, 1))]
    case.hear(DeadlineMissed(kind="order-end", key="x-hus/1@2026-09-01", due=date(2026, 9, 1)), when="2026-09-02")
    assert case.order()["status"] == "ended"
    assert case.sent(OrderEnded)[0].ended_on == date(2026, 9, 1)


@pytest.mark.rule("GOL-14")
def test_an_end_date_stops_no_other_help(case: Played):
    case.hear(assessed(1, goal("g1")), made(help_from("x-hus", expected_end_date=date(2026, 12, 31)))).send()
    case.answer("x-hus")

    assert [d for d in case.sent(DeadlineRequested) if d.kind == "order-end"] == []
    assert last_day(case.s.of(case.s.runs[0])) is None


def concluded(outcome: str, number: int = 1, held: str = "2026-06-02", **more: object) -> FollowupConcluded:
    return FollowupConcluded(
        number=number, follow_up_held_on=date.fromisoformat(held), follow_up_outcome=outcome, **more
    )


@pytest.mark.rule("FUP-09")
def test_a_follow_up_that_ends_the_help_sets_its_last_day(running: Played):
    running.hear(concluded("end", effective_on=date(2026, 7, 31), providers=("x-hus",)), when="2026-06-02")

    asked = [d for d in running.sent(DeadlineRequested) if d.kind == "order-end"]
    assert [(d.key, d.due) for d in asked] == [("x-hus/1@2026-07-31", date(2026, 7, 31))]


def test_notice_moves_the_last_day(running: Played):
    running.hear(concluded("end", effective_on=date(2026, 7, 31)), when="2026-06-02")
    told = DecisionNotified(number=2, channel="letter", received_on=date(2026, 6, 8), effective_from=date(2026, 9, 14))
    running.hear(told, when="2026-06-08")

    asked = [d.due for d in running.sent(DeadlineRequested) if d.kind == "order-end"]
    assert asked == [date(2026, 7, 31), date(2026, 9, 14)]


@pytest.mark.rule("FUP-11")
@pytest.mark.parametrize("base, last", [("sel-95", date(2026, 9, 8)), ("sel-85", date(2026, 6, 2))])
def test_help_under_notice_does_not_end_before_the_citizen_can_have_been_told_in_time(case: Played, base, last):
    case.hear(assessed(1, goal("g1")), made(help_from("x-hus"), legal_bases=(base,))).send().answer("x-hus")
    case.hear(concluded("end"), when="2026-06-02")

    assert [d.due for d in case.sent(DeadlineRequested) if d.kind == "order-end"] == [last]


@pytest.mark.rule("FUP-11")
def test_help_under_notice_ends_when_the_notice_that_was_given_is_over(case: Played):
    case.hear(assessed(1, goal("g1")), made(help_from("x-hus"), legal_bases=("sel-95",))).send().answer("x-hus")
    case.hear(concluded("end"), when="2026-06-02")
    told = DecisionNotified(number=2, channel="letter", received_on=date(2026, 6, 8), effective_from=date(2026, 9, 14))
    case.hear(told, when="2026-06-08")
    case.hear(DeadlineMissed(kind="order-end", key="x-hus/1@2026-09-14", due=date(2026, 9, 14)), when="2026-09-15")

    assert case.sent(OrderEnded)[0].ended_on == date(2026, 9, 14)


def test_a_follow_up_that_lets_it_go_on_takes_the_last_day_back(running: Played):
    running.hear(concluded("end", effective_on=date(2026, 7, 31)), when="2026-06-02")
    running.hear(concluded("continue", 2, held="2026-07-01"), when="2026-07-01")

    assert [(d.kind, d.key) for d in running.sent(DeadlineCancelled)] == [("order-end", "x-hus/1@2026-07-31")]


def test_a_follow_up_of_another_provider_ends_nothing_here(shared: Played):
    shared.send().answer("x-hus").answer("bohaven")
    shared.hear(concluded("end", providers=("bohaven",)), when="2026-06-02")

    assert [d.key for d in shared.sent(DeadlineRequested) if d.kind == "order-end"] == ["bohaven/1@2026-06-02"]


@pytest.mark.rule("FUP-22")
def test_another_offer_is_ordered_with_the_same_purpose_and_goals(running: Played):
    goals = (goal("g1"), goal("g2"))
    offer = help_from(
        "bohaven", "i2", offer="temporary-residential", services=("temporary-stay-107", "support-education")
    )
    running.hear(concluded("end-and-reassign", providers=("x-hus",)), when="2026-06-02")
    assert [d for d in running.sent(DeadlineRequested) if d.kind == "order-end"] == []
    newer = replace(assessed(2, *goals), intervention_purpose="Et hjem")
    running.hear(consents("bohaven"), newer, when="2026-06-10")
    running.hear(made(offer, number=2, revision=2, legal_bases=("sel-107",)), when="2026-06-12").send("2026-06-15")

    sent = running.sent(OrderSent)[-1]
    assert (sent.provider_id, sent.version, sent.intervention_purpose) == ("bohaven", 1, "Et hjem")
    assert [g.id for g in sent.goals] == [g.id for g in running.sent(OrderSent)[0].goals] == ["g1", "g2"]


@pytest.mark.rule("FUP-22")
def test_help_that_is_replaced_goes_on_until_the_citizen_has_been_told_of_the_other(running: Played):
    running.hear(concluded("end-and-reassign", providers=("x-hus",)), when="2026-06-02")
    running.hear(consents("bohaven"), made(help_from("bohaven", "i2"), number=2), when="2026-06-12")
    assert [d for d in running.sent(DeadlineRequested) if d.kind == "order-end"] == []

    running.hear(DecisionNotified(number=2, channel="letter", received_on=date(2026, 6, 15)), when="2026-06-15")

    asked = [(d.key, d.due) for d in running.sent(DeadlineRequested) if d.kind == "order-end"]
    assert asked == [("x-hus/1@2026-06-15", date(2026, 6, 15))]


@pytest.mark.rule("FUP-23")
def test_a_provider_who_goes_on_with_the_other_help_is_not_ended(running: Played):
    running.hear(concluded("end-and-reassign", providers=("x-hus",)), when="2026-06-02")
    changed = help_from("x-hus", services=("sheltered-service-work",), offer="sheltered-employment-offer")
    running.hear(assessed(2, goal("g1")), made(changed, number=2, revision=2), when="2026-06-12")
    running.hear(DecisionNotified(number=2, channel="letter", received_on=date(2026, 6, 15)), when="2026-06-15")

    assert [d for d in running.sent(DeadlineRequested) if d.kind == "order-end"] == []
    running.revise()
    assert [sent.version for sent in running.sent(OrderSent)] == [1, 2]


@pytest.mark.rule("FUP-23")
def test_another_service_and_target_group_are_in_the_new_order(running: Played):
    changed = help_from("x-hus", services=("sheltered-service-work",), offer="sheltered-employment-offer")
    running.hear(assessed(2, goal("g1")), when="2026-06-10")
    running.hear(
        made(changed, number=2, revision=2, primary_target_group="autism-spectrum"), when="2026-06-12"
    ).revise()

    before, now = running.sent(OrderSent)
    assert (now.interventions[0].services, now.primary_target_group) == (("sheltered-service-work",), "autism-spectrum")
    assert before.interventions[0].services != now.interventions[0].services


# what is billed
def bill(order: str = "x-hus", amount: str = "21000.00") -> Billed:
    return Billed(order=order, account_number="5.38.85", amount=Amount(amount), booked_on=date(2026, 6, 30))


def actuals(*lines: Billed, file: str | None = None) -> ImportActuals:
    return ImportActuals(action="finance.import_actuals", lines=lines, file=file)


def test_what_is_billed_is_booked_line_by_line(running: Played):
    running.act(actuals(bill(), bill(amount="100.50")), by=ECONOMY)

    assert len(running.sent(ActualsImported)) == 2
    assert running.document()["finance"]["total_billed"] == "21100.50"
    assert running.document()["finance"]["actuals"][0] == {
        "order": "x-hus",
        "account_number": "5.38.85",
        "amount": "21000.00",
        "booked_on": "2026-06-30",
    }


def test_a_line_that_matches_no_order_holds_the_whole_file(running: Played):
    with pytest.raises(Invalid, match=r"lines\[1\].order"):
        running.act(actuals(bill(), bill("nobody")), by=ECONOMY)
    assert running.document()["finance"]["total_billed"] == "0.00"


def test_a_named_file_is_booked_once(running: Played):
    running.act(actuals(bill(), file="juni.csv"), by=ECONOMY).act(actuals(bill(), file="juni.csv"), by=ECONOMY)

    assert running.document()["finance"]["total_billed"] == "21000.00"


def test_a_caseworker_books_nothing(running: Played):
    with pytest.raises(Forbidden):
        running.act(actuals(bill()), by=KIM)
