"""A service in small, for tests of messaging: it notes every message that takes effect, in the same commit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.contracts import Message, load_all
from casework.database import Base, Database, Row
from casework.messaging import Cause, Envelope, Inbox, one_by_one, put
from casework.messaging.tables import Incoming, Outgoing
from casework.phase.tables import JournalRow

load_all()

Hook = Callable[[Session, Envelope, Message], None]


class Clock:
    """Stands still until time is let pass."""

    def __init__(self, now: datetime = datetime(2026, 3, 2, 8, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def let_pass(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def takes_it(session: Session, envelope: Envelope, message: Message) -> None:
    """Nothing is in the way."""


class Desk:
    """`before` is called before a message is noted; what it raises, the inbox sees."""

    def __init__(self, name: str, url: str, clock: Callable[[], datetime], info: Row | None = None) -> None:
        self.name, self.clock = name, clock
        self.database = Database(url, info)
        Base.metadata.create_all(self.database.engine)
        self.before: Hook = takes_it
        self.inbox = Inbox(name, self.database, one_by_one(self._note), clock)

    def tell(self, subject: UUID, *messages: Message) -> list[Envelope]:
        """Owe these messages to others, in one commit."""
        cause = Cause(self.clock(), "tester")
        with self.database.writing() as session:
            return [put(session, self.name, str(subject), message, cause) for message in messages]

    def noted(self, subject: UUID) -> list[tuple[str, str, int]]:
        """Producer, type and number of what has taken effect about the subject, in the order in which it did."""
        query = sa.select(JournalRow).where(JournalRow.case_id == subject).order_by(JournalRow.id)
        with self.database.reading() as session:
            return [(row.by, row.action, row.number) for row in session.scalars(query)]

    def came(self) -> list[Incoming]:
        """Everything in the inbox, in the order of the producers' numbers."""
        with self.database.reading() as session:
            return list(session.scalars(sa.select(Incoming).order_by(Incoming.producer, Incoming.number)))

    def states(self, subject: UUID) -> list[str]:
        """What has become of each message about the subject."""
        return [row.status for row in self.came() if row.subject == str(subject)]

    def attempts(self, subject: UUID) -> list[int]:
        """How often each message about the subject has failed."""
        return [row.attempts for row in self.came() if row.subject == str(subject)]

    def unsent(self) -> list[Outgoing]:
        with self.database.reading() as session:
            return list(session.scalars(sa.select(Outgoing).where(Outgoing.sent_at.is_(None))))

    def replay(self, message_id: UUID) -> None:
        """As an operator does."""
        with self.database.writing() as session:
            self.inbox.replay(session, message_id)
        self.inbox.work_due()

    def clear(self) -> None:
        """Forget everything."""
        with self.database.writing() as session:
            for table in reversed(Base.metadata.sorted_tables):
                session.execute(table.delete())

    def close(self) -> None:
        self.database.close()

    def _note(self, session: Session, envelope: Envelope, message: Message) -> None:
        self.before(session, envelope, message)
        session.add(
            JournalRow(
                case_id=UUID(envelope.subject), at=envelope.time, by=envelope.producer, actor=envelope.actor or "",
                action=envelope.type, key=str(envelope.id), number=envelope.numbers.get(self.name, 0),
            )
        )  # fmt: skip


def has_noted(session: Session, subject: str, wire: str) -> bool:
    """Whether a message of this type has taken effect, as seen within a handler's transaction."""
    query = sa.select(JournalRow.id).where(JournalRow.case_id == UUID(subject), JournalRow.action == wire)
    return session.scalar(query.limit(1)) is not None


def a_case() -> UUID:
    return uuid4()
