"""From a grant to orders that are sent: whose they are, and what goes along."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from casework.configuration import Interval, Municipality
from casework.contracts.assessment import ActionPlanCompleted, ActionPlanRecorded, EvaluationRecorded
from casework.contracts.common import DeadlineRequested, NotificationRequested
from casework.contracts.decision import DecisionNotified
from casework.contracts.intake import CitizenChanged, DocumentsRecorded
from casework.contracts.ordering import CommitmentMade, OrderSent
from casework.contracts.values import Document
from casework.errors import NotYet
from casework.testing.cases import refused
from ordering.commands import SendOrders

from .conftest import LONE, Played, assessed, consents, goal, help_from, made, plan, provider


def a_document(kind: str) -> Document:
    return Document(title="Bilag", kind=kind)


# what an order takes
@pytest.mark.refuses("ORD-05")
def test_nothing_can_be_sent_before_a_decision(case: Played):
    case.hear(assessed(1, goal("g1"), interventions=(help_from("x-hus"),)))

    with refused("ORD-05", "ordering.send"):
        case.send()


@pytest.mark.permits("ORD-05")
def test_what_is_decided_is_sent(granted: Played):
    granted.send()

    assert granted.at() == ["answer"]


@pytest.mark.refuses("GEN-14")
def test_a_provider_sends_no_order(granted: Played):
    with refused("GEN-14", "ordering.send"):
        granted.act(SendOrders(action="ordering.send"), by=LONE)


@pytest.mark.permits("ORD-01")
def test_several_providers_get_an_order_each(shared: Played):
    shared.send()

    assert [(sent.provider_id, [i.id for i in sent.interventions]) for sent in shared.sent(OrderSent)] == [
        ("x-hus", ["i1"]),
        ("bohaven", ["i2"]),
    ]
    assert [order["number"] for order in shared.document()["orders"]] == ["2026-00417-1", "2026-00417-2"]


@pytest.mark.rule("ORD-02")
def test_two_interventions_of_one_provider_are_one_order(case: Played):
    case.hear(assessed(1, goal("g1")), made(help_from("x-hus"), help_from("x-hus", "i2"))).send()

    assert [[i.id for i in sent.interventions] for sent in case.sent(OrderSent)] == [["i1", "i2"]]


@pytest.mark.rule("ORD-04")
def test_help_that_nobody_delivers_makes_no_order(case: Played):
    own = help_from("x-hus", services=("citizen-managed-assistance",))
    case.hear(assessed(1), made(own))

    assert case.at() == []
    with refused("ORD-05", "ordering.send"):
        case.send()


@pytest.mark.refuses("ORD-04")
@pytest.mark.parametrize("service", ["citizen-managed-assistance", "additional-expenses"])
def test_nobody_is_chosen_to_deliver_what_nobody_delivers(case: Played, service: str):
    case.hear(assessed(1), made(help_from("x-hus"), help_from(None, "i2", services=(service,))))

    with refused("ORD-04", "order.interventions[i2].provider"):
        case.fill(interventions=[{"id": "i2", "provider": {"id": "zeta", "name": "Zeta", "role": "provider"}}])
    assert case.at("zeta") == []


@pytest.mark.permits("ORD-04")
def test_help_beside_it_is_ordered_all_the_same(case: Played):
    own = help_from(None, "i2", services=("additional-expenses",))
    case.hear(assessed(1), made(help_from("x-hus"), own)).send()

    assert [i["id"] for i in case.order()["interventions"]] == ["i1"]
    assert "PRI-07" not in case.warned()


@pytest.mark.rule("ORD-06")
def test_an_order_is_filled_from_the_case(granted: Played):
    granted.hear(CitizenChanged(citizen_name="Bente", cpr_number="0107614298"))
    granted.send()

    order = granted.order()
    assert (order["citizen_name"], order["citizen_wishes"]) == ("Bente", "Et hjem")
    assert [g["goal_statement"] for g in order["goals"]] == ["Jeg når g1", "Jeg når g2"]
    assert order["interventions"][0]["legal_bases"] == ["sel-85"]
    assert order["interventions"][0]["provider_ean"] == "5790000000005"
    assert order["total_expected_price"] == "130000.00"


def test_what_is_emptied_on_purpose_is_not_sent(granted: Played):
    granted.fill(citizen_wishes=None).send()

    assert "citizen_wishes" not in granted.order()


@pytest.mark.rule("PRI-11")
def test_the_order_holds_the_agreed_price(granted: Played):
    granted.fill(interventions=[{"id": "i1", "service_lines": [{"id": "l-i1", "unit_price": "510.00"}]}]).send()

    assert granted.order()["total_expected_price"] == "132600.00"


def test_a_decision_waits_for_the_assessment_that_it_rests_on(case: Played):
    with pytest.raises(NotYet):
        case.hear(made(help_from("x-hus"), revision=7))


@pytest.mark.rule("GOL-16", "GOL-18")
def test_a_draft_for_a_later_decision_does_not_show_in_an_order(granted: Played):
    granted.hear(assessed(2, goal("g1", goal_statement="Noget andet"), goal("g3")))
    granted.send()

    assert [g["goal_statement"] for g in granted.order()["goals"]] == ["Jeg når g1", "Jeg når g2"]


@pytest.mark.refuses("GOL-16")
@pytest.mark.parametrize("change", [{"goal_statement": "Noget andet"}, {"goal_type": "maintain"}], ids=str)
def test_a_goal_is_not_written_in_the_order(granted: Played, change):
    with refused("GOL-16", "order.goals[g1]"):
        granted.fill(goals=[{"id": "g1", **change}])


# whose goals
@pytest.mark.rule("ORD-03", "PLN-07")
def test_a_provider_sees_its_own_goals_only(shared: Played):
    shared.send()

    assert [[g.id for g in sent.goals] for sent in shared.sent(OrderSent)] == [["g1"], ["g2"]]


@pytest.mark.rule("ORD-03")
def test_the_only_provider_gets_every_goal_whomever_the_plan_names(granted: Played):
    granted.hear(plan(g1="bohaven")).send()

    assert [g["id"] for g in granted.order()["goals"]] == ["g1", "g2"]


@pytest.mark.permits("GOL-16")
@pytest.mark.rule("ORD-03")
def test_a_goal_that_is_nobodys_is_flagged_until_it_is_picked(shared: Played):
    shared.hear(plan(g1="x-hus"))

    assert "ORD-03" in shared.warned()
    shared.fill("bohaven", goals=[{"id": "g2"}])
    assert "ORD-03" not in shared.warned()


# documents and consent
@pytest.mark.rule("ORD-07")
def test_no_document_goes_along_that_is_not_chosen(granted: Played):
    granted.hear(DocumentsRecorded(existing_documents=(a_document("letter"),))).send()

    assert "attachments" not in granted.order()


@pytest.mark.rule("PLN-10")
def test_the_plan_goes_along_only_where_the_citizen_agrees(granted: Played):
    granted.fill(attachments=[{"title": "Handleplan", "kind": "action-plan"}, {"title": "Journal"}])

    assert "PLN-10" in granted.warned()
    granted.send()
    assert [d["title"] for d in granted.order()["attachments"]] == ["Journal"]
    granted.hear(ActionPlanRecorded(plan_sharing_agreed=True)).revise()
    assert [d["title"] for d in granted.order()["attachments"]] == ["Handleplan", "Journal"]
    assert "PLN-10" not in granted.warned()


STAY = {"services": ("long-term-stay", "support-daily-tasks-at-home"), "offer": "ordinary-long-term-residential"}
DRUGS = {"services": ("social-drug-treatment",), "offer": "outpatient-treatment-101"}


@pytest.mark.refuses("PLN-11")
@pytest.mark.permits("PLN-11")
@pytest.mark.parametrize("help_,base", [(STAY, "sel-108"), (DRUGS, "sel-101")])
def test_with_a_stay_or_drug_treatment_the_plan_must_follow(case: Played, help_, base):
    case.hear(assessed(1), ActionPlanCompleted(number=1, completed_on=date(2026, 2, 4)))
    case.hear(made(help_from("x-hus", **help_), legal_bases=(base,)))

    with refused("PLN-11", "order.attachments"):
        case.send()
    case.fill(attachments=[{"title": "Uddrag", "kind": "action-plan"}]).send()
    assert case.order()["attachments"] == [{"title": "Uddrag", "kind": "action-plan"}]


@pytest.mark.permits("PLN-11")
def test_with_other_help_the_plan_need_not_follow(granted: Played):
    granted.hear(ActionPlanCompleted(number=1, completed_on=date(2026, 2, 4))).send()

    assert "attachments" not in granted.order()


@pytest.mark.rule("PLN-12")
def test_nothing_of_a_plan_follows_anonymous_treatment(case: Played):
    case.hear(assessed(1), ActionPlanCompleted(number=1, completed_on=date(2026, 2, 4)))
    case.hear(
        ActionPlanRecorded(plan_sharing_agreed=True), made(help_from("x-hus", **DRUGS), legal_bases=("sel-101a",))
    )
    case.fill(attachments=[{"title": "Uddrag", "kind": "action-plan"}]).send()

    assert "attachments" not in case.order()


@pytest.mark.refuses("ORD-12")
@pytest.mark.permits("ORD-12")
def test_a_plan_against_violence_follows_to_a_residential_offer(case: Played):
    case.hear(DocumentsRecorded(existing_documents=(a_document("violence-prevention-plan"),)))
    case.hear(assessed(1), made(help_from("x-hus", **STAY), legal_bases=("sel-108",)))

    with refused("ORD-12", "order.attachments"):
        case.send()
    case.fill(attachments=[{"title": "Plan", "kind": "violence-prevention-plan"}]).send()
    assert case.at() == ["answer"]


@pytest.mark.permits("ORD-12")
def test_a_mobile_offer_does_not_ask_for_it(granted: Played):
    granted.hear(DocumentsRecorded(existing_documents=(a_document("violence-prevention-plan"),))).send()

    assert granted.at() == ["answer"]


@pytest.mark.rule("EVA-06")
def test_what_the_citizen_is_good_at_is_asked_for_before_it_is_sent(case: Played):
    case.hear(assessed(1), EvaluationRecorded(citizen_resources="God til engelsk"), made(help_from("x-hus")))

    assert "EVA-06" in case.warned()
    case.hear(consents("x-hus"))
    assert "EVA-06" not in case.warned()


@pytest.mark.rule("EVA-06")
def test_where_nothing_is_told_of_it_nothing_is_asked(case: Played):
    case.hear(assessed(1), EvaluationRecorded(situation_assessment="Bor alene"), made(help_from("x-hus")))

    assert "EVA-06" not in case.warned()


# what is wrong stops all
@pytest.mark.refuses("GOL-14")
@pytest.mark.permits("GOL-14")
def test_an_end_date_alone_stops_no_help_so_a_follow_up_is_wanted(case: Played):
    case.hear(assessed(1, goal("g1", goal_follow_up_interval=None)))
    case.hear(made(help_from("x-hus", expected_end_date=date(2026, 12, 31))))

    with refused("GOL-14", "order.interventions[i1].follow_up_date"):
        case.send()
    case.fill(interventions=[{"id": "i1", "follow_up_date": "2026-12-01"}]).send()
    assert case.at() == ["answer"]


def test_one_order_that_may_not_be_sent_holds_all(shared: Played):
    shared.hear(assessed(2, goal("g1", goal_follow_up_interval=None)))
    ends = help_from("x-hus", expected_end_date=date(2026, 12, 31))
    shared.hear(made(ends, help_from("bohaven", "i2"), number=2, revision=2))

    with refused("GOL-14", "order.interventions[i1].follow_up_date"):
        shared.send()
    assert (shared.at("x-hus"), shared.at("bohaven")) == (["send"], ["send"])


@pytest.mark.refuses("PRI-10")
def test_only_a_stay_carries_own_payment(granted: Played):
    with refused("PRI-10", "order.interventions[i1].has_own_payment"):
        granted.fill(interventions=[{"id": "i1", "has_own_payment": True}])


@pytest.mark.permits("PRI-10")
def test_own_payment_of_the_letter_shows_at_the_stay_only(case: Played):
    case.hear(
        assessed(1), made(help_from("x-hus", **STAY), help_from("x-hus", "i2"), legal_bases=("sel-108", "sel-85"))
    )
    case.hear(DecisionNotified(number=1, channel="letter", received_on=date(2026, 2, 6), has_own_payment=True)).send()

    assert [i["has_own_payment"] for i in case.order()["interventions"]] == [True, False]
    assert [i["legal_bases"] for i in case.order()["interventions"]] == [["sel-108", "sel-85"], ["sel-85"]]


# the day of follow-up
@pytest.mark.rule("GOL-11")
def test_a_follow_up_that_is_not_typed_falls_the_interval_after_the_start(granted: Played):
    granted.send()

    assert granted.order()["interventions"][0]["follow_up_date"] == "2026-06-02"


def test_a_follow_up_that_is_typed_stands(granted: Played):
    granted.fill(interventions=[{"id": "i1", "follow_up_date": "2026-05-01"}]).send()

    assert granted.order()["interventions"][0]["follow_up_date"] == "2026-05-01"


@pytest.mark.rule("GOL-11")
def test_of_several_goals_that_are_followed_up_together_the_shortest_interval_counts(case: Played):
    goals = (goal("g1", goal_follow_up_interval="6-months"), goal("g2", goal_follow_up_interval="1-month"))
    case.hear(consents("x-hus"), assessed(1, *goals), made(help_from("x-hus", expected_start_date=date(2026, 3, 31))))
    case.send()

    assert case.order()["interventions"][0]["follow_up_date"] == "2026-04-30"


TOWN = Municipality(
    name="Prøveby", intervals=(Interval(legal_basis="sel-85", months_until_first=4, months_between=12),)
)


@pytest.mark.rule("FUP-13")
@pytest.mark.parametrize(
    "town, bases, day",
    [
        (TOWN, ("sel-85",), "2026-07-02"),
        (TOWN, ("sel-97",), None),
        (Municipality(name="Prøveby"), ("sel-85",), None),
        (Municipality(name="Prøveby"), ("sel-100",), "2027-03-02"),
    ],
)
def test_where_neither_day_nor_interval_is_typed_the_municipality_or_the_law_says(
    case: Played, town: Municipality, bases: tuple[str, ...], day: str | None
):
    case.s = replace(case.s, municipality=town)
    lone = goal("g1", goal_follow_up_interval=None)
    case.hear(consents("x-hus"), assessed(1, lone), made(help_from("x-hus"), legal_bases=bases)).send()

    assert case.order()["interventions"][0].get("follow_up_date") == day


def test_an_interval_that_is_typed_on_the_help_goes_before_the_municipalitys(case: Played):
    case.s = replace(case.s, municipality=TOWN)
    case.hear(consents("x-hus"), assessed(1, goal("g1", goal_follow_up_interval=None)), made(help_from("x-hus")))
    case.fill(interventions=[{"id": "i1", "follow_up_frequency": "monthly"}]).send()

    assert case.order()["interventions"][0]["follow_up_date"] == "2026-04-02"


# money and the answer
@pytest.mark.rule("ORD-10", "PRI-03")
def test_finance_is_told_of_the_cost_of_each_account(case: Played):
    case.hear(
        assessed(1), made(help_from("x-hus"), help_from("x-hus", "i2"), help_from("x-hus", "i3", account="5.38.59"))
    )
    case.fill(interventions=[{"id": "i1", "personal_reference": "R-17"}]).send()

    made_ = case.sent(CommitmentMade)
    assert [(c.account_number, str(c.expected_price), c.provider_ean) for c in made_] == [
        ("5.38.85", "52000.00", "5790000000005"),
        ("5.38.59", "26000.00", "5790000000005"),
    ]
    assert made_[0].personal_reference == "R-17"
    assert ("finance",) in [told.roles for told in case.sent(NotificationRequested)]
    assert case.document()["finance"]["total_expected_price"] == "78000.00"


@pytest.mark.rule("ORD-05")
def test_the_answer_is_due_five_working_days_after_sending(granted: Played):
    granted.send("2026-03-30")

    asked = [d for d in granted.sent(DeadlineRequested) if d.kind == "order-answer"]
    assert [(d.key, d.due, d.provider_id) for d in asked] == [("x-hus/1", date(2026, 4, 9), "x-hus")]  # over Easter


def test_the_provider_stands_whole_in_the_document(granted: Played):
    granted.send()

    assert granted.order()["provider"]["name"] == provider("x-hus").name
    assert granted.order()["status"] == "sent"
