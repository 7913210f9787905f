"""What is particular to delivery: a provider's people reach their own order, and do not learn of any other."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from casework.contracts import Command
from casework.phase.handlers import Handlers
from casework.phase.kept import data_of, state_of
from casework.phase.store import admit, lock_case
from casework.phase.tables import CaseRow, RecordRow, RunRow
from casework.process import Actor, Role, Situation
from delivery import acknowledgements, changes
from delivery.commands import AnswerOrder
from delivery.model import Documentation, State
from delivery.rules import of_its_own_order
from delivery.subgoals import under_each_of_its_goals

SAYS_NOTHING_OF_THE_ORDER = ("changes",)
"""Whoever looks at this has not seen the order."""


@dataclass(frozen=True)
class DeliveryHandlers(Handlers):
    """Answers providers without an order in the case as if there were no case (DEL-08)."""

    def record(
        self, session: Session, case_id: UUID, patch: Mapping[str, Any], actor: Actor, now: datetime, *,
        key: str = "", seen: int | None = None,
    ) -> Situation[Any]:  # fmt: skip
        """As everywhere; and what is written of a sub-goal is written under each of its goals (DEL-03)."""
        admit(session, case_id, actor)
        lock_case(session, case_id)
        if seen is not None and actor.role is Role.PROVIDER:
            seen = changes.revision_at(session, actor.provider_id or "", case_id, seen)
        row = session.get(RecordRow, (case_id, Documentation.step, key))
        patch = under_each_of_its_goals(patch, data_of(Documentation, row) if row else {})
        return super().record(session, case_id, patch, actor, now, key=key, seen=seen)

    def act(self, session: Session, case_id: UUID, command: Command, actor: Actor, now: datetime) -> Situation[Any]:
        """As everywhere; and who answers an order has seen it, also where it came by queue and was never read here."""
        admit(session, case_id, actor)
        s = super().act(session, case_id, of_its_own_order(command, actor), actor, now)
        if isinstance(command, AnswerOrder) and actor.role is Role.PROVIDER:
            self._acknowledge(session, case_id, actor, now)
        return s

    def revision(self, session: Session, case: CaseRow, actor: Actor) -> int:
        """To a provider, how often its own order has changed (DEL-08)."""
        if actor.role is not Role.PROVIDER:
            return case.revision
        return changes.newest(session, actor.provider_id or "", case.id)

    def touched(self, session: Session, case: CaseRow, keys: Collection[str]) -> None:
        """Count what changes per provider."""
        changes.count(session, case, {key for key in keys if key})

    def shown(self, session: Session, case_id: UUID, actor: Actor, what: str, now: datetime) -> None:
        """The provider that reads its order acknowledges it."""
        if actor.role is not Role.PROVIDER or what in SAYS_NOTHING_OF_THE_ORDER:
            return
        self._acknowledge(session, case_id, actor, now)

    def _acknowledge(self, session: Session, case_id: UUID, actor: Actor, now: datetime) -> None:
        """The newest version of the provider's order has been seen there."""
        run = session.get(RunRow, (case_id, actor.provider_id, 1))
        if run and (version := state_of(State, run).version):
            acknowledgements.acknowledge(session, case_id, version, actor, now)
