"""What every walk ends in, as it was recorded: the case documents, the acts told, and the last of each fact.

`make documents` records it anew; CONTRIBUTING says when one may. Left out is what counts how often something was
written or told, and not what it was: the house may come to the same with fewer words.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import yaml

from casework.contracts import load_all
from casework.messaging.tables import Outgoing
from onebox import walk as walks
from onebox.house import House
from onebox.towns import DirectTown

HERE = Path(__file__).parent
SHIPPED = HERE.parent / "deploy/onebox/onebox/walks"
WALKS = sorted([*SHIPPED.glob("*.yaml"), *(HERE / "walks").glob("*.yaml")])
ROUNDS = sorted((HERE / "rounds").glob("*.yaml"))
KEPT = HERE / "documents"
SALT = UUID(int=9)  # the ids that a walk makes are the same in every play
NOTHING = "—"

COUNTERS = ("revision", "assessment_revision")
BY_CHANCE = ("citizen_id",)
TOLD_ANEW = {"overview.changed": (), "position.changed": ("process", "key", "number")}
"""Told whenever it differs, like a fact; and the fields by which one of them replaces another."""

DEPTHS = {"documents": 2, "acts": 2, "facts": 1}
"""How deep a recording is written one line each, so that a difference of two can be read."""

Flat = dict[str, Any]
"""Every value by its path; a list or object that is empty is a value too."""


class Watched(walks.Walk):
    """A walk that keeps the document of every step at which it looks."""

    def __init__(self, data: dict[str, Any], town: walks.Town, salt: UUID = SALT) -> None:
        super().__init__(data, town, salt=salt)
        self.done = 0  # how many steps have been begun
        self._looks: dict[str, Flat] = {}
        self._last: dict[str, Any] = {}

    def _begin(self, step: dict[str, Any]) -> None:
        self.done += 1
        super()._begin(step)

    def _check(self, step: dict[str, Any]) -> Iterator[walks.Finding]:
        yield from super()._check(step)
        self._looks[f"step {self.done}, case {self.case_number + 1}"] = flat(self._last)

    def document(self) -> dict[str, Any]:
        self._last = super().document()
        return self._last

    # when it has been played
    def documents(self, since: int = 0) -> dict[str, Flat]:
        """The documents at the steps after `since` and at the end: what differs from the look before at the case."""
        looks = {name: look for name, look in self._looks.items() if int(name.split()[1].strip(",")) > since}
        ends = {f"end, case {number}": flat(one) for number, one in enumerate(self.every_document(), 1)}
        return dict(_deltas(looks | ends))

    def every_document(self) -> Iterator[dict[str, Any]]:
        """Those of all its cases, as they are now."""
        was = self.case_number
        for number in range(len(self.cases)):
            self.case_number = number
            yield self.document()
        self.case_number = was

    def outcome(self, house: House, since: int = 0) -> dict[str, Any]:
        """The documents, and of each service of the house what it has told."""
        self._named = self.words | {str(case): f"case {number}" for number, case in enumerate(self.cases, 1)}
        acts: dict[str, list[Any]] = {}
        facts: dict[str, Any] = {}
        for service, row in _told(house):
            about, body = self._about(row), self._plain(row.envelope["body"])
            if load_all()[row.type].is_fact or row.type in TOLD_ANEW:
                own = "".join(f", {body.get(name, '')}" for name in TOLD_ANEW.get(row.type, ()))
                facts[f"{service}, {row.type}, {about}{own}"] = body  # the last of each
            else:
                acts.setdefault(f"{service}, {about}", []).append([row.envelope["time"], row.type, body])
        return {"documents": self.documents(since), "acts": acts, "facts": facts}

    def _about(self, row: Outgoing) -> str:
        return self._named.get(row.subject, load_all()[row.type].subject)

    def _plain(self, value: Any) -> Any:
        """Without counters and what is drawn by chance, and with words for ids."""
        if isinstance(value, dict):
            return {n: self._plain(v) for n, v in value.items() if n not in (*COUNTERS, *BY_CHANCE)}
        if isinstance(value, list):
            return [self._plain(v) for v in value]
        return self._named.get(value, value) if isinstance(value, str) else value


def _told(house: House) -> Iterator[tuple[str, Outgoing]]:
    for name, service in house.services.items():
        with service.database.reading() as session:
            for row in session.scalars(sa.select(Outgoing).order_by(Outgoing.position)):
                yield name, row


def flat(value: Any, at: str = "") -> Flat:
    """The value by path, without counters."""
    if isinstance(value, dict) and value:
        parts = [flat(v, f"{at}.{n}" if at else n) for n, v in value.items() if n not in COUNTERS]
    elif isinstance(value, list) and value:
        parts = [flat(v, f"{at}[{n}]") for n, v in enumerate(value)]
    else:
        return {at: value}
    return {path: v for part in parts for path, v in part.items()}


def _deltas(looks: Mapping[str, Flat]) -> Iterator[tuple[str, Flat]]:
    """Of each look what differs from the one before at the same case; `NOTHING` for what is no more there."""
    last: dict[str, Flat] = {}
    for look, now in looks.items():
        was = last.get(_case(look), {})
        new = {path: value for path, value in now.items() if path not in was or was[path] != value}
        yield look, new | dict.fromkeys(was.keys() - now, NOTHING)
        last[_case(look)] = now


def _whole(deltas: Mapping[str, Flat]) -> dict[str, Flat]:
    """Every look again as it was."""
    last: dict[str, Flat] = {}
    looks = {}
    for look, new in deltas.items():
        last[_case(look)] = last.get(_case(look), {}) | new
        looks[look] = {path: value for path, value in last[_case(look)].items() if value != NOTHING}
    return looks


def _case(look: str) -> str:
    return look.partition(", ")[2]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What is other than was recorded, as `path: before → after`; a path of a document once, where it first is so."""
    found: dict[tuple[str, str], str] = {}
    for what in after:
        old, new = (_whole(one[what]) if what == "documents" else one[what] for one in (before, after))
        for name in [*old, *(name for name in new if name not in old)]:
            was, now = flat(old.get(name, NOTHING)), flat(new.get(name, NOTHING))
            for path in [*was, *(path for path in now if path not in was)]:
                if (one := was.get(path, NOTHING)) != (other := now.get(path, NOTHING)):
                    place = _case(name) if what == "documents" else name
                    found.setdefault((place, path), f"{name}: {path}: {one!r} → {other!r}")
    return list(found.values())


