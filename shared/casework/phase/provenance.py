"""Who wrote a value down, when, in which phase, and from whom it is known. Pure.

A mark is JSON: `at`, `by` (a name), `actor`, `phase`; `source` where somebody said from whom it comes, and `case` where
it was taken over from an earlier case, whose date and author it then keeps (ASM-19).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from casework.contracts.values import Source
from casework.errors import Invalid
from casework.fields import Step
from casework.process import Actor
from casework.records import Change, Json, changes, overlay
from casework.schema import dump, load

Marks = Mapping[str, Json]
SOURCES = "sources"
"""Where in a recording the sources stand: path of a value -> from whom it is known."""


_OF_SOURCE = "~source"


def sources_in(patch: Mapping[str, Any]) -> dict[str, Source]:
    """The sources that a recording names. Raises Invalid, naming the value."""
    given = patch.get(SOURCES) or {}
    if not isinstance(given, Mapping):
        raise Invalid({SOURCES: ("Her skal stå en gruppe af felter", None)})
    return {str(path): load(Source, source, at=f"{SOURCES}.{path}") for path, source in given.items()}


def sourced(
    step: type[Step], sources: Mapping[str, Source], carried: Json, own: Json, marks: Marks
) -> tuple[dict[str, Json], list[Change]]:
    """The step's own sources as they stand in its marks, and what is thereby other than it was.

    Raises Invalid where a source is named for what has no value here.
    """
    known = {change.path: change for change in changes(step, {}, overlay(step, carried, own), step.step)}
    named, differs = {}, []
    for path, source in sources.items():
        if path.partition(".")[0] != step.step:
            continue
        if path not in known:
            raise Invalid({f"{SOURCES}.{path}": ("Her er ingen oplysning at angive kilden til", None)})
        before, after = marks.get(path, {}).get("source"), dump(source)
        named[path] = after
        if before != after:
            differs.append(Change(known[path].unit, f"{path}{_OF_SOURCE}", before, after))
    return named, differs


def marked(
    before: Marks,
    after: Marks,
    changed: Iterable[Change],
    sources: Mapping[str, Json],
    who: Actor,
    at: datetime,
    phase: str,
) -> dict[str, Json]:
    """The marks once these values have changed. One that the change itself has brought along stays as it came."""
    now = {"at": at.isoformat(), "by": who.name, "actor": who.id, "phase": phase}
    marks = dict(after)
    for change in changed:
        is_value = not change.path.endswith(_OF_SOURCE)  # to say from whom it is known makes nobody its author
        if is_value and marks.get(change.path) == before.get(change.path):
            marks[change.path] = now
    for path, source in sources.items():
        marks[path] = {**marks.get(path, now), "source": source}
    return marks
