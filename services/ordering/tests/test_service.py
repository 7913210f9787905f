"""The service itself: which order a recording means, the register of providers, and what it owes others."""

from __future__ import annotations

import pytest

from casework.contracts.intake import ConsentChanged
from casework.process.bpmn import draw
from casework.testing.cases import wrong
from ordering.process import ORDERING

from .conftest import ECONOMY, KIM, LONE, World, assessed, goal, help_from, made, plan


@pytest.fixture
def one(world: World) -> World:
    """Help at X-Hus is granted."""
    world.hear(assessed(1, goal("g1")), by="assessment")
    world.hear(made(help_from("x-hus")), by="decision")
    return world


@pytest.fixture
def two(world: World) -> World:
    """Help at X-Hus and Bohaven is granted."""
    world.hear(assessed(1, goal("g1"), goal("g2")), by="assessment")
    world.hear(plan(g1="x-hus", g2="bohaven"), by="assessment")
    world.hear(made(help_from("x-hus"), help_from("bohaven", "i2")), by="decision")
    return world


# which order
def test_a_recording_without_a_key_means_the_only_order(one: World):
    assert one.fill(special_information="Hund").status_code == 200

    assert [(d["key"], d["special_information"]) for d in one.part()["parts"]["drafts"]] == [("x-hus", "Hund")]


@pytest.mark.refuses("ORD-01")
def test_with_several_orders_the_key_is_asked_for(two: World):
    assert wrong(two.fill(special_information="Hund")) == ("ORD-01", "key")


def test_with_several_orders_an_intervention_tells_which(two: World):
    two.fill(special_information="Hund", interventions=[{"id": "i2"}])

    drafts = {d["key"]: d.get("special_information") for d in two.part()["parts"]["drafts"]}
    assert drafts == {"x-hus": None, "bohaven": "Hund"}


def test_what_is_recorded_before_any_provider_is_known_waits_for_the_order(world: World):
    assert world.fill(special_information="Hund").status_code == 200

    world.hear(assessed(1), by="assessment")
    world.hear(made(help_from("x-hus")), by="decision")
    assert world.part()["parts"]["drafts"][0]["special_information"] == "Hund"


@pytest.mark.refuses("GEN-14")
def test_a_provider_writes_in_no_order(one: World):
    answer = one.fill(by=LONE, interventions=[{"id": "i1", "service_lines": [{"id": "l-i1", "units_per_period": 4}]}])

    assert wrong(answer, 403) == ("GEN-14", "order")


@pytest.mark.refuses("PRI-03")
def test_a_price_is_reckoned_and_never_typed(one: World):
    assert wrong(one.fill(total_expected_price="1.00")) == ("PRI-03", "order.total_expected_price")


# sending
@pytest.mark.rule("ORD-05")
def test_without_a_decision_the_answer_names_the_rule(world: World):
    answer = world.do("send")

    assert (answer.status_code, answer.json["rule"]) == (409, "ORD-05")


@pytest.mark.permits("ORD-01", "ORD-05")
def test_all_orders_go_whichever_is_named(two: World):
    assert two.do("send", order="x-hus").status_code == 200

    assert [body["provider_id"] for body in two.said("order.sent")] == ["x-hus", "bohaven"]
    assert len(two.said("commitment.made")) == 2


def test_a_decision_that_comes_before_its_assessment_waits(world: World):
    world.hear(made(help_from("x-hus")), by="decision")
    assert world.part()["positions"] == []

    world.hear(assessed(1, goal("g1")), by="assessment")
    assert [p["at"] for p in world.part()["positions"]] == ["send"]


def test_another_provider_is_chosen_in_one_commit(one: World):
    one.do("send")
    party = {"id": "zeta", "name": "Zeta", "role": "provider"}
    one.fill("x-hus", interventions=[{"id": "i1", "provider": party}])

    assert [(p["key"], p["at"]) for p in one.part()["positions"]] == [("x-hus", "answer"), ("zeta", "send")]


def test_the_parts_of_the_document_are_kept_apart(one: World):
    one.hear(ConsentChanged(), by="intake")
    one.do("send")

    parts = one.part()["parts"]
    assert {*parts} == {"orders", "finance", "drafts"}
    assert parts["orders"][0]["number"] == "2026-00417-1"
    assert parts["finance"]["commitments"][0]["order"] == "x-hus"


def test_what_is_billed_is_booked_by_finance(one: World):
    one.do("send")
    line = {"order": "x-hus", "account_number": "5.38.85", "amount": "100.00", "booked_on": "2026-06-30"}

    assert one.do("import-actuals", by=ECONOMY, lines=[line]).status_code == 200
    assert one.do("import-actuals", by=KIM, lines=[line]).status_code == 403
    assert one.part()["parts"]["finance"]["total_billed"] == "100.00"


def test_the_process_can_be_drawn():
    assert draw(ORDERING).elements
