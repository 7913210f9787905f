"""The secrets by which providers' webhooks are signed: made here, shown once, two at a time while they are changed."""

from __future__ import annotations

import secrets
from base64 import b64encode
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.channels.webhook import Destination, Lookup
from casework.database import Database, lock
from casework.errors import NotFound, Refusal
from casework.service.clock import system
from ordering.model import ProviderRow, ProviderSecretRow

TOGETHER = 2
"""So many are in use at once: the one that the provider has, and the one that it is given next."""

PREFIX = "whsec_"
"""As secrets are written in the Standard Webhooks specification, followed by base64."""

LENGTH = 32


class Enough(Refusal):
    """A secret must end before the next is made."""

    status = 409
    title = "Der er to hemmeligheder i brug"


def make(session: Session, provider_id: str, by: str, now: datetime) -> tuple[ProviderSecretRow, str]:
    """A new secret, in use at once, and how it is written. It is shown this once. Raises NotFound, or Enough."""
    if session.get(ProviderRow, provider_id) is None:
        raise NotFound("Udføreren står ikke i registret")
    lock(session, f"provider-secrets/{provider_id}")
    if len(in_use(session, provider_id, now)) >= TOGETHER:
        raise Enough("Afslut den ældste, før du laver en ny")
    row = ProviderSecretRow(
        id=uuid4(), provider_id=provider_id, secret=secrets.token_bytes(LENGTH), valid_from=now, made_by=by
    )
    session.add(row)
    return row, written(row.secret)


def written(secret: bytes) -> str:
    """A secret as the provider gets it."""
    return PREFIX + b64encode(secret).decode()


def end(session: Session, provider_id: str, secret_id: UUID, now: datetime) -> ProviderSecretRow:
    """Nothing is signed by it any more. Ended twice, it has ended the first time. Raises NotFound."""
    row = session.get(ProviderSecretRow, secret_id)
    if row is None or row.provider_id != provider_id:
        raise NotFound("Hemmeligheden findes ikke hos udføreren")
    row.valid_to = row.valid_to or now
    return row


def made(session: Session, provider_id: str) -> list[ProviderSecretRow]:
    """Every secret the provider has had, the newest first."""
    query = sa.select(ProviderSecretRow).where(ProviderSecretRow.provider_id == provider_id)
    return list(session.scalars(query.order_by(ProviderSecretRow.valid_from.desc(), ProviderSecretRow.id)))


def in_use(session: Session, provider_id: str, now: datetime) -> list[ProviderSecretRow]:
    """Those by which is signed now, the newest first."""
    return [
        row
        for row in made(session, provider_id)
        if row.valid_from <= now and not (row.valid_to and row.valid_to <= now)
    ]


def shown(row: ProviderSecretRow) -> dict[str, Any]:
    """A secret without the secret."""
    return {
        "id": str(row.id),
        "valid_from": row.valid_from.isoformat(),
        "valid_to": row.valid_to and row.valid_to.isoformat(),
        "made_by": row.made_by,
    }


def lookup(database: Database) -> Lookup:
    """Where a provider's webhook lies now, and what it is signed by; None where it has no address or no secret."""

    def find(provider_id: str) -> Destination | None:
        with database.reading() as session:
            row = session.get(ProviderRow, provider_id)
            keys = tuple(one.secret for one in in_use(session, provider_id, system()))
        return Destination(row.webhook_url, keys) if row and row.webhook_url and keys else None

    return find
