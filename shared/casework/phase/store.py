"""From the phase's tables to a Situation. A fixed number of statements, however many cases and however large."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.configuration import Municipality
from casework.contracts import as_of_now
from casework.contracts import load_all as load_all_contracts
from casework.contracts.intake import CaseOpened
from casework.database import lock
from casework.errors import NOBODYS_BUSINESS, NotFound
from casework.fields import Step
from casework.messaging.inbox import lock_of
from casework.phase.kept import data_of, marks_of, state_of
from casework.phase.phase import Phase
from casework.phase.tables import AccessRow, CaseRow, HeardRow, RecordRow, RunRow, SaidRow
from casework.process import Actor, Role, Run, Situation, Told
from casework.records import Json
from casework.schema import read

Place = tuple[str, str]
"""A record within a case: the step, and whose it is where there is one per provider or number."""


# locking and looking
def lock_case(session: Session, case_id: UUID, *, create: bool = False) -> CaseRow:
    """The case's row, held until the transaction ends. Raises NotFound unless it may be created."""
    row = lock_cases(session, [case_id]).get(case_id)
    if row is None:
        if not create:
            raise NotFound(NOBODYS_BUSINESS)
        row = CaseRow(id=case_id, revision=0)
        session.add(row)
        session.flush()
    return row


def lock_cases(session: Session, case_ids: Collection[UUID]) -> dict[UUID, CaseRow]:
    """Those of these cases that are known here, by id, each held until the transaction ends; their ids are held too."""
    lock(session, *(lock_of(str(case_id)) for case_id in sorted(case_ids)))
    return locked_cases(session, case_ids)


def locked_cases(session: Session, case_ids: Collection[UUID]) -> dict[UUID, CaseRow]:
    """The same where the ids are held already."""
    if not case_ids:
        return {}
    return {row.id: row for row in session.scalars(_CASES, {"cases": list(case_ids)})}


def lock_cases_of_citizen(session: Session, case_id: UUID) -> list[CaseRow]:
    """Every case of the citizen whose case this is, locked, in one order; none where the citizen is not known."""
    citizen = sa.select(CaseRow.citizen_id).where(CaseRow.id == case_id).scalar_subquery()
    ids = session.scalars(sa.select(CaseRow.id).where(CaseRow.citizen_id == citizen)).all()
    return [*lock_cases(session, ids).values()]


def admit(session: Session, case_id: UUID, who: Actor) -> None:
    """Let a provider's people to a case in which they have an order. To all others nothing is asked here.

    Raises NotFound, by the same statement and in the same words, whether there is no order of theirs or no such case:
    neither what is answered nor how long it takes tells which (DEL-08).
    """
    if who.role is Role.PROVIDER:
        own = sa.exists().where(RunRow.case_id == case_id, RunRow.key == (who.provider_id or None))
        if not session.scalar(sa.select(own)):
            raise NotFound(NOBODYS_BUSINESS)


def looked_at(session: Session, cases: Iterable[UUID], who: Actor, what: str, at: datetime) -> None:
    """Note who looked at the cases, and as what, in one statement."""
    seen = {"at": at, "actor": who.id, "name": who.name, "role": str(who.role), "what": what}
    if rows := [{"case_id": case_id, **seen} for case_id in cases]:
        session.execute(sa.insert(AccessRow), rows)


def owner_of(step: type[Step], case: CaseRow) -> UUID:
    """Whose record a step is: the case's, or the citizen's, which all cases of the citizen share."""
    return case.citizen_id if step.per == "citizen" and case.citizen_id else case.id


def owners_of(case: CaseRow) -> tuple[UUID, ...]:
    """Whose records and messages are the case's: its own, and its citizen's."""
    return (case.id, case.citizen_id) if case.citizen_id else (case.id,)


# reading
class Heard(NamedTuple):
    """A message from another service that is kept. They sort in the order in which they happened."""

    at: datetime
    producer: str
    number: int
    type: str
    told: Told


class Said(NamedTuple):
    """The newest of a fact that this phase has told, in which version, and how many there have been."""

    number: int
    version: int
    body: Json


@dataclass
class Stored:
    """What the tables hold of several cases, taken apart by whose it is."""

    records: dict[UUID, list[Any]] = field(default_factory=lambda: defaultdict(list))  # by owner
    runs: dict[UUID, list[Any]] = field(default_factory=lambda: defaultdict(list))  # by case
    heard: dict[str, list[Heard]] = field(default_factory=dict)  # by subject
    said: dict[str, dict[str, Said]] = field(default_factory=lambda: defaultdict(dict))  # by subject and type
    texts: Mapping[str, str] = field(default_factory=dict)  # the municipality's own, for the phase's rules


def fetch(
    session: Session,
    phase: Phase,
    cases: Sequence[CaseRow],
    citizens: Collection[UUID] = (),
    others: Collection[str] = (),
) -> Stored:
    """All that the phase knows of the cases, these citizens and others: four statements, and one for its own texts."""
    stored = Stored(texts=phase.texts(session) if phase.texts else {})
    owners = {*citizens, *(owner for case in cases for owner in owners_of(case))}
    steps = phase.by_step
    for row in session.execute(_RECORDS, {"owners": list(owners)}):
        if row.step in steps:  # what is kept of a retired step is left alone
            stored.records[row.owner_id].append(row)
    for row in session.execute(_RUNS, {"cases": [case.id for case in cases]}):
        stored.runs[row.case_id].append(row)
    keys = {run.key for runs in stored.runs.values() for run in runs if run.key}
    fetch_told(session, stored, {*map(str, owners), *keys, *others})
    return stored


