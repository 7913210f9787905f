"""The inbox: a message takes effect once, in its turn, or is kept with its reason.

What comes together is answered together, in one commit: the inbox rows, the service's changes, its own outbox. A second
copy finds the row. One producer's messages about a subject are taken in the order of their numbers; an early one waits
for those before it. What the process does not await yet stays (`waiting`) and is tried again after the case's next
change.

Where one of them fails, nothing of the batch stands, and each is taken by itself. What fails then is tried again later,
and parked in the end; it holds its own case there, and no other. What only a newer release knows is kept whole
(`unknown`), holds its line likewise, and is taken by itself once that release has come. What cannot be read or
stored as it came is parked at once, as escaped text: that can always be stored, unless the database is away.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from heapq import merge
from itertools import groupby
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, aliased

from casework.contracts import Message
from casework.database import Database, insert_all, lock, upsert_all
from casework.errors import Invalid, NotYet, Refusal, TooNew
from casework.messaging.arrivals import NOBODY, Unreadable, opened, store_alone, store_each
from casework.messaging.envelope import Envelope
from casework.messaging.missing import Gap, missing
from casework.messaging.tables import Incoming, Line
from casework.schema import read
from casework.storable import LONGEST_REASON, legible, told, unescaped
from casework.tracing import continue_trace

log = structlog.get_logger()

Handler = Callable[[Session, Envelope, Message], None]
"""Handles one message within the caller's transaction.

Raises NotYet where it comes before its time, and any other exception where it cannot be handled.
"""


def lock_of(subject: str) -> str:
    """The name that is held while a subject is changed: a case, say, by a message or by a person."""
    return f"case/{subject}"


class Work(Protocol):
    """What a service does with the messages of one transaction."""

    def take(self, envelope: Envelope, message: Message) -> None:
        """Answer one. Raises NotYet where it comes before its time, and then leaves nothing changed."""

    def finish(self) -> None:
        """Store what has come of them all."""


Begin = Callable[[Session, Sequence[tuple[Envelope, Message]]], Work]
"""(session, messages): all that may be answered in this transaction, so that what they need can be loaded together.

