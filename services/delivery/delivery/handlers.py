"""What is particular to delivery: a provider's people reach their own order, and do not learn of any other."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from casework.contracts import Command
from casework.errors import NotFound
from casework.phase.handlers import Handlers
from casework.phase.tables import RunRow
from casework.process import Actor, Role, Situation
from delivery.rules import NO_ORDER, of_its_own_order


class DeliveryHandlers(Handlers):
    """Answers providers without an order in the case as if there were no case (DEL-08)."""

    def record(
        self, session: Session, case_id: UUID, patch: Mapping[str, Any], actor: Actor, now: datetime, *,
        key: str = "", seen: int | None = None,
    ) -> Situation[Any]:  # fmt: skip
        _has_an_order(session, case_id, actor)
        return super().record(session, case_id, patch, actor, now, key=key, seen=seen)

    def act(self, session: Session, case_id: UUID, command: Command, actor: Actor, now: datetime) -> Situation[Any]:
        _has_an_order(session, case_id, actor)
        return super().act(session, case_id, of_its_own_order(command, actor), actor, now)


def _has_an_order(session: Session, case_id: UUID, actor: Actor) -> None:
    if actor.role is Role.PROVIDER and session.get(RunRow, (case_id, actor.provider_id or "", 1)) is None:
        raise NotFound(NO_ORDER)