def rounds(name: str) -> tuple[dict[str, Any], int]:
    """The shipped walk, with the rounds that go on where it ends; how many steps there are before these."""
    data = walks.read_walk(SHIPPED / "1-jonas.yaml")
    before = len(data["steps"])
    data["steps"] += yaml.safe_load((HERE / f"rounds/{name}.yaml").read_text("utf-8"))["steps"]
    return data, before


def begins(data: dict[str, Any]) -> datetime:
    return walks.moment(datetime.now(UTC), data["steps"][0]["at"])


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((KEPT / f"{name}.json").read_text("utf-8"))
    return found


def _text(outcome: dict[str, Any]) -> str:
    sections = (f"{json.dumps(what)}: {_written(outcome[what], depth)}" for what, depth in DEPTHS.items())
    return "{\n" + ",\n".join(sections) + "\n}\n"


def _written(value: Any, depth: int) -> str:
    if not (depth and value):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if isinstance(value, list):
        return "[\n" + ",\n".join(_written(v, depth - 1) for v in value) + "\n]"
    parts = (f"{json.dumps(n, ensure_ascii=False)}:{_written(v, depth - 1)}" for n, v in value.items())
    return "{\n" + ",\n".join(parts) + "\n}"


def main() -> int:
    """Record every walk and its rounds anew."""
    plays = [(path.stem, walks.read_walk(path), 0) for path in WALKS]
    plays += [(f"rounds-{path.stem}", *rounds(path.stem)) for path in ROUNDS]
    for name, data, since in plays:
        with TemporaryDirectory() as folder:
            town = DirectTown(Path(folder), begins(data))
            walk = Watched(data, town)
            walk.play(lambda _: None)
            (KEPT / f"{name}.json").write_text(_text(walk.outcome(town.house, since)), "utf-8")
            town.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
