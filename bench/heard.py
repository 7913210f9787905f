"""What `decision` hears of a case until it is asked to decide (14 messages of 1-jonas), for any number of cases.

And the consumers that hear it: `decision work` as it stands in production, and the bare loop (`bare_consumer.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import psycopg
import sqlalchemy as sa
from bare_consumer import HANDLED, TABLES
from kombu import Connection
from private import CountingPostgres, plain, role, until
from stream import Consumers, Letter, script
from worked import Worked

from casework.messaging.tables import Incoming

ACT = "recommendation.approved"
EFFECT = """
SELECT (SELECT count(*) FROM "case"), (SELECT count(*) FROM run WHERE at = 'decide'),
       (SELECT count(*) FROM inbox WHERE status = 'parked')
"""
DONE = "SELECT count(*) FROM inbox WHERE status = 'done'"

Envelope = dict[str, Any]


@cache
def heard() -> str:
    """The envelopes, in the order in which they came, as JSON."""
    with TemporaryDirectory() as folder:
        case = Worked(Path(folder)).play("assessment.approve")
        with case.town.house.services["decision"].database.reading() as db:
            envelopes = list(db.scalars(sa.select(Incoming.envelope).order_by(Incoming.came_at, Incoming.number)))
        case.town.close()
    return json.dumps(envelopes, ensure_ascii=False)


def another() -> list[Envelope]:
    """The same of a case and a citizen of their own."""
    text = heard()
    for old in {str(e[name]) for e in json.loads(text) for name in ("id", "subject", "correlation")}:
        text = text.replace(old, str(uuid4()))
    made: list[Envelope] = json.loads(text)
    return made


def in_bursts(cases: Sequence[list[Envelope]]) -> Iterator[Envelope]:
    """As they come when these cases move at once: what one commit tells of each, then what the next tells of each."""
    bursts = [[list(burst) for _, burst in groupby(case, key=lambda e: e["traceparent"])] for case in cases]
    for same in zip(*bursts, strict=True):
        for burst in same:
            yield from burst


def letters(envelopes: Sequence[Envelope], key: str | None = None) -> list[Letter]:
    return [(key or f"to.decision.{e['type']}", json.dumps(e, ensure_ascii=False).encode()) for e in envelopes]


class Decision:
    """A database and a queue for `decision work`."""

    def __init__(self, postgres: CountingPostgres, rabbitmq: str, folder: Path) -> None:
        prefix, database = f"bench{uuid4().hex[:8]}", postgres.database(f"decision_{uuid4().hex[:8]}")
        settings = {"database": database, "broker": rabbitmq, "broker_prefix": prefix}
        with role("decision", ["migrate"], folder, **settings) as migrating:
            until(lambda: migrating.poll() is not None)
        self.work = partial(role, "decision", ["work"], folder, **settings)
        self.consumers = Consumers(postgres, rabbitmq, database, prefix, f"{prefix}.decision", DONE)

    @contextmanager
    def started(self, count: int) -> Iterator[Consumers]:
        """Raises LookupError in the end where not every case that was heard of has a decision to make."""
        with self.consumers.started(count, self.work, letters([e for _ in range(2) for e in another()])) as consumers:
            yield consumers
        with psycopg.connect(plain(self.consumers.database)) as db:
            cases, opened, parked = db.execute(EFFECT.encode()).fetchone() or (0, 0, 0)
        if cases != opened or parked:
            raise LookupError(f"{cases} cases, {opened} decisions opened, {parked} messages parked")


class Loop:
    """The same for the bare loop."""

    def __init__(self, postgres: CountingPostgres, rabbitmq: str) -> None:
        queue, database = f"bare{uuid4().hex[:8]}", postgres.database(f"bare_{uuid4().hex[:8]}")
        with psycopg.connect(plain(database)) as db:
            db.execute(TABLES.encode())
        with Connection(rabbitmq) as link:
            link.default_channel.queue_declare(queue, durable=True, auto_delete=False,
                                               arguments={"x-queue-type": "quorum"})  # fmt: skip
        self.work = partial(script, "bare_consumer.py", rabbitmq, queue, plain(database))
        self.consumers = Consumers(postgres, rabbitmq, database, "", queue, HANDLED)

    @contextmanager
    def started(self, count: int) -> Iterator[Consumers]:
        with self.consumers.started(count, self.work, letters(another(), self.consumers.queue)) as consumers:
            yield consumers
