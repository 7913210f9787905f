"""The post: empties a service's table of parcels. What is not marked as sent is sent again, whatever was killed.

Parcels of one channel and receiver stand in a line. Only the first in line is ever under way, with one sender: it
leases the line, hands over outside of any transaction, and notes what came of it. A sender that is killed loses its
lease after a while, and another goes on.

The line is the circuit breaker. One failure opens it: nothing goes until its pause is over, and each pause is longer
than the one before. Then the first in line goes as a probe (half-open), which closes the breaker or opens it for
longer. A parcel is given up when its own try fails, it has waited for `GIVE_UP`, and the receiver has failed for as
long; time in which nothing may go does not count. One that is refused for good is given up at once, and leaves the
breaker closed, since somebody answered.

A line is doubtful that is new, or was slow or failed the last time. Doubtful lines get at most half of the threads,
and each line one, so however many receivers hang, the other half is for those who are quick. A quick receiver that
begins to hang is found out after one time-out.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, undefer

from casework.channels.parcels import Channel, NotSent, Parcel, Settled, parcel_of
from casework.channels.tables import FAILED, SENT, WAITING, LineRow, ParcelRow
from casework.database import Database, insert_new

log = structlog.get_logger()

PAUSES = tuple(timedelta(seconds=s) for s in (10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 21600))
"""How long a line rests after each failure on end; the last again and again."""

JITTER = 0.2
"""By how much of itself a pause is made longer or shorter, so that many lines do not come back at one moment."""

GIVE_UP = timedelta(hours=24)

LEASE = timedelta(minutes=2)
"""How long a line belongs to the sender that took it; longer than any channel may take for one parcel."""

SLOW = timedelta(seconds=1)

BATCH = 100
"""How many parcels one call of `send` begins at most."""

LISTED = 100


@dataclass(frozen=True)
class Turn:
    """One parcel that is under way, and the lease by which it is."""

    parcel: Parcel
    position: int
    attempt: int
    leased_until: datetime
    doubtful: bool


class Post:
    """Sends what has been put out in this database. Any number may be at work on it, each with threads of its own.

    `clock` says when something was sent, `resting` by what time delays and leases run, `counted` for how much of a time
    parcels might go. `on_sent` and `on_given_up` are called in the commit that says so; where they raise, it is not
    said, and the parcel goes again.
    """

    def __init__(
        self, database: Database, channels: Mapping[str, Channel], clock: Callable[[], datetime],
        on_sent: Settled | None = None, *, on_given_up: Settled | None = None,
        resting: Callable[[], datetime] | None = None, threads: int = 8, patience: float = 1.0,
        jitter: Callable[[], float] = random.random,
        counted: Callable[[datetime, datetime], timedelta] = lambda since, until: until - since,
    ) -> None:  # fmt: skip
        self.database, self.channels, self.clock, self.resting = database, channels, clock, resting or clock
        self.on_sent, self.on_given_up = on_sent, on_given_up
        self.threads, self.patience, self.jitter, self.counted = threads, patience, jitter, counted
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="post")
        self._sending = threading.Lock()
        self._under_way: dict[Future[None], Turn] = {}

    def send(self) -> int:
        """Begin what may go now, one batch at most; how many parcels were begun.

        Returns when all of them have ended, or when for `patience` seconds none has: what is slow ends by itself, while
        the next call sends others. Raises what went wrong in noting.
        """
        begun = 0
        with self._sending:
            while True:
                turns = self._claim() if begun < BATCH else []
                begun += len(turns)
                self._under_way |= {self._pool.submit(self._hand_over, turn): turn for turn in turns}
                ended = wait(self._under_way, timeout=self.patience, return_when=FIRST_COMPLETED).done
                for one in ended:
                    del self._under_way[one]
                    one.result()
                if not turns and not ended:
                    return begun

    def close(self) -> None:
        """Wait for what is under way."""
        self._pool.shutdown()

    def status(self, session: Session) -> dict[str, Any]:
        """For operators: what waits and since when, what was given up, and who fails, the longest first."""
        now = self.resting()
        rows = session.execute(
            sa.select(ParcelRow.status, sa.func.count(), sa.func.min(ParcelRow.made_at))
            .where(ParcelRow.status.in_((WAITING, FAILED)))
            .group_by(ParcelRow.status)
        )
        found = {status: (int(count), oldest) for status, count, oldest in rows}
        waiting, oldest = found.get(WAITING, (0, None))
        failing = session.scalars(
            sa.select(LineRow).where(LineRow.failing_since.is_not(None)).order_by(LineRow.failing_since).limit(LISTED)
        )
        return {
            "waiting": waiting,
            "failed": found.get(FAILED, (0, None))[0],
            "oldest_waiting_seconds": max(0, int((self.clock() - oldest).total_seconds())) if oldest else 0,
            "failing": [
                {
                    "channel": line.channel, "receiver": line.receiver, "breaker": line.breaker(now),
                    "failures": line.failures, "failing_since": line.failing_since and line.failing_since.isoformat(),
                    "try_at": line.try_at and line.try_at.isoformat(),
                }
                for line in failing
            ],
        }  # fmt: skip

    # claiming
    def _claim(self) -> list[Turn]:
        """Lease the lines that may go now, as far as there are threads: the doubtful in their half, then the others."""
        free = self.threads - len(self._under_way)
        if free == 0:
            return []
        doubtful = max(1, self.threads // 2) - sum(turn.doubtful for turn in self._under_way.values())
        now = self.resting()
        with self.database.reading() as session:
            if not session.scalar(_MAY_GO, {"now": now}):
                return []
        with self.database.writing() as session:
            _line_up(session, now)
            lines = self._due(session, now, min(free, doubtful), doubtful=True)
            lines += self._due(session, now, free - len(lines), doubtful=False)
            return _lease(session, lines, now)

    def _due(self, session: Session, now: datetime, limit: int, *, doubtful: bool) -> list[LineRow]:
        """Lines of our channels whose first parcel may go, locked; those that another sender holds are passed by."""
        query = (
            sa.select(LineRow)
            .where(
                LineRow.doubtful == doubtful,
                LineRow.try_at <= now,
                sa.or_(LineRow.leased_until.is_(None), LineRow.leased_until <= now),
                LineRow.channel.in_(list(self.channels)),
            )
            .order_by(LineRow.failures, LineRow.try_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return list(session.scalars(query)) if limit > 0 else []

    # handing over
    def _hand_over(self, turn: Turn) -> None:
        began = self.resting()
        try:
            outcome: str | NotSent = self.channels[turn.parcel.channel](turn.parcel)
        except NotSent as error:
            outcome = error
        except Exception as error:  # a channel's own mistake is told as one, and stops this line only
            outcome = NotSent(type(error).__name__)
            log.error("channel_broke", parcel=str(turn.parcel.id), channel=turn.parcel.channel, error=str(outcome))
        self._note(turn, outcome, self.resting() - began)

    def _note(self, turn: Turn, outcome: str | NotSent, took: timedelta) -> None:
        """Say what came of it, under the line's lock. Who has lost the lease says only that it was sent."""
        now = self.resting()
        with self.database.writing() as session:
            line = session.get_one(LineRow, (turn.parcel.channel, turn.parcel.receiver), with_for_update=True)
            parcel = session.get_one(ParcelRow, turn.position)
            ours = line.leased_until == turn.leased_until
            if ours:
                self._judge(line, outcome, took, now)
            if parcel.status == SENT:
                pass  # another sender has said so
            elif isinstance(outcome, str):
                self._mark_sent(session, parcel, outcome)
            elif ours:
                parcel.failure = str(outcome)
                if outcome.for_good or self._too_old(line, parcel, now):
                    self._give_up(session, parcel)
            session.flush()
            if not session.scalar(sa.select(sa.exists().where(_waiting_in(line)))):
                line.try_at = None
        fields = {"parcel": str(turn.parcel.id), "channel": turn.parcel.channel, "kind": turn.parcel.kind}
        if isinstance(outcome, str):
            log.info("parcel_sent", **fields, attempts=turn.attempt)
        else:
            log.warning("parcel_not_sent", **fields, attempts=turn.attempt, reason=str(outcome), status=parcel.status)

    def _judge(self, line: LineRow, outcome: str | NotSent, took: timedelta, now: datetime) -> None:
        """What this try tells of the receiver, and when the next in line may go."""
        line.leased_until = None
        if isinstance(outcome, NotSent) and not outcome.for_good:
            line.failures, line.failing_since, line.doubtful = line.failures + 1, line.failing_since or now, True
            line.try_at = now + pause(line.failures, self.jitter(), outcome.after)
        else:
            line.failures, line.failing_since, line.doubtful, line.try_at = 0, None, took > SLOW, now

    def _too_old(self, line: LineRow, parcel: ParcelRow, now: datetime) -> bool:
        """Whether both have had their time: the parcel to wait, the receiver to come back."""
        begins = [moment for moment in (parcel.lined_at, line.failing_since) if moment]
        return len(begins) == 2 and self.counted(max(begins), now) >= GIVE_UP

    def _mark_sent(self, session: Session, parcel: ParcelRow, receipt: str) -> None:
        parcel.status, parcel.sent_at, parcel.receipt, parcel.failure = SENT, self.clock(), receipt, None
        if self.on_sent:
            self.on_sent(session, parcel)

    def _give_up(self, session: Session, parcel: ParcelRow) -> None:
        parcel.status = FAILED
        if self.on_given_up:
            self.on_given_up(session, parcel)


