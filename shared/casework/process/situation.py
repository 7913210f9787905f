"""What a rule is given: all that one phase knows of one case at one moment. Frozen; a rule answers with events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from casework.calendar import Calendar, local_date
from casework.configuration import Municipality
from casework.contracts import Message
from casework.contracts.intake import CaseOpened
from casework.fields import Step, carried_fields
from casework.process.nodes import Role
from casework.records import Json, overlay
from casework.schema import dump, read

S = TypeVar("S")
M = TypeVar("M", bound=Message)
T = TypeVar("T", bound=Step)
R = TypeVar("R")


@dataclass(frozen=True)
class Covered:
    """Somebody who is away, and for whom another acts."""

    id: str
    name: str
    team: str | None = None


@dataclass(frozen=True)
class Actor:
    """Who acts. A provider's people act for one provider only."""

    id: str
    name: str
    role: Role
    provider_id: str | None = None
    team: str | None = None
    covers: tuple[Covered, ...] = ()  # today


HOUSE = Actor("sagsgang", "sagsgang", Role.SYSTEM)
"""The house itself, where a message or a day moves a case."""


@dataclass(frozen=True)
class Run(Generic[S]):
    """One number of a phase's process: a recommendation, a decision, a version of a provider's order, a follow-up."""

    number: int
    key: str  # the provider, where there is one series of numbers per provider; else empty
    at: str
    state: S
    version: int = 1  # of the process, on which it began and will end
    moved_from: str = ""  # the row of an earlier table that it was moved from, until that is told


class Told:
    """A message that has come, kept. Its body is read when somebody asks for it: most of a long case is never asked."""

    __slots__ = ("_body", "_data", "_message", "at", "kind", "producer")

    def __init__(self, message: Message, at: datetime, producer: str) -> None:
        self.kind, self.at, self.producer = type(message), at, producer
        self._message: Message | None = message
        self._body: Callable[[], Mapping[str, Any]] = dict
        self._data: Json | None = None

    @classmethod
    def kept(cls, kind: type[Message], body: Callable[[], Mapping[str, Any]], at: datetime, producer: str) -> Told:
        """From its stored body, which is fetched when it is asked for, in the newest version."""
        made = cls.__new__(cls)
        made.kind, made.at, made.producer = kind, at, producer
        made._message, made._body, made._data = None, body, None
        return made

    @property
    def message(self) -> Message:
        if self._message is None:
            self._message = read(self.kind, self._body())
        return self._message

    @property
    def data(self) -> Json:
        """The message as JSON."""
        if self._data is None:
            self._data = dump(self.message)
        return self._data

    def __repr__(self) -> str:
        return f"<Told {self.kind.wire} {self.at.isoformat()}>"


class Becomes:
    """The state of the number is now so: `Becomes(received_on=…)`."""

    def __init__(self, **values: Any) -> None:
        self.values = values

    def __repr__(self) -> str:
        return f"Becomes({self.values})"


class Records:
    """The house itself fills in fields of a step: `Records(CaseInformation, party_hearing_sent_date=…)`.

    `marks` says whose word it is (path -> mark) where it is not that of whoever acts now.
    """

    def __init__(
        self, step: type[Step], *, key: str = "", marks: Mapping[str, Json] | None = None, **values: Any
    ) -> None:
        self.step, self.key, self.marks, self.values = step, key, marks or {}, values


@dataclass(frozen=True)
class Moves:
    """Another number of the case is thereby brought to a row: version 1 is replaced when version 2 is accepted."""

    number: int
    to: str
    key: str = ""


Event = Message | Becomes | Records | Moves


@dataclass(frozen=True)
class Warned:
    """What is missing or odd, and what it costs. It never stops anybody."""

    rule: str
    field: str
    message: str


