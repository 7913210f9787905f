"""What the scheduler wants a provider's system told: next in its line, about its own order, and with an answer."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from jsonschema import Draft202012Validator

from casework.channels import NotSent, retry
from casework.contracts.scheduler import ProviderNoticeRequested
from ordering import payload
from ordering.handover import NO_ORDER, NO_SYSTEM

from .conftest import CASE, ECONOMY, OPENED, World, assessed, goal, help_from, made
from .test_handover import enter, parcels

NOTE = {"kind": "status-note", "stage": "near", "due": date(2026, 5, 22)}


def ask(world: World, name: str = "x-hus", **more: Any) -> UUID:
    """The scheduler wants a provider told. Returns the id of its notification."""
    about = more or NOTE
    notification_id = uuid5(CASE, f"{name} {about}")
    asked = ProviderNoticeRequested(notification_id=notification_id, provider_id=name, **about)
    world.hear(asked, by="scheduler")
    return notification_id


def answers(world: World) -> list[dict[str, Any]]:
    return world.said("provider_notice.handled")


def send(world: World, *failures: NotSent) -> None:
    """Hand over what waits; each failure meets one parcel, and pauses are over at once."""
    waiting = list(failures)

    def receive(parcel: Any) -> str:
        if waiting:
            raise waiting.pop(0)
        return "HTTP 202"

    post, later = world.service.post, world.service.post.resting() + timedelta(days=2)
    post.channels["webhook"] = receive
    post.resting = lambda: later
    while world.service.send_parcels():
        pass


@pytest.fixture
def sent(world: World) -> World:
    """An order that X-Hus has been sent by its webhook; Bohaven, who has a queue, has none."""
    enter(world, "x-hus", "webhook")
    enter(world, "bohaven", "queue")
    world.hear(assessed(1, goal("g1")), by="assessment")
    world.hear(made(help_from("x-hus")), by="decision")
    world.do("send")
    return world


# what is sent
@pytest.mark.rule("DEL-08")
def test_a_deadline_is_told_about_the_providers_own_order_next_in_its_line(sent: World):
    mine = ask(sent)

    order, notice = parcels(sent)
    assert (notice.channel, notice.receiver, notice.kind) == ("webhook", "x-hus", "order.notice")
    body = json.loads(notice.body)
    Draft202012Validator(payload.schema("order.notice")).validate(body)
    assert body == {
        "id": str(mine),
        "kind": "order.notice",
        "schema_version": 1,
        "sequence": json.loads(order.body)["sequence"] + 1,
        "sent_at": body["sent_at"],
        "municipality": sent.service.municipality.name,
        "case_id": str(CASE),
        "provider_id": "x-hus",
        "order_number": "2026-00417-1",
        "version": 1,
        "about": "status-note",
        "stage": "near",
        "due": "2026-05-22",
    }


def test_a_provider_who_takes_fhir_gets_a_notice_as_json(sent: World):
    enter(sent, "x-hus", "webhook", message_format="fhir")

    ask(sent)

    assert parcels(sent)[-1].content_type == "application/json"


def test_a_notice_before_the_case_is_known_waits_for_it(world: World):
    other = UUID(int=7)
    asked = ProviderNoticeRequested(notification_id=other, provider_id="x-hus", **NOTE)

    world.hear(asked, by="scheduler", case=other)
    assert answers(world) == []
    world.hear(OPENED, by="intake", case=other)

    assert [one["failure"] for one in answers(world)] == [NO_SYSTEM]


def test_notices_are_not_counted_among_the_messages_of_an_order(sent: World):
    ask(sent)

    (order,) = sent.part()["parts"]["orders"]
    assert [told["kind"] for told in order["delivery"]] == ["order.sent"]


# what the order itself tells
@pytest.mark.parametrize("kind", ["ordering.sent", "delivery.answer"])
def test_what_the_order_tells_is_not_told_twice_and_fares_as_the_order_does(sent: World, kind: str):
    mine = ask(sent, kind=kind)
    assert ([row.kind for row in parcels(sent)], answers(sent)) == (["order.sent"], [])

    send(sent)

    assert [(one["notification_id"], one["receipt"]) for one in answers(sent)] == [(str(mine), "HTTP 202")]


def test_where_the_order_has_gone_already_the_answer_comes_at_once(sent: World):
    send(sent)

    ask(sent, kind="ordering.sent")

    (answer,) = answers(sent)
    assert (answer["channel"], answer["handed_over_at"][:10]) == ("webhook", "2026-02-09")


def test_news_of_a_cancellation_waits_for_the_cancellation(sent: World):
    sent.do("cancel", order="x-hus")
    mine = ask(sent, kind="ordering.cancelled")

    send(sent)

    assert [one["notification_id"] for one in answers(sent)] == [str(mine)]


# what comes of it
def test_what_is_handed_over_is_answered_with_time_and_receipt(sent: World):
    mine = ask(sent)

    send(sent)

    assert answers(sent) == [
        {
            "notification_id": str(mine),
            "provider_id": "x-hus",
            "channel": "webhook",
            "handed_over_at": parcels(sent)[-1].sent_at.isoformat(),
            "receipt": "HTTP 202",
        }
    ]


def test_what_is_given_up_is_answered_with_its_reason_and_again_when_it_was_sent_after_all(sent: World):
    send(sent)
    ask(sent)

    send(sent, NotSent("HTTP 422", for_good=True))
    with sent.service.database.writing() as session:
        retry(session, parcels(sent)[-1].id)
    send(sent)

    assert [(one.get("failure"), one.get("receipt")) for one in answers(sent)] == [
        ("HTTP 422", None), (None, "HTTP 202"),
    ]  # fmt: skip


@pytest.mark.parametrize("name, why", [("bohaven", NO_ORDER), ("mentor", NO_SYSTEM)])
def test_who_has_no_order_or_no_system_cannot_be_told_so(sent: World, name: str, why: str):
    sent.register("mentor", ECONOMY, name="Mentor")

    ask(sent, name)

    assert [(one["provider_id"], one["failure"]) for one in answers(sent)] == [(name, why)]
    assert [row.receiver for row in parcels(sent)] == ["x-hus"]


def test_the_same_notice_twice_is_one(sent: World):
    ask(sent)
    ask(sent)

    assert [row.kind for row in parcels(sent)] == ["order.sent", "order.notice"]
