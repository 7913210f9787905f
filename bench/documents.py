"""GET of each phase's part, GET of the whole case document, PATCH of one field in each phase.

Measured on the worked case of two rounds (the walk 1-jonas), in one process on SQLite: processor time of the call, its
median, and the statements. Beside a bare Flask page that reads (or writes) the same JSON as one row.
`--profile` tells where the time goes; a phase's name or `document` as an argument measures that alone.
"""

from __future__ import annotations

import sys
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from bare import Bare
from common import Row, tell
from worked import PHASES, Worked, cpu, in_turn, worked

GOAL_GET, GOAL_DOCUMENT, GOAL_PATCH = 10.0, 60.0, 20.0  # ms
_TURN = count()


def field(case: Worked, phase: str) -> tuple[str, str, dict[str, Any]]:
    """Who records, the query, and a patch of one field whose value is another each time."""
    turn = next(_TURN)
    birken = case.walk.people["birken"]["id"]
    words: dict[str, dict[str, Any]] = {
        "intake": {"wishes_and_purpose": {"citizen_wishes": f"Et hjem, {turn}."}},
        "assessment": {"case_assessment": {"citizen_resources": f"God med hænderne, {turn}."}},
        "decision": {"decision_letter": {"contact_for_questions": f"Ring til Karen Lund, {turn}."}},
        "ordering": {"order": {"coordination_needed": turn % 2 == 0}},
        "delivery": {"documentation": {"goals": [{"id": case.walk._id("g1"), "subgoals": [
            {"id": case.walk._id("s1"), "subgoal_statement": f"Vi åbner posten sammen, {turn}."}]}]}},
        "followup": {"follow_up": {"overall_conclusion": f"Støtten virker, {turn}."}},
    }  # fmt: skip
    who = "provider:birken" if phase == "delivery" else "caseworker"
    return who, f"?key={birken}" if phase in ("ordering", "delivery") else "", words[phase]


def patch(case: Worked, phase: str) -> None:
    who, query, body = field(case, phase)
    case.ask("PATCH", phase, query, who=who, json=body, headers={"If-Match": "*"})


def measure(case: Worked, bare: Bare, name: str, repeats: int) -> None:
    service, path = ("portal", "/document") if name == "document" else (name, "")
    changed = "intake" if name == "document" else name
    bare.keep(name, case.ask("GET", service, path).json())
    with case.counted() as counted:
        case.ask("GET", service, path)
    ours, theirs = in_turn(lambda: case.ask("GET", service, path), lambda: bare.read(name), repeats=repeats)
    fresh = []
    for _ in range(repeats):
        patch(case, changed)
        case.town.settle()
        fresh.append(1000 * cpu(lambda: case.ask("GET", service, path)))
    goal = GOAL_DOCUMENT if name == "document" else GOAL_GET
    what = "the whole case document" if name == "document" else f"{name}'s part"
    notes = {"statements": counted.statements, "just after a recording": round(median(fresh), 2)}
    tell(Row(f"get-{name}", f"GET {what}", "ms CPU", ours, "bare page, same JSON", theirs, goal, "value", notes=notes))


def measure_patch(case: Worked, bare: Bare, name: str, repeats: int) -> None:
    with case.counted() as counted:
        patch(case, name)
    case.town.settle()
    bares = lambda: bare.write(name, {"field": "value"})  # noqa: E731
    ours, theirs = in_turn(lambda: patch(case, name), bares, case.town.settle, repeats)
    what, peer, notes = f"PATCH one field, {name}", "bare page that writes", {"statements": counted.statements}
    tell(Row(f"patch-{name}", what, "ms CPU", ours, peer, theirs, GOAL_PATCH, "value", notes=notes))


def main() -> None:
    short = "--short" in sys.argv
    names = [name for name in (*PHASES, "document") if name in sys.argv] or [*PHASES, "document"]
    with worked() as case, TemporaryDirectory() as folder:
        bare = Bare(Path(folder))
        for name in names:
            measure(case, bare, name, 9 if short else 25)
            if name in PHASES:
                measure_patch(case, bare, name, 9 if short else 25)


if __name__ == "__main__":
    main()
