"""Whose cases: one's own, those one covers for, a team's; and which of all cases somebody may find. As conditions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.process import LEADER, Actor
from portal import people
from portal.model import AWAITS_LEADER, ListedCase, Person

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Desk:
    """Who sits there, and whom they cover for today."""

    me: Actor
    covers: tuple[Person, ...] = ()

    @classmethod
    def of(cls, session: Session, me: Actor, today: date) -> Desk:
        return cls(me, tuple(people.covered_by(session, me.id, today)))

    def own(self) -> Condition:
        """The cases of whoever sits here, and of those who are away. A deputy acts as the caseworker."""
        return sa.or_(*self._each())

    def mine(self) -> tuple[Condition, ...]:
        """The same cases, and nobody's. A case meets one of these conditions at most; each has its index."""
        return (*self._each(), nobodys())

    def _each(self) -> tuple[Condition, ...]:
        """By id; by name only where the case knows no id of its caseworker."""
        ids = {self.me.id, *(one.id for one in self.covers)}
        names = {self.me.name, *(one.name for one in self.covers)}
        by_id = (ListedCase.caseworker_id == one for one in sorted(ids))
        by_name = (_known_by_name(ListedCase.caseworker_name == one) for one in sorted(names))
        return (*by_id, *by_name)

    def team(self) -> Condition:
        """The cases a leader answers for: the team's, and those of no team. A leader without a team answers for all."""
        teams = {self.me.team, *(one.team for one in self.covers)}
        if None in teams:
            return sa.true()
        return sa.or_(ListedCase.team.is_(None), ListedCase.team.in_(sorted(filter(None, teams))))

    def findable(self) -> Condition:
        """A confidential case is there for its own caseworker, the deputy and the leader of the team only."""
        own = self.team() if self.me.role is LEADER else self.own()
        return sa.or_(ListedCase.is_confidential.is_(False), own)

    def stands_in_for(self, case: ListedCase) -> str:
        """The name of the one who is away, where the case is theirs; empty for one's own."""
        for one in self.covers:
            if case.caseworker_id == one.id or (case.caseworker_id is None and case.caseworker_name == one.name):
                return one.name
        return ""


def nobodys() -> Condition:
    return _known_by_name(ListedCase.caseworker_name.is_(None))


def _known_by_name(name: Condition) -> Condition:
    return sa.and_(ListedCase.caseworker_id.is_(None), name)


WAITS_FOR_A_LEADER: Condition = sa.literal_column(AWAITS_LEADER, sa.Boolean())
"""Cases with an open task for a leader."""
