"""The cases that one transaction changes: loaded together, decided in memory, written together (ADR 22).

However many messages about however many cases one transaction answers, each table is read once and written once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.configuration import Municipality
from casework.contracts import Message
from casework.contracts.intake import CaseChanged, CaseOpened
from casework.database import insert_all, upsert_all
from casework.messaging import Cause, Envelope, Letter, put_all
from casework.phase.kept import beyond_of, changed_of, data_of, marks_of
from casework.phase.phase import Phase
from casework.phase.store import (
    Heard,
    Place,
    Said,
    Stored,
    fetch,
    fetch_told,
    locked_cases,
    owner_of,
    owners_of,
    said_of,
    situation,
    subjects_of,
    told_of,
)
from casework.phase.tables import CaseRow, HeardRow, JournalRow, RecordRow, RunRow, SaidRow
from casework.process import HOUSE, Actor, Situation, Told
from casework.records import Change, Json
from casework.schema import dump, read
from casework.versions import versions_of


@dataclass(frozen=True)
class Written:
    """What becomes of one record: the values that changed, and who stands for each value from now on."""

    changes: tuple[Change, ...]
    marks: Mapping[str, Json]


@dataclass(frozen=True)
class Doing:
    """What somebody does with a case, and who."""

    action: str
    actor: Actor
    changed: Mapping[Place, list[Change]] = field(default_factory=dict)  # what a person filled in
    sources: Mapping[Place, Json] = field(default_factory=dict)  # and from whom it is known
    reason: str | None = None
    cause: Cause | None = None  # the message that it answers
    key: str = ""  # of a recording: whose it is, where there is one per provider or number


@dataclass
class LoadedCase:
    """A case while it is changed: its row, locked, and how it stands by now."""

    row: CaseRow
    situation: Situation[Any]
    changed: dict[Place, Json]  # of each record: unit -> the revision at which it last changed
    since: dict[tuple[str, int], datetime]  # of each number: since when it stands where it stands
    beyond: dict[tuple[str, int], Json]  # and what a newer release has added to its state
    untold: tuple[Doing, datetime] | None = None  # after which its facts have not been compared yet

    @property
    def id(self) -> UUID:
        return self.row.id


class UnitOfWork:
    """Holds what has changed until `write`. The caller owns the transaction."""

    def __init__(self, session: Session, phase: Phase, municipality: Municipality) -> None:
        self.session, self.phase, self.municipality = session, phase, municipality
        self.cases: dict[UUID, LoadedCase] = {}
        self._stored = Stored()
        self._replaced: set[tuple[str, str]] = set()  # (subject, type) of facts of which a newer one has come
        self._heard: list[Json] = []
        self._records: dict[tuple[UUID, str, str], Json] = {}
        self._runs: dict[tuple[UUID, str, int], Json] = {}
        self._said: dict[tuple[str, str], Json] = {}
        self._journal: list[Json] = []
        self._entries: list[Letter] = []

    # loading
    def hold(self, case_ids: Collection[UUID], citizens: Collection[UUID], others: Collection[str]) -> None:
        """Take cases in hand whose ids the caller holds, with what is known of citizens and others they may concern.

        A case that is not known yet is stored once anything is kept.
        """
        known = locked_cases(self.session, case_ids)
        rows = [known.get(one) or CaseRow(id=one, revision=0) for one in sorted(case_ids)]
        self._load(rows, fetch(self.session, self.phase, rows, citizens, others))

    def load(self, rows: Sequence[CaseRow]) -> None:
        """Read all that is known of these cases, whose rows the caller has locked."""
        self._load(rows, fetch(self.session, self.phase, rows))

    def _load(self, rows: Sequence[CaseRow], stored: Stored) -> None:
        self._stored = stored
        for row in rows:
            runs = self._stored.runs.get(row.id, ())
            self.cases[row.id] = LoadedCase(
                row,
                situation(self.phase, self._stored, row, self.municipality, HOUSE, _LONG_AGO),
                {place: changed for owner in owners_of(row) for place, changed in self._changed(owner)},
                {(r.key, r.number): r.since for r in runs},
                {(r.key, r.number): beyond_of(self.phase.state, r) for r in runs},
            )

    def _changed(self, owner: UUID) -> Iterator[tuple[Place, Json]]:
        for r in self._stored.records.get(owner, ()):
            yield (r.step, r.key), changed_of(self.phase.by_step[r.step], r)

    def has_others_of_the_citizen(self, case: LoadedCase) -> bool:
        """Whether another case of the same citizen is in hand too."""
        citizen = case.row.citizen_id
        return citizen is not None and any(c is not case and c.row.citizen_id == citizen for c in self.cases.values())

    def situation(self, case: LoadedCase, actor: Actor, now: datetime) -> Situation[Any]:
        """How the case stands, for whoever does something now."""
        subjects = subjects_of(case.row, (run.key for run in case.situation.runs))
        if unread := [one for one in subjects if one not in self._stored.heard]:  # a number has begun since
            fetch_told(self.session, self._stored, unread)
        heard, said = told_of(self._stored, subjects), said_of(self._stored, subjects)
        return replace(case.situation, heard=heard, said=said, actor=actor, now=now, earlier=None, _views={})

    # keeping
    @contextmanager
    def heard(self, envelope: Envelope, message: Message) -> Iterator[None]:
        """Keep a message: the newest of each fact, unless each has a running number of its own, and every act.

        It is known within, and kept if nothing is raised there.
        """
        subject, terms = envelope.subject, message.contract
        numbered = hasattr(message, "assessment_revision") and terms.is_fact
        replaces = (terms.is_fact or terms.subject != "case") and not numbered
        number = int(envelope.numbers.get(self.phase.name, 0))
        before = self._stored.heard.get(subject)
        others = [one for one in before or () if not (replaces and one.type == terms.name)]
        told = Told(message, envelope.time, envelope.producer)
        self._stored.heard[subject] = [*others, Heard(envelope.time, envelope.producer, number, terms.name, told)]
        try:
            yield
        except BaseException:
            self._forget(subject, before)
            raise
        if replaces and (before is None or len(others) < len(before)):
            self._replaced.add((subject, terms.name))
            self._heard = [row for row in self._heard if (row["subject"], row["type"]) != (subject, terms.name)]
        self._heard.append(
            {
                "id": envelope.id, "subject": subject, "type": envelope.type, "version": envelope.version,
                "at": envelope.time, "producer": envelope.producer, "number": number, "body": envelope.body,
            }
        )  # fmt: skip

    def _forget(self, subject: str, before: list[Heard] | None) -> None:
        if before is None:
            del self._stored.heard[subject]
        else:
            self._stored.heard[subject] = before

    def know(self, case: LoadedCase, message: CaseOpened, at: datetime) -> None:
        """What the case is, as it was opened or last changed."""
        row, is_theirs_already = case.row, case.row.citizen_id == message.citizen_id
        if isinstance(message, CaseChanged) or row.opened is None:
            row.opened, row.citizen_id = dump(message), message.citizen_id
            row.opened_at = row.opened_at or at
            case.situation = replace(case.situation, case=read(CaseOpened, row.opened), _views={})
            if not is_theirs_already:
                self._share(case, message.citizen_id)

    def _share(self, case: LoadedCase, citizen: UUID) -> None:
        """The case is this citizen's, as it turns out: what all cases of the citizen share is on record in it too."""
        steps, own, marks = self.phase.by_step, dict(case.situation.own), dict(case.situation.marks)
        case.changed |= dict(self._changed(citizen))
        for r in self._stored.records.get(citizen, ()):
            own[r.step, r.key], marks[r.step, r.key] = data_of(steps[r.step], r), marks_of(steps[r.step], r)
        for (owner, *place), new in self._records.items():  # changed in this transaction, by another of the cases
            if owner == citizen:
                step, key = place
                own[step, key], marks[step, key], case.changed[step, key] = new["data"], new["marks"], new["changed"]
        case.situation = replace(case.situation, own=own, marks=marks, _views={})

    def become(self, case: LoadedCase, after: Situation[Any], written: Mapping[Place, Written]) -> None:
        """Keep what is other than it was: records with what changed in them, and numbers with where they stand."""
        revision = case.row.revision
        for place, what in written.items():
            step = after.steps[place[0]]
            owner = owner_of(step, case.row)
            changed = {**case.changed.get(place, {}), **dict.fromkeys((c.unit for c in what.changes), revision)}
            data, marks = after.own.get(place, {}), dict(what.marks)
            self._records[owner, *place] = {
                "owner_id": owner, "step": place[0], "key": place[1], "data": data, "changed": changed, "marks": marks,
                "version": step.versions.newest,
            }  # fmt: skip
            for other in self.cases.values():
                if owner in owners_of(other.row):
                    other.changed[place] = changed
                    own, theirs = {**other.situation.own, place: data}, {**other.situation.marks, place: marks}
                    other.situation = replace(other.situation, own=own, marks=theirs, _views={})
        known = {(run.key, run.number): run for run in case.situation.runs}
        for run in after.runs:
            which, old = (run.key, run.number), known.get((run.key, run.number))
            if old is not run and old != run:
                if old is None or old.at != run.at:
                    case.since[which] = after.now
                self._runs[case.id, *which] = {
                    "case_id": case.id, "key": run.key, "number": run.number, "version": run.version,
                    "at": run.at, "since": case.since[which], "state": case.beyond.get(which, {}) | dump(run.state),
                    "state_version": versions_of(type(run.state)).newest,
                }  # fmt: skip
        case.situation = replace(case.situation, runs=after.runs, _views={})

    def said(self, subject: str, name: str) -> Said | None:
        """The newest of this fact that was told about this subject."""
        return self._stored.said[subject].get(name)

    def say(self, subject: str, name: str, said: Said) -> None:
        self._stored.said[subject][name] = said
        self._said[subject, name] = {"subject": subject, "type": name, **said._asdict()}

    def note(self, **row: Any) -> None:
        """An entry of the journal."""
        self._journal.append(row)

    def put(self, subject: str, message: Message, cause: Cause) -> None:
        """Owe others this message."""
        self._entries.append((subject, message, cause))

    def write(self) -> None:
        """Store all that is kept, and begin anew with the cases as they now stand."""
        session = self.session
        session.add_all(case.row for case in self.cases.values() if case.row.revision or case.row.opened)
        session.flush()  # the rows of the cases, which those of the numbers point to
        if self._replaced:
            session.execute(sa.delete(HeardRow).where(sa.tuple_(HeardRow.subject, HeardRow.type).in_(self._replaced)))
        insert_all(session, HeardRow, self._heard)
        upsert_all(session, RecordRow, [*self._records.values()])
        upsert_all(session, RunRow, [*self._runs.values()])
        upsert_all(session, SaidRow, [*self._said.values()])
        insert_all(session, JournalRow, self._journal)
        if self._entries:
            put_all(session, self.phase.name, self._entries)
        for kept in (self._replaced, self._heard, self._records, self._runs, self._said, self._journal, self._entries):
            kept.clear()


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""Stands for a time where nobody has said when: `situation` does."""
