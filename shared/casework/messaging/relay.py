"""The relay: carries what the outbox owes to the transport, oldest first, and marks it sent once it is confirmed.

What has failed (a consumer without a queue, a receiver that is down) is tried again slower and slower, and never stands
in the way of what has not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from casework.database import Database, Utc
from casework.messaging.outbox import unsent
from casework.messaging.tables import Outgoing
from casework.storable import LONGEST_REASON, legible

log = structlog.get_logger()

BATCH = 100

PAUSES = tuple(timedelta(seconds=s) for s in (0.1, 0.5, 1, 2, 5, 10, 30))
"""How long what has failed rests, after each round on end in which none of it could be sent."""

OTHERS = PAUSES[-1]
"""How often is looked for what failed elsewhere: with another relay, or before this one began."""


@dataclass(frozen=True)
class Parcel:
    """One message for the transport: its envelope as JSON, and who must get it."""

    id: UUID
    consumers: tuple[str, ...]
    envelope: dict[str, Any]


class Transport(Protocol):
    """How messages get from one service to others. At least once, in any order; inbox and outbox do the rest."""

    def publish(self, parcels: Sequence[Parcel]) -> dict[UUID, str]:
        """Hand all over and await that they are safe. Returns those that failed, each with the reason."""

    def consume(self, service: str, receive: Callable[[list[Any]], None], stop: Callable[[], bool]) -> None:
        """Pass what comes for `service` to `receive`, and acknowledge it once `receive` has returned, until `stop`."""

    def take_dead(self, service: str, receive: Callable[[list[Any]], None]) -> int:
        """Pass on some of what has ended this service's process again and again; how many messages."""

    def declare(self) -> None:
        """Make what the transport needs on its server, where it has one. Safe to repeat."""

    def close(self) -> None: ...


class Relay:
    """Empties one service's outbox."""

    def __init__(self, database: Database, transport: Transport, clock: Callable[[], datetime]) -> None:
        self.database, self.transport, self.clock = database, transport, clock
        self._rounds = 0  # of what has failed, in which again nothing could be sent
        self._again_at = clock()

    def run_once(self, limit: int = BATCH) -> int:
        """Send one batch; how many were sent. Safe to kill anywhere: what is not marked is sent again."""
        return self._try_again(limit) + self._try_new(limit)

    def rests(self) -> timedelta:
        """How long it may be left alone, for the sake of what has failed."""
        return self._again_at - self.clock()

    def _try_again(self, limit: int) -> int:
        if self.clock() < self._again_at:
            return 0
        tried, sent = self._run(limit, failed=True)
        self._rounds = self._rounds + 1 if tried > sent == 0 else 0
        pause = PAUSES[min(self._rounds, len(PAUSES)) - 1] if self._rounds else OTHERS
        self._again_at = self.clock() + (timedelta(0) if sent else pause)
        return sent

    def _try_new(self, limit: int) -> int:
        tried, sent = self._run(limit, failed=False)
        if tried > sent and not self._rounds:
            self._again_at = self.clock()
        return sent

    def _run(self, limit: int, *, failed: bool) -> tuple[int, int]:
        """How many were tried, and how many sent."""
        if self.database.engine.dialect.name == "postgresql":
            with self.database.writing() as session:  # locked while under way, so that a second relay skips them
                rows = unsent(session, limit, failed=failed)
                return len(rows), self._mark(session, rows, self._publish(rows))
        with self.database.reading() as session:  # one relay; no lock is held while a consumer writes
            rows = unsent(session, limit, failed=failed)
        if not rows:
            return 0, 0
        failures = self._publish(rows)
        with self.database.writing() as session:
            return len(rows), self._mark(session, rows, failures)

    def _publish(self, rows: list[Outgoing]) -> dict[UUID, str]:
        return self.transport.publish([Parcel(r.id, tuple(r.consumers), r.envelope) for r in rows]) if rows else {}

    def _mark(self, session: Session, rows: list[Outgoing], failed: dict[UUID, str]) -> int:
        """Note of each that it is sent, or why not; how many are."""
        sent = [row.position for row in rows if row.id not in failed]
        if sent:
            session.execute(_SENT, {"positions": sent, "now": self.clock()})
        for row in rows:
            if row.id in failed:
                reason = legible(failed[row.id], LONGEST_REASON)
                session.execute(_NOT_SENT, {"positions": [row.position], "reason": reason})
                log.error("message_not_sent", message_id=str(row.id), type=row.type, reason=reason)
        return len(sent)


_THESE = Outgoing.position.in_(sa.bindparam("positions", expanding=True))
_UPDATE = sa.update(Outgoing).where(_THESE).execution_options(synchronize_session=False)
_SENT = _UPDATE.values(sent_at=sa.bindparam("now", type_=Utc), failure=None)
_NOT_SENT = _UPDATE.values(attempts=Outgoing.attempts + 1, failure=sa.bindparam("reason"))
