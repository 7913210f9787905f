"""A provider's own system: the secrets of its webhook, who may have a queue, and an order as FHIR."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from datetime import timedelta

import pytest
from fhir.resources.R4B.bundle import Bundle

from casework import credentials
from casework.channels.webhook import Destination
from casework.errors import Invalid
from casework.process import Actor, Role
from casework.service.clock import system
from casework.testing.cases import wrong
from ordering import webhook_secrets
from ordering.model import ProviderEntry, ProviderSecretRow

from .conftest import CASE, ECONOMY, KIM, LONE, World, assessed, goal, help_from, made

ULLA = Actor("ulla", "Ulla Berg", Role.LEADER)
URL = "https://x-hus.example/orders"


@pytest.fixture
def registered(world: World) -> World:
    """X-Hus has a webhook."""
    entry = {"name": "X-Hus", "channel": "webhook", "webhook_url": URL}
    assert world.call("put", "/providers/x-hus", ECONOMY, json=entry).status_code == 200
    return world


def make(world: World, by: Actor = ULLA, name: str = "x-hus"):
    return world.call("post", f"/providers/{name}/secrets", by)


def listed(world: World) -> list[dict[str, object]]:
    return list(world.call("get", "/providers/x-hus/secrets", ULLA).json["secrets"])


def signs_by(world: World) -> tuple[bytes, ...]:
    """The secrets by which is signed now."""
    found = webhook_secrets.lookup(world.service.database)("x-hus")
    return found.secrets if found else ()


# secrets
def test_a_secret_is_shown_once(registered: World):
    answer = make(registered)

    secret = answer.json["secret"]
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    assert signs_by(registered) == (b64decode(secret.removeprefix("whsec_")),)
    assert secret not in json.dumps(listed(registered))
    assert listed(registered)[0]["id"] == answer.json["id"]


def test_without_a_secret_nothing_is_sent(registered: World):
    assert webhook_secrets.lookup(registered.service.database)("x-hus") is None


def test_while_it_is_changed_both_are_used_and_never_three(registered: World):
    first, second = make(registered), make(registered)
    assert len(signs_by(registered)) == 2

    assert make(registered).status_code == 409
    ended = registered.call("delete", f"/providers/x-hus/secrets/{first.json['id']}", ULLA)
    assert ended.json["valid_to"]
    assert signs_by(registered) == (b64decode(second.json["secret"].removeprefix("whsec_")),)
    assert make(registered).status_code == 201


def test_a_secret_that_is_ended_twice_has_ended_the_first_time(registered: World):
    mine = make(registered).json["id"]
    first, again = (registered.call("delete", f"/providers/x-hus/secrets/{mine}", ULLA).json for _ in range(2))

    assert first["valid_to"] == again["valid_to"]


def test_a_secret_of_another_provider_is_not_ended(registered: World):
    mine = make(registered).json["id"]

    assert registered.call("delete", f"/providers/bohaven/secrets/{mine}", ULLA).status_code == 404
    assert len(signs_by(registered)) == 1


def test_a_provider_that_is_not_in_the_register_gets_none(registered: World):
    assert make(registered, name="zeta").status_code == 404


@pytest.mark.parametrize("by", [KIM, LONE, ECONOMY], ids=lambda who: who.role)
def test_secrets_are_the_leaders_and_the_operators(registered: World, by):
    assert make(registered, by).status_code == 403
    assert registered.call("get", "/providers/x-hus/secrets", by).status_code == 403


def test_where_the_webhook_lies_is_looked_up_when_it_is_called(registered: World):
    make(registered)
    moved = {"name": "X-Hus", "channel": "webhook", "webhook_url": f"{URL}/new"}
    registered.call("put", "/providers/x-hus", ECONOMY, json=moved)

    assert webhook_secrets.lookup(registered.service.database)("x-hus") == Destination(
        f"{URL}/new", signs_by(registered)
    )


def test_a_secret_ends_at_its_time(registered: World):
    make(registered)
    with registered.service.database.writing() as session:
        (row,) = credentials.made(session, ProviderSecretRow, "x-hus")
        row.valid_to = system() + timedelta(hours=1)

        assert row.holds(system())
        assert not row.holds(system() + timedelta(hours=1))


# queues
def test_a_queue_takes_a_broker(world: World):
    handlers = replace(world.service.handlers, has_broker=False)
    with world.service.database.writing() as session, pytest.raises(Invalid, match="kræver en broker") as caught:
        handlers.put_provider(session, "x-hus", ProviderEntry(name="X-Hus", channel="queue"), ECONOMY, system())

    assert [*caught.value.errors] == ["channel"]


def test_a_queue_takes_an_id_that_can_be_its_name(world: World):
    answer = world.call("put", "/providers/X.Hus", ECONOMY, json={"name": "X-Hus", "channel": "queue"})

    assert wrong(answer) == (None, "provider_id")
    assert world.call("put", "/providers/X.Hus", ECONOMY, json={"name": "X-Hus"}).status_code == 200


# FHIR
@pytest.fixture
def sent(world: World) -> World:
    world.hear(assessed(1, goal("g1")), by="assessment")
    world.hear(made(help_from("x-hus")), by="decision")
    assert world.do("send").status_code == 200
    return world


def test_an_order_is_read_as_fhir_whatever_the_channel(sent: World):
    answer = sent.call("get", f"/cases/{CASE}/orders/x-hus/1.fhir.json")

    assert (answer.status_code, answer.mimetype) == (200, "application/fhir+json")
    assert Bundle.model_validate(json.loads(answer.data)).entry
    assert sent.call("get", f"/cases/{CASE}/orders/x-hus/1.fhir.json").data == answer.data


def test_that_it_was_read_is_recorded(sent: World):
    sent.call("get", f"/cases/{CASE}/orders/x-hus/1.fhir.json")

    seen = sent.call("get", f"/cases/{CASE}/access", ULLA).json["access"]
    assert seen[0]["what"] == "order.fhir"


@pytest.mark.parametrize("path", ["x-hus/2", "bohaven/1"])
def test_what_was_not_sent_is_not_there(sent: World, path):
    assert sent.call("get", f"/cases/{CASE}/orders/{path}.fhir.json").status_code == 404


@pytest.mark.parametrize("by", [ECONOMY, LONE], ids=lambda who: who.role)
def test_to_those_who_may_not_read_the_case_there_is_no_order(sent: World, by):
    assert sent.call("get", f"/cases/{CASE}/orders/x-hus/1.fhir.json", by).status_code == 404
