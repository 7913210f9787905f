"""What `make bench` and `make bench-short` make of the figures; the figures themselves are measured there."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent.parent / "bench"
RUN = runpy.run_path(str(HERE / "run.py"))


def row(
    name: str = "get-intake", unit: str = "ms CPU", ours: float = 6.0, theirs: float | None = 2.0
) -> dict[str, Any]:
    return {
        "name": name, "what": "GET", "unit": unit, "ours": ours, "peer": "bare page", "theirs": theirs, "goal": 10.0,
        "of": "value", "more": False, "notes": {}, "ratio": ours / theirs if theirs else None, "holds": ours <= 10,
    }  # fmt: skip


def test_what_is_slower_by_half_beside_its_bare_loop_is_named():
    rows = [row("get-intake"), row("get-decision")]

    assert list(RUN["worse"](rows, {"get-intake": 1.9, "get-decision": 2.1})) == ["get-intake"]


def test_a_number_without_a_bare_loop_is_compared_itself():
    rows = [row("round-commits", unit="", ours=301, theirs=None)]

    assert list(RUN["worse"](rows, {"round-commits": 200})) == ["round-commits"]


def test_what_moves_with_the_load_of_the_machine_is_not_compared():
    rows = [row("page-all-p95", unit="ms"), row("new-since", ours=600)]

    assert RUN["worse"](rows, {"page-all-p95": 0.1}) == {}


def test_the_table_says_what_it_was_before_and_whether_the_goal_holds():
    told = RUN["table"]([row(ours=12.0)], [row(ours=30.0)])

    assert told.splitlines()[-1] == ("| GET (ms CPU) | 30 | 12 | bare page: 2 | 15 | 6 | ≤ 10 | **misses** |  |")


def test_every_measurement_that_is_named_is_there():
    missing = [script for script in (*RUN["LONG"], *RUN["SHORT"]) if not (HERE / f"{script}.py").exists()]

    assert missing == []
