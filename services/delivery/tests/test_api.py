"""Delivery by its API: a provider reaches its own order, and learns of no other (DEL-08)."""

from __future__ import annotations

import pytest

from casework.process import Actor, Role
from casework.testing.cases import wrong

from .conftest import CASE, KIM, X_HUS, Y_HUS, World

STRANGER = Actor("nobody", "Ingen", Role.PROVIDER, "z-hus")


@pytest.mark.rule("DEL-08")
def test_a_provider_reads_nothing_of_another(world: World):
    world.call("post", "/actions/reject", by=Y_HUS, json={"reason": "Ingen plads hos os"})
    world.call("patch", by=Y_HUS, json={"documentation": {"other_notes": [{"id": "n1", "note_text": "Hemmeligt"}]}})
    for path in ("", "/records", "/changes"):
        shown = world.call("get", path)
        assert shown.status_code == 200
        assert not any(word in shown.text for word in ("y-hus", "Y-Hus", "Ingen plads", "Hemmeligt", "Otto"))
    assert "Hemmeligt" in world.call("get", "/changes", by=Y_HUS).text


@pytest.mark.rule("DEL-08")
@pytest.mark.parametrize(
    "method, path, body",
    [
        ("get", "", None),
        ("patch", "", {"documentation": {"other_notes": []}}),
        ("post", "/actions/accept", {}),
        ("post", "/actions/report-change", {"text": "Nyt"}),
    ],
)
def test_to_a_provider_without_an_order_there_is_no_case(world: World, method: str, path: str, body: object):
    assert world.call(method, path, by=STRANGER, json=body).status_code == 404


@pytest.mark.rule("DEL-08")
def test_a_provider_writes_in_its_own_record_whatever_key_is_left_out(world: World):
    note = {"id": "n1", "note_text": "Set", "note_subthemes": ["tobacco"]}
    assert world.call("patch", json={"documentation": {"other_notes": [note]}}).status_code == 200
    assert world.call("patch", "?key=y-hus", json={"documentation": {"other_notes": [note]}}).status_code == 404
    shown = world.call("get", by=KIM).get_json()["parts"]["deliveries"]
    assert [len(d["documentation"].get("other_notes", [])) for d in shown] == [1, 0]


@pytest.mark.refuses("DEL-02")
def test_a_goal_changed_by_the_provider_is_refused_with_the_rule(world: World):
    answer = world.call("patch", json={"documentation": {"goals": [{"id": "g1", "goal_statement": "Andet"}]}})
    assert wrong(answer) == ("DEL-02", "documentation.goals[0].goal_statement")


def test_the_authority_reads_and_does_not_write(world: World):
    refused = world.call("patch", "?key=x-hus", by=KIM, json={"documentation": {"other_notes": []}})
    assert refused.status_code == 403


def test_an_answer_goes_out_once(world: World):
    assert world.call("post", "/actions/accept", json={"order": "x-hus"}).status_code == 200
    assert world.call("post", "/actions/accept").status_code == 409
    assert [(m["provider_id"], m["accepted"]) for m in world.said("order.answered")] == [("x-hus", True)]


def test_a_note_is_kept_as_it_was_sent(world: World):
    world.call("post", "/actions/accept")
    world.call("patch", json={"status_note": {"goals": [{"id": "g1", "provider_evaluation": "Går fremad"}]}})
    assert world.call("post", "/actions/submit-status-note").status_code == 200
    assert world.said("status_note.submitted")[0]["goals"][0]["provider_evaluation"] == "Går fremad"
    (delivery,) = world.call("get", by=X_HUS).get_json()["parts"]["deliveries"]
    assert len(delivery["status_notes"]) == 1
    assert "provider_evaluation" not in delivery["status_note"]["goals"][0]
    assert str(CASE) == world.call("get").get_json()["case_id"]
