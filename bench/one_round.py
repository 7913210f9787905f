"""One worked round: the walk 1-jonas from the enquiry until both orders are accepted, all in one process on SQLite.

Measured: processor time, transactions that write, statements, messages and their copies. Beside it as much of the bare
loop: as many calls of a bare page as the round has calls, and as many bare messages (three statements and a commit) as
copies came in. `--profile` tells where the time goes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from bare import Bare
from common import Meter, Row, alternately, middle, tell
from worked import Worked, profiled

from casework.messaging.tables import Incoming, Outgoing

GOAL_SECONDS, GOAL_COMMITS, GOAL_STATEMENTS = 1.5, 150, 1500


def counts() -> dict[str, int]:
    """What one round is made of."""
    with TemporaryDirectory() as folder:
        case = Worked(Path(folder))
        with case.counted() as counted:
            case.play("delivery.accept", 2)
        messages = copies = 0
        for service in case.town.house.services.values():
            with service.database.reading() as db:
                messages += db.scalar(sa.select(sa.func.count()).select_from(Outgoing)) or 0
                copies += db.scalar(sa.select(sa.func.count()).select_from(Incoming)) or 0
        case.town.close()
    return {
        "calls": case.calls, "messages": messages, "copies": copies, "commits": counted.commits,
        "statements": counted.statements - counted.looks, "looks for work": counted.looks,
    }  # fmt: skip


def ours() -> Meter:
    with TemporaryDirectory() as folder:
        case = Worked(Path(folder))
        with Meter() as meter, profiled():
            case.play("delivery.accept", 2)
        case.town.close()
    return meter


def bare(calls: int, copies: int) -> Meter:
    with TemporaryDirectory() as folder:
        loop = Bare(Path(folder))
        loop.keep("case", {"text": "x" * 1000})
        with Meter() as meter:
            for _ in range(calls):
                loop.write("case", {"field": "value"})
            for _ in range(copies):
                loop.heard("case", {"text": "x" * 1000})
    return meter


def main() -> None:
    made = counts()  # before the measurement, so that what is made once per process is made
    measures = {"ours": lambda: ours().cost, "bare": lambda: bare(made["calls"], made["copies"]).cost}
    costs = alternately(measures, 2 if "--short" in sys.argv else 5)
    mine, loop = middle(costs["ours"]), middle(costs["bare"])
    what, peer = "one worked round, one process", "as many bare calls and messages"
    notes = made | {"wall": round(mine.wall, 2), "bare wall": round(loop.wall, 2)}
    tell(Row("round-cpu", what, "s CPU", mine.cpu, peer, loop.cpu, GOAL_SECONDS, "value", notes=notes))
    tell(Row("round-commits", "its transactions that write", "", made["commits"], goal=GOAL_COMMITS, of="value"))
    tell(Row("round-statements", "its statements", "", made["statements"], goal=GOAL_STATEMENTS, of="value"))


if __name__ == "__main__":
    main()
