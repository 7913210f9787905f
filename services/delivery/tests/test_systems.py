"""A provider's own system: the key that it answers by, the list of its orders, and that it has seen them."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from casework.calendar import local_date
from casework.contracts.followup import StatusNoteRequested
from casework.contracts.ordering import OrderCancelled
from casework.phase.tables import CaseRow, RunRow
from casework.process import Actor, Role
from casework.service.clock import system
from casework.testing.cases import wrong
from delivery.model import ProviderChangeRow, ProviderKeyRow

from .conftest import CASE, KIM, X_HUS, Y_HUS, World, answer, at, order

ULLA = Actor("ulla", "Ulla Berg", Role.LEADER)
OLE = Actor("ole", "Ole Dahl", Role.OPERATOR)
KEYS = "/providers/x-hus/keys"


def make(world: World, by: Actor = ULLA, name: object = "Bostedssystemet", address: str = KEYS) -> Any:
    return world.call("post", address=address, by=by, json={"name": name})


def key_of(world: World) -> str:
    return str(make(world).get_json()["key"])


def listed(world: World) -> list[dict[str, Any]]:
    return list(world.call("get", address=KEYS, by=ULLA).get_json()["keys"])


# keys
def test_a_key_is_shown_once_and_kept_as_a_hash(world: World):
    answer = make(world)

    key = answer.get_json()["key"]
    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    assert [(one["id"], one["name"], one["made_by"]) for one in listed(world)] == [
        (answer.get_json()["id"], "Bostedssystemet", "ulla")
    ]
    assert key not in world.call("get", address=KEYS, by=ULLA).text
    with world.service.database.reading() as session:
        (row,) = session.execute(sa.select(ProviderKeyRow.__table__)).all()
    assert key not in str(row)
    assert key.removeprefix("sgk_") not in str(row)


def test_while_it_is_changed_both_let_in_and_there_are_never_three(world: World):
    first, second = make(world).get_json(), make(world, OLE).get_json()
    assert [world.call("get", by=one["key"]).status_code for one in (first, second)] == [200, 200]

    assert make(world).status_code == 409
    assert world.call("delete", address=f"{KEYS}/{first['id']}", by=ULLA).get_json()["valid_to"]
    assert [world.call("get", by=one["key"]).status_code for one in (first, second)] == [401, 200]
    assert make(world).status_code == 201


def test_a_key_that_is_ended_twice_has_ended_the_first_time(world: World):
    mine = make(world).get_json()["id"]
    first, again = (world.call("delete", address=f"{KEYS}/{mine}", by=ULLA).get_json() for _ in range(2))

    assert first["valid_to"] == again["valid_to"]


def test_a_key_is_ended_at_its_own_provider(world: World):
    mine = make(world).get_json()

    assert world.call("delete", address=f"/providers/y-hus/keys/{mine['id']}", by=ULLA).status_code == 404
    assert world.call("get", by=mine["key"]).status_code == 200


@pytest.mark.parametrize("by", [KIM, X_HUS, Actor("anna", "Anna", Role.ANALYST)])
def test_only_leaders_and_operators_make_keys(world: World, by: Actor):
    assert make(world, by).status_code == 403
    assert listed(world) == []


def test_a_key_makes_no_keys(world: World):
    key = key_of(world)

    assert world.call("post", address=KEYS, by=key, json={"name": "Mere"}).status_code == 403


@pytest.mark.parametrize(
    "name, address, field",
    [
        ("", KEYS, "name"),
        (7, KEYS, "name"),
        ("to\nlinjer", KEYS, "name"),
        ("x" * 101, KEYS, "name"),
        ("Navn", f"/providers/{'x' * 101}/keys", "provider_id"),
    ],
)
def test_a_key_has_a_name_on_one_line(world: World, name: object, address: str, field: str):
    assert wrong(make(world, name=name, address=address)) == (None, field)


@pytest.mark.parametrize("key", ["sgk_", "sgk_ukendt", "sgk_" + "x" * 5_000])
def test_a_key_that_is_none_lets_nobody_in(world: World, key: str):
    assert world.call("get", by=key).status_code == 401


def test_the_day_on_which_a_key_was_used_last_is_noted(world: World):
    key = key_of(world)
    assert [one["last_used_on"] for one in listed(world)] == [None]

    world.call("get", by=key)
    assert [one["last_used_on"] for one in listed(world)] == [local_date(system()).isoformat()]


# what a system may
def test_a_system_does_all_that_its_people_may_and_signs_with_its_name(world: World):
    key = key_of(world)
    note = {"id": "n1", "note_text": "Så", "note_subthemes": ["tobacco"]}
    calls = [
        ("post", "/actions/accept", {}),
        ("patch", "", {"documentation": {"other_notes": [note]}}),
        ("patch", "", {"status_note": {"goals": [{"id": "g1", "provider_evaluation": "Går fremad"}]}}),
        ("post", "/actions/submit-status-note", {}),
        ("post", "/actions/report-change", {"text": "Flyttet"}),
    ]
    assert [world.call(method, path, by=key, json=body).status_code for method, path, body in calls] == [200] * 5

    assert [one["accepted"] for one in world.said("order.answered")] == [True]
    assert [one["provider_id"] for one in world.said("status_note.submitted")] == ["x-hus"]
    assert [one["text"] for one in world.said("change.reported")] == ["Flyttet"]
    (delivery,) = world.call("get", by=key).get_json()["parts"]["deliveries"]
    assert delivery["documentation"]["other_notes"][0]["note_author"]["name"] == "Bostedssystemet"


@pytest.mark.rule("DEL-08")
def test_a_system_reads_as_its_people_do_and_is_on_record(world: World):
    key = key_of(world)
    world.call("get")  # what is seen for the first time is thereby acknowledged

    assert world.call("get").get_json() == world.call("get", by=key).get_json()
    (looked, *_) = world.call("get", "/access", by=ULLA).get_json()["access"]
    assert (looked["name"], looked["role"], looked["what"]) == ("Bostedssystemet", "provider", "case")


@pytest.mark.rule("DEL-08")
def test_a_system_answers_no_order_of_another(world: World):
    key = key_of(world)

    assert world.call("post", "/actions/accept", by=key, json={"order": "y-hus"}).status_code == 404
    assert world.call("patch", "?key=y-hus", by=key, json={"documentation": {}}).status_code == 404


def test_what_docs_providers_shows_is_written_as_it_says(world: World):
    readme = (Path(__file__).parents[3] / "docs/providers/README.md").read_text("utf-8")
    (shown,) = re.findall("```json\n(.+?)```", readme, re.DOTALL)
    key = key_of(world)
    assert [world.call("patch", by=key, json=json.loads(shown)).status_code for _ in range(2)] == [200] * 2

    (delivery,) = world.call("get", by=key).get_json()["parts"]["deliveries"]
    (subgoal,) = delivery["documentation"]["goals"][0]["subgoals"]
    assert [note["note_date"] for note in subgoal["goal_notes"]] == ["2026-06-13"]
    assert [note["note_subthemes"] for note in subgoal["goal_notes"]] == [["managing-home"]]
    assert [note["note_subthemes"] for note in delivery["documentation"]["other_notes"]] == [["intoxicants"]]


# the list
def orders(world: World, by: Actor | str = X_HUS, after: str = "") -> dict[str, Any]:
    answer = world.call("get", address=f"/orders?after={after}" if after else "/orders", by=by)
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def test_an_order_is_listed_with_where_it_stands_and_nothing_of_the_citizen(world: World):
    world.call("post", "/actions/accept")
    world.hear(StatusNoteRequested(provider_id="x-hus", planned_on=date(2026, 6, 2), note_due=date(2026, 5, 26)))
    world.hear(order(version=2))

    told = orders(world)
    assert told == {
        "orders": [
            {
                "case_id": str(CASE),
                "order_number": "2026-00001-x-hus",
                "version": 2,
                "in_force": 1,
                "status": "changed",
                "note_due": "2026-05-26",
            }
        ],
        "next": None,
    }


def test_an_order_that_is_over_stays_in_the_list(world: World):
    world.hear(OrderCancelled(provider_id="x-hus", version=1, effective_on=date(2026, 4, 1)))

    assert [one["status"] for one in orders(world)["orders"]] == ["cancelled"]


@pytest.mark.rule("DEL-08")
def test_the_list_is_paged_and_holds_the_providers_own(world: World):
    cases = [UUID(int=number) for number in range(1, 61)]
    with world.service.database.writing() as session:
        for case in cases:
            key = "x-hus" if case.int % 6 else "y-hus"
            run = RunRow(case_id=case, key=key, number=1, version=1, at="answer", since=system(), state={"version": 1})
            change = ProviderChangeRow(provider_id=key, case_id=case, number=1, revision=1)
            session.add_all([CaseRow(id=case, revision=1), change])
            session.flush()
            session.add(run)

    first = orders(world)
    second = orders(world, after=first["next"])
    assert [len(page["orders"]) for page in (first, second)] == [50, 1]
    mine = [UUID(one["case_id"]) for page in (first, second) for one in page["orders"]]
    assert mine == [*(case for case in cases if case.int % 6), CASE]
    assert second["next"] is None
    assert len(orders(world, Y_HUS)["orders"]) == 11


def test_who_lists_orders_is_on_record_in_each_case(world: World):
    orders(world)

    (looked,) = world.call("get", "/access", by=ULLA).get_json()["access"]
    assert (looked["name"], looked["what"]) == ("Lone Holm", "orders")


@pytest.mark.parametrize("by", [KIM, ULLA])
def test_the_list_is_for_providers(world: World, by: Actor):
    assert world.call("get", address="/orders", by=by).status_code == 403


# acknowledgement
def acknowledged(world: World) -> list[tuple[str | None, str | None]]:
    """When each order was seen, and by whom, as the authority reads it."""
    deliveries = world.call("get", by=KIM).get_json()["parts"]["deliveries"]
    return [(one.get("acknowledged_at"), one.get("acknowledged_by")) for one in deliveries]


def test_an_order_is_acknowledged_by_the_first_at_its_provider_who_reads_it(world: World):
    assert acknowledged(world) == [(None, None)] * 2

    world.call("get")
    world.call("get", "/records", by=key_of(world))
    assert acknowledged(world) == [(at("2026-02-09").isoformat(), "Lone Holm"), (None, None)]


def test_a_system_acknowledges_as_people_do(world: World):
    world.call("get", by=key_of(world))

    assert acknowledged(world)[0][1] == "Bostedssystemet"


def test_who_answers_an_order_that_came_by_queue_has_seen_it(world: World):
    world.answer(answer("reject", {"version": 7}))
    assert acknowledged(world) == [(None, None)] * 2

    world.answer(answer("reject", {"version": 1}))
    assert acknowledged(world) == [(at("2026-02-09").isoformat(), "X-Hus"), (None, None)]


@pytest.mark.parametrize("address", ["/orders", f"/cases/{CASE}/changes"])
def test_who_has_not_read_the_order_has_not_acknowledged_it(world: World, address: str):
    assert world.call("get", address=address).status_code == 200

    assert acknowledged(world) == [(None, None)] * 2


def test_a_new_version_is_acknowledged_anew_and_can_be_read_before_it_is_answered(world: World):
    world.call("get")
    world.call("post", "/actions/accept")
    world.hear(order(version=2, citizen_wishes="Et andet hjem"))
    assert acknowledged(world)[0] == (None, None)

    (delivery,) = world.call("get").get_json()["parts"]["deliveries"]
    assert (delivery["status"], delivery["version"], delivery["waiting"]["version"]) == ("changed", 1, 2)
    assert delivery["documentation"]["citizen_wishes"] == "Et hjem"
    assert delivery["waiting"]["citizen_wishes"] == "Et andet hjem"
    assert acknowledged(world)[0][1] == "Lone Holm"


def test_the_order_as_it_was_sent_stands_whole_for_its_provider(world: World):
    world.call("post", "/actions/accept")
    world.hear(order(version=2, citizen_address="Havnegade 12"))
    world.call("post", "/actions/accept")

    ours, theirs = (world.call("get", by=by).get_json()["parts"]["deliveries"][0] for by in (X_HUS, KIM))
    assert (ours["received"]["version"], ours["received"]["citizen_address"]) == (2, "Havnegade 12")
    assert "received" not in theirs


def test_what_is_new_in_the_version_that_waits_is_told_with_it(world: World):
    world.call("post", "/actions/accept")
    world.hear(order(version=2, citizen_wishes="Et andet hjem", special_information="Ring først"))

    (delivery,) = world.call("get").get_json()["parts"]["deliveries"]

    assert delivery["changes"] == [
        ["special_information", None, "Ring først"],
        ["citizen_wishes", "Et hjem", "Et andet hjem"],
    ]


def test_an_answer_to_a_version_that_is_no_longer_the_newest_is_refused(world: World):
    world.call("post", "/actions/accept", json={"version": 1})
    world.hear(order(version=2, citizen_wishes="Et andet hjem"))
    world.hear(order(version=3, citizen_wishes="Et tredje hjem"))

    world.call("get")
    late = world.call("post", "/actions/accept", json={"version": 2})

    assert wrong(late, 409) == (None, "version")
    assert world.call("get").get_json()["parts"]["deliveries"][0]["version"] == 1
    assert world.call("post", "/actions/reject", json={"version": 3, "reason": "Nej"}).status_code == 200
    (delivery,) = world.call("get").get_json()["parts"]["deliveries"]
    assert (delivery["version"], delivery["acknowledged_version"]) == (1, 3)
