"""What is particular to assessment: it can look into the citizen's earlier cases, and keeps their plans together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from assessment.commands import CompletePlan, Reuse, StartAssessment
from assessment.model import Ledger
from casework.confidential import is_kept_from
from casework.contracts import Command, Message
from casework.contracts.intake import ConsentChanged, IntakeCompleted
from casework.errors import NotFound
from casework.phase.handlers import Handlers
from casework.phase.store import load_all, lock_cases_of_citizen, looked_at
from casework.phase.tables import CaseRow
from casework.process import Actor, Situation
from casework.schema import dump


class AssessmentHandlers(Handlers):
    """Lets what is known in an earlier case be used again."""

    def act(self, session: Session, case_id: UUID, command: Command, actor: Actor, now: datetime) -> Situation[Any]:
        """As everywhere; what all cases of the citizen share is written by one of them at a time."""
        if isinstance(command, CompletePlan):
            lock_cases_of_citizen(session, case_id)
        return super().act(session, case_id, command, actor, now)

    def situated(self, session: Session, s: Situation[Any], trigger: Command | Message) -> Situation[Any]:
        """Raises NotFound where the earlier case is not the citizen's, or none of this person's business."""
        if isinstance(trigger, Reuse):
            wanted: UUID | None = trigger.from_case
        elif s.case and _draws_upon_the_linked_case(s, trigger):
            wanted = s.case.linked_from
        else:
            wanted = None
        if wanted is None:
            return s
        earlier = next(iter(self.earlier(session, s, CaseRow.id == wanted)), None)
        if earlier is None and isinstance(trigger, Reuse):
            raise NotFound("Den tidligere sag findes ikke hos denne borger", field="from_case")
        if earlier is not None:
            looked_at(session, [wanted], s.actor, f"reused in {s.case_id}", s.now)
        return replace(s, earlier=earlier)

    def earlier(self, session: Session, s: Situation[Any], *which: sa.ColumnElement[bool]) -> list[Situation[Any]]:
        """The citizen's other cases that this person may look into, oldest first: all, or those meant by `which`."""
        citizen = s.case.citizen_id if s.case else None
        if citizen is None:
            return []
        others = sa.select(CaseRow).where(CaseRow.citizen_id == citizen, CaseRow.id != s.case_id, *which)
        rows = session.scalars(others.order_by(CaseRow.opened_at)).all()
        opened = [row for row in rows if row.opened]
        found = load_all(session, self.phase, opened, self.municipality, s.actor, s.now)
        return [one for one in found if _may_look(one, s.actor)]


def _draws_upon_the_linked_case(s: Situation[Any], trigger: Command | Message) -> bool:
    """What was known is reused with consent; what the follow-up decided of hearing holds from the beginning."""
    if isinstance(trigger, ConsentChanged):
        return bool(trigger.reused_information_consent) and not s[Ledger].reused
    return isinstance(trigger, IntakeCompleted | StartAssessment)


def _may_look(s: Situation[Any], who: Actor) -> bool:
    """A confidential case is for those whose it is."""
    return s.case is not None and not is_kept_from(dump(s.case), who)
