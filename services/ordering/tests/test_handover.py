"""What is handed over to providers' systems: in the commit of the order, in each one's line, and once."""

from __future__ import annotations

import json
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import undefer

from casework.channels import ParcelRow
from casework.contracts.delivery import AnswerHandled, Handled, OrderAnswered, Problem
from casework.contracts.intake import CaseClosed
from casework.contracts.ordering import OrderSent
from casework.messaging import Envelope
from casework.phase.store import load
from casework.phase.tables import CaseRow
from casework.schema import dump, read
from ordering import payload
from ordering.handover import hand_over

from .conftest import CASE, ECONOMY, KIM, World, assessed, goal, help_from, made, plan

NO = Problem(
    type="about:blank", status=409, title="Sagen venter ikke på det her", detail="Læs den først", field="version"
)
AN_ANSWER = UUID("5d0c9e62-3a1f-4f0e-8b57-2c8a4f6d1b10")


def enter(world: World, name: str, channel: str, **more: Any) -> None:
    entry = {"name": name.title(), "channel": channel, **more}
    if channel == "webhook":
        entry["webhook_url"] = "https://x-hus.example/orders"
    answer = world.call("put", f"/providers/{name}", ECONOMY, json=entry)
    assert answer.status_code == 200, answer.text


def parcels(world: World) -> list[ParcelRow]:
    with world.service.database.reading() as session:
        query = sa.select(ParcelRow).options(undefer(ParcelRow.body)).order_by(ParcelRow.position)
        return list(session.scalars(query))


def put_out(world: World) -> list[tuple[str, str, str]]:
    return [(row.receiver, row.kind, row.about) for row in parcels(world)]


def answer(world: World, name: str, version: int = 1, *, accepted: bool = True) -> None:
    said = OrderAnswered(provider_id=name, version=version, accepted=accepted, answered_on=date(2026, 2, 11))
    world.hear(said, by="delivery")


@pytest.fixture
def two(world: World) -> World:
    """Help at X-Hus, who has a webhook, and at Bohaven, who reads the portal."""
    enter(world, "x-hus", "webhook")
    enter(world, "bohaven", "portal")
    world.hear(assessed(1, goal("g1"), goal("g2")), by="assessment")
    world.hear(plan(g1="x-hus", g2="bohaven"), by="assessment")
    world.hear(made(help_from("x-hus"), help_from("bohaven", "i2")), by="decision")
    return world


def test_an_order_goes_to_a_provider_with_a_system_and_not_to_one_without(two: World):
    two.do("send")

    (row,) = parcels(two)
    assert (row.receiver, row.channel, row.kind, row.about) == ("x-hus", "webhook", "order.sent", "2026-00417-1/1")
    assert (row.content_type, row.status) == ("application/json", "waiting")


@pytest.mark.rule("ORD-03")
def test_what_is_put_out_is_the_order_of_that_provider_alone(two: World):
    two.do("send")

    body = json.loads(parcels(two)[0].body)
    assert [g["id"] for g in body["order"]["goals"]] == ["g1"]
    assert "Bohaven" not in json.dumps(body)


def test_nothing_is_put_out_where_the_act_is_refused(world: World):
    enter(world, "x-hus", "webhook")

    assert world.do("send").status_code == 409
    assert parcels(world) == []


def test_a_life_of_an_order_is_put_out_in_its_order(two: World):
    two.do("send")
    answer(two, "x-hus")
    two.do("revise", order="x-hus", reason="Nyt mål")
    two.do("cancel", order="x-hus", reason="Flytter")

    assert [kind for _, kind, _ in put_out(two)] == ["order.sent", "order.changed", "order.cancelled"]
    assert [json.loads(row.body)["sequence"] for row in parcels(two)] == [1, 2, 3]
    assert [about for *_, about in put_out(two)] == ["2026-00417-1/1", "2026-00417-1/2", "2026-00417-1/2"]


def test_each_provider_has_its_own_line(two: World):
    enter(two, "bohaven", "queue")
    two.do("send")
    two.do("cancel", order="bohaven")

    lines = {(row.receiver, row.kind): json.loads(row.body)["sequence"] for row in parcels(two)}
    assert lines == {("x-hus", "order.sent"): 1, ("bohaven", "order.sent"): 1, ("bohaven", "order.cancelled"): 2}


def test_a_case_that_is_closed_calls_its_orders_off(two: World):
    two.do("send")
    answer(two, "x-hus")
    answer(two, "bohaven")
    two.hear(CaseClosed(closed_on=date(2026, 3, 31)), by="intake")

    assert put_out(two)[-1] == ("x-hus", "order.cancelled", "2026-00417-1/1")


def test_a_provider_may_have_it_as_fhir(two: World):
    enter(two, "x-hus", "webhook", message_format="fhir")
    two.do("send")

    (row,) = parcels(two)
    assert row.content_type == "application/fhir+json"
    assert json.loads(row.body)["resourceType"] == "Bundle"


