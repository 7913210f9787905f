"""The outbox: messages are put here in the commit of what they tell, and so are sent if and only if it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
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
    hold(session, [subject])
    return put_all(session, producer, [(subject, message, cause)])[0]


def hold(session: Session, subjects: Iterable[str]) -> None:
    """Nobody else puts about these until the transaction ends: two at once would begin the same line."""
    for subject in sorted(set(subjects)):  # in one order, so that no two wait for each other
        lock(session, f"out/{subject}")


def put_all(session: Session, producer: str, letters: Sequence[Letter]) -> list[Envelope]:
    """The same for many, in their order, with the same few statements however many.

    The caller holds their subjects, or has seen to it otherwise that nobody else puts about them.
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


# Asked many times a second: built once.
_OWED = (
    sa.select(Outgoing)
    .where(Outgoing.sent_at.is_(None))
    .limit(sa.bindparam("limit", type_=sa.Integer))
    .with_for_update(skip_locked=True)
)
_UNTRIED = _OWED.where(Outgoing.attempts == 0).order_by(Outgoing.position)
_FAILED = _OWED.where(Outgoing.attempts > 0).order_by(Outgoing.attempts, Outgoing.position)


def unsent(session: Session, limit: int, *, failed: bool = False) -> list[Outgoing]:
    """The oldest messages still owed, locked so that two relays never take the same ones.

    Without those that have failed before; or (`failed`) only those, the least tried first.
    """
    return list(session.scalars(_FAILED if failed else _UNTRIED, {"limit": limit}))
