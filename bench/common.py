"""What all measurements lean on: processor time, A B A B, and the row that each line of the table is.

Every script here measures the release of the interpreter that runs it, so that two checkouts can be measured by one
harness in one sitting: nothing is imported from the release but what has been there for long (see README.md).
Processor time decides and wall clock is told beside it, for a machine is seldom alone with us.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from casework.testing import servers

TICK = os.sysconf("SC_CLK_TCK")


# the row of the table
@dataclass(frozen=True)
class Row:
    """One line of the table, or a part of one. `name` is that by which the ratio is remembered from run to run."""

    name: str
    what: str
    unit: str
    ours: float
    peer: str = ""  # what is measured beside it
    theirs: float | None = None
    goal: float | None = None
    of: str = "ratio"  # what the goal is about: the ratio, or the value itself
    more: bool = False  # more is better
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        """Ours by theirs."""
        return self.ours / self.theirs if self.theirs else None

    @property
    def holds(self) -> bool | None:
        """Whether the goal is reached; None where there is no goal."""
        reached = self.ratio if self.of == "ratio" else self.ours
        if self.goal is None or reached is None:
            return None
        return reached >= self.goal if self.more else reached <= self.goal


def tell(row: Row) -> None:
    """One line of JSON on stdout, which `run.py` collects."""
    sys.stdout.write(json.dumps(asdict(row) | {"ratio": row.ratio, "holds": row.holds}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


# how long it takes
@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, of our own processor, and of PostgreSQL's."""

    wall: float
    cpu: float
    postgres: float = 0.0

    @property
    def both(self) -> float:
        return self.cpu + self.postgres


def alternately(measures: Mapping[str, Callable[[], Cost]], repeats: int) -> dict[str, list[Cost]]:
    """A B A B …: so that what the machine does besides falls on all of them alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in measures}
    for _ in range(repeats):
        for name, measure in measures.items():
            costs[name].append(measure())
    return costs


def middle(costs: Iterable[Cost]) -> Cost:
    """The median of each part."""
    taken = list(costs)
    return Cost(*(median(getattr(cost, part) for cost in taken) for part in ("wall", "cpu", "postgres")))


class Meter:
    """What passes between `with` and its end: in this process, in `pids`, and in a PostgreSQL.

    Processes that begin or end meanwhile are not counted, but for the backends of PostgreSQL, which are.
    """

    def __init__(self, pids: Iterable[int] = (), postgres: servers.PrivatePostgres | None = None) -> None:
        self.pids, self.postgres = list(pids), postgres
        self.cost = Cost(0, 0)

    def _read(self) -> Cost:
        own = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        process = self.postgres.process if self.postgres else None
        return Cost(
            time.perf_counter(), own + sum(cpu_of(pid) for pid in self.pids), family(process.pid) if process else 0.0
        )

    def __enter__(self) -> Meter:
        self._begin = self._read()
        return self

    def __exit__(self, *_: object) -> None:
        end, begin = self._read(), self._begin
        self.cost = Cost(end.wall - begin.wall, end.cpu - begin.cpu, end.postgres - begin.postgres)


def cpu_of(pid: int, *, ended_children: bool = False) -> float:
    """The processor time of all threads of a process so far, in seconds, to 1/100; 0.0 where it is gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(ticks) for ticks in words[11 : 15 if ended_children else 13]) / TICK


def family(pid: int) -> float:
    """The same of a process, its children, and those of them that have ended."""
    return cpu_of(pid, ended_children=True) + sum(family(child) for child in children(pid))


def children(pid: int) -> list[int]:
    try:
        found = [task.read_text().split() for task in Path(f"/proc/{pid}/task").glob("*/children")]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for of_thread in found for child in of_thread]


def memory_of(pid: int) -> int:
    """What a process holds in memory (RSS), in bytes; shared pages are counted in full."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
