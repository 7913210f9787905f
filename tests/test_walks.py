"""Worked cases, played to their end through the real APIs and messages, in one process and over the wire."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from amqp.exceptions import NotFound
from kombu import Connection

from casework.contracts import SERVICES
from onebox import walk as walks
from onebox.distributed import AmqpTown
from onebox.towns import DirectTown

HERE = Path(__file__).parent
WALKS = sorted([*(HERE.parent / "deploy/onebox/onebox/walks").glob("*.yaml"), *(HERE / "walks").glob("*.yaml")])

IN_ONE_PROCESS = [path for path in WALKS if path.stem != "1-jonas"]
"""That one is played in test_rounds, which goes on where it ends."""


def findings(path: Path, town: walks.Town) -> list[str]:
    outcomes = walks.Walk(walks.read_walk(path), town).play(lambda _: None)
    return [f"trin {o.number}: {f.text}" for o in outcomes for f in o.findings]


def begins(path: Path) -> datetime:
    return walks.moment(datetime.now(UTC), walks.read_walk(path)["steps"][0]["at"])


@pytest.mark.parametrize("path", IN_ONE_PROCESS, ids=lambda path: path.stem)
def test_a_worked_case_plays_to_its_end_in_one_process(path, tmp_path):
    town = DirectTown(tmp_path, begins(path))

    try:
        assert findings(path, town) == []
    finally:
        town.close()


@pytest.mark.slow
@pytest.mark.xdist_group("wire")
def test_a_worked_case_plays_to_its_end_with_every_role_a_process(tmp_path, postgres_server, rabbitmq):
    path = WALKS[0]
    town = AmqpTown(tmp_path, begins(path), postgres=postgres_server, rabbitmq=rabbitmq)

    try:
        assert findings(path, town) == []
    finally:
        town.close()
    assert left_behind(town) == []


def left_behind(town: AmqpTown) -> list[str]:
    """What still stands on the servers under the walk's prefix."""
    with psycopg.connect(town.postgres) as admin:
        rows = admin.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{town.prefix}%"]).fetchall()
    found = [str(name) for (name,) in rows]
    for service in (*SERVICES, "archive", "dead", "scheduler.tasks"):
        with Connection(town.rabbitmq) as broker, suppress(NotFound):
            broker.channel().queue_declare(f"{town.prefix}.{service}", passive=True)
            found.append(service)
    return found
