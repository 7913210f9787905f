"""What is particular to followup: what is filled in belongs to the open follow-up, else to the next."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.errors import NotFound
from casework.phase.handlers import Handlers
from casework.phase.store import lock_case
from casework.phase.tables import RunRow
from casework.process import Actor, Situation


class FollowupHandlers(Handlers):
    """Finds the follow-up that is meant. A draft may be filled in before the follow-up is opened."""

    def record(
        self, session: Session, case_id: UUID, patch: Mapping[str, Any], actor: Actor, now: datetime, *,
        key: str = "", seen: int | None = None,
    ) -> Situation[Any]:  # fmt: skip
        for step, given in patch.items():  # before anything is said of follow-ups, also of whether there is one
            if step in self.phase.by_step:
                self._may_record(step, actor, given)
        lock_case(session, case_id)
        return super().record(session, case_id, patch, actor, now, key=_number(session, case_id, key), seen=seen)


def _number(session: Session, case_id: UUID, key: str) -> str:
    runs = session.scalars(sa.select(RunRow).where(RunRow.case_id == case_id)).all()
    coming = max((run.number for run in runs), default=0) + 1
    if key and key not in {str(number) for number in range(1, coming + 1)}:
        raise NotFound(f"Opfølgning {key} findes ikke")
    open_one = next((run.number for run in runs if run.at not in ("done", "stopped")), coming)
    return key or str(open_one)
