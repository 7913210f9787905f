"""A scheduler's database with 20,000 deadlines, of which 3,000 are due; and what the bare loops beside it write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from casework.contracts import Message
from casework.contracts.common import DeadlineRequested
from casework.contracts.intake import CaseOpened
from casework.contracts.values import Party
from casework.messaging import Direct, Envelope
from casework.migrations import upgrade
from casework.schema import dump
from casework.service.clock import FileClock
from casework.vocabularies.codes import PartyRole, Track
from scheduler.app import SchedulerService, create
from scheduler.settings import SchedulerSettings

DUE, ALL = 3_000, 20_000
TODAY = date(2026, 3, 16)
BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)

FILL = (
    "CREATE TABLE example AS SELECT type, consumers, envelope FROM outbox",
    "DELETE FROM outbox", "DELETE FROM line", "DELETE FROM notification", "DELETE FROM deadline", "DELETE FROM inbox",
    "INSERT INTO known_case (id, number, caseworker_id, caseworker_name) SELECT md5('c' || n)::uuid, '2026-' || n, "
    "'w' || n % 200, 'Karen Lund ' || n % 200 FROM generate_series(0, :all / 2) AS n",
    "INSERT INTO deadline (id, case_id, kind, key, due, notify, status, reminded, escalated, next_at, asked_at) "
    "SELECT md5('d' || n)::uuid, md5('c' || n / 2)::uuid, 'complaint', n::text, day, 'caseworker', 'waiting', 0, 0, "
    "day, '2026-01-05' FROM (SELECT n, DATE '2026-03-16' + CASE WHEN n * :due / :all > (n - 1) * :due / :all THEN 0 "
    "ELSE (n % 300)::int + 1 END AS day FROM generate_series(1::bigint, :all) AS n) AS numbered",
    "CREATE TABLE bare AS SELECT id, next_at, status FROM deadline",
    "CREATE INDEX bare_next ON bare (next_at, id)",
    "ALTER TABLE bare ADD PRIMARY KEY (id)",
    "CREATE TABLE bare_told (id uuid PRIMARY KEY, told date NOT NULL)",
    "CREATE TABLE bare_line (LIKE line INCLUDING ALL)",
    "CREATE TABLE bare_outbox (LIKE outbox INCLUDING ALL)",
    "CREATE TABLE bare_notification (LIKE notification INCLUDING ALL)",
    "CREATE TABLE bare_case (id uuid PRIMARY KEY, state jsonb NOT NULL)",
    "INSERT INTO bare_case SELECT id, jsonb_build_object('text', repeat('x', 1000)) FROM known_case",
    "CREATE TABLE bare_message (id uuid PRIMARY KEY, body jsonb NOT NULL)",
)  # fmt: skip

CLAIM = (
    "WITH claimed AS (UPDATE bare SET next_at = next_at + 1, status = 'due' WHERE id IN (SELECT id FROM bare "
    "WHERE next_at <= :today ORDER BY next_at, id LIMIT 250 FOR UPDATE SKIP LOCKED) RETURNING id)"
)
CLAIMING = sa.text(
    f"{CLAIM}, told AS (INSERT INTO bare_told SELECT id, :today FROM claimed) SELECT count(*) FROM claimed"
)
WRITING = sa.text(
    f"{CLAIM}, lined AS (INSERT INTO bare_line SELECT 'out', consumer, type || id, 1 FROM claimed, example, "
    "jsonb_array_elements_text(consumers) AS consumer ON CONFLICT (way, other, subject) "
    "DO UPDATE SET number = bare_line.number + 1), "
    "told AS (INSERT INTO bare_notification (id, case_id, kind, stage, due, role, channel, status, attempts) "
    "SELECT id, id, 'complaint', 'due', :today, 'caseworker', 'portal', 'sent', 0 FROM claimed), "
    "owed AS (INSERT INTO bare_outbox (id, type, subject, consumers, envelope, attempts) "
    "SELECT gen_random_uuid(), type, id, consumers, envelope, 0 FROM claimed, example) SELECT count(*) FROM claimed"
)
"""As a deadline that is raised: one notification, two messages of their true size, three lines."""


class Deadlines:
    """A server with a filled database, of which each run gets a copy."""

    def __init__(self, server: str, folder: Path) -> None:
        self.server, self.clock = make_url(server), FileClock(folder / "clock")
        self.admin = psycopg.connect(self.plain("postgres"), autocommit=True)
        self.admin.execute("CREATE DATABASE filled")
        with closing(self.service("filled")) as service:
            upgrade(service)
            hear_and_raise_one(service, self.clock)
            with service.database.engine.begin() as connection:
                for statement in FILL:
                    given = {"all": ALL, "due": DUE} if ":all" in statement else {}
                    connection.execute(sa.text(statement), given)
            with service.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")
        self.clock.set(datetime(TODAY.year, TODAY.month, TODAY.day, 8, tzinfo=UTC))

    def plain(self, database: str) -> str:
        return self.server.set(drivername="postgresql", database=database).render_as_string(hide_password=False)

    def service(self, database: str) -> SchedulerService:
        url = self.server.set(database=database).render_as_string(hide_password=False)
        return create(SchedulerSettings(database=url, clock=f"file:{self.clock.path}"), transport=Direct())

    @contextmanager
    def copy(self) -> Iterator[str]:
        name = f"run_{uuid4().hex}"
        self.admin.execute(f"CREATE DATABASE {name} TEMPLATE filled".encode())
        try:
            yield name
        finally:
            self.admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def spent(self, run: Callable[[], Any], database: str) -> tuple[float, float]:
        """Seconds of processor time of this process, and of the backends of a database."""
        before = self._backends(database)
        began = time.process_time()
        run()
        client = time.process_time() - began
        return client, sum(spent - before.get(pid, 0.0) for pid, spent in self._backends(database).items())

    def _backends(self, database: str) -> dict[int, float]:
        """By process id, the seconds each has run. (`/proc/PID/stat` counts in hundredths only.)"""
        query = "SELECT pid FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
        pids = [pid for (pid,) in self.admin.execute(query, (database,))]
        return {pid: int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9 for pid in pids}


def hear_and_raise_one(service: SchedulerService, clock: FileClock) -> None:
    """So that the loops know of what size the messages are."""
    who = Party(id="w1", name="Karen Lund 1", role=PartyRole("caseworker"))
    case = str(UUID(int=1))
    opened = CaseOpened(
        case_number="2026-00001", citizen_id=UUID(int=2), entry_phase="intake", track=Track("standard"), caseworker=who
    )
    asked = DeadlineRequested(kind="complaint", key="1", due=TODAY)
    service.inbox.receive([envelope(opened, "intake", case, 1), envelope(asked, "decision", case, 1)])
    clock.set(datetime(TODAY.year, TODAY.month, TODAY.day, 8, tzinfo=UTC))
    service.tick()


def envelope(message: Message, producer: str, subject: str, number: int) -> dict[str, Any]:
    return Envelope(
        id=uuid4(), type=message.wire, version=1, subject=subject, numbers={"scheduler": number},
        time=BEGAN + timedelta(minutes=number), producer=producer, actor="otto", body=dump(message),
    ).to_json()  # fmt: skip
