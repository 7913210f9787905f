"""The outbox: messages are put here in the commit of what they tell, and so are sent if and only if it happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.contracts import Message
from casework.database import announce, count_up, insert_all, lock
from casework.messaging.envelope import Envelope
from casework.messaging.spoken import version_spoken
from casework.messaging.tables import Line, Outgoing
from casework.schema import dump, read
from casework.tracing import current_traceparent


@dataclass(frozen=True)
class Cause:
    """What a message follows from: the act or message, whose time and actor it inherits."""

    time: datetime
    actor: str
    causation: UUID | None = None
    correlation: UUID | None = None
    traceparent: str | None = None  # where it is put later than it came about; else the trace that is under way

    @classmethod
    def of(cls, envelope: Envelope, actor: str) -> Cause:
        """For what follows from the message that is answered now, when it happened and in its trace."""
        return cls(envelope.time, actor, envelope.id, envelope.correlation, current_traceparent())


Json = dict[str, Any]

Letter = tuple[str, Message, Cause]
"""(subject, message, what it follows from)"""


def put(session: Session, producer: str, subject: str, message: Message, cause: Cause) -> Envelope:
    """Owe others this message, numbered per consumer. The caller's transaction decides whether it is ever sent."""
    return read(Envelope, put_all(session, producer, [(subject, message, cause)])[0])


def hold(session: Session, subjects: Iterable[str]) -> None:
    """Nobody else puts about these until the transaction ends: two at once would begin the same line."""
    lock(session, *(f"out/{subject}" for subject in sorted(set(subjects))))  # so no two wait for each other


def put_all(session: Session, producer: str, letters: Sequence[Letter], *, alone: bool = False) -> list[Json]:
    """The same for many, in their order, with the same few statements however many; the envelopes as they are sent.

    `alone`: the caller has seen to it that nobody else puts about these subjects until the transaction ends.
    """
    if not alone:
        hold(session, (subject for subject, *_ in letters))
    wanted = Counter((name, subject) for subject, message, _ in letters for name in _consumers(producer, message))
    number = _draw(session, wanted)
    rows = []
    for subject, message, cause in letters:
        numbers = {name: next(number[name, subject]) for name in _consumers(producer, message)}
        version = version_spoken(session, message.contract)
        rows.append(_row(producer, subject, message, version, cause, numbers))
    insert_all(session, Outgoing, rows)
    if rows:
        announce(session)
    return [row["envelope"] for row in rows]


def _consumers(producer: str, message: Message) -> list[str]:
    """Raises ValueError for what the producer does not send."""
    terms = message.contract
    if producer not in terms.producers:
        raise ValueError(f"{producer} does not send {terms.name}")
    return [name for name in terms.consumers if name != producer]


def _draw(session: Session, wanted: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], Iterator[int]]:
    """The next numbers of each line (consumer, subject), as many as are wanted; lines are taken in one order."""
    asked = [{"way": "out", "other": o, "subject": s, "number": n} for (o, s), n in sorted(wanted.items())]
    drawn = count_up(session, Line, asked, "number")
    return {(o, s): iter(range(last - wanted[o, s] + 1, last + 1)) for (_, o, s), last in drawn.items()}


def _row(producer: str, subject: str, message: Message, version: int, cause: Cause, numbers: dict[str, int]) -> Json:
    """With the envelope as `Envelope.to_json` has it: most are written once, and never read here."""
    terms, mine = message.contract, uuid4()
    envelope = {
        "id": str(mine), "type": terms.name, "version": version, "subject": subject,
        "time": cause.time.isoformat(), "producer": producer, "causation": cause.causation and str(cause.causation),
        "correlation": str(cause.correlation or mine), "actor": cause.actor,
        "traceparent": cause.traceparent or current_traceparent(),
        "body": dict(terms.versions.down(version, dump(message))), "numbers": numbers,
    }  # fmt: skip
    for name in ("causation", "traceparent"):
        if envelope[name] is None:
            del envelope[name]
    return {"id": mine, "type": terms.name, "subject": subject, "consumers": [*numbers], "envelope": envelope}


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
