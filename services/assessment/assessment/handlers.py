"""What is particular to assessment: it can look into the citizen's earlier cases, and keeps their plans together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assessment.commands import CompletePlan, Reuse
from casework.contracts import Command
from casework.errors import NotFound
from casework.phase.handlers import Handlers
from casework.phase.store import load, lock_cases_of_citizen
from casework.phase.tables import AccessRow, CaseRow
from casework.process import Actor, Role, Situation


class AssessmentHandlers(Handlers):
    """Lets what is known in an earlier case be used again."""

    def act(self, session: Session, case_id: UUID, command: Command, actor: Actor, now: datetime) -> Situation[Any]:
        """As everywhere; what all cases of the citizen share is written by one of them at a time."""
        if isinstance(command, CompletePlan):
            lock_cases_of_citizen(session, case_id)
        return super().act(session, case_id, command, actor, now)

    def situated(self, session: Session, s: Situation[Any], command: Command) -> Situation[Any]:
        """Raises NotFound where the earlier case is not the citizen's, or none of this person's business."""
        if not isinstance(command, Reuse):
            return s
        earlier = next((c for c in self.earlier(session, s) if c.case_id == command.from_case), None)
        if earlier is None:
            raise NotFound("Den tidligere sag findes ikke hos denne borger", field="from_case")
        session.add(
            AccessRow(
                case_id=earlier.case_id,
                at=s.now,
                actor=s.actor.id,
                name=s.actor.name,
                role=str(s.actor.role),
                what=f"reused in {s.case_id}",
            )
        )
        return replace(s, earlier=earlier)

    def earlier(self, session: Session, s: Situation[Any]) -> list[Situation[Any]]:
        """The citizen's other cases that this person may look into, oldest first."""
        citizen = s.case.citizen_id if s.case else None
        if citizen is None:
            return []
        others = sa.select(CaseRow).where(CaseRow.citizen_id == citizen, CaseRow.id != s.case_id)
        rows = session.scalars(others.order_by(CaseRow.opened_at)).all()
        found = [load(session, self.phase, row, self.municipality, s.actor, s.now) for row in rows if row.opened]
        return [one for one in found if _may_look(one, s.actor)]


def _may_look(s: Situation[Any], who: Actor) -> bool:
    """A confidential case is for its own caseworker, and the leader."""
    if s.case is None or not s.case.is_confidential or who.role is Role.LEADER:
        return s.case is not None
    return s.case.caseworker is not None and s.case.caseworker.id == who.id
