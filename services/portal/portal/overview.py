"""One case on one page: the rail of phases, the next step, what is missing, people, goals, what has happened. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from casework.contracts import PHASES

Part = Mapping[str, Any]
Title = Callable[[str], str]

NEXT = (
    "followup.conclude", "assessment.approve", "decision.decide", "decision.notify",
    "decision.reassess", "decision.record_appeal_outcome",
    "ordering.send", "assessment.recommend", "intake.complete", "assessment.start",
)  # fmt: skip
"""The acts that carry a case on, in the order in which they are offered."""


@dataclass(frozen=True)
class Stop:
    """One phase on the rail."""

    phase: str
    state: str  # none, done, here, missing (nobody answers)
    label: str = ""
    since: str = ""
    warnings: int = 0


@dataclass(frozen=True)
class Event:
    """One thing that happened."""

    at: str
    by: str
    phase: str
    title: str  # what was done, or where it led where nobody did it
    words: str  # where it led
    reason: str = ""


@dataclass(frozen=True)
class Lack:
    """What is missing in a step, as often as it is; what that costs, where it costs anything."""

    label: str
    field: str  # the first place where it is missing
    times: int = 1
    costs: str = ""


@dataclass(frozen=True)
class Filled:
    """How much of what a step asks of this case is there."""

    step: str  # phase.step
    asked: int
    there: int
    costly: tuple[Lack, ...] = ()
    others: tuple[Lack, ...] = ()

    @property
    def is_done(self) -> bool:
        return self.there == self.asked


@dataclass
class Seen:
    """All that the page shows besides the document itself."""

    stops: list[Stop] = field(default_factory=list)
    phase: str = "intake"
    waits: str = ""  # what the case waits for, in the phase's words
    acts: list[str] = field(default_factory=list)  # what carries it on
    more: list[str] = field(default_factory=list)  # what else may be done
    warnings: list[dict[str, str]] = field(default_factory=list)
    filled: list[Filled] = field(default_factory=list)  # the steps that ask something
    unconfirmed: list[dict[str, Any]] = field(default_factory=list)  # taken over from an earlier case (GEN-08)
    awaited: list[dict[str, Any]] = field(default_factory=list)  # information asked of others, and not come yet
    deadlines: list[dict[str, Any]] = field(default_factory=list)
    past: list[dict[str, Any]] = field(default_factory=list)
    people: list[dict[str, str]] = field(default_factory=list)
    goals: list[dict[str, Any]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)  # the elements of the diagram at which the case stands


def of(document: Mapping[str, Any], parts: Mapping[str, Part | None], labels: Mapping[str, Mapping[str, str]],
       today: date, mine: Collection[str], title: Title) -> Seen:  # fmt: skip
    """Lay out what the page shows. `mine` are the acts of this role, `title` names an act (empty: it is none)."""
    seen = Seen(phase=document.get("case", {}).get("phase", "intake"))
    closed = document.get("case", {}).get("status") == "closed"
    seen.warnings = [_warning(w) for w in document.get("warnings", []) if w["rule"] != UNCONFIRMED]
    seen.filled = [_filled(one) for one in document.get("completeness", []) if one["asked"]]
    reused = document.get("assessment", {}).get("reused", [])
    seen.unconfirmed = [one for one in reused if not one.get("confirmed_on")]
    seen.awaited = [r for r in document.get("intake", {}).get("requests", []) if not r.get("answered_on")]
    seen.events = list(_events(document.get("history", []), labels, title))
    seen.stops = [_stop(name, parts.get(name), seen, closed) for name in PHASES]
    positions = (parts.get(seen.phase) or {}).get("positions", [])
    here = [p for p in positions if not p.get("over")] or positions[-1:]
    seen.waits = here[-1]["label"] if here else ""
    seen.marks = [f"{seen.phase}_{p['at']}" for p in here]
    allowed = [a for part in parts.values() if part for a in part.get("actions", [])]
    own = [a for a in allowed if a in mine]
    if (parts.get("assessment") or {}).get("positions"):
        own = [a for a in own if a != "assessment.start"]
    seen.acts = sorted((a for a in own if a in NEXT and a.startswith(f"{seen.phase}.")), key=NEXT.index)[:2]
    seen.more = [a for a in own if a not in seen.acts]
    listed = document.get("deadlines", [])
    seen.deadlines = [d | {"late": d["due"] < today.isoformat()} for d in listed if d["status"] not in _OVER]
    seen.past = [d for d in listed if d["status"] in _OVER]
    seen.people = _people(document)
    seen.goals = document.get("assessment", {}).get("case_assessment", {}).get("goals", [])
    return seen


_OVER = ("met", "cancelled")
UNCONFIRMED = "GEN-08"
"""Warned of by the list of what is to be confirmed itself."""


def _filled(told: Mapping[str, Any]) -> Filled:
    """A field that is missing in several entries is told once, with how often."""
    places: dict[tuple[str, str], list[str]] = {}
    for one in told["missing"]:
        places.setdefault((one["label"], one.get("costs", "")), []).append(one["field"])
    lacks = [Lack(label, fields[0], len(fields), costs) for (label, costs), fields in places.items()]
    return Filled(
        told["step"], told["asked"], told["asked"] - len(told["missing"]),
        tuple(lack for lack in lacks if lack.costs), tuple(lack for lack in lacks if not lack.costs),
    )  # fmt: skip


def _warning(told: Mapping[str, str]) -> dict[str, str]:
    """With the phase in which it can be mended."""
    phase = told.get("field", "").partition(".")[0]
    return {**told, "phase": phase if phase in PHASES else ""}


def _stop(name: str, part: Part | None, seen: Seen, closed: bool) -> Stop:
    if part is None:
        return Stop(name, "missing")
    positions = part.get("positions", [])
    warned = len(part.get("warnings", []))
    if not positions:
        return Stop(name, "here" if name == seen.phase and not closed else "none", warnings=warned)
    since = next((e.at for e in seen.events if e.phase == name), "")
    here = name == seen.phase and not closed
    label = positions[-1]["label"]
    return Stop(name, "here" if here else "done", label, since, warned)


def _events(
    history: Sequence[Mapping[str, Any]], labels: Mapping[str, Mapping[str, str]], title: Title
) -> Iterator[Event]:
    """What people did and where it led, the newest first; a message that moved nothing is nobody's news."""
    for told in reversed(history):
        phase = told["phase"]
        words = labels.get(phase, {}).get(told.get("to", ""), "")
        done = title(told.get("action", ""))
        if done or (words and told.get("from") != told.get("to")):
            yield Event(
                told["at"], told.get("by", ""), phase, done or words, words if done else "", told.get("reason", "")
            )


def _people(document: Mapping[str, Any]) -> list[dict[str, str]]:
    """Everybody who is named in the case, once, with their role; the caseworker first."""
    known: dict[str, dict[str, str]] = {}
    _note_parties(document, known)
    return list(known.values())


def _note_parties(value: Any, known: dict[str, dict[str, str]]) -> None:
    if isinstance(value, dict):
        name, role = value.get("name"), value.get("role")
        if name and role and value.keys() <= _PARTY:
            known.setdefault(name, {"name": name, "role": role, "phone": value.get("phone", "")})
        for inner in value.values():
            if isinstance(inner, dict | list):
                _note_parties(inner, known)
    else:
        for inner in value:
            if isinstance(inner, dict | list):
                _note_parties(inner, known)


_PARTY = {"id", "name", "role", "phone", "email", "address", "cvr", "p_number", "ean", "offer"}
