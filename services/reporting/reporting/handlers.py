"""Archive every message once, whoever it was for."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from casework.contracts import Message, as_of_now
from casework.database import Database
from casework.messaging import Envelope
from casework.messaging.arrivals import NOBODY, Unreadable, opened, store, store_each
from reporting.figures import VumIndex, vum_index
from reporting.model import Archived

log = structlog.get_logger()

_SPACE = UUID("0d0b3c6e-7f0d-4b58-9d3f-3c1d7c0f5a11")


def archive(database: Database, bodies: Iterable[Any]) -> None:
    """Keep a copy of each message; one that is there already is the same, and one that is unreadable holds nobody."""
    store_each(database, [(_copy(opened(body)), body) for body in bodies], _copy)


def _copy(came: Envelope | Unreadable) -> Archived:
    if isinstance(came, Envelope):
        return Archived(
            id=came.id, type=came.type, version=came.version, producer=came.producer, subject=came.subject,
            time=came.time, body=came.body,
        )  # fmt: skip
    kept = Archived(
        id=came.id(_SPACE), type=NOBODY, version=0, producer=NOBODY, subject=NOBODY, time=datetime.now(UTC),
        body=came.kept,
    )  # fmt: skip
    log.error("archive_unreadable", message_id=str(kept.id), type=came.type, subject=came.subject)
    return kept


def take(session: Session, envelope: Envelope, message: Message) -> None:
    """A message that names reporting as its consumer: the archive's copy is the same one."""
    store(session, [_copy(envelope)])


def current_vum_index(session: Session) -> VumIndex:
    """The VUM index over all cases so far."""
    rows = session.scalars(sa.select(Archived).where(Archived.type == "position.changed"))
    told = ((row.subject, as_of_now(row.type, row.version, row.body)[1].get("process")) for row in rows)
    return vum_index((case, process) for case, process in told if isinstance(process, str))  # it is kept as it came
