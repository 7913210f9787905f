"""What it costs to raise a deadline, and to hear a message: the scheduler beside bare loops, in CPU time.

Processor time of this process and of its PostgreSQL backends, on a private server; each round runs all of them, one
after the other, each on a copy of the same database: 3,000 deadlines that are due among 20,000, in batches, by one
worker. The parts of the median are told on stderr.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import sqlalchemy as sa
from common import Row, tell
from sqlalchemy.engine import make_url

from casework.contracts import Message
from casework.contracts.common import DeadlineMet, DeadlineRequested, NotificationRequested
from casework.contracts.intake import CaseChanged, CaseOpened
from casework.contracts.values import Party
from casework.messaging import Direct, Envelope
from casework.migrations import upgrade
from casework.schema import dump
from casework.service import logs
from casework.service.clock import FileClock
from casework.testing.servers import PrivatePostgres, running
from casework.vocabularies.codes import PartyRole, Track
from scheduler.app import SchedulerService, create
from scheduler.settings import SchedulerSettings

DUE, ALL = 3_000, 20_000
MESSAGES = 14
"""Of each case that is told; together they are one batch, as they come from a queue."""
CASES = 100
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


Spent = tuple[float, float]
"""Of this process, and of PostgreSQL."""


class Bench:
    """A server with a filled database, of which each run gets a copy."""

    def __init__(self, server: str, folder: Path) -> None:
        self.statements = 0.0  # for each message that was heard last
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

    def spent(self, run: Callable[[], Any], database: str, many: int) -> Spent:
        """Microseconds of processor time of this process, and of the backends of a database, for each of so many."""
        before = self._backends(database)
        began = time.process_time()
        run()
        client = time.process_time() - began
        backends = sum(spent - before.get(pid, 0.0) for pid, spent in self._backends(database).items())
        return client / many * 1e6, backends / many * 1e6

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


def batch(case: int) -> list[dict[str, Any]]:
    """What is told of one case from its beginning: it and its changes, deadlines asked, moved and met, news."""
    subject, due = str(UUID(int=case)), TODAY + timedelta(days=90)
    who = Party(id=f"w{case % 200}", name=f"Karen Lund {case % 200}", role=PartyRole("caseworker"))
    known: dict[str, Any] = {
        "case_number": f"2026-{case}", "citizen_id": UUID(int=2), "entry_phase": "intake", "track": Track("standard")
    }  # fmt: skip
    kinds = ("case-processing", "case-processing", "hearing-answer", "hearing-answer", "follow-up", "status-note")
    asked = [DeadlineRequested(kind=k, key="1", due=due + timedelta(days=n)) for n, k in enumerate(kinds)]
    said: list[Message] = [
        CaseOpened(**known, caseworker=who), *asked, CaseChanged(**known, caseworker=who, team="vest"),
        *(DeadlineMet(kind=kind, key="1", met_on=TODAY) for kind in kinds[1::2]),
        *(NotificationRequested(kind="decision.decide", roles=("caseworker",), key=str(n)) for n in range(3)),
    ]  # fmt: skip
    assert len(said) == MESSAGES
    return [envelope(message, "intake", subject, number) for number, message in enumerate(said, 1)]


def loop(bench: Bench, database: str, statement: sa.TextClause) -> Spent:
    engine = sa.create_engine(bench.server.set(database=database))

    def once() -> int:
        with engine.begin() as connection:
            return connection.scalar(statement, {"today": TODAY}) or 0

    first = once()  # connects, and reads the statement
    try:
        return bench.spent(lambda: all(iter(once, 0)), database, DUE - first)
    finally:
        engine.dispose()


def raising(bench: Bench, database: str) -> Spent:
    with closing(bench.service(database)) as service:
        first = service._tick()  # connects, and reads the statements
        return bench.spent(service.tick, database, DUE - first)


def bare_messages(bench: Bench, database: str) -> Spent:
    """For each message SELECT, UPDATE, INSERT and a commit."""
    with psycopg.connect(bench.plain(database)) as connection:
        cases = [row[0] for row in connection.execute("SELECT id FROM bare_case ORDER BY id LIMIT %s", (CASES,))]
        body = psycopg.types.json.Jsonb({"text": "x" * 400})
        text = psycopg.types.json.Jsonb({"text": "y" * 1000})

        def run() -> None:
            for case in cases:
                for _ in range(MESSAGES):
                    connection.execute("SELECT state FROM bare_case WHERE id = %s FOR UPDATE", (case,)).fetchone()
                    connection.execute("UPDATE bare_case SET state = %s WHERE id = %s", (text, case))
                    connection.execute("INSERT INTO bare_message VALUES (%s, %s)", (uuid4(), body))
                    connection.commit()

        return bench.spent(run, database, CASES * MESSAGES)


def hearing(bench: Bench, database: str) -> Spent:
    with closing(bench.service(database)) as service:
        service.inbox.receive(batch(10_000_000))
        batches = [batch(20_000_000 + n) for n in range(CASES)]
        sent: list[str] = []
        sa.event.listen(service.database.engine, "before_cursor_execute", lambda c, cu, s, *_: sent.append(s))
        spent = bench.spent(lambda: [service.inbox.receive(one) for one in batches], database, CASES * MESSAGES)
        bench.statements = len(sent) / CASES / MESSAGES
        return spent


RUNS: dict[str, Callable[[Bench, str], Spent]] = {
    "claim and insert": lambda bench, name: loop(bench, name, CLAIMING),
    "write as much": lambda bench, name: loop(bench, name, WRITING),
    "raise": raising,
    "bare message": bare_messages,
    "hear": hearing,
}

TOLD = (
    ("deadline-raised", "a deadline raised", "raise", "write as much", 2.0),
    ("deadline-claimed", "the same", "raise", "claim and insert", None),
    ("scheduler-message", "a message heard by the scheduler, of 14 together", "hear", "bare message", 2.5),
)
"""The row: its name, what it is, ours, the loop beside it, and how many times that it may take."""


def main() -> None:
    logs.set_up("scheduler", "WARNING")
    found: dict[str, list[Spent]] = {name: [] for name in RUNS}
    with running(server := PrivatePostgres()), tempfile.TemporaryDirectory() as folder:
        bench = Bench(server.url, Path(folder))
        for _ in range(1 if "--short" in sys.argv else 3):
            for name, run in RUNS.items():
                with bench.copy() as database:
                    found[name].append(run(bench, database))
        bench.admin.close()
    for name, spent in found.items():
        client, backend = (statistics.median(one) for one in zip(*spent, strict=True))
        sys.stderr.write(f"{name:16} {client:5.0f} µs, PostgreSQL {backend:4.0f} µs\n")
    total = {name: statistics.median(map(sum, spent)) for name, spent in found.items()}
    for name, what, ours, theirs, goal in TOLD:
        tell(Row(name, what, "µs CPU", total[ours], f"loop: {theirs}", total[theirs], goal))
    tell(Row("scheduler-statements", "statements for each of them", "", bench.statements, goal=5.0, of="value"))


if __name__ == "__main__":
    main()
