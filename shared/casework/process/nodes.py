"""A process as data: the rows of a phase, read downwards.

A row is one BPMN element. Its kind says what it is, `on` what starts it, `do` which pure rule answers,
`then` what comes next. `docs/architecture.md` explains how each kind is read and drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from casework.errors import TooNew


class Role(StrEnum):
    """Who acts (permissions follow from it): the lanes of a phase."""

    CASEWORKER = "caseworker"
    LEADER = "leader"
    FINANCE = "finance"
    ANALYST = "analyst"
    OPERATOR = "operator"
    PROVIDER = "provider"
    CITIZEN = "citizen"
    SYSTEM = "system"

    @property
    def label(self) -> str:
        """What a person reads."""
        return _ROLES[self]


_ROLES = {
    Role.CASEWORKER: "sagsbehandleren",
    Role.LEADER: "lederen",
    Role.FINANCE: "økonomi",
    Role.ANALYST: "analytikeren",
    Role.OPERATOR: "driften",
    Role.PROVIDER: "udføreren",
    Role.CITIZEN: "borgeren",
    Role.SYSTEM: "systemet",
}

CASEWORKER, LEADER, FINANCE, OPERATOR, PROVIDER, SYSTEM = (
    Role.CASEWORKER,
    Role.LEADER,
    Role.FINANCE,
    Role.OPERATOR,
    Role.PROVIDER,
    Role.SYSTEM,
)

Rule = Callable[..., Iterable[Any] | None]
"""(situation, trigger, today) -> events. Pure: raises Refused where a rule of the catalogue says no."""
Condition = Callable[..., bool]
"""(situation) -> bool."""


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else () if value is None else (value,)


@dataclass(frozen=True)
class Node:
    """One row. Fields that a kind does not use stay empty; `Process` refuses a row that contradicts itself."""

    name: str
    label: str
    on: type | None = None
    do: Rule | None = None
    then: str | None = None
    sends: type | tuple[type, ...] | None = None
    by: Role | tuple[Role, ...] | None = None
    at: str | tuple[str, ...] | None = None
    rule: str | None = None
    when: Condition | None = None
    yes: str | None = None
    no: str | None = None
    until: Callable[..., date | None] | None = None
    kind: str | None = None  # the kind of the deadline that ends a Wait
    late: str | None = None
    anew: bool = False  # beside an End: begins the next number instead of taking this one up again
    per: Callable[..., Iterable[str]] | None = (
        None  # Start: the keys for which a number is opened (else one, without key)
    )
    every: bool = False  # UserTask: one act for all numbers that stand here, all or nothing

    @property
    def roles(self) -> tuple[Role, ...]:
        return _tuple(self.by)

    @property
    def places(self) -> tuple[str, ...]:
        """The rows beside which this one is open: its own, unless `at` names others."""
        return _tuple(self.at) or (self.name,)

    @property
    def messages(self) -> tuple[type, ...]:
        return _tuple(self.sends)

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(name for name in (self.then, self.yes, self.no, self.late) if name)

    @property
    def rests(self) -> bool:
        """Does a number stay here until something comes?"""
        return False


class Start(Node):
    """Opens a number when its message or act comes."""


class _Resting(Node):
    @property
    def rests(self) -> bool:
        return self.at is None


class UserTask(_Resting):
    """Waits for a person; `by` may act."""


class Wait(_Resting):
    """Waits for a message, a day (`until`, the last day, whole), or whichever comes first."""


class End(Node):
    @property
    def rests(self) -> bool:
        return True


class ServiceTask(Node):
    """The house acts by itself, purely: it orders what is to be done as messages."""


class Throw(Node):
    """Tells others."""


class Gateway(Node):
    """One condition, two ways."""


class Always(Node):
    """Open from case.opened until the case is closed, whatever else happens. With `then` it moves the number."""


class Process:
    """The backbone of one phase.

    `number` names what runs once per number (recommendation, decision, …). A number ends on the table on which it
    began: from version 2 on, `earlier` holds the tables before this one, or `moves` says where those who stand on one
    go here: `moves={1: {"draft": "decide"}}`. Where version 1 is in `earlier`, only those that stand at a row named in
    `moves` go; where it is not, all do, and a row that is not named keeps its name.

    Raises ValueError at import where a row points nowhere, is named twice, or cannot be reached; and where numbers of
    an older version would stand on no row.
    """

    def __init__(
        self, name: str, label: str, *, version: int, number: str, nodes: tuple[Node, ...], by_version: bool = False,
        earlier: tuple[Process, ...] = (), moves: Mapping[int, Mapping[str, str]] | None = None,
    ) -> None:  # fmt: skip
        self.name, self.label, self.version, self.number, self.nodes = name, label, version, number, nodes
        self.by_version = by_version  # its numbers are the versions that messages carry
        self.rows = {node.name: node for node in nodes}
        self.tables = (self, *sorted(earlier, key=lambda table: table.version, reverse=True))
        self.moves = moves or {}
        self._by_version = {table.version: table for table in self.tables}
        self._check()
        self._check_versions()

    def _check(self) -> None:
        if len(self.rows) != len(self.nodes):
            raise ValueError(f"{self.name}: a row is named twice")
        for node in self.nodes:
            for name in (*node.targets, *_tuple(node.at)):
                if name not in self.rows:
                    raise ValueError(f"{self.name}.{node.name} points to {name}, which is no row")
            if isinstance(node, Gateway) != bool(node.when):
                raise ValueError(f"{self.name}.{node.name}: a gateway, and only a gateway, has a condition")
        entered = {name for node in self.nodes for name in node.targets}
        for node in self.nodes:
            enters_itself = isinstance(node, Start | Always) or node.at is not None
            if not enters_itself and node.name not in entered:
                raise ValueError(f"{self.name}.{node.name} is never reached")

    def _check_versions(self) -> None:
        older = set(range(1, self.version))
        kept = self._by_version.keys() - {self.version}
        if len(self._by_version) != len(self.tables) or any(table.name != self.name for table in self.tables):
            raise ValueError(f"{self.name} version {self.version}: an earlier table is there twice, or of another")
        if strange := sorted((kept | self.moves.keys()) - older):
            raise ValueError(f"{self.name} version {self.version} has no earlier version {strange[0]}")
        if lost := sorted(older - kept - self.moves.keys()):
            raise ValueError(
                f"{self.name} version {self.version}: numbers of version {lost[0]} have neither table nor move"
            )
        for version, moved in self.moves.items():
            for begins, arrives in moved.items():
                self._check_move(self._by_version.get(version), begins, arrives)

    def _check_move(self, table: Process | None, begins: str, arrives: str) -> None:
        here, there = table.rows.get(begins) if table else None, self.rows.get(arrives)
        what = f"{self.name}: the move from {begins} to {arrives}"
        if there is None or not there.rests or (table and (here is None or not here.rests)):
            raise ValueError(f"{what} is not between rows at which a number rests")
        if here and here.kind != there.kind:
            raise ValueError(f"{what} would wait for another deadline")

    def table(self, version: int) -> Process:
        """The table on which a number of this version walks. Raises TooNew for one that is not known here."""
        if version == self.version:
            return self
        if version not in self._by_version:
            raise TooNew(f"{self.label} version {version} kendes ikke her")
        return self._by_version[version]

    def stands(self, version: int, at: str) -> tuple[int, str]:
        """Where a stored number stands now: the version of its table, and the row.

        Raises TooNew for a version or row that is not known here.
        """
        if version != self.version and version in self.moves:
            moved = self.moves[version].get(at, None if version in self._by_version else at)
            version, at = (version, at) if moved is None else (self.version, moved)
        if at not in self.table(version).rows:
            raise TooNew(f"{self.label} version {version} har intet trin »{at}« her")
        return version, at

    def row_of(self, run: Any) -> Node:
        """The row at which a number stands, in the table of its version. Raises TooNew for one not known here."""
        table = self.table(run.version)
        if run.at not in table.rows:
            raise TooNew(f"{self.label} version {run.version} har intet trin »{run.at}« her")
        return table.rows[run.at]

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __repr__(self) -> str:
        return f"<Process {self.name}>"

    def on(self, trigger: type) -> tuple[Node, ...]:
        """The rows that answer this act or message."""
        return tuple(node for node in self.nodes if node.on is trigger)

    def answers(self, trigger: type) -> tuple[Node, ...]:
        """The same, in every table that a number may stand on; the newest first."""
        return tuple(row for table in self.tables for row in table.on(trigger))

    def triggers(self) -> tuple[type, ...]:
        """All acts and messages that some row answers, in the order of the rows, the newest table first."""
        return tuple(dict.fromkeys(node.on for table in self.tables for node in table if node.on))

    def open_at(self, place: str) -> tuple[Node, ...]:
        """The rows open to a number that stands at `place` (without those that are always open)."""
        return tuple(n for n in self.nodes if not isinstance(n, Start | Always) and n.on and place in n.places)