@dataclass(frozen=True)
class Situation(Generic[S]):
    """One case in one phase at one moment.

    `situation[DecisionLetter]` is a step as it reads here, carried values filled in; `situation.told(DecisionMade)`
    the newest message of a kind; `situation.state` the frozen whole of the number that is acted upon.
    """

    phase: str
    case_id: UUID
    case: CaseOpened | None
    own: Mapping[tuple[str, str], Json]  # (step, key) -> what is recorded here
    heard: tuple[Told, ...]  # what others have told, oldest first
    said: Mapping[str, int]  # the running number of each fact this phase has told
    runs: tuple[Run[S], ...]
    steps: Mapping[str, type[Step]]
    municipality: Municipality
    actor: Actor
    now: datetime
    blank: S  # the state a number begins with
    run: Run[S] | None = None
    computes: Mapping[type[Step], Any] = field(default_factory=dict)
    earlier: Situation[S] | None = None  # another case of the citizen, where what is done draws upon it
    marks: Mapping[tuple[str, str], Mapping[str, Json]] = field(default_factory=dict)
    # place -> path -> whose word it is
    texts: Mapping[str, str] = field(default_factory=dict)  # the municipality's own, by name, where the phase has any
    _views: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    _memory: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def once(self, name: Any, compute: Callable[[], R], *rests_on: Any) -> R:
        """What `compute` gives, computed anew only where what it rests on is another: by default, the whole case.

        For what does not depend on who asks, nor on the number that is acted upon. The memory is common to all copies.
        """
        mine = rests_on or (self.own, self.heard, self.runs, self.case, self.now, self.municipality, self.texts)
        known = self._memory.get(name)
        if known is None or any(one is not other for one, other in zip(known[0], mine, strict=True)):
            known = self._memory[name] = (mine, compute())
        value: R = known[1]
        return value

    # what the rule acts upon
    @property
    def state(self) -> S:
        return self.run.state if self.run else self.blank

    @property
    def number(self) -> int:
        return self.run.number if self.run else 0

    @property
    def key(self) -> str:
        return self.run.key if self.run else ""

    @property
    def at(self) -> str:
        return self.run.at if self.run else ""

    @property
    def today(self) -> date:
        return local_date(self.now)

    @property
    def calendar(self) -> Calendar:
        return self.municipality.calendar

    # what others have told
    def told(self, kind: type[M], **where: Any) -> M | None:
        """The newest message of this kind, or None; `where` compares its fields."""
        return next(reversed(self.all_told(kind, **where)), None)

    def all_told(self, kind: type[M], **where: Any) -> list[M]:
        """Every message of this kind that is kept, oldest first."""
        kept: list[Any] = [h.message for h in self.kept(kind)]
        return [m for m in kept if all(getattr(m, name) == value for name, value in where.items())] if where else kept

    def kept(self, kind: type[Message]) -> Sequence[Told]:
        """The same, each with when it happened and who told it."""
        return self._by_kind().get(kind, ())

    def _by_kind(self) -> Mapping[type[Message], list[Told]]:
        def sort() -> dict[type[Message], list[Told]]:
            kinds: dict[type[Message], list[Told]] = {}
            for told in self.heard:
                kinds.setdefault(told.kind, []).append(told)
            return kinds

        return self.once("by kind", sort, self.heard)

    # what is recorded here
    def __getitem__(self, step: type[T]) -> T:
        """The step as it reads here and now: own values, carried ones where there is none, computed ones reckoned."""
        return self.view(step, self.key_of(step))

    def key_of(self, step: type[Step]) -> str:
        """Which record of the step is meant, where there is one per provider or number."""
        return {None: "", "number": str(self.number)}.get(step.per, self.key)

    def view(self, step: type[T], key: str = "") -> T:
        view: T
        if ("view", step, key) not in self._views:
            view = self.once(("view", step, key, self._acted_upon), lambda: self._read(step, key))
            self._views["view", step, key] = view  # a computation may look at the step before it is computed
            if step in self.computes:
                self._views["view", step, key] = self.computes[step](view, self)
        view = self._views["view", step, key]
        return view

    def _read(self, step: type[T], key: str) -> T:
        data = overlay(step, self._carried(step)[0], self.own.get((step.step, key), {}))
        return read(step, {n: v for n, v in data.items() if v is not None})

    @property
    def _acted_upon(self) -> tuple[str, int]:
        """Which record of a step is carried may depend on it."""
        return self.key, self.number

    def shown(self, step: type[Step], key: str = "") -> Json:
        """The step as it reads here, as JSON; what is empty is absent."""
        if ("shown", step, key) not in self._views:
            self._views["shown", step, key] = dump(self.view(step, key))
        shown: Json = self._views["shown", step, key]
        return shown

    def origins(self, step: type[Step], key: str = "") -> dict[str, str]:
        """Where each carried value that shows in the step comes from."""
        own = self.own.get((step.step, key), {})
        origins = self._carried(step)[1]
        shown = self.shown(step, key)  # a computation may hide what is carried
        return {name: origin for name, origin in origins.items() if name not in own and name in shown}

    def carried(self, step: type[Step]) -> Json:
        """What shows in the step where nothing is recorded here, as JSON."""
        return self._carried(step)[0]

    def _carried(self, step: type[Step]) -> tuple[Json, dict[str, str]]:
        kind: Any = step

        def carry() -> tuple[Json, dict[str, str]]:
            values: Json = {}
            origins: dict[str, str] = {}
            for name, path in carried_fields(kind):
                value, origin = self.look_up(path)
                if value is not None and value != []:
                    values[name], origins[name] = value, origin
            return values, origins

        return self.once(("carried", step, self._acted_upon), carry)

    def look_up(self, path: str) -> tuple[Any, str]:
        """The value of `phase.step.field` as this phase knows it, and where it was first recorded."""
        phase, step_name, name = path.split(".")
        if phase != self.phase or step_name not in self.steps:  # followup.status_note lies elsewhere
            return self._hearsay(f"{phase}.{step_name}", name), path
        step = self.steps[step_name]
        key = self.key_of(step)
        return self.shown(step, key).get(name), self.origins(step, key).get(name, path)

    def _hearsay(self, step: str, name: str) -> Any:
        if step == "intake.cooperation" and self.case:  # the municipalities go with the case itself
            case = self.case
            return self.once("case", lambda: dump(case), case).get(name)
        told = self._teller(step, name)
        return told.data.get(name) if told else None

    def _teller(self, step: str, name: str) -> Told | None:
        """The newest message that repeats this field."""

        def find() -> dict[tuple[str, str], Told]:
            return {
                (path, field): told
                for told in self.heard
                for path, fields in (told.kind.contract.tells or {}).items()
                for field in fields
            }

        return self.once("tellers", find, self.heard).get((step, name))

    def mark_of(self, path: str) -> Json:
        """Whose word the value at `phase.step.field` is, as far as this phase knows; of another phase's, since when."""
        phase, step, name = path.split(".")
        if phase == self.phase:
            return dict(self.marks.get((step, ""), {}).get(f"{step}.{name}", {}))
        told = self._teller(f"{phase}.{step}", name)
        return {"at": told.at.isoformat(), "phase": told.producer} if told else {}

    # going on
    def of(self, run: Run[S] | None) -> Situation[S]:
        """The same, acting upon this number."""
        return replace(self, run=run, _views={})

    def after(self, event: Event) -> Situation[S]:
        """The same, once the event has happened. Messages change nothing here."""
        if isinstance(event, Becomes):
            assert self.run is not None
            return self._with(replace(self.run, state=replace(self.state, **event.values)))  # type: ignore[type-var]
        if isinstance(event, Records):
            return self._recorded(event)
        return self

    def moved(self, to: str) -> Situation[S]:
        assert self.run is not None
        return self._with(replace(self.run, at=to, moved_from=""))

    def _with(self, run: Run[S]) -> Situation[S]:
        kept = [r for r in self.runs if (r.key, r.number) != (run.key, run.number)]
        return replace(self, run=run, runs=tuple(sorted((*kept, run), key=lambda r: (r.key, r.number))), _views={})

    def _recorded(self, event: Records) -> Situation[S]:
        place = (event.step.step, event.key or self.key_of(event.step))
        filled = event.step(**event.values)
        data = {**self.own.get(place, {}), **dump(filled)}
        data |= {name: None for name, value in event.values.items() if value is None or value == ()}
        marks = {**self.marks, place: {**self.marks.get(place, {}), **event.marks}}
        return replace(self, own={**self.own, place: data}, marks=marks, _views={})
