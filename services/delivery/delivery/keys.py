"""The keys by which providers' own systems answer: made here, shown once, kept as hashes, two at a time while changed.

A key is random and long, so that one round of SHA-256 hides it as well as a slow hash would; it is found by its hash.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.calendar import local_date
from casework.database import Database, lock
from casework.errors import Invalid, NotFound, Refusal
from casework.process import Actor, Role
from casework.service.auth import Recognise, Unauthorised
from casework.service.clock import system
from delivery.model import ProviderKeyRow

TOGETHER = 2
"""So many are in use at once: the one that the system has, and the one that it is given next."""

PREFIX = "sgk_"
"""What keys begin with, so that one is known for what it is where it does not belong."""

LENGTH = 32

LONGEST = 100

ENDED = "Nøglen gælder ikke"


class Enough(Refusal):
    """A key must end before the next is made."""

    status = 409
    title = "Der er to nøgler i brug"


def make(session: Session, provider_id: str, name: str, by: str, now: datetime) -> tuple[ProviderKeyRow, str]:
    """A new key, in use at once; it is shown this once. Raises Invalid for an id or name that cannot be, or Enough."""
    for field, value in (("provider_id", provider_id), ("name", name)):
        if not value.strip() or len(value) > LONGEST or not value.isprintable():
            raise Invalid({field: (f"Her skal stå 1-{LONGEST} tegn på én linje", None)})
    lock(session, f"provider-keys/{provider_id}")
    if len(in_use(session, provider_id, now)) >= TOGETHER:
        raise Enough("Afslut den ældste, før du laver en ny")
    key = PREFIX + secrets.token_urlsafe(LENGTH)
    row = ProviderKeyRow(
        id=uuid4(), provider_id=provider_id, hash=hashed(key), name=name, valid_from=now, made_by=by
    )  # fmt: skip
    session.add(row)
    return row, key


def hashed(key: str) -> str:
    """What is kept of a key."""
    return sha256(key.encode()).hexdigest()


def end(session: Session, provider_id: str, key_id: UUID, now: datetime) -> ProviderKeyRow:
    """It lets nobody in any more. Ended twice, it has ended the first time. Raises NotFound."""
    row = session.get(ProviderKeyRow, key_id)
    if row is None or row.provider_id != provider_id:
        raise NotFound("Nøglen findes ikke hos udføreren")
    row.valid_to = row.valid_to or now
    return row


def made(session: Session, provider_id: str) -> list[ProviderKeyRow]:
    """Every key that the provider has had, the newest first."""
    query = sa.select(ProviderKeyRow).where(ProviderKeyRow.provider_id == provider_id)
    return list(session.scalars(query.order_by(ProviderKeyRow.valid_from.desc(), ProviderKeyRow.id)))


def in_use(session: Session, provider_id: str, now: datetime) -> list[ProviderKeyRow]:
    """Those that let in now, the newest first."""
    return [row for row in made(session, provider_id) if _holds(row, now)]


def shown(row: ProviderKeyRow) -> dict[str, Any]:
    """A key without the key."""
    return {
        "id": str(row.id),
        "name": row.name,
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to and row.valid_to.isoformat(),
        "made_by": row.made_by,
        "last_used_on": row.last_used_on and row.last_used_on.isoformat(),
    }


def recogniser(database: Database) -> Recognise:
    """Who calls by a key: their provider's system, which may what its people may. The day is noted."""

    def recognise(token: str) -> Actor | None:
        if not token.startswith(PREFIX):
            return None
        now = system()
        with database.reading() as session:
            row = session.scalar(sa.select(ProviderKeyRow).where(ProviderKeyRow.hash == hashed(token)))
        if row is None or not _holds(row, now):
            raise Unauthorised(ENDED)
        if row.last_used_on != local_date(now):
            with database.writing() as session:
                session.get_one(ProviderKeyRow, row.id).last_used_on = local_date(now)
        return Actor(f"system:{row.provider_id}", row.name, Role.PROVIDER, row.provider_id)

    return recognise


def _holds(row: ProviderKeyRow, now: datetime) -> bool:
    return row.valid_from <= now and not (row.valid_to and row.valid_to <= now)
