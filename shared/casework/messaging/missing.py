"""Numbers that are missing in a line: those behind wait for them, and so they are named, and sent again on demand.

An early message is nothing out of the way. One that waits for minutes shows that a number was lost: by hand, by a
broker that was emptied, by a database that was set back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from casework.database import announce
from casework.messaging.tables import Incoming, Line, Outgoing

MISSED_AFTER = timedelta(minutes=5)
"""How long a message waits for those before it until these count as missing."""


@dataclass(frozen=True)
class Gap:
    """Numbers that have not come, from `first` to `last`, and how many messages have waited for them since when."""

    producer: str
    subject: str
    first: int
    last: int
    since: datetime
    behind: int


_EXPECTED = sa.func.coalesce(Line.number, 0) + 1
_THERE = aliased(Incoming)
_GAPS = (
    sa.select(
        Incoming.producer,
        Incoming.subject,
        _EXPECTED,
        sa.func.min(Incoming.number) - 1,
        sa.func.min(Incoming.came_at).label("since"),
        sa.func.count(),
    )
    .outerjoin(Line, sa.and_(Line.way == "in", Line.other == Incoming.producer, Line.subject == Incoming.subject))
    .where(
        Incoming.status == "new",
        Incoming.number > _EXPECTED,
        ~sa.exists().where(  # come, and tried again, or kept for a newer release, or parked
            _THERE.producer == Incoming.producer,
            _THERE.subject == Incoming.subject,
            _THERE.number == _EXPECTED,
            _THERE.status != "done",
        ),
    )
    .group_by(Incoming.producer, Incoming.subject, Line.number)
    .having(sa.func.min(Incoming.came_at) <= sa.bindparam("before", type_=Incoming.came_at.type))
)
_COUNTED = sa.select(sa.func.count()).select_from(_GAPS.subquery())
_LISTED = _GAPS.order_by("since").limit(sa.bindparam("limit", type_=sa.Integer))


def missing(session: Session, now: datetime, limit: int) -> list[Gap]:
    """The gaps that have stood longest."""
    found = session.execute(_LISTED, {"before": now - MISSED_AFTER, "limit": limit})
    return [Gap(*row) for row in found]


def count_missing(session: Session, now: datetime) -> int:
    """In how many lines something is missing."""
    return int(session.scalar(_COUNTED, {"before": now - MISSED_AFTER}) or 0)


def send_again(session: Session, consumer: str, subject: str, first: int, last: int) -> tuple[list[int], list[int]]:
    """Owe these numbers of a line again: those that are, and those that the outbox no longer has, or has emptied.

    All consumers of a message get it once more; whoever has it knows it by its id.
    """
    rows = session.scalars(sa.select(Outgoing).where(Outgoing.subject == subject).with_for_update())
    owed: dict[int, Any] = {row.envelope["numbers"].get(consumer, 0): row for row in rows if "body" in row.envelope}
    wanted = range(first, last + 1)
    for number in wanted:
        if number in owed:
            owed[number].sent_at, owed[number].attempts, owed[number].failure = None, 0, None
    announce(session)
    return [n for n in wanted if n in owed], [n for n in wanted if n not in owed]
