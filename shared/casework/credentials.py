"""What providers' own systems are given to prove who they are: shown once, and two at a time while one is exchanged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from casework.database import lock
from casework.errors import NotFound, Refusal

TOGETHER = 2
"""So many are in use at once: the one that the system has, and the one that it is given next."""


class Credential:
    """The columns that every table of them has, beside what is kept of the secret itself."""

    id: Mapped[UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[str] = mapped_column(index=True)
    valid_from: Mapped[datetime]
    valid_to: Mapped[datetime | None]  # from then on it does not hold
    made_by: Mapped[str]

    def holds(self, now: datetime) -> bool:
        return self.valid_from <= now and not (self.valid_to and self.valid_to <= now)

    def shown(self) -> dict[str, Any]:
        """Without the secret."""
        return {
            "id": str(self.id),
            "valid_from": self.valid_from.isoformat(),
            "valid_to": self.valid_to and self.valid_to.isoformat(),
            "made_by": self.made_by,
        }


C = TypeVar("C", bound=Credential)


class Enough(Refusal):
    """One must end before the next is made."""

    status = 409
    title = "Der er to i brug"


def add(session: Session, row: Credential) -> None:
    """In use at once, from when it begins. Raises Enough."""
    lock(session, f"{type(row).__name__}/{row.provider_id}")
    if len(in_use(session, type(row), row.provider_id, row.valid_from)) >= TOGETHER:
        raise Enough("Afslut den ældste, før du laver en ny")
    session.add(row)


def end(session: Session, kind: type[C], provider_id: str, id_: UUID, now: datetime) -> C:
    """It does not hold any more. Ended twice, it has ended the first time. Raises NotFound."""
    row = session.get(kind, id_)
    if row is None or row.provider_id != provider_id:
        raise NotFound("Den findes ikke hos udføreren")
    row.valid_to = row.valid_to or now
    return row


def made(session: Session, kind: type[C], provider_id: str) -> Sequence[C]:
    """Every one that the provider has had, the newest first."""
    query = sa.select(kind).where(kind.provider_id == provider_id)
    return session.scalars(query.order_by(kind.valid_from.desc(), kind.id)).all()


def in_use(session: Session, kind: type[C], provider_id: str, now: datetime) -> list[C]:
    """Those that hold now, the newest first."""
    return [row for row in made(session, kind, provider_id) if row.holds(now)]
