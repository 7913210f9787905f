"""Followup by its API: which follow-up is meant, and what is kept between them."""

from __future__ import annotations

import pytest

from casework.process import Actor, Role
from casework.testing.cases import wrong

from .conftest import World, note

FILLED = {
    "follow_up_held_on": "2026-06-02", "next_follow_up_date": "2026-09-02", "follow_up_outcome": "continue",
    "current_support_need": "light", "overall_conclusion": "Godt.",
    "goals": [{"id": "g1", "current_functioning_level": 1, "goal_outcome": "unchanged"}],
}  # fmt: skip


def shown(world: World) -> list[dict]:
    answer: list[dict] = world.call("get").get_json()["parts"]["follow_ups"]
    return answer


def fill(world: World, path: str = "", **steps: object) -> int:
    return int(world.call("patch", path, json=steps).status_code)


def test_a_draft_belongs_to_the_next_follow_up_until_it_is_opened(world: World):
    assert fill(world, follow_up={"overall_conclusion": "Udkast"}) == 200
    assert shown(world) == []
    world.call("post", "/actions/open", json={"reason": "Planlagt"})
    assert shown(world)[0]["follow_up"]["overall_conclusion"] == "Udkast"


def test_what_is_filled_in_belongs_to_the_open_follow_up(world: World):
    world.call("post", "/actions/open")
    assert fill(world, follow_up=FILLED) == 200
    assert world.call("post", "/actions/conclude").status_code == 200
    assert fill(world, follow_up={"overall_conclusion": "Næste"}) == 200
    assert [f["follow_up"]["overall_conclusion"] for f in shown(world)] == ["Godt."]


@pytest.mark.parametrize("key, status", [("1", 200), ("2", 200), ("3", 404), ("x", 404)])
def test_a_follow_up_can_be_named(world: World, key: str, status: int):
    world.call("post", "/actions/open")
    assert fill(world, f"?key={key}", follow_up={"overall_conclusion": "Her"}) == status


def test_the_second_is_refused_naming_the_open_one(world: World):
    world.call("post", "/actions/open")
    refused = world.call("post", "/actions/open")
    assert (refused.status_code, "Opfølgning 1 er åben" in refused.get_json()["detail"]) == (409, True)


@pytest.mark.rule("FUP-01", "FUP-04", "FUP-14")
def test_a_case_goes_round_twice(world: World):
    world.pass_to("2026-05-20")
    world.call("post", "/actions/open")
    world.hear(note(g1="Går fremad"), by="delivery")
    fill(world, follow_up=FILLED)
    world.pass_to("2026-06-02")
    world.call("post", "/actions/conclude")
    world.pass_to("2026-08-24")
    world.call("post", "/actions/open")
    first, second = shown(world)
    assert first["follow_up"]["goals"][0]["provider_evaluation"] == "Går fremad"
    assert second["follow_up"]["goals"][0]["transferred_current_functioning_level"] == 1
    assert [d["key"] for d in world.said("deadline.requested") if d["kind"] == "follow-up"] == [
        "2026-06-02",
        "2026-09-02",
    ]
    assert [r["planned_on"] for r in world.said("status_note.requested")] == ["2026-06-02", "2026-09-02"]
    assert "FUP-25" in world.said("overview.changed")[-1]["warnings"]


def test_the_plan_of_dates_is_the_houses_own(world: World):
    assert fill(world, plan={"dates": []}) == 422


@pytest.mark.rule("DEL-08")
def test_a_provider_finds_no_follow_up(world: World):
    assert world.call("get", by=Actor("p", "X-Hus", Role.PROVIDER, "x-hus")).status_code == 404


@pytest.mark.refuses("FUP-06", "FUP-07")
@pytest.mark.parametrize(
    "values, rule, field",
    [
        ({"follow_up_outcome": "måske"}, "FUP-07", "follow_up_outcome"),
        ({"goals": [{"id": "g1", "goal_outcome": "måske"}]}, "FUP-06", "goals[0].goal_outcome"),
    ],
)
def test_a_code_that_does_not_exist_is_refused_with_its_rule(world: World, values: dict, rule: str, field: str):
    assert wrong(world.call("patch", json={"follow_up": values})) == (rule, f"follow_up.{field}")
