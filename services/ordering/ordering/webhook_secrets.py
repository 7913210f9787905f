"""The secrets by which providers' webhooks are signed: made here, and shown once."""

from __future__ import annotations

import secrets
from base64 import b64encode
from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from casework import credentials
from casework.channels.webhook import Destination, Lookup
from casework.database import Database
from casework.errors import NotFound
from casework.service.clock import system
from ordering.model import ProviderRow, ProviderSecretRow

PREFIX = "whsec_"
"""As secrets are written in the Standard Webhooks specification, followed by base64."""

LENGTH = 32


def make(session: Session, provider_id: str, by: str, now: datetime) -> tuple[ProviderSecretRow, str]:
    """A new secret, in use at once, and how it is written. It is shown this once. Raises NotFound, or Enough."""
    if session.get(ProviderRow, provider_id) is None:
        raise NotFound("Udføreren står ikke i registret")
    row = ProviderSecretRow(
        id=uuid4(), provider_id=provider_id, secret=secrets.token_bytes(LENGTH), valid_from=now, made_by=by
    )
    credentials.add(session, row)
    return row, written(row.secret)


def written(secret: bytes) -> str:
    """A secret as the provider gets it."""
    return PREFIX + b64encode(secret).decode()


def lookup(database: Database) -> Lookup:
    """Where a provider's webhook lies now, and what it is signed by; None where it has no address or no secret."""

    def find(provider_id: str) -> Destination | None:
        with database.reading() as session:
            row = session.get(ProviderRow, provider_id)
            keys = tuple(one.secret for one in credentials.in_use(session, ProviderSecretRow, provider_id, system()))
        return Destination(row.webhook_url, keys) if row and row.webhook_url and keys else None

    return find
