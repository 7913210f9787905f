"""Archive every message once, whoever it was for."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from casework.contracts import Message, as_of_now
from casework.errors import Invalid
from casework.messaging import Envelope
from reporting.figures import VumIndex, vum_index
from reporting.model import Archived

log = structlog.get_logger()

UNREADABLE = "?"
_SPACE = UUID("0d0b3c6e-7f0d-4b58-9d3f-3c1d7c0f5a11")


def archive(session: Session, bodies: Iterable[Any]) -> None:
    """Keep a copy of each message; one that is there already is the same, and one that is unreadable holds nobody."""
    rows = {row.id: row for row in map(_copy, bodies)}
    known = set(session.scalars(sa.select(Archived.id).where(Archived.id.in_(list(rows)))))
    session.add_all(row for row in rows.values() if row.id not in known)


def _copy(body: Any) -> Archived:
    try:
        sent = Envelope.from_json(body if isinstance(body, dict) else json.loads(body))
    except (ValueError, RecursionError, Invalid) as error:
        return _unreadable(body, error)
    return Archived(
        id=sent.id,
        type=sent.type,
        version=sent.version,
        producer=sent.producer,
        subject=sent.subject,
        time=sent.time,
        body=sent.body,
    )


def _unreadable(body: Any, error: Exception) -> Archived:
    raw = body if isinstance(body, bytes) else repr(body).encode()
    kept = Archived(
        id=uuid5(_SPACE, raw.hex()),
        type=UNREADABLE,
        version=0,
        producer=UNREADABLE,
        subject=UNREADABLE,
        time=datetime.now(UTC),
        body={"raw": raw.decode("utf-8", "replace").replace("\0", "\ufffd")},
    )
    log.error("archive_unreadable", message_id=str(kept.id), error=type(error).__name__)
    return kept


def take(session: Session, envelope: Envelope, message: Message) -> None:
    """A message that names reporting as its consumer: the archive's copy is the same one."""
    archive(session, [envelope.to_json()])


def current_vum_index(session: Session) -> VumIndex:
    """The VUM index over all cases so far."""
    rows = session.scalars(sa.select(Archived).where(Archived.type == "position.changed"))
    told = ((row.subject, as_of_now(row.type, row.version, row.body)[1]) for row in rows)
    return vum_index((subject, body["process"]) for subject, body in told)
