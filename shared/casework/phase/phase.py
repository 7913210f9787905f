"""A phase, put together: its process, its steps, and the pure rules that hang on them. The same for all six."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy.orm import DeclarativeBase, Session

from casework.contracts import Command, Contract, Message, load_all
from casework.fields import Step, fields_of
from casework.phase.completeness import Condition
from casework.process import Process, Role, Situation, Warned
from casework.process.situation import Event
from casework.records import Json

Check = Callable[[Situation[Any], Situation[Any]], None]
"""(before, after) of a recording: raises Refused where what is filled in may not stand."""
Warn = Callable[[Situation[Any]], Iterable[Warned]]
"""(situation) -> what is missing or odd now."""
Tell = Callable[[Situation[Any]], Message | None]
"""(situation) -> a fact as it now stands; it is sent where it differs from the last one."""


@dataclass(frozen=True)
class Phase:
    """All that a phase is, besides its address and its database."""

    process: Process
    state: type[Any]  # the frozen whole of one number
    steps: tuple[type[Step], ...]
    commands: tuple[type[Command], ...]
    checks: tuple[Check, ...] = ()
    warnings: tuple[Warn, ...] = ()
    conditions: Mapping[str, Condition] = field(default_factory=dict)  # what `required` says in words, as it is seen
    relevant: Mapping[str, Callable[[Situation[Any]], bool]] = field(default_factory=dict)  # step -> is it missed here?
    computes: Mapping[Any, Callable[[Any, Situation[Any]], Any]] = field(default_factory=dict)
    tells: Mapping[Any, Tell] = field(default_factory=dict)  # facts that are more than a copy of fields
    derives: Callable[[Situation[Any], Situation[Any]], Iterable[Event]] | None = None  # what a recording brings about
    document: Callable[[Situation[Any]], dict[str, Any]] | None = (
        None  # its part of the case document, if not the steps
    )
    completes: Callable[[Session, Situation[Any], Json], Json] | None = None  # that part, with what other tables know
    bases: tuple[type[DeclarativeBase], ...] = ()  # its own tables, beside those that all services have
    texts: Callable[[Session], Mapping[str, str]] | None = None  # what the municipality has worded itself, for rules
    readers: tuple[Role, ...] = (Role.CASEWORKER, Role.LEADER, Role.SYSTEM)  # to all others the case is not there
    record_roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # who may record a step, if not AUTHORITY

    def __post_init__(self) -> None:
        """Raises ValueError where a message tells a field of ours that no step has."""
        for terms in load_all().values():
            if self.name in terms.producers:
                _told(terms, self.name, self.by_step)

    @property
    def name(self) -> str:
        return self.process.name

    @cached_property
    def by_step(self) -> dict[str, type[Step]]:
        return {step.step: step for step in self.steps}

    @cached_property
    def facts(self) -> list[tuple[Contract, Tell]]:
        """Every fact this phase tells of its cases, and how it is put together."""
        mine = [c for c in load_all().values() if self.name in c.producers and c.is_fact]
        made = [(c, self.tells.get(c.message) or _copy(c, self.name, self.by_step)) for c in mine]
        return made + [(m.contract, tell) for m, tell in self.tells.items() if not m.contract.is_fact]


def _told(terms: Contract, phase: str, steps: Mapping[str, type[Step]]) -> list[tuple[type[Step], tuple[str, ...]]]:
    """Of which steps of the phase the message repeats which fields. Raises ValueError for a field that is none."""
    found = []
    for path, names in (terms.tells or {}).items():
        owner, _, step = path.partition(".")
        if owner == phase:
            known = fields_of(steps[step]) if step in steps else {}
            if missing := [name for name in names if name not in known]:
                raise ValueError(f"{terms.name} tells {path}.{missing[0]}, which no step has")
            found.append((steps[step], names))
    return found


def _copy(terms: Contract, phase: str, steps: Mapping[str, type[Step]]) -> Tell:
    """A fact that repeats fields of steps under the same names."""
    sources = _told(terms, phase, steps)

    def tell(situation: Situation[Any]) -> Message | None:
        values = {n: getattr(situation[step], n) for step, names in sources for n in names}
        told_before = terms.name in situation.said  # then it is told too that nothing is left
        return terms.message(**values) if told_before or any(v not in (None, ()) for v in values.values()) else None

    return tell
