"""From the phase's tables to a Situation, and back. A fixed number of statements, whatever the size of the case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.configuration import Municipality
from casework.contracts import as_of_now
from casework.contracts.intake import CaseOpened
from casework.database import lock
from casework.errors import NOBODYS_BUSINESS, NotFound
from casework.fields import Step
from casework.phase.phase import Phase
from casework.phase.tables import AccessRow, CaseRow, HeardRow, RecordRow, RunRow, SaidRow
from casework.process import Actor, Role, Run, Situation, Told
from casework.records import Change, Json
from casework.schema import dump, read

Place = tuple[str, str]
"""A record within a case: the step, and whose it is where there is one per provider or number."""


@dataclass(frozen=True)
class Written:
    """What becomes of one record: the values that changed, and who stands for each value from now on."""

    changes: tuple[Change, ...]
    marks: Mapping[str, Json]


def lock_case(session: Session, case_id: UUID, *, create: bool = False) -> CaseRow:
    """The case's row, held until the transaction ends. Raises NotFound unless it may be created."""
    lock(session, f"case/{case_id}")
    row = session.get(CaseRow, case_id, with_for_update=True)
    if row is None:
        if not create:
            raise NotFound(NOBODYS_BUSINESS)
        row = CaseRow(id=case_id, revision=0)
        session.add(row)
        session.flush()
    return row


def admit(session: Session, case_id: UUID, who: Actor) -> None:
    """Let a provider's people to a case in which they have an order. To all others nothing is asked here.

    Raises NotFound, by the same statement and in the same words, whether there is no order of theirs or no such case:
    neither what is answered nor how long it takes tells which (DEL-08).
    """
    if who.role is Role.PROVIDER:
        own = sa.exists().where(RunRow.case_id == case_id, RunRow.key == (who.provider_id or None))
        if not session.scalar(sa.select(own)):
            raise NotFound(NOBODYS_BUSINESS)


def lock_cases_of_citizen(session: Session, case_id: UUID) -> list[CaseRow]:
    """Every case of the citizen whose case this is, locked, in one order; none where the citizen is not known."""
    citizen = sa.select(CaseRow.citizen_id).where(CaseRow.id == case_id).scalar_subquery()
    ids = session.scalars(sa.select(CaseRow.id).where(CaseRow.citizen_id == citizen)).all()
    return [lock_case(session, one) for one in sorted(ids)]


def load(
    session: Session, phase: Phase, case: CaseRow, municipality: Municipality, actor: Actor, now: datetime
) -> Situation[Any]:
    """All that the phase knows of the case, in four statements beside its row, and one for the phase's own texts."""
    (found,) = load_all(session, phase, [case], municipality, actor, now)
    return found


def load_all(
    session: Session, phase: Phase, cases: Sequence[CaseRow], municipality: Municipality, actor: Actor, now: datetime
) -> list[Situation[Any]]:
    """As `load`, for several cases, in the same statements."""
    if not cases:
        return []
    owners = {owner for case in cases for owner in _owners(case)}
    records = session.scalars(sa.select(RecordRow).where(RecordRow.owner_id.in_(owners))).all()
    runs = session.scalars(
        sa.select(RunRow).where(RunRow.case_id.in_([case.id for case in cases])).order_by(RunRow.key, RunRow.number)
    ).all()
    subjects = [*map(str, owners), *{run.key for run in runs if run.key}]
    heard = session.scalars(
        sa.select(HeardRow)
        .where(HeardRow.subject.in_(subjects))
        .order_by(HeardRow.at, HeardRow.producer, HeardRow.number)
    ).all()
    said = session.scalars(sa.select(SaidRow).where(SaidRow.subject.in_(subjects))).all()

    texts = phase.texts(session) if phase.texts else {}

    def situation(case: CaseRow) -> Situation[Any]:
        mine = _owners(case)
        told_of = [*map(str, mine), *(run.key for run in runs if run.case_id == case.id)]
        return Situation(
            phase=phase.name,
            case_id=case.id,
            case=read(CaseOpened, case.opened) if case.opened else None,
            own={(r.step, r.key): r.data for r in records if r.owner_id in mine},
            marks={(r.step, r.key): r.marks for r in records if r.owner_id in mine},
            heard=tuple(_told(h) for h in heard if h.subject in told_of),
            said={s.type: s.number for s in said if s.subject in told_of},
            runs=tuple(
                Run(r.number, r.key, r.at, read(phase.state, r.state), r.version) for r in runs if r.case_id == case.id
            ),
            steps=phase.by_step,
            municipality=municipality,
            actor=actor,
            now=now,
            blank=phase.state(),
            computes=phase.computes,
            texts=texts,
        )

    return [situation(case) for case in cases]


def _owners(case: CaseRow) -> tuple[UUID, ...]:
    """Whose records and messages are the case's: its own, and its citizen's."""
    return (case.id, case.citizen_id) if case.citizen_id else (case.id,)


def looked_at(session: Session, cases: Iterable[UUID], who: Actor, what: str, at: datetime) -> None:
    """Note who looked at the cases, and as what, in one statement."""
    seen = {"at": at, "actor": who.id, "name": who.name, "role": str(who.role), "what": what}
    if rows := [{"case_id": case_id, **seen} for case_id in cases]:
        session.execute(sa.insert(AccessRow), rows)


def owner_of(step: type[Step], case: CaseRow) -> UUID:
    """Whose record a step is: the case's, or the citizen's, which all cases of the citizen share."""
    return case.citizen_id if step.per == "citizen" and case.citizen_id else case.id


def _told(row: HeardRow) -> Told:
    terms, body = as_of_now(row.type, row.version, row.body)
    return Told(read(terms.message, body), row.at, row.producer)


def save(
    session: Session, case: CaseRow, before: Situation[Any], after: Situation[Any], written: Mapping[Place, Written]
) -> None:
    """Write what is other than it was: records with what changed in them, and numbers with where they stand."""
    for place, what in written.items():
        owner = owner_of(after.steps[place[0]], case)
        row = session.get(RecordRow, (owner, *place))
        if row is None:
            row = RecordRow(owner_id=owner, step=place[0], key=place[1], data={}, changed={}, marks={})
            session.add(row)
        row.data, row.marks = after.own.get(place, {}), dict(what.marks)
        row.changed = {**row.changed, **dict.fromkeys((c.unit for c in what.changes), case.revision)}
    known = {(run.key, run.number): run for run in before.runs}
    for run in after.runs:
        old = known.get((run.key, run.number))
        if old == run:
            continue
        stored = session.get(RunRow, (case.id, run.key, run.number))
        if stored is None:
            stored = RunRow(case_id=case.id, key=run.key, number=run.number, version=run.version)
            session.add(stored)
        if old is None or old.at != run.at:
            stored.since = after.now
        stored.at, stored.state = run.at, dump(run.state)
