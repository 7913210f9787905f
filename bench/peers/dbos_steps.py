"""DBOS: a workflow of seven transactions, each checkpointed in its own commit; many workflows at once in a process."""

from __future__ import annotations

import json
import sys

import sqlalchemy as sa
from dbos import DBOS, SQLAlchemyDatasource
from peer import READ, STEPS, STORE, WRITE, asked, run

A = asked()
URL = A.database.replace("postgresql://", "postgresql+psycopg://")
AT_ONCE = 8

DBOS(
    config={
        "name": "bench", "system_database_url": URL, "executor_id": str(A.number), "application_version": "1",
        "log_level": "ERROR", "max_executor_threads": AT_ONCE,
    }
)  # fmt: skip
SOURCE = SQLAlchemyDatasource.create(URL)


def named(statement: str, *names: str) -> sa.TextClause:
    for name in names:
        statement = statement.replace("%s", f":{name}", 1)
    return sa.text(statement)


READ_BY, WRITE_BY, STORE_BY = named(READ, "s"), named(WRITE, "s", "b"), named(STORE, "s", "b")


@SOURCE.transaction()
def step(subject: str) -> None:
    db = SOURCE.sql_session()
    found = db.execute(READ_BY, {"s": subject}).fetchone()
    db.execute(WRITE_BY, {"s": subject, "b": json.dumps({"heard": found[0]["heard"] + 1 if found else 1})})
    db.execute(STORE_BY, {"s": subject, "b": "x" * 1000})


@DBOS.workflow()
def case(subject: str) -> None:
    for _ in range(STEPS):
        step(subject)


def work() -> None:
    for begun in [DBOS.start_workflow(case, subject) for subject in A.subjects()]:
        begun.get_result()


DBOS.launch()
case(f"first of {A.number}")
run(work)
sys.stdout.flush()
DBOS.destroy()
