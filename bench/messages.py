"""Messages of a case, heard by `decision`: a whole stream of 14, and an act alone; with one and with two consumers.

`python -m decision work` takes in what decision hears in the walk 1-jonas until the recommendation is approved, for as
many cases as are wanted; beside it the bare loop, on the same private PostgreSQL and RabbitMQ, turn by turn. Told:
messages a second, processor time of one (consumers and PostgreSQL), its statements. `stream`: case by case; `bursts`:
as they come when all these cases move at once; `act`: the approval alone, in cases of which all else has been heard.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from common import Row, tell
from heard import ACT, Decision, Loop, another, in_bursts, letters
from private import private_servers
from stream import Consumers, Drained

GOALS = {"stream": 0.4, "act": 0.15}
"""Of the bare loop's rate; in processor time the reverse of it."""
GOAL_STATEMENTS = 5.0
LOOP = "bare loop, unbatched"
WHAT = {
    "stream": "messages of a case, case by case",
    "bursts": "messages of a case, all cases at once",
    "act": "an act heard",
}


def turn(decision: Consumers, loop: Consumers, kinds: Sequence[str], cases: int) -> dict[str, list[Drained]]:
    """A B A B: each of ours, and after it the loop with twice as many of the same messages."""
    found: dict[str, list[Drained]] = {"loop": []}
    for kind in kinds:
        made = [another() for _ in range(2 * cases if kind == "act" else cases)]
        wanted = list(in_bursts(made)) if kind == "bursts" else [e for case in made for e in case]
        if kind == "act":
            decision.drain(letters([e for e in wanted if e["type"] != ACT]))
            wanted = [e for e in wanted if e["type"] == ACT]
        found[kind] = [decision.drain(letters(wanted))]
        found["loop"].append(loop.drain(letters([e for case in made[:cases] for e in case] * 2, loop.queue)))
    return found


def report(count: int, found: dict[str, list[Drained]]) -> None:
    loop = found.pop("loop")
    for name, drained in found.items():
        goal, ms = GOALS.get(name), median(d.ms for d in drained)
        notes = {"PostgreSQL's ms": median(1000 * d.postgres / d.messages for d in drained),
                 "commits": median(d.commits for d in drained)}  # fmt: skip
        notes = {key: round(value, 2) for key, value in notes.items()}
        what = f"{WHAT[name]}, {count} consumer{'s' if count > 1 else ''}"
        rates = median(d.rate for d in drained), LOOP, median(d.rate for d in loop)
        tell(Row(f"{name}-{count}", what, "messages/s", *rates, goal, more=True))
        if count == 1:
            what = f"processor time of one: {WHAT[name]}"
            cost = ms, LOOP, median(d.ms for d in loop)
            tell(Row(f"{name}-cpu", what, "ms CPU", *cost, 1 / goal if goal else None, notes=notes))
        if count == 1 and name == "stream":
            asked = median(d.statements for d in drained)
            tell(Row(f"{name}-statements", "statements of one", "", asked, goal=GOAL_STATEMENTS, of="value"))


def main() -> None:
    short = "--short" in sys.argv
    cases, turns, kinds = (20, 3, ("stream", "act")) if short else (30, 3, tuple(WHAT))
    with private_servers() as (postgres, rabbitmq), TemporaryDirectory() as folder:
        assert rabbitmq
        decision, loop = Decision(postgres, rabbitmq.url, Path(folder)), Loop(postgres, rabbitmq.url)
        for count in (1,) if short else (1, 2):
            found: dict[str, list[Drained]] = {}
            with decision.started(count) as ours, loop.started(count) as bare:
                for _ in range(turns):
                    for kind, drained in turn(ours, bare, kinds, cases).items():
                        found.setdefault(kind, []).extend(drained)
            report(count, found)


if __name__ == "__main__":
    main()
