"""What a role costs before anybody wants anything of it: CPU to start, memory, and nine idle `work` together.

    python bench/startup.py [--python PATH] [--idle SECONDS]

Memory is the sum over a role's processes once it is ready; an api has answered `/health/ready`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from installation import Installation, Tree, installed

from casework.contracts import SERVICES

ROLES = (("decision", "work"), ("ordering", "work"), ("portal", "work"), ("decision", "api"), ("ordering", "api"),
         ("portal", "api"))  # fmt: skip


def started(installation: Installation, service: str, role: str) -> dict[str, Any]:
    """Start one role and end it again: the second time counts, when its byte code has been written."""
    for _ in range(2):
        begun = time.monotonic()
        running = installation.start(service, role)
        running.await_ready()
        wall, cpu = time.monotonic() - begun, running.cpu()
        time.sleep(1)
        measured = {"role": f"{service} {role}", "cpu_s": cpu, "wall_s": wall}
        measured |= {"rss_mb": running.memory(), "pss_mb": running.memory("Pss"), "processes": len(running.pids())}
        installation.end(running)
    return measured


def idle(installation: Installation, seconds: float) -> dict[str, Any]:
    """All `work` of the house, with nothing to do: cores used, by them and by the servers; transactions a second."""
    for service in SERVICES:
        installation.start(service, "work")
    for role in installation.roles:
        role.await_ready()
    time.sleep(5)
    servers = {"postgres": installation.postgres, "rabbitmq": installation.rabbitmq}
    trees = {name: Tree(server.process.pid) for name, server in servers.items() if server.process}
    before = {name: tree.cpu() for name, tree in trees.items()}, sum(role.cpu() for role in installation.roles)
    transactions = _transactions(installation)
    time.sleep(seconds)
    measured = {"work_cores": (sum(role.cpu() for role in installation.roles) - before[1]) / seconds}
    measured |= {f"{name}_cores": (tree.cpu() - before[0][name]) / seconds for name, tree in trees.items()}
    measured["transactions_per_s"] = (_transactions(installation) - transactions) / seconds
    measured["rss_mb"] = sum(role.memory() for role in installation.roles)
    return measured


def _transactions(installation: Installation) -> int:
    with installation.connect("decision") as connection:
        connection.execute("SELECT pg_stat_clear_snapshot()")
        row = connection.execute("SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database").fetchone()
    return int(row[0]) if row else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, default=Path(sys.executable), help="of the checkout to be measured")
    parser.add_argument("--idle", type=float, default=20.0, help="seconds; 0: not measured")
    asked = parser.parse_args()
    with installed(asked.python) as installation:
        for service, role in ROLES:
            sys.stdout.write(json.dumps(started(installation, service, role)) + "\n")
            sys.stdout.flush()
        if asked.idle:
            sys.stdout.write(json.dumps(idle(installation, asked.idle)) + "\n")


if __name__ == "__main__":
    main()
