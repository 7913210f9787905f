"""The keys by which providers' own systems answer: made here, shown once, kept as hashes.

A key is random and long, so that one round of SHA-256 hides it as well as a slow hash would; it is found by its hash.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework import credentials
from casework.calendar import local_date
from casework.database import Database
from casework.errors import Invalid
from casework.process import Actor, Role
from casework.service.auth import Recognise, Unauthorised
from casework.service.clock import system
from delivery.model import ProviderKeyRow

PREFIX = "sgk_"
"""What keys begin with, so that one is known for what it is where it does not belong."""

LENGTH = 32

LONGEST = 100

ENDED = "Nøglen gælder ikke"


def make(session: Session, provider_id: str, name: str, by: str, now: datetime) -> tuple[ProviderKeyRow, str]:
    """A new key, in use at once; it is shown this once. Raises Invalid for an id or name that cannot be, or Enough."""
    for field, value in (("provider_id", provider_id), ("name", name)):
        if not value.strip() or len(value) > LONGEST or not value.isprintable():
            raise Invalid({field: (f"Her skal stå 1-{LONGEST} tegn på én linje", None)})
    key = PREFIX + secrets.token_urlsafe(LENGTH)
    row = ProviderKeyRow(
        id=uuid4(), provider_id=provider_id, hash=hashed(key), name=name, valid_from=now, made_by=by
    )  # fmt: skip
    credentials.add(session, row)
    return row, key


def hashed(key: str) -> str:
    """What is kept of a key."""
    return sha256(key.encode()).hexdigest()


def recogniser(database: Database) -> Recognise:
    """Who calls by a key: their provider's system, which may what its people may. The day is noted."""

    def recognise(token: str) -> Actor | None:
        if not token.startswith(PREFIX):
            return None
        now = system()
        with database.reading() as session:
            row = session.scalar(sa.select(ProviderKeyRow).where(ProviderKeyRow.hash == hashed(token)))
        if row is None or not row.holds(now):
            raise Unauthorised(ENDED)
        if row.last_used_on != local_date(now):
            with database.writing() as session:
                session.get_one(ProviderKeyRow, row.id).last_used_on = local_date(now)
        return Actor(f"system:{row.provider_id}", row.name, Role.PROVIDER, row.provider_id)

    return recognise
