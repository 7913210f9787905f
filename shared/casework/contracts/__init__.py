"""The messages: what one service tells others, with producer, consumers, version and an example of each.

A message is a frozen dataclass. A *fact* repeats what a phase has on record (`tells` names the steps and fields); a
receiver keeps the newest. An *act* says that something has happened; a process answers it.

A message of an older version is brought up to the newest when it is read, from the wire and from storage alike; the
newest is the only class that there is. `docs/how-to/change-what-is-stored.md` shows how a version is made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, ClassVar, TypeVar, dataclass_transform

from casework.errors import TooNew
from casework.fields import needed
from casework.versions import Body, Cast, Versions

PHASES = ("intake", "assessment", "decision", "ordering", "delivery", "followup")
SERVICES = (*PHASES, "scheduler", "reporting", "portal")


class UnknownMessage(TooNew):
    """No contract of this release has the message's name and version, or nothing here answers it: a newer one will."""


class Message:
    """What travels. Subclasses are declared with `@contract`."""

    wire: ClassVar[str]
    contract: ClassVar[Contract]


@dataclass(frozen=True, kw_only=True)
class Command:
    """What a person or system asks a phase for. Subclasses are declared with `@command`."""

    actions: ClassVar[tuple[str, ...]]
    wire: ClassVar[str]
    action: str = ""


@dataclass(frozen=True)
class Contract:
    """The terms of a message: who sends it to whom, about what, in which version."""

    name: str
    versions: Versions
    message: type[Message]
    producers: tuple[str, ...]
    consumers: tuple[str, ...]
    subject: str = "case"  # what its numbers run over: case, citizen, provider or person
    tells: Mapping[str, tuple[str, ...]] | None = None  # phase.step -> the fields of it that the message repeats
    act: bool = False  # says that something has happened, even where it repeats fields

    @property
    def version(self) -> int:
        return self.versions.newest

    @property
    def is_fact(self) -> bool:
        """Is it no more than what is on record, told anew whenever that differs?"""
        return self.tells is not None and not self.act


CONTRACTS: dict[str, Contract] = {}
"""Every message by its name on the wire, in its newest version."""

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(needed,))
def contract(
    name: str,
    *,
    version: int = 1,
    by: str,
    to: str,
    subject: str = "case",
    tells: Mapping[str, str] | None = None,
    act: bool = False,
    upcasts: Mapping[int, Cast] | None = None,
    downcasts: Mapping[int, Cast] | None = None,
) -> Callable[[type[T]], type[T]]:
    """Declare a message. `by` and `to` are names of services with spaces between.

    `tells` makes it a fact, unless it is said to be an act. From version 2 on, `upcasts` bring up the older ones, and
    `downcasts` let a producer speak them. Raises ValueError for a name that is taken, for an older version that nothing
    brings up, and where `tells` names a field that the message does not have.
    """

    def declare(cls: type[T]) -> type[T]:
        made = dataclass(frozen=True, kw_only=True)(cls)
        if name in CONTRACTS:
            raise ValueError(f"{name} is declared twice")
        repeated = None if tells is None else {step: tuple(names.split()) for step, names in tells.items()}
        known = {field.name for field in fields(made)}  # type: ignore[arg-type]
        if missing := [field for names in (repeated or {}).values() for field in names if field not in known]:
            raise ValueError(f"{name} tells {missing[0]}, which {made.__name__} does not have")
        versions = Versions(name, version, upcasts or {}, downcasts or {})
        terms = Contract(name, versions, made, tuple(by.split()), tuple(to.split()), subject, repeated, act)  # type: ignore[arg-type]
        made.wire, made.contract = name, terms  # type: ignore[attr-defined]
        CONTRACTS[name] = terms
        return made

    return declare


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(needed,))
def command(*actions: str) -> Callable[[type[T]], type[T]]:
    """Declare a command. `actions` are its public names (`assessment.approve`); the one used stands in `.action`."""

    def declare(cls: type[T]) -> type[T]:
        made = dataclass(frozen=True, kw_only=True)(cls)
        made.actions, made.wire = actions, actions[0]  # type: ignore[attr-defined]
        return made

    return declare


def as_of_now(name: str, version: int, body: Body) -> tuple[Contract, Body]:
    """The newest contract of a message that has come, or is kept, and its body brought up to that.

    Raises UnknownMessage where this release knows no such name or version.
    """
    terms = load_all().get(name)
    if terms is None or not 1 <= version <= terms.version:
        raise UnknownMessage(f"{name} version {version} kendes ikke her")
    return terms, terms.versions.up(version, body)


@cache
def load_all() -> Mapping[str, Contract]:
    """Import every module of contracts and return the registry, complete."""
    from casework.contracts import assessment, common, decision, delivery, followup, intake, ordering, portal, scheduler

    modules: tuple[Any, ...] = (assessment, common, decision, delivery, followup, intake, ordering, portal, scheduler)
    assert all(modules)
    return CONTRACTS
