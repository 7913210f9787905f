"""Archive every message once, whoever it was for."""

import json
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.contracts import Message
from casework.messaging import Envelope
from reporting.figures import VumIndex, vum_index
from reporting.model import Archived


def archive(session: Session, bodies: Iterable[Any]) -> None:
    """Keep a copy of each message; one that is there already is the same."""
    envelopes = [Envelope.from_json(body if isinstance(body, dict) else json.loads(body)) for body in bodies]
    known = set(session.scalars(sa.select(Archived.id).where(Archived.id.in_([e.id for e in envelopes]))))
    for envelope in envelopes:
        if envelope.id not in known:
            known.add(envelope.id)
            session.add(
                Archived(
                    id=envelope.id,
                    type=envelope.type,
                    version=envelope.version,
                    producer=envelope.producer,
                    subject=envelope.subject,
                    time=envelope.time,
                    body=envelope.body,
                )
            )


def take(session: Session, envelope: Envelope, message: Message) -> None:
    """A message that names reporting as its consumer: the archive's copy is the same one."""
    archive(session, [envelope.to_json()])


def current_vum_index(session: Session) -> VumIndex:
    """The VUM index over all cases so far."""
    rows = session.scalars(sa.select(Archived).where(Archived.type == "position.changed"))
    return vum_index((row.subject, row.body["process"]) for row in rows)
