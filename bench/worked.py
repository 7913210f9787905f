"""The worked case of the walk 1-jonas, played through the real APIs and messages in one process, on SQLite."""

from __future__ import annotations

import atexit
import cProfile
import logging
import pstats
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import requests
import sqlalchemy as sa
import structlog

import onebox
from onebox.towns import DirectTown
from onebox.walk import Walk, moment, read_walk

JONAS = Path(onebox.__file__).parent / "walks" / "1-jonas.yaml"
Do = Callable[[], Any]
PHASES = ("intake", "assessment", "decision", "ordering", "delivery", "followup")


class Worked:
    """A house with one case in it; `calls` counts the HTTP calls that were made to it."""

    def __init__(self, folder: Path, make: Callable[[Path, datetime], DirectTown] = DirectTown) -> None:
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        self.data = read_walk(JONAS)
        self.town = make(folder, moment(datetime.now(UTC), self.data["steps"][0]["at"]))
        self.walk = Walk(self.data, self.town)
        self.calls = 0
        self.calling = False

    def play(self, last: str | None = None, times: int = 1) -> Worked:
        """All steps, or as far as the step that does `last` for the so many-eth time, without looking at what came."""
        steps = [{k: v for k, v in s.items() if k not in ("expect", "warns")} for s in self.data["steps"]]
        if last:
            steps = steps[: [n for n, step in enumerate(steps, 1) if step.get("do") == last][times - 1]]
        self.data["steps"] = steps
        called, self.town.call = self.town.call, self._call  # type: ignore[method-assign]
        self._called = called
        findings = [finding.text for outcome in self.walk.play(lambda _: None) for finding in outcome.findings]
        if findings:
            raise LookupError(f"the walk does not play: {findings}")
        return self

    def _call(self, *args: Any, **options: Any) -> requests.Response:
        self.calls, self.calling = self.calls + 1, True
        try:
            return self._called(*args, **options)
        finally:
            self.calling = False

    def ask(
        self, method: str, service: str, path: str, *, who: str = "caseworker", **options: Any
    ) -> requests.Response:
        """A call about the case, which must succeed."""
        answer = self.town.call(self.walk.actor(who), method, service, f"/cases/{self.walk.case}{path}", **options)
        answer.raise_for_status()
        return answer

    @contextmanager
    def counted(self) -> Iterator[Counted]:
        """What the databases of all services are asked meanwhile."""
        counted = Counted(self)
        engines = [service.database.engine for service in self.town.house.services.values()]
        for engine in engines:
            sa.event.listen(engine, "before_cursor_execute", counted.note)
        try:
            yield counted
        finally:
            for engine in engines:
                sa.event.remove(engine, "before_cursor_execute", counted.note)


class Counted:
    """`commits` are transactions that write; `looks` are what the one process asks only to see what is to be done."""

    def __init__(self, worked: Worked) -> None:
        self.worked = worked
        self.commits = self.statements = self.looks = 0

    def note(self, connection: sa.Connection, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("BEGIN"):
            self.commits += statement == "BEGIN IMMEDIATE"
        elif not re.match("SAVEPOINT|RELEASE|ROLLBACK", statement):
            self.statements += 1
            self.looks += bool(connection.get_execution_options().get("reading")) and not self.worked.calling


@contextmanager
def worked(last: str | None = None, times: int = 1) -> Iterator[Worked]:
    """The case, played so far; removed afterwards."""
    with TemporaryDirectory(prefix="sagsgang-bench-") as folder:
        made = Worked(Path(folder)).play(last, times)
        try:
            yield made
        finally:
            made.town.close()


def cpu(do: Callable[[], Any]) -> float:
    """The processor time of one call, in seconds."""
    begin = time.process_time()
    do()
    return time.process_time() - begin


def in_turn(ours: Do, theirs: Do, between: Do = lambda: None, repeats: int = 15) -> tuple[float, float]:
    """The median of the processor time of each, in ms, one call of ours and then of theirs; `between` is not counted.

    The first two rounds are for what is made once.
    """
    taken = []
    for _ in range(repeats + 2):
        with profiled():
            mine = cpu(ours)
        between()
        taken.append((mine, median(cpu(theirs) for _ in range(3))))
    mine, other = (1000 * median(each) for each in zip(*taken[2:], strict=True))
    return mine, other


_PROFILE = cProfile.Profile(time.process_time)


@contextmanager
def profiled() -> Iterator[None]:
    """With `--profile` among the arguments: what takes the time, told on stderr in the end (`tell_profile`)."""
    if "--profile" not in sys.argv:
        yield
        return
    _PROFILE.enable()
    try:
        yield
    finally:
        _PROFILE.disable()


@atexit.register
def tell_profile() -> None:
    """By what it calls, and by own time."""
    if "--profile" in sys.argv:
        told = pstats.Stats(_PROFILE, stream=sys.stderr)
        told.sort_stats("cumulative").print_stats(70)
        told.sort_stats("tottime").print_stats(40)
