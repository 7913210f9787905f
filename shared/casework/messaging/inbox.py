"""The inbox: a message takes effect once, in its turn, or is kept with its reason.

In one commit: the inbox row, the handler's changes, the handler's own outbox. A second copy finds the row. One
producer's messages about a subject are taken in the order of their numbers; an early one waits for those before it.
What the process does not await yet stays (`waiting`) and is tried again after the case's next change. What fails is
tried again later, and parked in the end; it holds its own case there, and no other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, aliased

from casework.contracts import Message, UnknownMessage
from casework.database import Database, lock
from casework.errors import Invalid, NotYet, Refusal
from casework.messaging.envelope import Envelope
from casework.messaging.tables import Incoming, Line
from casework.tracing import continue_trace

log = structlog.get_logger()

Handler = Callable[[Session, Envelope, Message], None]
"""Handles one message within the caller's transaction.

Raises NotYet where it comes before its time, and any other exception where it cannot be handled.
"""

DELAYS = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 3600))
"""How long a failed message rests before each new attempt; after the last it is parked."""

_ONE_OF_THEM = (sa.exc.DataError, sa.exc.IntegrityError, ValueError, OverflowError)
"""What storing a batch fails with where it is about one message; all else is about the database."""

_UNREADABLE = UUID("6f1d0a52-6d2c-4d8e-9d8a-1b6a4c7f3e55")

# Asked many times a second: built once.
_BEFORE = aliased(Incoming)
_HELD = sa.exists().where(
    _BEFORE.producer == Incoming.producer,
    _BEFORE.subject == Incoming.subject,
    _BEFORE.number < Incoming.number,
    _BEFORE.status.in_(("new", "parked")),
)
"""Whether one before it, of the same producer and subject, is still to be tried, or parked."""

_OPEN = (
    sa.select(Incoming)
    .where(Incoming.subject == sa.bindparam("subject"), Incoming.status.in_(("new", "waiting")), ~_HELD)
    .order_by(Incoming.producer, Incoming.number)
)
_DUE = (
    sa.select(Incoming.subject)
    .outerjoin(Line, sa.and_(Line.way == "in", Line.other == Incoming.producer, Line.subject == Incoming.subject))
    .where(
        Incoming.status == "new",
        sa.or_(Incoming.try_at.is_(None), Incoming.try_at <= sa.bindparam("now")),
        Incoming.number <= sa.func.coalesce(Line.number, 0) + 1,  # what is not in turn would fill the limit
        ~_HELD,
    )
    .distinct()
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


class Inbox:
    """One service's inbox. `clock` tells the time by which delays are reckoned (never when a message took effect)."""

    def __init__(self, service: str, database: Database, handle: Handler, clock: Callable[[], datetime]) -> None:
        self.service, self.database, self.handle, self.clock = service, database, handle, clock

    def receive(self, bodies: Iterable[Any]) -> None:
        """Take what has arrived. When this returns, every message is stored or handled, and may be acknowledged.

        A body is an envelope as JSON, or bytes that should be one; what cannot be read at all is parked.
        """
        arrived = [self._read(body) for body in bodies]
        arrived.sort(key=lambda row: (row.subject, row.producer, row.number))  # locks are taken in one order
        try:
            self._store(arrived)
        except _ONE_OF_THEM:  # or another worker stores the same just now
            for row in arrived:
                self._store_alone(row)
        self.work({row.subject for row in arrived if row.type != "?"})

    def work(self, subjects: Iterable[str]) -> int:
        """Handle all that may be handled about these subjects, each in its own commit. How many it went well for.

        Where it does not (the database is away, say) the messages stay as they were, and `work_due` comes back to them.
        """
        return sum(self._worked(subject) for subject in sorted(subjects))

    def work_due(self, limit: int = 100) -> int:
        """Try again what has rested long enough; also what a crash left behind. How many subjects it went well for."""
        with self.database.reading() as session:
            subjects = list(session.scalars(_DUE, {"now": self.clock(), "limit": limit}))
        return self.work(subjects)

    def replay(self, session: Session, message_id: UUID) -> None:
        """Send a parked message again, after its cause has been mended."""
        row = session.get_one(Incoming, message_id)
        if row.status != "parked":
            raise Refusal("Beskeden sidder ikke fast", field="message")
        row.status, row.attempts, row.try_at, row.reason = "new", 0, None, None

    def _read(self, body: Any) -> Incoming:
        try:
            envelope = Envelope.from_json(body if isinstance(body, dict) else json.loads(body))
            number = envelope.numbers.get(self.service, 0)
            if not isinstance(number, int):
                raise ValueError("numbers: her skal stå et helt tal")
        except (ValueError, RecursionError, Invalid) as error:
            return self._unreadable(body if isinstance(body, bytes) else repr(body).encode(), str(error))
        return Incoming(
            id=envelope.id, producer=envelope.producer, type=envelope.type, subject=envelope.subject, number=number,
            time=envelope.time, came_at=self.clock(), envelope=envelope.to_json(), status="new", attempts=0,
        )  # fmt: skip

    def _unreadable(self, raw: bytes, why: str) -> Incoming:
        now, text = self.clock(), raw.decode("utf-8", "replace").replace("\0", "\ufffd")  # PostgreSQL stores no NUL
        return Incoming(
            id=uuid5(_UNREADABLE, raw.hex()), producer="?", type="?", subject="?", number=0, time=now, came_at=now,
            envelope={"raw": text}, status="parked", attempts=0, reason=f"Kan ikke læses: {why}"[:2000],
        )  # fmt: skip

    def _store(self, rows: list[Incoming]) -> None:
        with self.database.writing() as session:
            known = set(session.scalars(sa.select(Incoming.id).where(Incoming.id.in_([row.id for row in rows]))))
            for row in rows:
                if row.id not in known:
                    known.add(row.id)
                    session.add(row)

    def _store_alone(self, row: Incoming) -> None:
        """One message that cannot be stored (a NUL in a text, a number too large) must not hold the others."""
        try:
            self._store([row])
        except sa.exc.IntegrityError:
            self._store([row])  # another worker was first; now it is found
        except _ONE_OF_THEM as error:
            why = str(getattr(error, "orig", error)).partition("\n")[0]
            self._store([self._unreadable(repr(row.envelope).encode(), why)])

    def _worked(self, subject: str) -> bool:
        try:
            with structlog.contextvars.bound_contextvars(service=self.service), self.database.writing() as session:
                self._work(session, subject)
        except Exception as error:  # of one subject; the others need not wait for it
            log.warning("subject_not_worked", service=self.service, subject=subject, error=type(error).__name__)
            return False
        return True

    def _work(self, session: Session, subject: str) -> None:
        """Take, of every producer, the next in line, until nothing more can be taken; what waits comes first again."""
        lock(session, f"{self.service}/{subject}")
        while any(self._step(session, row) for row in self._open(session, subject)):
            session.flush()

    def _open(self, session: Session, subject: str) -> list[Incoming]:
        """What may be tried, the oldest first, but each producer's in the order of their numbers."""
        rows = session.scalars(_OPEN, {"subject": subject})
        lines = [list(line) for _, line in groupby(rows, key=attrgetter("producer"))]
        return list(merge(*lines, key=attrgetter("time")))

    def _step(self, session: Session, row: Incoming) -> bool:
        """Try one message. True: something has moved, so that others may be tried again."""
        was = row.status
        line = session.get(Line, ("in", row.producer, row.subject))
        resting = row.try_at is not None and row.try_at > self.clock()
        if was == "new" and (resting or row.number > (line.number if line else 0) + 1):
            return False
        self._attempt(session, row)
        if was == "new" and row.status in ("waiting", "done"):
            if line is None:
                line = Line(way="in", other=row.producer, subject=row.subject, number=0)
                session.add(line)
            line.number = max(line.number, row.number)
        return row.status == "done" or row.status != was

    def _attempt(self, session: Session, row: Incoming) -> None:
        try:
            with session.begin_nested():
                envelope = Envelope.from_json(row.envelope)
                continue_trace(envelope.traceparent)
                self.handle(session, envelope, envelope.message())
        except NotYet as early:
            row.status, row.reason = "waiting", str(early)
        except (UnknownMessage, Invalid) as unreadable:
            self._park(row, str(unreadable))
        except Exception as error:  # whatever it is: it is kept with its reason, tried again, and in the end shown
            self._rest(row, f"{type(error).__name__}: {error}")
        else:
            row.status, row.reason, row.done_at = "done", None, self.clock()

    def _rest(self, row: Incoming, reason: str) -> None:
        row.attempts += 1
        if row.attempts > len(DELAYS):
            self._park(row, reason)
            return
        row.status, row.reason, row.try_at = "new", reason[:2000], self.clock() + DELAYS[row.attempts - 1]
        log.warning("message_failed", message_id=str(row.id), type=row.type, subject=row.subject, attempts=row.attempts)

    def _park(self, row: Incoming, reason: str) -> None:
        row.status, row.reason = "parked", reason[:2000]
        log.error("message_parked", message_id=str(row.id), type=row.type, subject=row.subject, attempts=row.attempts)
