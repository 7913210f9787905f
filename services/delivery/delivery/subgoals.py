"""One sub-goal under several goals: one id, one text, one set of notes (DEL-03, handbook 8.2.3). Pure.

It is stored under each of its goals. What somebody writes of it under one is written under all before it is merged, so
that who wrote what, what changed, and who comes too late are told for every goal alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeGuard
from uuid import uuid4

from casework.contracts.values import Subgoal
from casework.errors import Refused
from casework.records import REMOVED, Json, standing
from delivery.model import Documentation

ONE_TEXT = "Delmålet er det samme under flere mål. Skriv det samme under dem, eller kun under det ene"


def under_each_of_its_goals(patch: Mapping[str, Any], own: Mapping[str, Any]) -> Mapping[str, Any]:
    """The recording, with what it says of a sub-goal under one goal said under all; `own` is what is stored.

    What has not the right shape is left as it is: merging it tells what is wrong. Raises Refused (DEL-03) where one
    sub-goal is given two texts at once.
    """
    documentation = patch.get(Documentation.step)
    if not isinstance(documentation, Mapping):
        return patch
    given = documentation.get("goals")
    if not _is_list_of_groups(given) or not all(_is_list_of_groups(goal.get("subgoals", [])) for goal in given):
        return patch
    goals = [{**goal, "subgoals": [*goal["subgoals"]]} if "subgoals" in goal else {**goal} for goal in given]
    for name in dict.fromkeys(sub["id"] for _, sub in _subgoals(given)):
        _spread(goals, name, own.get("goals") or [])
    return {**patch, Documentation.step: {**documentation, "goals": goals}}


def _spread(goals: list[Json], name: str, own: Iterable[Json]) -> None:
    stood = {goal: sub for goal, sub in _subgoals(own) if sub["id"] == name and not sub.get(REMOVED)}
    stored = {goal: standing(Subgoal, sub) for goal, sub in stood.items()}
    given = [(goal, sub) for goal, sub in _subgoals(goals) if sub["id"] == name]
    left = {goal for goal, sub in given if sub.get(REMOVED) is True}
    said = _said(name, [(goal, sub) for goal, sub in given if goal not in left])
    whole = next(iter(stored.values()), {})
    for goal in dict.fromkeys([*stored, *(goal for goal, _ in given)]):
        if goal not in left:
            _put(goals, goal, {**said, "id": name} if goal in stored else _laid(whole, {**said, "id": name}))


def _said(name: str, given: Iterable[tuple[str, Json]]) -> Json:
    """All that is said of a sub-goal, under whichever goals."""
    said: Json = {}
    for goal, sub in given:
        for field, value in sub.items():
            before = said.get(field, value)
            if _is_list_of_groups(value) and _is_list_of_groups(before):
                notes = [_named(note) for note in value]
                before = [] if field not in said else before
                value = [*before, *(note for note in notes if note not in before)]
                contradicts = any(note["id"] in [one["id"] for one in before] for note in value[len(before) :])
            else:
                contradicts = value != before
            if contradicts:
                raise Refused("DEL-03", f"documentation.goals[{goal}].subgoals[{name}].{field}", ONE_TEXT)
            said[field] = value
    return said


def _named(note: Json) -> Json:
    """A new note gets its id here, so that it is the same note under every goal."""
    return note if note.get("id") else {**note, "id": str(uuid4())}


def _laid(whole: Json, said: Json) -> Json:
    """The sub-goal as it stands elsewhere, with what is said now: so it comes under one goal more."""
    notes = said.get("goal_notes", [])
    if isinstance(notes, list):
        notes = [*whole.get("goal_notes", []), *notes]
    return {**whole, **said, **({"goal_notes": notes} if notes != [] else {})}


def _put(goals: list[Json], goal_id: str, sub: Json) -> None:
    """Say this of the sub-goal under the goal, in the place where something is said of it already."""
    here = [goal for goal in goals if goal.get("id") == goal_id]
    if not here:
        goals.append({"id": goal_id, "subgoals": [sub]})
    for goal in here:
        subs = goal.setdefault("subgoals", [])
        places = [place for place, one in enumerate(subs) if one.get("id") == sub["id"]]
        for place in places:
            subs[place] = sub
    if here and not any(one is sub for goal in here for one in goal["subgoals"]):
        here[-1]["subgoals"].append(sub)


def _subgoals(goals: Iterable[Json]) -> Iterator[tuple[str, Json]]:
    """Every sub-goal that has a name, with the goal it stands under."""
    for goal in goals:
        for sub in goal.get("subgoals") or []:
            if isinstance(goal.get("id"), str) and isinstance(sub.get("id"), str):
                yield goal["id"], sub


def _is_list_of_groups(value: Any) -> TypeGuard[list[Json]]:
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)
