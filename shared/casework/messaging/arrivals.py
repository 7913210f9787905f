"""What has arrived, whatever it is, is stored: as it came if it can be, and else as escaped text, which always can be.

So one message stops nobody while the database answers; and while it does not, nothing is taken and nothing is judged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID, uuid5

from sqlalchemy.orm import DeclarativeBase, Session

from casework.database import Database, insert_new, values_of
from casework.errors import Invalid
from casework.messaging.envelope import LONGEST, Envelope
from casework.storable import LONGEST_REASON, escaped, legible, parsed, told

LARGEST = 16 * 1024 * 1024
"""Bytes: a message of more is not read, and its beginning is kept. RabbitMQ 4 takes no larger ones either."""

NOBODY = "?"
"""Stands for a name that cannot be read."""

Stored = TypeVar("Stored", bound=DeclarativeBase)


@dataclass(frozen=True)
class Unreadable:
    """What is no envelope, or cannot be stored as one: as a text, under what can be read of its names, and why."""

    raw: bytes
    why: str
    type: str
    subject: str

    def id(self, space: UUID) -> UUID:
        """Always the same for the same bytes."""
        return uuid5(space, self.raw.hex())

    @property
    def kept(self) -> dict[str, Any]:
        """As JSON that every database can keep."""
        return {"raw": escaped(self.raw[:LARGEST])}


def opened(body: Any) -> Envelope | Unreadable:
    """What has come, as JSON or as bytes that should be such."""
    try:
        return Envelope.from_json(_given(body))
    except Exception as error:  # whatever it is, it is about this one: nothing else has been touched
        why = str(error) if isinstance(error, Invalid | ValueError) else told(error)
        return _unreadable(body, f"Kan ikke læses: {why}")


def store(session: Session, rows: Sequence[Stored]) -> None:
    """Add those whose ids are not there yet, in their order."""
    if rows:
        insert_new(session, type(rows[0]), [values_of(row) for row in rows], ["id"])


def store_each(
    database: Database, arrived: Sequence[tuple[Stored, Any]], instead: Callable[[Unreadable], Stored]
) -> None:
    """Store each row of (row, body) once, all in one commit; where that fails, each in its own. Raises as below."""
    try:
        with database.writing() as session:
            store(session, [row for row, _ in arrived])
    except Exception:  # one of them cannot be stored, or none: that shows when they are tried alone
        for row, body in arrived:
            with database.writing() as session:
                store_alone(session, row, body, instead)


def store_alone(session: Session, row: Stored, body: Any, instead: Callable[[Unreadable], Stored]) -> Stored:
    """The row, or what is stored instead where the database answers and will not have it.

    Both in one transaction: where the database is away the second fails too, and raises.
    """
    try:
        with session.begin_nested():
            store(session, [row])
    except Exception as error:
        row = instead(_unreadable(body, f"Kan ikke gemmes: {told(getattr(error, 'orig', error))}"))
        store(session, [row])
    return row


def _given(body: Any) -> Any:
    """Raises ValueError or RecursionError."""
    if not isinstance(body, bytes):
        return body
    if len(body) > LARGEST:
        raise ValueError(f"den fylder {len(body)} bytes")
    return parsed(body)


def _unreadable(body: Any, why: str) -> Unreadable:
    given = None
    with suppress(ValueError, RecursionError):
        given = _given(body)
    kind, subject, producer = (_name(given, name) for name in ("type", "subject", "producer"))
    why = why if producer == NOBODY else f"{why} (fra {producer})"
    return Unreadable(_raw(body), legible(why, LONGEST_REASON), kind, subject)


def _name(given: Any, name: str) -> str:
    found = given.get(name) if isinstance(given, dict) else None
    return legible(found, LONGEST) if isinstance(found, str) and found else NOBODY


def _raw(body: Any) -> bytes:
    """What came, as it came; of what is no JSON, or too deep to be written as such, what stands at the top."""
    if isinstance(body, bytes):
        return body
    try:
        return json.dumps(body).encode()
    except (TypeError, ValueError, RecursionError):
        top = body if isinstance(body, dict) else {}
        return json.dumps({str(name): v for name, v in top.items() if isinstance(v, str | int)}).encode()
