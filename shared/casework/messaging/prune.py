"""Pruning: what has been sent, or handled, long ago is emptied of its body, and in the end removed (ADR 21).

Only rows that are over are touched: what is still to be sent, tried, awaited, or is parked, keeps all it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog

from casework.database import Database
from casework.messaging.tables import Incoming, Outgoing

log = structlog.get_logger()

EMPTIED_AFTER = timedelta(days=30)
"""A message's body is kept for so long after it was sent or handled: it can be sent again meanwhile."""

REMOVED_AFTER = timedelta(days=365)
"""Its envelope is kept for so long: a copy that comes within it is known, and has no effect."""

EVERY = timedelta(days=1)
PAGE = 1000


class Pruner:
    """Looks through outbox and inbox by their keys, a page at a time, each in a transaction of its own.

    Two at once do no harm: what the one has done, the other does not do again.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], page: int = PAGE) -> None:
        self.database, self.clock, self.page = database, clock, page
        self._round: Iterator[int] = iter(())

    def run_once(self) -> int:
        """Prune one page; how many rows were looked at. 0 at the end of a round: the next begins from the start."""
        seen = next(self._round, None)
        if seen is None:
            self._round = self._pages()
            seen = next(self._round)
        return seen

    def _pages(self) -> Iterator[int]:
        emptied = removed = 0
        for look, remove, empty, after in statements(self.database.engine.dialect.name):
            last = after
            while rows := self._look(look, last):
                given = {"after": last, "last": rows[-1].key, **self._days()}
                last = rows[-1].key
                if any(row.due for row in rows):
                    with self.database.writing() as session:
                        removed += _count(session.execute(remove, given))
                        emptied += _count(session.execute(empty, given))
                yield len(rows)
        if emptied or removed:
            log.info("messages_pruned", emptied=emptied, removed=removed)
        yield 0

    def _look(self, look: Any, after: Any) -> Sequence[Any]:
        with self.database.reading() as session:
            return session.execute(look, {"after": after, "limit": self.page, **self._days()}).all()

    def _days(self) -> dict[str, datetime]:
        now = self.clock()
        return {"emptied": now - EMPTIED_AFTER, "removed": now - REMOVED_AFTER}


def _count(changed: Any) -> int:
    return int(changed.rowcount)


@cache
def statements(dialect: str) -> tuple[tuple[Any, Any, Any, Any], ...]:
    """Of outbox and inbox: how a page is looked at, what removes and empties its rows, and what every key is above."""
    outbox = _statements(dialect, Outgoing, Outgoing.position, Outgoing.sent_at, sa.true())
    inbox = _statements(dialect, Incoming, Incoming.id, Incoming.done_at, Incoming.status == "done")
    return (*outbox, -1), (*inbox, UUID(int=0))


def _statements(dialect: str, table: Any, key: Any, over_at: Any, is_over: Any) -> tuple[Any, Any, Any]:
    if dialect == "sqlite":
        has_body: Any = sa.func.json_type(table.envelope, "$.body").is_not(None)
        without_body: Any = sa.func.json_remove(table.envelope, "$.body")
    else:
        has_body = sa.func.jsonb_exists(table.envelope, "body")
        without_body = table.envelope.op("-")(sa.cast("body", sa.Text))
    after, last = (sa.bindparam(name, type_=key.type) for name in ("after", "last"))
    emptied, removed = (sa.bindparam(name, type_=over_at.type) for name in ("emptied", "removed"))
    is_removed = sa.and_(is_over, over_at < removed)
    is_emptied = sa.and_(is_over, over_at < emptied, has_body)
    due = sa.func.coalesce(sa.or_(is_removed, is_emptied), sa.false()).label("due")
    limit = sa.bindparam("limit", type_=sa.Integer)
    look = sa.select(key.label("key"), due).where(key > after).order_by(key).limit(limit)
    page = key > after, key <= last
    return (
        look,
        sa.delete(table).where(*page, is_removed).execution_options(synchronize_session=False),
        sa.update(table)
        .where(*page, is_emptied)
        .values(envelope=without_body)
        .execution_options(synchronize_session=False),
    )
