"""Who changed what in a phase of a case, from what, to what: also what was taken out stands here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request

from casework.process import CASEWORKER, LEADER
from portal import wording
from portal.forms import Described
from portal.identity import only, who
from portal.pages.here import call, descriptions, header, note, phases
from portal.pages.record import PHASE

blp = Blueprint("changes", __name__, url_prefix="/cases")


@dataclass(frozen=True)
class Change:
    """One value that is other than it was, in words."""

    at: str
    by: str
    labels: list[str]  # step, field, and the field within the entry
    before: str
    after: str
    is_source: bool


@blp.get(f"/<uuid:case_id>/{PHASE}/changes")
@only(CASEWORKER, LEADER)
def page(case_id: UUID, phase: str) -> Any:
    """The newest first, a page at a time."""
    me, before = who(), request.args.get("before", type=int)
    query = {"before": before} if before is not None else {}
    told = call(me, "GET", phase, f"/cases/{case_id}/changes", params=query).json()
    note(case_id, me, "read")
    steps = {step["step"]: step for step in descriptions().of(phases(), me, phase)["steps"]}
    return render_template(
        "changes.html",
        head=header(case_id),
        phase=phase,
        tab=phase,
        changes=list(in_words(told["changes"], steps)),
        older=told["next"],
    )


def in_words(told: Iterable[Mapping[str, Any]], steps: Mapping[str, Mapping[str, Any]]) -> Iterator[Change]:
    """In words, as far as the phase says what its fields are."""
    for entry in told:
        for path, before, after in entry["changes"] or ():
            found = list(_fields(path.partition("~")[0], steps))
            if not found or found[-1]["name"] == "id":  # an id is no one's news
                continue
            is_source = path.endswith("~source")
            was, now = (_words(found[-1], value, is_source=is_source) for value in (before, after))
            if was != now:
                step = steps[path.partition(".")[0]]
                labels = [step["label"], *(f["label"] for f in found)]
                yield Change(entry["at"], entry["by"], labels, was, now, is_source)


def _words(f: Described, value: Any, *, is_source: bool) -> str:
    if is_source:
        return wording.source(value) if value else ""
    return wording.show(f, value)


def _fields(path: str, steps: Mapping[str, Mapping[str, Any]]) -> Iterator[Described]:
    """The fields that a path leads through: `case_assessment.goals[g1].goal_type`."""
    step, _, rest = path.partition(".")
    fields = steps.get(step, {}).get("fields", ())
    for name in re.sub(r"\[[^\]]*\]", "", rest).split("."):
        f = next((f for f in fields if f["name"] == name), None)
        if f is None:
            return
        yield f
        fields = f.get("fields") or ()
