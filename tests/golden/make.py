"""Make the golden databases of this release: `make golden RELEASE=2026-12-01`. See the README beside this file."""

from __future__ import annotations

import json
import lzma
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
import yaml

from casework.contracts import PHASES, SERVICES
from casework.messaging.tables import Outgoing
from casework.phase.tables import RunRow
from casework.process import Actor, Role
from casework.testing import servers
from onebox.towns import DirectTown, advance
from scheduler.model import DeadlineRow

from ..documents import HERE as TESTS
from ..documents import SHIPPED
from .copies import A_LEADER, FOLDERS, HERE, Copy, Golden, dated, parked, play_on

DEADLINES = ("waiting", "approaching", "due", "missed", "paused", "met", "cancelled")
NOBODY = UUID(int=404)


class Case(NamedTuple):
    """A copy to be made: of which walk, begun on which day (where it says no day itself), stopped at which step."""

    name: str
    walk: str
    stop: int
    begins: date | None = None


WHOLE = 1000
FEBRUARY = (
    Case("ellen", "ellen", 16),
    Case("jonas", "1-jonas", 3),
    Case("karl", "karl", 12),
    Case("ingrid", "ingrid", 2),
)
WINTER = (
    Case("jonas-whole", "1-jonas", WHOLE),
    Case("karl-whole", "karl", WHOLE),
    Case("dagny-reassessing", "dagny", 19),
    Case("dagny-anew", "dagny", 21),
    Case("viggo-closed", "viggo", WHOLE, date(2026, 12, 28)),
    Case("viggo-before-the-board", "viggo", 21, date(2026, 12, 29)),
    Case("viggo-may-complain", "viggo", 15, date(2027, 1, 12)),
    Case("viggo-ordered", "viggo", 14, date(2027, 1, 17)),
    Case("viggo-with-a-draft", "viggo", 12, date(2027, 1, 17)),
    Case("viggo-hears-today", "viggo", 5, date(2027, 1, 19)),
    Case("viggo-hears-soon", "viggo", 5, date(2027, 1, 21)),
    Case("viggo-paused", "viggo", 6, date(2027, 2, 2)),
    Case("viggo-opened", "viggo", 2, date(2027, 2, 2)),
)
LATE = Case("viggo-late", "viggo", 11, date(2027, 1, 17))


def copy_of(case: Case, number: int, town: DirectTown) -> Copy:
    """Whoever it is about has a CPR number of this copy's own."""
    path = next(p for place in (HERE, TESTS / "walks", SHIPPED) if (p := place / f"{case.walk}.yaml").exists())
    begins = case.begins or date.min
    text = re.sub(r"@(\d+)", lambda day: str(begins + timedelta(int(day[1]))), path.read_text("utf-8"))
    data = dated(yaml.safe_load(text))
    own = data["citizen"]["cpr_number"]
    return Copy(case.name, json.loads(json.dumps(data).replace(own, f"{own[:-2]}{number:02}")), town)


def february(town: DirectTown) -> list[Copy]:
    """Four of the worked cases at the beginning, on 6 February 2026."""
    return _played(FEBRUARY, town)


def winter(town: DirectTown) -> list[Copy]:
    """A case at every place where one can stand, on 2 February 2027 at noon, and what can be under way there."""
    copies = _played(WINTER, town)
    advance(town, datetime.fromisoformat("2027-02-02T12:00+01:00"))
    _settle_a_few_things(town, copies[-1])
    late = copy_of(LATE, 99, town)
    with _settled_by(town, lambda: _carry_all_but_intake_to_followup(town)):
        while late.done < LATE.stop:  # its days have passed: it is typed in afterwards, all at once
            late.do_at_once()
            town.settle()
    with _settled_by(town, lambda: None):
        next(
            copy for copy in copies if copy.name == "viggo-with-a-draft"
        ).do_at_once()  # the letter waits to be printed
    _one_overtakes_another(town)
    unknown = _envelopes(town, "delivery")[-1] | {"id": str(UUID(int=1)), "version": 999, "subject": str(NOBODY)}
    town.house.services["ordering"].inbox.receive([unknown])
    town.house.services["portal"].inbox.receive([b"\xff: no message at all"])
    return [*copies, late]


def _played(cases: tuple[Case, ...], town: DirectTown) -> list[Copy]:
    copies = [copy_of(case, number, town) for number, case in enumerate(cases, 11)]
    stops = {case.name: min(case.stop, len(copy.data["steps"])) for case, copy in zip(cases, copies, strict=True)}
    if findings := play_on(copies, stops):
        raise LookupError("\n".join(findings))
    return copies


def _settle_a_few_things(town: DirectTown, copy: Copy) -> None:
    """What lies in the tables that no walk fills: a letter template of one's own, keys and secrets of providers, …"""
    provider = copy.people["lind"]["id"]
    finance = Actor("finance", "Økonomi", Role.FINANCE)
    for actor, method, service, path, body in (
        (A_LEADER, "PUT", "decision", "/letter-templates/result", {"text": "Vi har afgjort din sag."}),
        (A_LEADER, "POST", "delivery", f"/providers/{provider}/keys", {"name": "Lindens journal"}),
        (A_LEADER, "POST", "ordering", f"/providers/{provider}/secrets", None),
        (A_LEADER, "POST", "scheduler", "/calendar", None),
        (finance, "POST", "ordering", "/finance/files", None),
    ):
        town.call(actor, method, service, path, json=body, headers={"If-Match": "*"}).raise_for_status()
    town.settle()


