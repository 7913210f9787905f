"""What is to be done by when: the open deadlines of some cases, a page at a time, and how many there are of whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.calendar import Calendar
from casework.contracts.deadlines import KINDS
from portal.model import Citizen, Deadline, ListedCase, Position, Provider

SPOKEN_OF = tuple(kind.name for kind in KINDS.values() if not kind.silent)
PASSING = ("complaint",)
"""Days that pass by themselves: once they are over, nobody is late."""
FOLLOW_UPS = ("follow-up", "statutory-review")
PROVIDERS = ("order-answer", "status-note", "follow-up")
"""What concerns a provider: an answer and a note are owed by it, a follow-up is prepared with it."""

IS_OPEN = sa.and_(ListedCase.closed_on.is_(None), ListedCase.number.is_not(None))

PAGE = 25


@dataclass(frozen=True)
class Days:
    """Today, and the last day that is looked ahead to."""

    today: date
    last: date

    @classmethod
    def ahead(cls, today: date, working_days: int, calendar: Calendar) -> Days:
        return cls(today, calendar.add_working_days(today, working_days))

    def section(self, due: date) -> str:
        """late, today or coming."""
        return "late" if due < self.today else "today" if due == self.today else "coming"

    def sections(self, lines: Sequence[Line]) -> dict[str, list[Line]]:
        """The lines of each section, in their order."""
        return {
            name: list(some)
            for name, some in groupby(lines, key=lambda line: self.section(line.deadline.due or self.last))
        }

    def open(self) -> sa.ColumnElement[bool]:
        """Open deadlines up to the last day."""
        return sa.and_(
            Deadline.state == "open", Deadline.due <= self.last, Deadline.kind.in_(SPOKEN_OF),
            sa.or_(Deadline.kind.not_in(PASSING), Deadline.due >= self.today),
        )  # fmt: skip

    def awaited(self) -> sa.ColumnElement[bool]:
        """Those of open cases."""
        return sa.and_(self.open(), IS_OPEN)


@dataclass(frozen=True)
class Line:
    """One deadline as a list shows it."""

    deadline: Deadline
    case: ListedCase
    citizen: str | None
    provider: str | None  # its name, where one is concerned

    @property
    def place(self) -> str:
        """Where the next page begins: after this line. Kinds are of our own code list, keys are ids and days."""
        d = self.deadline
        return "_".join((str(d.due), str(d.case_id), d.kind, d.key))


@dataclass(frozen=True)
class Listed:
    """A page of lines, and where the next one begins; empty where this is the last."""

    lines: Sequence[Line]
    more: str = ""


_ORDER = (Deadline.due, Deadline.case_id, Deadline.kind, Deadline.key)
_WHOSE = sa.func.coalesce(Deadline.provider_id, Position.key)
"""The provider of a deadline; where the day of a follow-up concerns several, each that delivers in the case."""


def lines(session: Session, days: Days, *which: sa.ColumnElement[bool], after: str = "") -> Listed:
    """The earliest first; one statement."""
    query = (
        sa.select(Deadline, ListedCase, Citizen.name, sa.func.coalesce(Provider.name, Deadline.provider_id))
        .join(ListedCase, ListedCase.id == Deadline.case_id)
        .outerjoin(Citizen, Citizen.id == ListedCase.citizen_id)
        .outerjoin(Provider, Provider.id == Deadline.provider_id)
        .where(days.awaited(), *which)
        .order_by(*_ORDER)
        .limit(PAGE + 1)
    )
    if (place := _place(after)) is not None:
        query = query.where(sa.tuple_(*_ORDER) > place)
    found = [Line(*row) for row in session.execute(query)]
    return Listed(found[:PAGE], found[PAGE - 1].place if len(found) > PAGE else "")


def _place(text: str) -> Any:
    """Where the last page ended. What is no place is the beginning."""
    try:
        day, case, kind, key = text.split("_", 3)
        return sa.tuple_(
            sa.literal(date.fromisoformat(day)), sa.literal(UUID(case), sa.Uuid()), sa.literal(kind), sa.literal(key)
        )
    except ValueError:
        return None


def of_provider(provider_id: str) -> sa.ColumnElement[bool]:
    """Deadlines that concern this provider."""
    delivers = sa.exists().where(
        Position.case_id == Deadline.case_id, Position.process == "delivery", Position.at == "running",
        Position.key == provider_id,
    )  # fmt: skip
    of_all = sa.and_(Deadline.provider_id.is_(None), Deadline.kind == "follow-up", delivers)
    return sa.and_(Deadline.kind.in_(PROVIDERS), sa.or_(Deadline.provider_id == provider_id, of_all))


# how many
def by_section(session: Session, days: Days, *which: sa.ColumnElement[bool]) -> dict[str, int]:
    """How many are late, fall today, and come."""
    late, now, coming = _late(days), Deadline.due == days.today, Deadline.due > days.today
    query = sa.select(_many(late), _many(now), _many(coming)).join(ListedCase, ListedCase.id == Deadline.case_id)
    found = session.execute(query.where(days.awaited(), *which)).one()
    return dict(zip(("late", "today", "coming"), found, strict=True))


def by_caseworker(session: Session, days: Days, *which: sa.ColumnElement[bool]) -> Sequence[Any]:
    """Per caseworker of these cases (`id`, `name`): open `cases`, and of follow-ups and all else, late and coming."""
    follow_up, counts = (
        Deadline.kind.in_(FOLLOW_UPS),
        ("follow_ups_late", "follow_ups_coming", "others_late", "others_coming"),
    )
    kinds = [(which, when) for which in (follow_up, ~follow_up) for when in (_late(days), ~_late(days))]
    of_case = (  # summed up first: joined row by row, 10,000 cases took SQLite 20 seconds
        sa.select(Deadline.case_id, *(_many(*one).label(name) for name, one in zip(counts, kinds, strict=True)))
        .where(days.open(), Deadline.case_id.in_(sa.select(ListedCase.id).where(IS_OPEN, *which)))
        .group_by(Deadline.case_id)
        .subquery()
    )
    query = (
        sa.select(
            ListedCase.caseworker_id.label("id"),
            sa.func.max(ListedCase.caseworker_name).label("name"),
            sa.func.count().label("cases"),
            *(sa.func.coalesce(sa.func.sum(of_case.c[name]), 0).label(name) for name in counts),
        )
        .outerjoin(of_case, of_case.c.case_id == ListedCase.id)
        .where(IS_OPEN, *which)
        .group_by(ListedCase.caseworker_id, sa.case((ListedCase.caseworker_id.is_(None), ListedCase.caseworker_name)))
        .order_by(sa.func.max(ListedCase.caseworker_name), ListedCase.caseworker_id)
    )
    return session.execute(query).all()


def by_provider(session: Session, days: Days, *which: sa.ColumnElement[bool]) -> Sequence[Any]:
    """Per provider (`id`, `name`): of each kind that concerns it, late and coming."""
    running = sa.and_(
        Position.case_id == Deadline.case_id, Position.process == "delivery", Position.at == "running",
        Deadline.provider_id.is_(None), Deadline.kind == "follow-up",
    )  # fmt: skip
    counts = [
        _many(Deadline.kind == kind, when).label(f"{kind.replace('-', '_')}_{name}")
        for kind in PROVIDERS
        for name, when in (("late", _late(days)), ("coming", ~_late(days)))
    ]
    query = (
        sa.select(_WHOSE.label("id"), sa.func.max(Provider.name).label("name"), *counts)
        .select_from(Deadline)
        .join(ListedCase, ListedCase.id == Deadline.case_id)
        .outerjoin(Position, running)
        .outerjoin(Provider, Provider.id == _WHOSE)
        .where(days.awaited(), Deadline.kind.in_(PROVIDERS), _WHOSE.is_not(None), *which)
        .group_by(_WHOSE)
        .order_by(sa.func.max(Provider.name), _WHOSE)
    )
    return session.execute(query).all()


def _late(days: Days) -> sa.ColumnElement[bool]:
    return Deadline.due < days.today


def _many(*which: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((sa.and_(*which), 1), else_=0)), 0)