def fetch_told(session: Session, stored: Stored, subjects: Collection[str]) -> None:
    """Add what has been told about these subjects, by others and by this phase.

    What is kept of a message whose name is not known, since it is retired or of a newer release, says nothing here.
    """
    known = load_all_contracts()
    for subject in subjects:
        stored.heard[subject] = []
    for row in session.execute(_HEARD, {"subjects": list(subjects)}):
        if row.type in known:
            told = Told.kept(known[row.type].message, _body_of(row), row.at, row.producer)
            stored.heard[row.subject].append(Heard(row.at, row.producer, row.number, row.type, told))
    for row in session.execute(_SAID, {"subjects": list(subjects)}):
        stored.said[row.subject][row.type] = Said(row.number, row.version or 1, row.body)


def _body_of(row: Any) -> Callable[[], Mapping[str, Any]]:
    """Reads the body of a message that is kept, as its newest version has it. Raises TooNew for a newer one at once."""
    if row.version > load_all_contracts()[row.type].version:
        as_of_now(row.type, row.version, {})
    return lambda: as_of_now(row.type, row.version, json.loads(row.body))[1]


def _among(column: Any, name: str) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam(name, expanding=True))  # type: ignore[no-any-return]


# Asked many times a second: built once. Columns and not entities: what is written goes past the session's own copies.
_CASES = (
    sa.select(CaseRow)
    .where(_among(CaseRow.id, "cases"))
    .order_by(CaseRow.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_RECORDS = sa.select(RecordRow.__table__).where(_among(RecordRow.owner_id, "owners"))
_RUNS = sa.select(RunRow.__table__).where(_among(RunRow.case_id, "cases")).order_by(RunRow.key, RunRow.number)
_HEARD = sa.select(
    HeardRow.subject,
    HeardRow.type,
    HeardRow.version,
    HeardRow.at,
    HeardRow.producer,
    HeardRow.number,
    sa.cast(HeardRow.body, sa.Text).label("body"),  # of most nothing is asked: the text is read where it is
).where(_among(HeardRow.subject, "subjects"))
_SAID = sa.select(SaidRow.__table__).where(_among(SaidRow.subject, "subjects"))


def situation(
    phase: Phase, stored: Stored, case: CaseRow, municipality: Municipality, actor: Actor, now: datetime
) -> Situation[Any]:
    """One of the cases, as its phase's rules see it."""
    runs = stored.runs.get(case.id, ())
    records = [record for owner in owners_of(case) for record in stored.records.get(owner, ())]
    steps = phase.by_step
    subjects = subjects_of(case, (run.key for run in runs))
    return Situation(
        phase=phase.name,
        case_id=case.id,
        case=read(CaseOpened, case.opened) if case.opened else None,
        own={(r.step, r.key): data_of(steps[r.step], r) for r in records},
        marks={(r.step, r.key): marks_of(steps[r.step], r) for r in records},
        heard=told_of(stored, subjects),
        said=said_of(stored, subjects),
        runs=tuple(_run(phase, r) for r in runs),
        steps=steps,
        municipality=municipality,
        actor=actor,
        now=now,
        blank=phase.state(),
        computes=phase.computes,
        texts=stored.texts,
    )


def _run(phase: Phase, row: Any) -> Run[Any]:
    """A number where it stands in this release. Raises TooNew where a newer one has moved it."""
    version, at = phase.process.stands(row.version, row.at)
    moved_from = row.at if version != row.version else ""
    return Run(row.number, row.key, at, state_of(phase.state, row), version, moved_from)


def subjects_of(case: CaseRow, keys: Iterable[str]) -> list[str]:
    """About what messages are the case's: itself, its citizen, and the providers of its numbers."""
    return [*map(str, owners_of(case)), *dict.fromkeys(key for key in keys if key)]


def told_of(stored: Stored, subjects: Iterable[str]) -> tuple[Told, ...]:
    """What others have told about these, oldest first."""
    found = [one for subject in subjects for one in stored.heard.get(subject, ())]
    found.sort(key=_IN_ORDER)
    return tuple([one.told for one in found])


_IN_ORDER = attrgetter("at", "producer", "number")


def said_of(stored: Stored, subjects: Iterable[str]) -> dict[str, int]:
    """How many of each fact this phase has told about these."""
    return {name: one.number for subject in subjects for name, one in stored.said.get(subject, {}).items()}


def load(
    session: Session, phase: Phase, case: CaseRow, municipality: Municipality, actor: Actor, now: datetime
) -> Situation[Any]:
    """All that the phase knows of the case."""
    (found,) = load_all(session, phase, [case], municipality, actor, now)
    return found


def load_all(
    session: Session, phase: Phase, cases: Sequence[CaseRow], municipality: Municipality, actor: Actor, now: datetime
) -> list[Situation[Any]]:
    """As `load`, for several cases, in the same statements."""
    if not cases:
        return []
    stored = fetch(session, phase, cases)
    return [situation(phase, stored, case, municipality, actor, now) for case in cases]
