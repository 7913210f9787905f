"""Seven acts of a case, messages only, by two processes; beside engines that run a case of seven steps.

Ours is an act heard (`recommendation.approved`, which opens a decision) seven times: what it costs is reckoned from
`decision work`. DBOS, Celery and SpiffWorkflow (in `peers/`) do in each step what the bare loop does with a message, in
a commit of its own, on the same private servers, turn by turn. None of them validates, keeps a journal or tells others;
Spiff and DBOS take no message in. Told: cases a second, processor time of one.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import psycopg
from bare_consumer import TABLES
from common import Cost, Meter, Row, tell
from heard import ACT, Decision, Loop, another, letters
from private import CountingPostgres, plain, private_servers
from stream import Consumers

ACTS = 7
GOAL = 1.0  # of DBOS
QUIET = os.environ | {"PYTHONWARNINGS": "ignore"}  # Celery warns whoever measures as root
PEERS = Path(__file__).parent / "peers"
NAMES = {"dbos": "DBOS", "celery": "Celery with commits", "spiff": "SpiffWorkflow, load and save"}


def peer(name: str, postgres: CountingPostgres, rabbitmq: str, cases: int, turn: int) -> Cost:
    """What half of the cases by each of two processes of a peer cost, of one case."""
    url = plain(postgres.database(f"{name}_{turn}"))
    with psycopg.connect(url) as db:
        db.execute(TABLES.encode())
    with ExitStack() as stack:
        command = [str(PEERS / ".venv/bin/python"), str(PEERS / f"{name}_steps.py"), url, rabbitmq, str(cases // 2)]
        both = []
        for number in range(2):
            process = subprocess.Popen(
                [*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=QUIET
            )
            stack.callback(process.kill)
            both.append(process)
            _await(process, "ready")  # one after the other: they make tables
        with Meter([process.pid for process in both], postgres) as meter:
            for process in both:
                assert process.stdin
                process.stdin.write("go\n")
                process.stdin.flush()
            for process in both:
                _await(process, "done")
    return Cost(meter.cost.wall / cases, meter.cost.cpu / cases, meter.cost.postgres / cases)


def _await(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout
    for line in process.stdout:
        if line.strip() == word:
            return
    raise RuntimeError(f"{process.args!r} has ended with {process.wait()}")


def ours(decision: Consumers, acts: int) -> Cost:
    """Seven times an act heard."""
    made = [another() for _ in range(acts)]
    decision.drain(letters([e for case in made for e in case if e["type"] != ACT]))
    drained = decision.drain(letters([e for case in made for e in case if e["type"] == ACT]))
    return Cost(ACTS * drained.wall / acts, ACTS * drained.cpu / acts)


def bare(loop: Consumers, cases: int) -> Cost:
    drained = loop.drain(letters([e for _ in range(cases) for e in another()[:ACTS]], loop.queue))
    return Cost(drained.wall / cases, drained.cpu / cases)


def main() -> None:
    turns, cases = 3, 80
    costs: dict[str, list[Cost]] = {name: [] for name in ("ours", *NAMES, "bare")}
    with private_servers() as (postgres, rabbitmq), TemporaryDirectory() as folder:
        assert rabbitmq
        for turn in range(turns):
            for name in NAMES:
                costs[name].append(peer(name, postgres, rabbitmq.url, cases, turn))
            with Decision(postgres, rabbitmq.url, Path(folder)).started(2) as decision:
                costs["ours"].append(ours(decision, cases))
            with Loop(postgres, rabbitmq.url).started(2) as loop:
                costs["bare"].append(bare(loop, cases))
    rate = {name: median(1 / cost.wall for cost in of) for name, of in costs.items()}
    ms = {name: 1000 * median(cost.both for cost in of) for name, of in costs.items()}
    for name, told in (NAMES | {"bare": "bare loop, unbatched"}).items():
        goal = GOAL if name == "dbos" else None
        what = "seven acts of a case, two processes"
        tell(Row(f"acts-{name}", what, "cases/s", rate["ours"], told, rate[name], goal, more=True))
        what = "processor time of seven acts"
        tell(Row(f"acts-{name}-cpu", what, "ms CPU", ms["ours"], told, ms[name], goal))


if __name__ == "__main__":
    main()