Their subjects are held (`lock_of`) until it ends.
"""


def one_by_one(handle: Handler) -> Begin:
    """For a service that answers each message by itself."""
    return lambda session, _: _OneByOne(session, handle)


@dataclass(frozen=True)
class _OneByOne:
    session: Session
    handle: Handler

    def take(self, envelope: Envelope, message: Message) -> None:
        with self.session.begin_nested():
            self.handle(self.session, envelope, message)

    def finish(self) -> None:
        """Each is stored already."""


TOGETHER = 50
"""About so many subjects at most messages are answered in one transaction, where they have not just come."""

DELAYS = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600, 3600))
"""How long a failed message rests before each new attempt; after the last it is parked."""

PATIENCE = 4
"""The last of these delays for what only a newer release knows: it is never parked, and tried so often for ever."""

TO_TRY = ("new", "unknown")
"""What is tried in its turn, again and again."""

LOOK_EVERY, GAPS = timedelta(minutes=1), 50
"""How often is looked for numbers that are missing, and in how many lines at most."""

KILLS = "Har standset modtageren igen og igen"

Outcome = tuple[str, str | None]
"""What has come of a message (done, waiting, unknown, failed), and why."""
Attempt = Callable[[Envelope, Message], Outcome]

_UNREADABLE = UUID("6f1d0a52-6d2c-4d8e-9d8a-1b6a4c7f3e55")


def _stands(row: Any, *statuses: str) -> sa.ColumnElement[bool]:
    """Has the row one of these? In the words of the statement, or PostgreSQL would not know that the index fits."""
    return row.status.in_([sa.literal_column(f"'{status}'") for status in statuses])  # type: ignore[no-any-return]


# Asked many times a second: built once.
_BEFORE = aliased(Incoming)
_HELD = sa.exists().where(
    _BEFORE.producer == Incoming.producer,
    _BEFORE.subject == Incoming.subject,
    _BEFORE.number < Incoming.number,
    _stands(_BEFORE, *TO_TRY, "parked"),
)
"""Whether one before it, of the same producer and subject, is still to be tried, or parked."""

_DUE = (
    sa.select(Incoming.subject)
    .outerjoin(Line, sa.and_(Line.way == "in", Line.other == Incoming.producer, Line.subject == Incoming.subject))
    .where(
        _stands(Incoming, *TO_TRY),
        sa.or_(Incoming.try_at.is_(None), Incoming.try_at <= sa.bindparam("now")),
        Incoming.number <= sa.func.coalesce(Line.number, 0) + 1,  # what is not in turn would fill the limit
        ~_HELD,
    )
    .distinct()
    .limit(sa.bindparam("limit", type_=sa.Integer))
)


_ABOUT = Incoming.subject.in_(sa.bindparam("subjects", expanding=True))
_IDS = Incoming.id.in_(sa.bindparam("ids", expanding=True))
_CONCERNED = sa.select(Incoming).where(sa.or_(_IDS, sa.and_(_ABOUT, _stands(Incoming, *TO_TRY, "waiting", "parked"))))
_IS_OPEN = sa.select(Incoming.id).where(_ABOUT, _stands(Incoming, *TO_TRY, "waiting")).limit(1)
_UNKNOWN = _stands(Incoming, "unknown")
_ANY_TO_TRY = sa.select(Incoming.id).where(_stands(Incoming, *TO_TRY)).limit(1)
_LINES = sa.select(Line.other, Line.subject, Line.number).where(
    Line.way == "in", Line.subject.in_(sa.bindparam("subjects", expanding=True))
)
_COLUMNS = tuple(column.name for column in Incoming.__table__.columns)


class _Arrival:
    """An open message: its row, and what is in it, or else what becomes of it. A parked one only holds others."""

    def __init__(self, row: Incoming) -> None:
        self.row = row
        self.content: tuple[Envelope, Message] | None = None
        self.unread: Outcome = ("parked", row.reason)
        if row.status == "parked":
            return
        try:
            envelope = read(Envelope, row.envelope)
            self.content = envelope, envelope.message()
        except TooNew as unknown:
            self.unread = "unknown", str(unknown)
        except Invalid as wrong:
            self.unread = "parked", str(wrong)
        except Exception as error:  # in bringing it up to today's version, say
            self.unread = "parked", told(error)


class _Lines(dict[tuple[str, str], int]):
    """How far the lines have come: by producer and subject the last number taken."""

    def __init__(self, session: Session, subjects: Collection[str]) -> None:
        found = session.execute(_LINES, {"subjects": list(subjects)}) if subjects else ()
        super().__init__({(producer, subject): number for producer, subject, number in found})
        self._moved: set[tuple[str, str]] = set()

    def take(self, row: Incoming) -> None:
        """The row has had its turn."""
        where = (row.producer, row.subject)
        if row.number > self.get(where, -1):
            self[where] = row.number
            self._moved.add(where)

    def write(self, session: Session) -> None:
        moved = [{"way": "in", "other": p, "subject": s, "number": self[p, s]} for p, s in sorted(self._moved)]
        upsert_all(session, Line, moved)


def _in_turn(arrivals: Iterable[_Arrival]) -> Iterator[_Arrival]:
    """What may be tried about a subject, the oldest first, but each producer's in the order of their numbers.

    Behind one that is still to be tried, or parked, the others of its producer are held.
    """
    by_number = sorted(arrivals, key=lambda a: (a.row.producer, a.row.number))
    lines = [list(_not_held(line)) for _, line in groupby(by_number, key=lambda a: a.row.producer)]
    return merge(*lines, key=lambda a: a.row.time)


def _not_held(line: Iterable[_Arrival]) -> Iterator[_Arrival]:
    holding: int | None = None
    for arrival in line:
        row = arrival.row
        if holding is not None and row.number > holding:
            return
        if row.status in (*TO_TRY, "waiting"):
            yield arrival
        if row.status in (*TO_TRY, "parked"):
            holding = row.number


class Inbox:
    """One service's inbox. `clock` tells the time by which delays are reckoned (never when a message took effect)."""

    def __init__(self, service: str, database: Database, begin: Begin, clock: Callable[[], datetime]) -> None:
        self.service, self.database, self.begin, self.clock = service, database, begin, clock
        self._has_looked_back = False
        self.may_be_due = True  # whether anything may be left that is to be tried again, as far as this process knows
        self._looked_at: datetime | None = None
        self._missing: dict[tuple[str, str, int], Gap] = {}

    def receive(self, bodies: Iterable[Any]) -> None:
        """Take what has arrived. When this returns, every message is stored or handled, and may be acknowledged.

        A body is an envelope as JSON, or bytes that should be one; what cannot be read or stored as it is, is parked.
        """
        came = list(bodies)
        arrived = [row for row, _ in self._read_all(came)]
        subjects = sorted({row.subject for row in arrived if row.status == "new"})
        try:
            self._answer_together(subjects, arrived)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # of one of them, most likely
            self._tell_of(error, len(arrived))
            store_each(self.database, self._read_all(came), self._as_text)  # what was tried stands on the others
            self._answer_apart(subjects)

    def bury(self, bodies: Iterable[Any]) -> None:
        """Park what has ended this process again and again, whether it came to be stored before or not."""
        for body in bodies:
            came = self._read(body)
            with self.database.writing() as session:
                self._hold(session, [came.subject])
                row = session.get_one(Incoming, store_alone(session, came, body, self._as_text).id)
                if row.status in TO_TRY:
                    self._park(row, KILLS)

    def work(self, subjects: Iterable[str]) -> int:
        """Handle all that may be handled about these subjects. How many of them it went well for.

        Where it does not (the database is away, say) the messages stay as they were, and `work_due` comes back to them.
        """
        asked = sorted(subjects)
        return sum(self._worked(asked[first : first + TOGETHER]) for first in range(0, len(asked), TOGETHER))

    def work_due(self, limit: int = 100) -> int:
        """Try again what has rested long enough; also what a crash left behind. How many subjects it went well for."""
        if not self._has_looked_back:
            self._look_back()
        with self.database.reading() as session:
            subjects = list(session.scalars(_DUE, {"now": self.clock(), "limit": limit}))
            self.may_be_due = False  # before it is looked: what fails meanwhile is not missed
            if session.scalar(_ANY_TO_TRY) is not None:
                self.may_be_due = True
            self._look_for_missing(session)
        return self.work(subjects)

    def _look_for_missing(self, session: Session) -> None:
        """Now and then; each gap is told of once."""
        now = self.clock()
        if self._looked_at and now - self._looked_at < LOOK_EVERY:
            return
        self._looked_at, known = now, self._missing
        self._missing = {(gap.producer, gap.subject, gap.first): gap for gap in missing(session, now, GAPS)}
        for gap in (gap for line, gap in self._missing.items() if line not in known):
            log.warning("messages_missing", service=self.service, **asdict(gap))

    def _look_back(self) -> None:
        """This may be the release that knows what the one before did not: that is due at once."""
        with self.database.reading() as session:
            is_any = session.scalar(sa.select(Incoming.id).where(_UNKNOWN).limit(1)) is not None
        if is_any:
            with self.database.writing() as session:
                session.execute(sa.update(Incoming).where(_UNKNOWN).values(try_at=None, attempts=0))
        self._has_looked_back = True

    def replay(self, session: Session, message_id: UUID) -> Incoming:
        """Try a parked message again, after its cause has been mended; what could not be read is read anew.

        Returns the row that it now has. Raises Refusal where it is not parked.
        """
        row = session.get_one(Incoming, message_id)
        if row.status != "parked":
            raise Refusal("Beskeden sidder ikke fast", field="message")
        if "raw" not in row.envelope:
            row.status, row.attempts, row.try_at, row.reason = "new", 0, None, None
            return row
        session.delete(row)
        session.flush()
        raw = unescaped(row.envelope["raw"])
        return store_alone(session, self._read(raw), raw, self._as_text)

    def _read_all(self, bodies: list[Any]) -> list[tuple[Incoming, Any]]:
        """Each as a row, beside what it was read from; in the one order in which locks are taken."""
        rows = [(self._read(body), body) for body in bodies]
        return sorted(rows, key=lambda one: (one[0].subject, one[0].producer, one[0].number))

    def _read(self, body: Any) -> Incoming:
        envelope = opened(body)
        if isinstance(envelope, Unreadable):
            return self._as_text(envelope)
        return Incoming(
            id=envelope.id, producer=envelope.producer, type=envelope.type, subject=envelope.subject,
            number=envelope.numbers.get(self.service, 0), time=envelope.time, came_at=self.clock(),
            envelope=envelope.to_json(), status="new", attempts=0,
        )  # fmt: skip

    def _as_text(self, came: Unreadable) -> Incoming:
        """What cannot be read or stored, parked. It stands in nobody's line, whoever sent it, and so holds nobody."""
        now, one = self.clock(), came.id(_UNREADABLE)
        log.error("message_parked", message_id=str(one), type=came.type, subject=came.subject, attempts=0)
        return Incoming(
            id=one, producer=NOBODY, type=came.type, subject=came.subject, number=0, time=now, came_at=now,
            envelope=came.kept, status="parked", attempts=0, reason=came.why,
        )  # fmt: skip

    def _worked(self, subjects: list[str]) -> int:
        try:
            with self.database.reading() as session:
                if session.scalar(_IS_OPEN, {"subjects": subjects}) is None:
                    return len(subjects)
            self._answer_together(subjects, [])
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # of one subject, most likely
            self._tell_of(error, 0)
            return self._answer_apart(subjects)
        return len(subjects)

    def _tell_of(self, error: BaseException, arrived: int) -> None:
        kind = type(error).__name__  # and no more: its text may quote what is in the messages
        log.warning("batch_taken_apart", service=self.service, arrived=arrived, error=kind)

    def _hold(self, session: Session, subjects: list[str]) -> None:
        """Let nobody else change these until the transaction ends, nor `work` of the release before, by its name."""
        former = (f"{self.service}/{subject}" for subject in subjects)
        lock(session, *former, *map(lock_of, subjects))

    def _answer_together(self, subjects: list[str], arrived: list[Incoming]) -> None:
        """Answer what has come, with all that was open about its subjects, in one transaction: all or nothing."""
        with structlog.contextvars.bound_contextvars(service=self.service), self.database.writing() as session:
            self._hold(session, subjects)
            new, arrivals = self._open(session, subjects, arrived)
            lines = _Lines(session, subjects)
            work = self.begin(session, [a.content for a in arrivals if a.content])
            for subject in subjects:
                mine = [a for a in arrivals if a.row.subject == subject]
                self._answer(mine, lines, lambda e, m: self._attempt(work, e, m))
            work.finish()
            insert_all(session, Incoming, [{name: getattr(row, name) for name in _COLUMNS} for row in new])
            lines.write(session)

    def _answer_apart(self, subjects: list[str]) -> int:
        """Each subject in its own commit, each message by itself. How many subjects it went well for."""
        return sum(self._answered_alone(subject) for subject in subjects)

    def _answered_alone(self, subject: str) -> bool:
        try:
            with structlog.contextvars.bound_contextvars(service=self.service), self.database.writing() as session:
                self._hold(session, [subject])
                lines = _Lines(session, [subject])
                self._answer(self._open(session, [subject], [])[1], lines, partial(self._attempt_alone, session))
                lines.write(session)
        except Exception as error:  # of one subject; the others need not wait for it
            log.warning("subject_not_worked", service=self.service, subject=subject, error=type(error).__name__)
            return False
        return True

    def _open(
        self, session: Session, subjects: list[str], arrived: list[Incoming]
    ) -> tuple[list[Incoming], list[_Arrival]]:
        """What of it has not come before, each once; and that with what is stored about the subjects and open."""
        if not (subjects or arrived):
            return [], []
        stored = session.scalars(_CONCERNED, {"ids": [row.id for row in arrived], "subjects": subjects}).all()
        known = {row.id for row in stored}
        new = [*{row.id: row for row in arrived if row.id not in known}.values()]
        return new, [_Arrival(row) for row in (*stored, *new) if row.status != "done" and row.subject in subjects]

    def _answer(self, arrivals: list[_Arrival], lines: _Lines, attempt: Attempt) -> None:
        """Take, of every producer, the next in line, until nothing more can be taken; what waits comes first again."""
        while any(self._step(arrival, lines, attempt) for arrival in _in_turn(arrivals)):
            pass
        if any(arrival.row.status in TO_TRY for arrival in arrivals):
            self.may_be_due = True

    def _step(self, arrival: _Arrival, lines: _Lines, attempt: Attempt) -> bool:
        """Try one message. True: something has moved, so that others may be tried again."""
        row, was = arrival.row, arrival.row.status
        resting = row.try_at is not None and row.try_at > self.clock()
        if was in TO_TRY and (resting or row.number > lines.get((row.producer, row.subject), 0) + 1):
            return False
        self._set(row, *(attempt(*arrival.content) if arrival.content else arrival.unread))
        if was in TO_TRY and row.status in ("waiting", "done"):
            lines.take(row)
        return row.status == "done" or row.status != was

    def _attempt(self, work: Work, envelope: Envelope, message: Message) -> Outcome:
        continue_trace(envelope.traceparent)
        try:
            work.take(envelope, message)
        except NotYet as early:
            return "waiting", str(early)
        return "done", None

    def _attempt_alone(self, session: Session, envelope: Envelope, message: Message) -> Outcome:
        try:
            with session.begin_nested():
                work = self.begin(session, [(envelope, message)])
                outcome = self._attempt(work, envelope, message)
                work.finish()
        except TooNew as unknown:
            return "unknown", str(unknown)
        except Invalid as unreadable:
            return "parked", str(unreadable)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # even SystemExit, which would end this thread alone: it is kept with its reason
            return "failed", told(error)
        return outcome

    def _set(self, row: Incoming, outcome: str, reason: str | None) -> None:
        said = legible(reason or "", LONGEST_REASON)
        match outcome:
            case "failed":
                self._rest(row, said)
            case "unknown":
                self._keep(row, said)
            case "parked":
                self._park(row, said)
            case _:
                row.status, row.reason = outcome, said or None
                row.done_at = self.clock() if outcome == "done" else None

    def _rest(self, row: Incoming, reason: str) -> None:
        row.attempts += 1
        if row.attempts > len(DELAYS):
            self._park(row, reason)
            return
        row.status, row.reason, row.try_at = "new", reason, self.clock() + DELAYS[row.attempts - 1]
        log.warning("message_failed", message_id=str(row.id), type=row.type, subject=row.subject, attempts=row.attempts)

    def _keep(self, row: Incoming, reason: str) -> None:
        """For a newer release. It is tried again soon, for that may be starting just now, and then slower."""
        row.status, row.reason = "unknown", reason
        row.try_at = self.clock() + DELAYS[min(row.attempts, PATIENCE)]
        row.attempts += 1
        log.warning("message_unknown", message_id=str(row.id), type=row.type, subject=row.subject, reason=row.reason)

    def _park(self, row: Incoming, reason: str) -> None:
        row.status, row.reason = "parked", reason
        log.error("message_parked", message_id=str(row.id), type=row.type, subject=row.subject, attempts=row.attempts)
