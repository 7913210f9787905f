"""The outbox: messages are put here in the commit of what they tell, and so are sent if and only if it happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.contracts import Message
from casework.database import lock
from casework.messaging.envelope import Envelope
from casework.messaging.tables import Line, Outgoing
from casework.schema import dump
from casework.tracing import current_traceparent


@dataclass(frozen=True)
class Cause:
    """What a message follows from: the act or message, whose time and actor it inherits."""

    time: datetime
    actor: str
    causation: UUID | None = None
    correlation: UUID | None = None


Letter = tuple[str, Message, Cause]
"""(subject, message, what it follows from)"""


def put(session: Session, producer: str, subject: str, message: Message, cause: Cause) -> Envelope:
    """Owe others this message, numbered per consumer. The caller's transaction decides whether it is ever sent."""
    hold(session, subject)
    return _owe(session, producer, subject, message, cause, lambda consumer: _line(session, consumer, subject))


def hold(session: Session, subject: str) -> None:
    """Let nobody else put about this subject until the transaction ends.

    Two at once would begin the same line, or take several lines in different orders.
    """
    lock(session, f"out/{subject}")


def put_all(session: Session, producer: str, letters: Sequence[Letter]) -> list[Envelope]:
    """The same for many, in their order, with the same few statements however many.

    The caller has seen to it that nobody else puts about the same subjects until the transaction ends.
    """
    wanted = {(name, subject) for subject, message, _ in letters for name in _consumers(producer, message)}
    others, subjects = ({key[n] for key in wanted} for n in (0, 1))
    begun = sa.select(Line).where(Line.way == "out", Line.other.in_(others), Line.subject.in_(subjects))
    lines = {(line.other, line.subject): line for line in session.scalars(begun)}
    for other, subject in sorted(wanted - lines.keys()):
        lines[other, subject] = Line(way="out", other=other, subject=subject, number=0)
    session.add_all(lines.values())

    def owe(subject: str, message: Message, cause: Cause) -> Envelope:
        return _owe(session, producer, subject, message, cause, lambda consumer: lines[consumer, subject])

    return [owe(*letter) for letter in letters]


def _consumers(producer: str, message: Message) -> list[str]:
    """Raises ValueError for what the producer does not send."""
    terms = message.contract
    if producer not in terms.producers:
        raise ValueError(f"{producer} does not send {terms.name}")
    return [name for name in terms.consumers if name != producer]


def _owe(
    session: Session, producer: str, subject: str, message: Message, cause: Cause, line: Callable[[str], Line]
) -> Envelope:
    terms, consumers, mine = message.contract, _consumers(producer, message), uuid4()
    envelope = Envelope(
        id=mine,
        type=terms.name,
        version=terms.version,
        subject=subject,
        numbers={name: _next(line(name)) for name in consumers},
        time=cause.time,
        producer=producer,
        causation=cause.causation,
        correlation=cause.correlation or mine,
        actor=cause.actor,
        traceparent=current_traceparent(),
        body=dump(message),
    )
    session.add(Outgoing(id=mine, type=terms.name, subject=subject, consumers=consumers, envelope=envelope.to_json()))
    return envelope


def _next(line: Line) -> int:
    line.number += 1
    return line.number


def _line(session: Session, consumer: str, subject: str) -> Line:
    line = session.get(Line, ("out", consumer, subject))
    if line is None:
        line = Line(way="out", other=consumer, subject=subject, number=0)
        session.add(line)
    return line


def unsent(session: Session, limit: int, *, failed: bool = False) -> list[Outgoing]:
    """The oldest messages still owed, locked so that two relays never take the same ones.

    Without those that have failed before; or (`failed`) only those, the least tried first.
    """
    owed = sa.select(Outgoing).where(Outgoing.sent_at.is_(None))
    if failed:
        query = owed.where(Outgoing.attempts > 0).order_by(Outgoing.attempts, Outgoing.position)
    else:
        query = owed.where(Outgoing.attempts == 0).order_by(Outgoing.position)
    return list(session.scalars(query.limit(limit).with_for_update(skip_locked=True)))
