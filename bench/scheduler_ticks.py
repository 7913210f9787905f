"""What it costs to raise a deadline, and to hear a message: the scheduler beside bare loops, in processor time.

Of this process and of its PostgreSQL backends, on a private server; each turn runs all of them, one after the other,
each on a copy of the same database (`many_deadlines.py`), by one worker. Deadlines are raised in batches; the loop
beside them claims as many by one statement that writes as much. Messages are heard by the case, 14 at once; the loop
beside them reads, writes, stores 1 kB and commits for each.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import psycopg
import sqlalchemy as sa
from common import Row, tell
from many_deadlines import CLAIMING, DUE, TODAY, WRITING, Deadlines, envelope
from private import private_servers

from casework.contracts import Message
from casework.contracts.common import DeadlineMet, DeadlineRequested, NotificationRequested
from casework.contracts.intake import CaseChanged, CaseOpened
from casework.contracts.values import Party
from casework.service import logs
from casework.vocabularies.codes import PartyRole, Track

GOAL = 2.0  # times the loop that writes as much
MESSAGES = 14
"""Of each case that is told; together they are one batch, as they come from a queue."""
CASES = 100

Taken = tuple[float, float, int]
"""Seconds of this process, and of PostgreSQL; of how many."""


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


def loop(bench: Deadlines, database: str, statement: sa.TextClause) -> Taken:
    engine = sa.create_engine(bench.server.set(database=database))

    def once() -> int:
        with engine.begin() as connection:
            return connection.scalar(statement, {"today": TODAY}) or 0

    first = once()  # connects, and reads the statement
    try:
        return (*bench.spent(lambda: all(iter(once, 0)), database), DUE - first)
    finally:
        engine.dispose()


def raising(bench: Deadlines, database: str) -> Taken:
    with closing(bench.service(database)) as service:
        first = service._tick()  # connects, and reads the statements
        return (*bench.spent(service.tick, database), DUE - first)


def bare_messages(bench: Deadlines, database: str) -> Taken:
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

        return (*bench.spent(run, database), CASES * MESSAGES)


def hearing(bench: Deadlines, database: str) -> Taken:
    with closing(bench.service(database)) as service:
        service.inbox.receive(batch(10_000_000))
        batches = [batch(20_000_000 + n) for n in range(CASES)]

        def hear() -> None:
            for one in batches:
                service.inbox.receive(one)

        return (*bench.spent(hear, database), CASES * MESSAGES)


RUNS: dict[str, Callable[[Deadlines, str], Taken]] = {
    "claim": lambda bench, name: loop(bench, name, CLAIMING),
    "write": lambda bench, name: loop(bench, name, WRITING),
    "raise": raising,
    "bare message": bare_messages,
    "hear": hearing,
}


def main() -> None:
    logs.set_up("scheduler", "WARNING")
    found: dict[str, list[Taken]] = {name: [] for name in RUNS}
    with private_servers(rabbitmq=False) as (postgres, _), TemporaryDirectory() as folder:
        bench = Deadlines(postgres.url, Path(folder))
        for _ in range(1 if "--short" in sys.argv else 3):
            for name, run in RUNS.items():
                with bench.copy() as database:
                    found[name].append(run(bench, database))
        bench.admin.close()
    each = {name: median(1e6 * (client + other) / many for client, other, many in of) for name, of in found.items()}
    parts = {name: median(1e6 * other / many for _, other, many in of) for name, of in found.items()}
    notes = {"PostgreSQL's µs": round(parts["raise"]), "claim and insert alone": round(each["claim"], 1)}
    what, peer = "a deadline raised", "one statement that writes as much"
    tell(Row("deadline", what, "µs CPU", each["raise"], peer, each["write"], GOAL, notes=notes))
    notes = {"PostgreSQL's µs": round(parts["hear"])}
    what, peer = "a message heard by the scheduler, 14 of a case at once", "bare loop"
    tell(Row("scheduler-message", what, "µs CPU", each["hear"], peer, each["bare message"], notes=notes))


if __name__ == "__main__":
    main()