def pause(failures: int, jitter: float, wish: timedelta | None = None) -> timedelta:
    """How long to rest after so many failures on end. `jitter` is 0 to 1; a receiver's wish counts up to 6 hours."""
    ours = PAUSES[min(failures, len(PAUSES)) - 1] * (1 - JITTER + 2 * JITTER * jitter)
    return max(ours, min(wish or ours, PAUSES[-1]))


_MAY_GO = sa.select(
    sa.or_(sa.exists().where(ParcelRow.lined_at.is_(None)), sa.exists().where(LineRow.try_at <= sa.bindparam("now")))
)
"""Whether any parcel may go now: mostly none, and then nothing need be locked."""


def _line_up(session: Session, now: datetime) -> None:
    """Let the lines know of what has been put out. What was tried before was sent again by a person, and goes at once.

    Callers of `put_out` never touch a line, so that none waits for a sender or for another caller. A line that is
    locked now is told the next time.
    """
    news = sa.select(ParcelRow.channel, ParcelRow.receiver).where(ParcelRow.lined_at.is_(None))
    keys = sorted({(channel, receiver) for channel, receiver in session.execute(news.distinct().limit(BATCH))})
    if not keys:
        return
    insert_new(session, LineRow, [{"channel": c, "receiver": r} for c, r in keys], ("channel", "receiver"))
    wanted = sa.select(LineRow).where(sa.tuple_(LineRow.channel, LineRow.receiver).in_(keys))
    lines = {line.key: line for line in session.scalars(wanted.with_for_update(skip_locked=True))}
    lined = (
        sa.update(ParcelRow)
        .where(ParcelRow.lined_at.is_(None), sa.tuple_(ParcelRow.channel, ParcelRow.receiver).in_(list(lines)))
        .values(lined_at=now)
        .returning(ParcelRow.channel, ParcelRow.receiver, ParcelRow.attempts)
    )
    for channel, receiver, attempts in session.execute(lined):
        line = lines[channel, receiver]
        if line.try_at is None or attempts:
            line.try_at = now
    session.flush()


def _lease(session: Session, lines: Sequence[LineRow], now: datetime) -> list[Turn]:
    """Take the first parcel of each of these lines, which are locked."""
    first = sa.select(sa.func.min(ParcelRow.position)).where(_waiting_in(LineRow)).correlate(LineRow).scalar_subquery()
    keys = [line.key for line in lines]
    firsts = sa.select(first).select_from(LineRow).where(sa.tuple_(LineRow.channel, LineRow.receiver).in_(keys))
    query = sa.select(ParcelRow).where(ParcelRow.position.in_(firsts)).options(undefer(ParcelRow.body))
    parcels = {(row.channel, row.receiver): row for row in session.scalars(query)} if keys else {}
    turns = []
    for line in lines:
        parcel = parcels[line.key]
        parcel.attempts += 1
        line.leased_until = now + LEASE
        turns.append(Turn(parcel_of(parcel), parcel.position, parcel.attempts, line.leased_until, line.doubtful))
    return turns


def _waiting_in(line: Any) -> sa.ColumnElement[bool]:
    """What waits in a line; `line` is one of them, or the table."""
    return sa.and_(ParcelRow.channel == line.channel, ParcelRow.receiver == line.receiver, ParcelRow.status == WAITING)
