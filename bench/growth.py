"""Growth: GET of a phase's part where the case has become five times as old, beside the same case as it was.

The worked case of two rounds (1-jonas), in one process on SQLite. Every act that the phase has heard and every entry of
its journal is copied four times, with ids of their own; its numbers stay as they are, so what is answered is about the
same case. `recorded` is the first look after a recording, when nothing can be kept from the look before.
"""

from __future__ import annotations

import sys
from statistics import median
from uuid import uuid4

import sqlalchemy as sa
from common import Row, tell
from documents import patch
from worked import Worked, cpu, profiled, worked

from casework.contracts import load_all

GOAL = 1.3
TIMES = 5
MEASURED = ("followup", "assessment")


def age(case: Worked, phase: str) -> None:
    """Four more of each act heard and of each entry of the journal."""
    facts = {name for name, terms in load_all().items() if terms.is_fact}
    with case.town.house.services[phase].database.writing() as db:
        heard, journal = (sa.Table(name, sa.MetaData(), autoload_with=db.connection()) for name in ("heard", "journal"))
        for row in [row for row in db.execute(sa.select(heard)).mappings() if row["type"] not in facts]:
            more = [dict(row) | {"id": uuid4().hex} for _ in range(TIMES - 1)]
            db.execute(sa.insert(heard), more)
        entries = [{k: v for k, v in row.items() if k != "id"} for row in db.execute(sa.select(journal)).mappings()]
        db.execute(sa.insert(journal), entries * (TIMES - 1))


def look(case: Worked, phase: str, repeats: int) -> tuple[float, float]:
    """The processor time of a look, in ms: one of many on end, and the first after a recording."""
    often, after = [], []
    case.ask("GET", phase, "")
    for _ in range(repeats):
        with profiled():
            often.append(1000 * cpu(lambda: case.ask("GET", phase, "")))
    for _ in range(repeats):
        patch(case, phase)
        case.town.settle()
        after.append(1000 * cpu(lambda: case.ask("GET", phase, "")))
    return median(often), median(after)


def main() -> None:
    repeats = 9 if "--short" in sys.argv else 25
    with worked() as case:
        for phase in MEASURED:
            young = look(case, phase, repeats)
            age(case, phase)
            old = look(case, phase, repeats)
            what = f"GET {phase}, a case {TIMES} times as old"
            tell(Row(f"growth-{phase}", what, "ms CPU", old[0], "as it was", young[0], GOAL))
            tell(
                Row(
                    f"growth-{phase}-recorded",
                    f"{what}, after a recording",
                    "ms CPU",
                    old[1],
                    "as it was",
                    young[1],
                    GOAL,
                )
            )


if __name__ == "__main__":
    main()
