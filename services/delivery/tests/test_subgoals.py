"""A sub-goal under several goals is one: one text, one set of notes, whichever goal it is written under (DEL-03)."""

from __future__ import annotations

from typing import Any

import pytest

from casework.testing.cases import refused, wrong
from delivery.model import Documentation
from delivery.subgoals import under_each_of_its_goals

from .conftest import KIM, Played, World

pytestmark = pytest.mark.rule("DEL-03")

Json = dict[str, Any]


def under(*goals: str, **said: Any) -> Json:
    """Something is said of the sub-goal under these goals."""
    return {"goals": [{"id": goal, "subgoals": [{"id": "s1", **said}]} for goal in goals]}


def texts(case: Played) -> list[list[str | None]]:
    """What the sub-goals are called, goal by goal."""
    return [[sub.subgoal_statement for sub in goal.subgoals] for goal in case.read(Documentation).goals]


def notes(case: Played) -> list[list[str | None]]:
    """What the notes on the sub-goals say, goal by goal."""
    goals = case.read(Documentation).goals
    return [[note.note_text for sub in goal.subgoals for note in sub.goal_notes] for goal in goals]


@pytest.fixture
def shared(case: Played) -> Played:
    """»Jeg følger mit ADL-skema«, with a note, under both goals."""
    note = {"id": "n1", "note_text": "Begyndte"}
    case.fill(Documentation, **under("g1", "g2", subgoal_statement="Jeg følger mit ADL-skema", goal_notes=[note]))
    return case


def test_it_stands_under_each_of_its_goals(shared: Played):
    assert texts(shared) == [["Jeg følger mit ADL-skema"]] * 2
    assert notes(shared) == [["Begyndte"]] * 2


def test_its_text_is_changed_under_all(shared: Played):
    shared.fill(Documentation, **under("g2", subgoal_statement="Jeg bruger skemaet"))

    assert texts(shared) == [["Jeg bruger skemaet"]] * 2


def test_a_note_under_one_is_a_note_under_all_and_the_same(shared: Played):
    shared.fill(Documentation, **under("g1", goal_notes=[{"note_text": "Fulgte det i går"}]))

    assert notes(shared) == [["Begyndte", "Fulgte det i går"]] * 2
    first, second = (goal.subgoals[0].goal_notes for goal in shared.read(Documentation).goals)
    assert first == second


def test_a_note_taken_out_under_one_is_out_under_all(shared: Played):
    shared.fill(Documentation, **under("g2", goal_notes=[{"id": "n1", "removed": True}]))

    assert notes(shared) == [[], []]


@pytest.mark.rule("DEL-04")
def test_its_notes_carry_the_subthemes_of_all_its_goals(shared: Played):
    for goal in shared.read(Documentation).goals:
        (note,) = goal.subgoals[0].goal_notes
        assert note.note_subthemes == ("managing-home", "network-relations")


def test_it_comes_under_one_goal_more_by_its_id(case: Played):
    said = {"subgoal_statement": "Op kl. 7", "goal_notes": [{"id": "n1", "note_text": "Var oppe"}]}
    case.fill(Documentation, **under("g1", **said))
    case.fill(Documentation, **under("g2", goal_notes=[{"id": "n2", "note_text": "Også i dag"}]))

    assert texts(case) == [["Op kl. 7"]] * 2
    assert notes(case) == [["Var oppe", "Også i dag"]] * 2


def test_taken_from_one_goal_it_stays_under_the_other(shared: Played):
    shared.fill(Documentation, **under("g1", removed=True))
    shared.fill(Documentation, **under("g2", subgoal_statement="Kun her"))

    assert texts(shared) == [[], ["Kun her"]]


def test_it_moves_from_one_goal_to_another_in_one_recording(case: Played):
    case.fill(Documentation, **under("g1", subgoal_statement="Op kl. 7"))
    moved = [*under("g1", removed=True)["goals"], *under("g2")["goals"]]
    case.fill(Documentation, goals=moved)

    assert texts(case) == [[], ["Op kl. 7"]]


@pytest.mark.refuses("DEL-03")
@pytest.mark.parametrize(
    "field, one, other",
    [
        ("subgoal_statement", "Op kl. 7", "Op kl. 8"),
        ("goal_notes", [{"id": "n1", "note_text": "Ja"}], [{"id": "n1", "note_text": "Nej"}]),
    ],
)
def test_two_texts_at_once_are_refused(shared: Played, field: str, one: Any, other: Any):
    twice = [*under("g1", **{field: one})["goals"], *under("g2", **{field: other})["goals"]]

    with refused("DEL-03", f"documentation.goals[g2].subgoals[s1].{field}"):
        shared.fill(Documentation, goals=twice)


@pytest.mark.permits("DEL-03")
def test_the_same_text_twice_is_one(shared: Played):
    shared.fill(Documentation, **under("g1", "g2", subgoal_statement="Op kl. 8"))

    assert texts(shared) == [["Op kl. 8"]] * 2


@pytest.mark.parametrize(
    "patch",
    [
        {"status_note": {"goals": [{"id": "g1"}]}},
        {"documentation": None},
        {"documentation": {"goals": None}},
        {"documentation": {"goals": ["g1"]}},
        {"documentation": {"goals": [{"id": "g1", "subgoals": "s1"}]}},
        {"documentation": {"goals": [{"id": "g1", "subgoals": [{"subgoal_statement": "Nyt"}]}]}},
        {"documentation": {"goals": [{"subgoals": [{"id": "s1"}]}]}},
    ],
)
def test_what_names_no_subgoal_is_left_as_it_is(patch: Json):
    assert under_each_of_its_goals(patch, {}) == patch


# by the API
@pytest.mark.parametrize("said", [{"goal_notes": [{"id": [7]}]}, {"goal_notes": ["n1"]}, {"subgoal_statement": [{}]}])
def test_what_has_no_right_shape_is_refused_and_nothing_is_changed(world: World, said: Json):
    answer = world.call("patch", json={"documentation": under("g1", "g2", **said)})

    assert (answer.status_code, "field" in answer.get_json()) == (422, True)
    assert world.call("get").headers["ETag"] == '"1"'


def test_who_comes_too_late_under_another_goal_is_told(world: World):
    world.call("patch", json={"documentation": under("g1", "g2", subgoal_statement="Op kl. 7")})
    seen = world.call("get").headers["ETag"]
    world.call("patch", json={"documentation": under("g1", subgoal_statement="Op kl. 8")})
    late = world.call(
        "patch", json={"documentation": under("g2", subgoal_statement="Op kl. 9")}, headers={"If-Match": seen}
    )

    assert late.status_code == 412
    (delivery, _) = world.call("get", by=KIM).get_json()["parts"]["deliveries"]
    assert [goal["subgoals"][0]["subgoal_statement"] for goal in delivery["documentation"]["goals"]] == ["Op kl. 8"] * 2


def test_what_is_wrong_is_told_where_it_was_sent(world: World):
    wrong_note = [{"id": "n1", "note_subthemes": ["nothing"]}]
    answer = world.call("patch", json={"documentation": under("g2", goal_notes=wrong_note)})

    rule, field = wrong(answer)
    assert rule == "DAT-03"
    assert (field or "").startswith("documentation.goals[0].subgoals[0].goal_notes[0].note_subthemes")
