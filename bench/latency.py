"""From one service's commit to that of the next, which has handled the message, in a house that has nothing else to do.

Assessment commits a message about a case; decision hears it, or (an act) opens a decision by it. Both moments are
PostgreSQL's own (`pg_xact_commit_timestamp`). The pauses between two are drawn at random, so that no poll is met in
step; each message is about a case of its own, which intake has told of before. Beside it the bare loop: a commit, a
message published and confirmed, and a consumer that commits (`bare_consumer.py`). Wall clock: it moves with what else
runs.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import common
import private
import psycopg
import sqlalchemy as sa
from heard import Loop
from kombu import Connection
from startup import Installation, installed

from casework.contracts.assessment import CaseInformationRecorded, RecommendationApproved
from casework.contracts.export import example
from casework.contracts.intake import CaseOpened
from casework.database import Database
from casework.messaging import Cause, put
from casework.messaging.tables import Outgoing
from casework.schema import load

SERVICES = ("intake", "assessment", "decision")
GOALS = {50: 20.0, 99: 100.0}  # percentile: ms
KINDS = {"fact": CaseInformationRecorded, "act": RecommendationApproved}

HANDLED = """
SELECT status, extract(epoch FROM came_at)::float8, extract(epoch FROM pg_xact_commit_timestamp(xmin))::float8
FROM inbox WHERE id = %s
"""
COMMITTED = "SELECT extract(epoch FROM pg_xact_commit_timestamp(%s::xid))::float8"


def commit(database: Database, service: str, kind: Any, subject: str) -> tuple[str, str]:
    """As an api does; the message and its transaction."""
    with database.writing() as session:
        put(session, service, subject, load(kind, example(kind)), Cause(datetime.now(UTC), "bench"))
        message = session.scalar(sa.select(Outgoing.id).order_by(Outgoing.position.desc()).limit(1))
        xact = session.scalar(sa.text("SELECT pg_current_xact_id()::text"))
    time.sleep(random.uniform(0.15, 0.4))
    return str(message), str(xact)


def waits(installation: Installation, kind: Any, samples: int) -> tuple[list[float], list[float]]:
    """Milliseconds until each message had come, and until it was handled. Raises RuntimeError where one was not."""
    intake, assessment = (Database(installation.databases[service]) for service in ("intake", "assessment"))
    sent = []
    for _ in range(samples):
        case = str(uuid4())
        commit(intake, "intake", CaseOpened, case)
        sent.append(commit(assessment, "assessment", kind, case))
    time.sleep(3)
    arrived, handled = [], []
    with psycopg.connect(private.plain(installation.databases["decision"])) as connection:
        for message, xact in sent:
            status, came, done = connection.execute(HANDLED, (message,)).fetchone() or ("nothing", 0.0, 0.0)
            if status != "done":
                raise RuntimeError(f"{kind.__name__} {message}: {status}")
            (committed,) = connection.execute(COMMITTED, (xact,)).fetchone() or (0.0,)
            arrived.append((came - committed) * 1000)
            handled.append((done - committed) * 1000)
    intake.close()
    assessment.close()
    return arrived, handled


class Bare:
    """The bare loop, on the same servers."""

    def __init__(self, installation: Installation) -> None:
        self.loop = Loop(installation.postgres, installation.broker)
        self.link = Connection(installation.broker, transport_options={"confirm_publish": True})

    def waits(self, samples: int) -> list[float]:
        """Milliseconds from the commit of one transaction to that of the other."""
        sent = []
        with psycopg.connect(private.plain(self.loop.consumers.database)) as connection:
            for _ in range(samples):
                case = str(uuid4())
                row = connection.execute(
                    "INSERT INTO state VALUES (%s, '{\"heard\": 0}') RETURNING pg_current_xact_id()::text", (case,)
                ).fetchone()
                connection.commit()
                channel = self.link.default_channel
                body = json.dumps({"subject": case}).encode()
                message = channel.prepare_message(body, properties={"delivery_mode": 2})
                channel.basic_publish(message, "", self.loop.consumers.queue)
                sent.append((case, row[0] if row else ""))
                time.sleep(random.uniform(0.05, 0.15))
            time.sleep(1)
            took = []
            for case, xact in sent:
                found = connection.execute(
                    "SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - pg_xact_commit_timestamp(%s::xid))"
                    "::float8 FROM message WHERE subject = %s", (xact, case),
                ).fetchone()  # fmt: skip
                took.append(1000 * float(found[0] if found else "nan"))
        return took


def percentiles(waits: list[float]) -> dict[int, float]:
    cuts = statistics.quantiles(waits, n=100, method="inclusive")
    return {percent: cuts[percent - 1] for percent in GOALS}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="fewer messages")
    samples = 30 if parser.parse_args().short else 200
    with installed(SERVICES) as installation, ExitStack() as stack:
        with psycopg.connect(private.plain(installation.postgres.url), autocommit=True) as admin:
            admin.execute("ALTER SYSTEM SET track_commit_timestamp = on")
        installation.postgres.restart()
        for service in SERVICES:
            stack.enter_context(installation.role(service, "work"))
        bare = Bare(installation)
        stack.enter_context(bare.loop.work())
        bare.waits(10)
        for name, kind in KINDS.items():
            waits(installation, kind, 10)  # the first ones are slower: connections, plans, caches
            arrived, handled = waits(installation, kind, samples)
            theirs, came = percentiles(bare.waits(samples)), {"had come, p50 ms": statistics.median(arrived)}
            for percent, ours in percentiles(handled).items():
                what = f"commit → next phase has handled it, idle, p{percent}: a{'n act' if name == 'act' else ' fact'}"
                other = "bare loop", theirs[percent]
                name_of = f"latency.{name}.p{percent}"
                common.tell(common.Row(name_of, what, "ms", ours, *other, GOALS[percent], "value", notes=came))


if __name__ == "__main__":
    main()