def test_an_event_that_is_told_again_is_no_other_message(two: World):
    two.do("send")
    (row,) = parcels(two)
    with two.service.database.writing() as session:
        s, told = _as_told(two, session)

        hand_over(session, s, [told, told])

    assert [row.id for row in parcels(two)] == [row.id]
    answer(two, "x-hus")
    two.do("cancel", order="x-hus")
    assert [json.loads(row.body)["sequence"] for row in parcels(two)] == [1, 2]


def _as_told(world: World, session: Any) -> Any:
    case = session.scalars(sa.select(CaseRow)).one()
    s = load(session, world.service.phase, case, world.service.municipality, KIM, world.service.clock())
    return s, read(OrderSent, world.said("order.sent")[0])


# what came of its answers
def handled(name: str = "x-hus", **more: Any) -> AnswerHandled:
    given = {"answer_id": AN_ANSWER, "answer_kind": "accept", "case_id": CASE, "outcome": Handled.TAKEN, "revision": 2}
    return AnswerHandled(provider_id=name, **{**given, **more})


def hear(world: World, told: AnswerHandled) -> None:
    """It is about the provider, and not about a case."""
    envelope = Envelope(
        id=uuid4(), type=told.contract.name, version=1, subject=told.provider_id, numbers={},
        time=world.service.clock(), producer="delivery", body=dump(told),
    )  # fmt: skip
    world.service.inbox.receive([envelope.to_json()])


def test_what_came_of_an_answer_is_told_next_in_the_line_of_its_provider(two: World):
    enter(two, "bohaven", "queue")
    two.do("send")
    hear(two, handled())
    two.do("cancel", order="x-hus", reason="Flytter")

    mine = [json.loads(row.body) for row in parcels(two) if row.receiver == "x-hus"]
    assert [(m["sequence"], m["kind"]) for m in mine] == [
        (1, "order.sent"),
        (2, "answer.handled"),
        (3, "order.cancelled"),
    ]
    told = mine[1]
    assert (told["answer_id"], told["answer_kind"], told["outcome"]) == (str(AN_ANSWER), "accept", "taken")
    assert (told["case_id"], told["revision"]) == (str(CASE), 2)


def test_a_refused_answer_is_told_with_its_problem(two: World):
    hear(two, handled(outcome=Handled.REFUSED, revision=None, problem=NO))

    (row,) = parcels(two)
    assert json.loads(row.body)["problem"] == dump(NO)
    assert row.about == str(AN_ANSWER)


def test_two_outcomes_under_one_id_are_two_messages(two: World):
    hear(two, handled())
    hear(two, handled(outcome=Handled.REFUSED, problem=NO))

    assert [json.loads(row.body)["sequence"] for row in parcels(two)] == [1, 2]


def test_an_answer_that_could_not_be_read_is_told_without_a_case(two: World):
    unread = {"answer_id": None, "answer_kind": None, "case_id": None, "outcome": Handled.REFUSED, "revision": None}
    hear(two, handled(**unread, problem=NO))

    (row,) = parcels(two)
    assert (row.case_id, row.about) == (None, "")


@pytest.mark.parametrize("name", ["bohaven", "ukendt"])
def test_a_provider_without_a_system_any_more_is_not_told(two: World, name: str):
    hear(two, handled(name))

    assert parcels(two) == []


def test_an_outcome_is_json_also_where_orders_are_fhir(two: World):
    enter(two, "x-hus", "webhook", message_format="fhir")
    hear(two, handled())

    (row,) = parcels(two)
    assert row.content_type == "application/json"


def test_outcomes_do_not_stand_among_the_messages_of_an_order(two: World):
    two.do("send")
    hear(two, handled())

    orders = {order["provider"]["id"]: order.get("delivery") for order in two.part()["parts"]["orders"]}
    assert [one["kind"] for one in orders["x-hus"] or ()] == ["order.sent"]


# by the portal
def test_a_provider_without_a_system_is_told_that_there_is_news_and_no_more(two: World):
    two.do("send")
    two.do("cancel", order="bohaven")

    news = [told for told in two.said("notification.requested") if told.get("provider_id") == "bohaven"]
    assert [(told["kind"], told["roles"], told["key"]) for told in news] == [
        ("ordering.sent", ["provider"], "bohaven/1"),
        ("ordering.cancelled", ["provider"], "bohaven/1"),
    ]
    assert all({*told} == {"kind", "roles", "provider_id", "key"} for told in news)


# what a caseworker sees of it
def test_the_case_says_how_far_each_message_is(two: World):
    two.do("send")

    orders = {order["provider"]["id"]: order.get("delivery") for order in two.part()["parts"]["orders"]}
    assert orders == {
        "x-hus": [{"kind": "order.sent", "version": 1, "channel": "webhook", "status": "waiting", "attempts": 0}],
        "bohaven": None,
    }


# no personal data outside of the body
def test_nothing_but_the_body_says_of_whom_it_is(two: World):
    two.fill(key="x-hus", citizen_name="Bente Madsen", cpr_number="0107614298")
    two.do("send")

    (row,) = parcels(two)
    assert payload.from_bytes(row.body).order.citizen_name == "Bente Madsen"  # type: ignore[attr-defined]
    outside = {n: v for n, v in vars(row).items() if n != "body"}
    assert "Bente" not in str(outside)
    assert "0107614298" not in str(outside)
