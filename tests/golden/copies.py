"""The cases of a golden database: each is a copy of a walk that stopped at a step, and can be played on from there."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import requests
import sqlalchemy as sa

from casework.calendar import DENMARK
from casework.contracts import PHASES
from casework.messaging.tables import Incoming
from casework.process import Actor, Role
from onebox import walk as walks
from onebox.towns import DirectTown

from ..documents import SALT, Watched

HERE = Path(__file__).parent
FOLDERS = sorted(path.parent for path in HERE.glob("*/*/cases.json"))
"""Each database that was made: `<release>/<name>`."""

A_LEADER = Actor("leader", "Ulla Berg", Role.LEADER)

Database = Callable[[str], str]
"""Where a service keeps its tables."""


class Copy(Watched):
    """A walk with a name and people of its own, played step by step."""

    def __init__(self, name: str, data: dict[str, Any], town: walks.Town) -> None:
        super().__init__(data, town, salt=uuid5(SALT, name))
        self.name = name

    @classmethod
    def begun(cls, kept: Mapping[str, Any], town: walks.Town) -> Copy:
        """One that stopped, as `kept` wrote it down."""
        copy = cls(kept["name"], kept["walk"], town)
        copy.done, copy.case_number, copy.who = kept["done"], kept["case_number"], kept["who"]
        copy.cases = [UUID(one) for one in kept["cases"]]
        copy.words |= kept["words"]
        return copy

    def kept(self) -> dict[str, Any]:
        return {
            "name": self.name, "done": self.done, "who": self.who, "case_number": self.case_number,
            "cases": [str(one) for one in self.cases], "words": self.words, "walk": self.data,
        }  # fmt: skip

    @property
    def left(self) -> Sequence[dict[str, Any]]:
        steps: list[dict[str, Any]] = self.data["steps"]
        return steps[self.done :]

    @property
    def next_at(self) -> datetime:
        return walks.moment(datetime.max.replace(tzinfo=UTC), self.left[0]["at"])

    def step(self) -> list[str]:
        """Play the next step; what was not as it says."""
        step = self.left[0]
        self._begin(step)
        return [f"{self.name}, trin {self.done}: {finding.text}" for finding in self._step(step)]

    def do_at_once(self) -> None:
        """Do what the next step says, on whatever day it is. Raises LookupError where it is refused."""
        step = self.left[0]
        self.done, self.who = self.done + 1, step.get("as", self.who)
        if refused := [*self._fill(step), *self._do(step)]:
            raise LookupError(f"{self.name}, trin {self.done}: {refused}")


def dated(data: dict[str, Any]) -> dict[str, Any]:
    """The walk with the moment of every step written out, so that walks can be played side by side."""
    now = datetime.now(UTC)
    for step in data["steps"]:
        now = walks.moment(now, step["at"]) if "at" in step else now
        step["at"] = f"{now.astimezone(DENMARK):%Y-%m-%d %H:%M}"
    made: dict[str, Any] = json.loads(json.dumps(data, default=str))
    return made


def play_on(copies: Sequence[Copy], stops: Mapping[str, int]) -> list[str]:
    """Play all side by side, as their days come, each as far as it shall come; what was not as they say."""
    findings: list[str] = []
    while under_way := [copy for copy in copies if copy.done < stops[copy.name]]:
        findings += min(under_way, key=lambda copy: copy.next_at).step()
    return findings


def parked(town: DirectTown) -> list[str]:
    """What sits fast in an inbox, by service."""
    found = []
    for name, service in town.house.services.items():
        with service.database.reading() as session:
            types = session.scalars(sa.select(Incoming.type).where(Incoming.status == "parked"))
            found += [f"{name} ← {type_}" for type_ in types]
    return sorted(found)


class LeftTown(DirectTown):
    """A town on databases that were left with something that sits fast: that may stay, and nothing else."""

    def __init__(self, data: Path, begins: datetime, database: Database | None, parked: list[str]) -> None:
        super().__init__(data, begins, database)
        self.parked = parked

    def settle(self) -> None:
        self.house.settle()
        if len(stuck := self.house.stuck()) > len(self.parked):
            raise LookupError("beskeder sidder fast:\n  " + "\n  ".join(stuck))


class Golden:
    """One golden database, in use: its town, and the cases in it."""

    def __init__(self, folder: Path, data: Path, database: Database | None = None) -> None:
        kept = json.loads((folder / "cases.json").read_text("utf-8"))
        self.folder, self.parked, self.is_sqlite = folder, kept["parked"], database is None
        self.town = LeftTown(data, datetime.fromisoformat(kept["now"]), database, self.parked)
        self.copies = [Copy.begun(one, self.town) for one in kept["copies"]]

    def recorded(self) -> dict[str, Any]:
        """What the documents of the cases were when they were recorded."""
        found: dict[str, Any] = json.loads(lzma.decompress((self.folder / "documents.json.xz").read_bytes()))
        return found

    def documents(self) -> dict[str, Any]:
        """What they are now."""
        return {
            f"{copy.name}, case {number}": document
            for copy in self.copies
            for number, document in enumerate(copy.every_document(), 1)
        }

    def pages(self) -> Iterator[requests.Response]:
        """What every service answers about every case, wherever it takes nothing but the case."""
        cases = [case for copy in self.copies for case in copy.cases]
        for service in (*PHASES, "scheduler"):
            for rule in self.town.house.apps[service].url_map.iter_rules():
                if rule.arguments == {"case_id"} and "GET" in (rule.methods or ()):
                    for case in cases:
                        path = rule.rule.replace("<uuid:case_id>", str(case))
                        yield self.town.call(A_LEADER, "GET", service, path)

    def close_all(self) -> None:
        """Close every case that is open. Raises requests.HTTPError where one cannot be."""
        for copy in self.copies:
            for case, document in zip(copy.cases, list(copy.every_document()), strict=True):
                if document["case"]["status"] == "open":
                    path, why = f"/cases/{case}/actions/close", {"reason": "Borgeren flytter"}
                    self.town.call(copy.actor("caseworker"), "POST", "intake", path, json=why).raise_for_status()
        self.town.settle()
