"""What the phase has kept, as this release has it: of an older version it is brought up when it is read.

It is written with the newest version when it is next written; until then it stays as it is. The journal stays as it was
written for ever, and names fields as they were called then. Each raises TooNew for what a newer release has written.
"""

from __future__ import annotations

from typing import TypeVar

from casework.codec import read
from casework.fields import Step, fields_of
from casework.phase.tables import RecordRow, RunRow
from casework.records import Json
from casework.versions import Body, versions_of

S = TypeVar("S")


def data_of(step: type[Step], row: RecordRow) -> Json:
    """The values of a record."""
    return dict(versions_of(step).up(row.version or 1, row.data))


def marks_of(step: type[Step], row: RecordRow) -> dict[str, Json]:
    """Whose word each value of a record is, by its path."""
    return versions_of(step).paths(row.version or 1, row.marks, step.step)


def changed_of(step: type[Step], row: RecordRow) -> dict[str, int]:
    """At which revision each unit of a record last changed."""
    return versions_of(step).paths(row.version or 1, row.changed, step.step)


def state_of(cls: type[S], row: RunRow) -> S:
    """The frozen whole of a number."""
    return read(cls, _state(cls, row))


def beyond_of(cls: type[S], row: RunRow) -> Json:
    """What a newer release has added to the state of a number, under the same version: it is written back with it."""
    known = fields_of(cls)
    return {name: value for name, value in _state(cls, row).items() if name not in known}


def _state(cls: type, row: RunRow) -> Body:
    return versions_of(cls).up(row.state_version or 1, row.state)
