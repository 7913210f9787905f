"""From one service's commit to that of the next, which has handled the message, in a house that has nothing else to do.

    python bench/latency.py [--python PATH] [--samples NUMBER]

Assessment commits a message about a case; decision hears it, or (an act) opens a decision by it. Both moments are
PostgreSQL's own (`pg_xact_commit_timestamp`), in ms. The pauses between two are drawn at random, so that no poll is met
in step.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from installation import Installation, installed

SERVICES = ("intake", "assessment", "decision")

# Run by the interpreter that is measured, in the place of an api: prints (message, its transaction) as JSON.
COMMIT = """
import json, os, random, sys, time
from datetime import UTC, datetime
from uuid import uuid4
import sqlalchemy as sa
from casework.contracts import assessment, intake
from casework.contracts.export import example
from casework.database import Database
from casework.messaging import Cause, put
from casework.schema import load

def commit(service, kind, subject):
    with databases[service].writing() as session:
        message = load(kind, example(kind))
        envelope = put(session, service, subject, message, Cause(datetime.now(UTC), "bench"))
        xact = session.scalar(sa.text("SELECT pg_current_xact_id()::text"))
    time.sleep(random.uniform(0.15, 0.4))
    return str(envelope.id), xact

kind, number, *urls = sys.argv[1:]
databases = dict(zip(("intake", "assessment"), map(Database, urls)))
committed = []
for _ in range(int(number)):
    case = str(uuid4())
    commit("intake", intake.CaseOpened, case)
    committed.append(commit("assessment", getattr(assessment, kind), case))
print(json.dumps(committed))
"""

HANDLED = """
SELECT status, extract(epoch FROM came_at)::float8, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8
FROM inbox WHERE id = %s
"""
COMMITTED = "SELECT extract(epoch FROM pg_xact_commit_timestamp(%s::xid))::float8"


def took(installation: Installation, kind: str, samples: int) -> dict[str, Any]:
    """Raises RuntimeError where one is not handled."""
    urls = [installation.databases[service] for service in ("intake", "assessment")]
    messages = json.loads(installation.run("assessment", kind, str(samples), *urls, script=COMMIT))
    time.sleep(3)
    arrivals, waits = [], []
    with installation.connect("decision") as connection:
        for message, xact in messages:
            status, came, handled = connection.execute(HANDLED, (message,)).fetchone() or ("nothing", 0.0, 0.0)
            if status != "done":
                raise RuntimeError(f"{kind} {message}: {status}")
            (committed,) = connection.execute(COMMITTED, (xact,)).fetchone() or (0.0,)
            arrivals.append((came - committed) * 1000)
            waits.append((handled - committed) * 1000)
    cuts, arrived = statistics.quantiles(waits, n=100, method="inclusive"), statistics.median(arrivals)
    told = {"arrived_p50_ms": arrived, "p50_ms": cuts[49], "p95_ms": cuts[94], "p99_ms": cuts[98]}
    return {"message": kind, "samples": samples, **told}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="of the checkout to be measured")
    parser.add_argument("--samples", type=int, default=200)
    asked = parser.parse_args()
    with installed(asked.python, SERVICES) as installation:
        for service in SERVICES:
            installation.start(service, "work")
        for role in installation.roles:
            role.await_ready()
        for kind in ("CaseInformationRecorded", "RecommendationApproved"):
            took(installation, kind, 10)  # the first ones are slower: connections, plans, caches
            sys.stdout.write(json.dumps(took(installation, kind, asked.samples)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
