"""Where a walk is played. `DirectTown`: the house in this process, its clock in a file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from casework.process import Actor, Role
from casework.service.clock import FileClock
from onebox.house import House
from onebox.wsgi import session

SYSTEM = Actor("walk", "sagsgang", Role.SYSTEM)


class DirectTown:
    """One process, `direct` transport, calls straight into the apps. Time stands until it is advanced."""

    def __init__(self, data: Path, begins: datetime, database: Callable[[str], str] | None = None) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.clock = FileClock(data / "clock")
        self.clock.set(begins)
        self.house = House(data, clock=f"file:{data / 'clock'}", database=database)
        self.session = session(self.house.apps)

    def call(self, actor: Actor, method: str, service: str, path: str, **options: Any) -> requests.Response:
        headers = self.house.headers(actor) | options.pop("headers", {})
        return self.session.request(method, f"http://{service}{path}", headers=headers, **options)

    def settle(self) -> None:
        self.house.settle()
        if stuck := self.house.stuck():
            raise LookupError("beskeder sidder fast:\n  " + "\n  ".join(stuck))

    def now(self) -> datetime:
        return self.clock()

    def advance(self, to: datetime) -> None:
        advance(self, to)

    def close(self) -> None:
        self.house.close()


def advance(town: Any, to: datetime) -> None:
    """From due to due: at each moment on the way at which something is due, it is raised, sent, and settled."""
    town.settle()
    while True:
        answer = town.call(
            SYSTEM, "GET", "scheduler", f"/next?until={to.astimezone(UTC).isoformat().replace('+', '%2B')}"
        )
        answer.raise_for_status()
        due = answer.json()["next"]
        if due is None:
            break
        _set(town, datetime.fromisoformat(due))
    _set(town, to)


def _set(town: Any, moment: datetime) -> None:
    if moment <= town.now():
        return
    answer = town.call(SYSTEM, "PUT", "scheduler", "/clock", json={"now": moment.astimezone(UTC).isoformat()})
    answer.raise_for_status()
    town.call(SYSTEM, "POST", "scheduler", "/tick").raise_for_status()
    town.settle()