@contextmanager
def _settled_by(town: DirectTown, carry: Callable[[], None]) -> Iterator[None]:
    """Meanwhile it is this that is done where all should settle."""
    settle = town.settle
    town.settle = carry  # type: ignore[method-assign]
    yield
    town.settle = settle  # type: ignore[method-assign]


def _carry_all_but_intake_to_followup(town: DirectTown) -> None:
    """What intake tells is not sent, then, and what others tell waits at follow-up for the case to be opened."""
    receivers = town.house.transport.receivers
    moved = 1
    while moved:
        moved = 0
        for name, service in town.house.services.items():
            followup = receivers.pop("followup")
            if name != "intake":
                receivers["followup"] = followup
            moved += service.relay.run_once() + service.inbox.work_due()
            receivers["followup"] = followup


def _one_overtakes_another(town: DirectTown) -> None:
    """The last of what decision owes the portal is there before the others: it is kept until they come."""
    *_, last = [one for one in _envelopes(town, "decision") if "portal" in one["numbers"]]
    town.house.services["portal"].inbox.receive([last])


def _envelopes(town: DirectTown, service: str) -> list[dict[str, Any]]:
    with town.house.services[service].database.reading() as session:
        return [row.envelope for row in session.scalars(sa.select(Outgoing).order_by(Outgoing.position))]


START = datetime.fromisoformat("2026-01-01T00:00+01:00")
MADE: dict[str, Callable[[DirectTown], list[Copy]]] = {"february": february, "winter": winter}
BOTH = ("winter",)
"""Kept as a dump of PostgreSQL too."""


def make(release: str) -> None:
    """Play, and keep what the databases hold."""
    seen: set[str] = set()
    for name, play in MADE.items():
        folder = HERE / release / name
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory() as data:
            town = DirectTown(Path(data), START)
            copies = play(town)
            seen |= standing(town)
            kept = {
                "now": town.now().isoformat(),
                "parked": parked(town),
                "copies": [one.kept() for one in copies],
            }
            (folder / "cases.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n", "utf-8")
            town.close()
            for service in SERVICES:
                _pack(Path(data) / f"{service}.db", folder / f"{service}.sqlite.xz")
        if name in BOTH:
            _dump(play, folder)
        record(folder)
    for missing in sorted(everywhere() - seen):
        sys.stdout.write(f"no case stands at {missing}\n")


def everywhere() -> set[str]:
    """Every place of a process at which a number may stay, and every state of a deadline."""
    processes = {phase: import_module(f"{phase}.app").PHASE.process for phase in PHASES}
    rows = {f"{phase}.{node.name}" for phase, process in processes.items() for node in process if node.rests}
    return rows | {f"deadline.{status}" for status in DEADLINES}


def standing(town: DirectTown) -> set[str]:
    """Where the cases of this town stand."""
    found = set()
    for phase in PHASES:
        with town.house.services[phase].database.reading() as session:
            found |= {f"{phase}.{at}" for at in session.scalars(sa.select(RunRow.at))}
    with town.house.services["scheduler"].database.reading() as session:
        return found | {f"deadline.{status}" for status in session.scalars(sa.select(DeadlineRow.status))}


def record(folder: Path) -> None:
    """Write down what the documents of these cases are, as soon as what was under way has come."""
    with TemporaryDirectory() as data:
        unpack(folder, Path(data))
        golden = Golden(folder, Path(data))
        golden.town.house.settle()
        text = json.dumps(golden.documents(), ensure_ascii=False, sort_keys=True)
        (folder / "documents.json.xz").write_bytes(lzma.compress(text.encode()))
        golden.town.close()


def _pack(source: Path, kept: Path) -> None:
    with closing(sqlite3.connect(source, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
        database.execute("VACUUM")
    kept.write_bytes(lzma.compress(source.read_bytes()))


def unpack(folder: Path, data: Path) -> None:
    """Lay the SQLite files where a house finds them."""
    for service in SERVICES:
        (data / f"{service}.db").write_bytes(lzma.decompress((folder / f"{service}.sqlite.xz").read_bytes()))


def _dump(play: Callable[[DirectTown], list[Copy]], folder: Path) -> None:
    server = servers.PrivatePostgres()
    with servers.running(server), TemporaryDirectory() as data, ExitStack() as made:
        urls = {service: made.enter_context(servers.fresh_database(server.url)) for service in SERVICES}
        town = DirectTown(Path(data), START, urls.__getitem__)
        play(town)
        town.close()
        for service in SERVICES:
            dump = _run("pg_dump", "--no-owner", "--no-privileges", urls[service].replace("+psycopg", ""))
            kept = [line for line in dump.splitlines() if not line.startswith(("\\restrict", "\\unrestrict", "--"))]
            (folder / f"{service}.sql.xz").write_bytes(lzma.compress("\n".join([*kept, ""]).encode()))


def restore(folder: Path, urls: Mapping[str, str]) -> None:
    """Fill these PostgreSQL databases, which are empty, from the dumps."""
    for service, url in urls.items():
        text = lzma.decompress((folder / f"{service}.sql.xz").read_bytes()).decode()
        _run("psql", "-v", "ON_ERROR_STOP=1", "-q", url.replace("+psycopg", ""), text=text)


def _run(program: str, *arguments: str, text: str | None = None) -> str:
    command = [str(servers.postgres_programs() / program), *arguments]
    return subprocess.run(command, check=True, capture_output=True, input=text, encoding="utf-8").stdout


def main(asked: list[str]) -> int:
    """`RELEASE`: make its databases. Without: record anew what the documents of all that were made are."""
    for release in asked:
        make(release)
    for folder in [] if asked else FOLDERS:
        record(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
