"""The rounds of a worked case: what each follow-up found, what it became the baseline of, and who got a new order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from onebox import walk as walks
from onebox.towns import DirectTown

from .documents import Watched, begins, differences, recorded, rounds

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rounds")]

BIRKEN, HAVNEN = "Bostøtten Birken", "Værkstedet Havnen"

GOALS = [
    # round, held, extra, goal, level before and after, outcome
    (1, "2026-06-01", False, "g1", 3, 2, "unchanged"),
    (1, "2026-06-01", False, "g2", 3, 3, "revise"),
    (2, "2026-09-01", False, "g1", 2, 1, "unchanged"),
    (2, "2026-09-01", False, "g2", 3, 3, "unchanged"),
    (3, "2026-10-12", True, "g1", 1, 1, "close"),
    (3, "2026-10-12", True, "g2", 3, 4, "unchanged"),
    (4, "2027-01-11", False, "g2", 4, 4, "close"),
]
NEEDS = [("moderate", "moderate"), ("moderate", "light"), ("light", "moderate"), ("moderate", "none")]
"""The support need before and after each round."""
VERSIONS = [{BIRKEN: 1, HAVNEN: 1}, {BIRKEN: 1, HAVNEN: 2}, {BIRKEN: 1, HAVNEN: 2}, {BIRKEN: 1, HAVNEN: 2}]
"""The orders in force when each round is concluded: the goal that round 1 revised is Havnen's alone."""
HISTORY = {
    "handling-mail": [("assessment", 3), ("follow-up 1", 2), ("follow-up 2", 1), ("follow-up 3", 1)],
    "communities-and-leisure": [
        ("assessment", 3), ("follow-up 1", 3), ("follow-up 2", 3), ("follow-up 3", 4), ("follow-up 4", 4),
    ],
}  # fmt: skip


Played = tuple[list[str], list[dict[str, Any]], dict[str, Any]]
"""What was not as the walk says or as was recorded, the case as it stood after some acts, and at the end."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """All rounds; the case as it stood at each conclusion."""
    return play("jonas", tmp_path_factory.mktemp("rounds"), "followup.conclude")


def play(name: str, folder: Path, *acts: str) -> Played:
    """The shipped walk, and the rounds that go on where it ends; looks at the case after each of these acts."""
    data, before = rounds(name)
    town = DirectTown(folder, begins(data))
    stood: list[dict[str, Any]] = []

    def look(outcome: walks.Outcome) -> None:
        if any(act in outcome.text for act in acts):
            stood.append(walk.document())

    try:
        walk = Watched(data, town)
        findings = [f"trin {o.number}: {f.text}" for o in walk.play(look) for f in o.findings]
        now = walk.document()
        return findings + differences(recorded(f"rounds-{name}"), walk.outcome(town.house, before)), stood, now
    finally:
        town.close()


def test_every_round_goes_as_the_walk_says_and_ends_as_was_recorded(played):
    assert played[0] == []


@pytest.mark.rule("FUP-03", "FUP-04")
def test_each_round_begins_with_the_level_that_the_one_before_ended_with(played):
    found = [
        (
            one["number"], one["follow_up"]["follow_up_held_on"], one["is_extra"], goal["id"],
            goal["transferred_current_functioning_level"], goal["current_functioning_level"], goal["goal_outcome"],
        )
        for one in played[2]["follow_ups"]
        for goal in one["follow_up"]["goals"]
    ]  # fmt: skip

    assert found == GOALS


@pytest.mark.rule("FUP-19")
def test_the_support_need_of_a_round_is_the_one_before_of_the_next(played):
    views = [one["follow_up"] for one in played[2]["follow_ups"]]

    assert [(view["previous_support_need"], view["current_support_need"]) for view in views] == NEEDS


@pytest.mark.rule("FUP-04", "ASM-20")
def test_every_level_stands_in_the_history_with_its_day_origin_and_author(played):
    levels = played[2]["levels"]

    assert {sub: [(e["origin"], e["level"]) for e in levels[sub]] for sub in HISTORY} == HISTORY
    assert all(e["on"] and e["by"] for sub in HISTORY for e in levels[sub])


@pytest.mark.rule("FUP-21")
def test_a_revised_goal_is_ordered_anew_of_its_provider_alone(played):
    found = [{order["provider"]["name"]: order["version"] for order in at["orders"]} for at in played[1]]

    assert found == VERSIONS


@pytest.mark.rule("FUP-07", "FUP-08")
def test_every_round_is_a_decision_of_its_own_and_agreed_ones_are_notes(played):
    decided = [(one.get("follow_up"), one["decision_outcome"]) for one in played[2]["decisions"]]

    assert decided == [
        (None, "granted"), (1, "granted"), (None, "granted"), (2, "granted"), (3, "granted"), (4, "refused"),
    ]  # fmt: skip


@pytest.mark.rule("FUP-12", "FUP-22", "FUP-23")
def test_another_service_is_ordered_anew_and_delivered_while_the_goals_stand(tmp_path):
    findings, stood, now = play("jonas-other-service", tmp_path, "followup.conclude", "ordering.revise")

    assert findings == []
    before, waiting = stood[-2:]
    assert [what(one, BIRKEN) for one in (before, waiting, now)] == [
        (1, "accepted", {"support-administration", "support-daily-tasks-at-home"}),
        (2, "sent", {"support-social-relations"}),
        (2, "accepted", {"support-social-relations"}),
    ]
    assert what(now, HAVNEN) == what(before, HAVNEN)
    assert [goals(now, name) for name in (BIRKEN, HAVNEN)] == [goals(before, name) for name in (BIRKEN, HAVNEN)]
    assert [(one["version"], one["status"]) for one in now["deliveries"]] == [(2, "accepted"), (2, "accepted")]


def what(document: dict[str, Any], name: str) -> tuple[int, str, set[str]]:
    """The version of a provider's order, how it stands, and the services in it."""
    order = next(order for order in document["orders"] if order["provider"]["name"] == name)
    return order["version"], order["status"], {code for i in order["interventions"] for code in i["services"]}


def goals(document: dict[str, Any], name: str) -> list[tuple[Any, ...]]:
    """The goals in a provider's order, without the level that a follow-up moves."""
    order = next(order for order in document["orders"] if order["provider"]["name"] == name)
    kept = ("id", "goal_statement", "goal_type", "primary_subtheme", "expected_functioning_level")
    return [tuple(goal[field] for field in kept) for goal in order["goals"]]
