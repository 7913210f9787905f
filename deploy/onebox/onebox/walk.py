"""Plays a walk: a worked case as a YAML file, through the real APIs and messages, with a clock that is set.

It waits until everything has settled and never sleeps. `docs/walks.md` describes the form of the file.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

import jmespath
import requests
import yaml

from casework.calendar import DENMARK, Calendar, add_months
from casework.contracts import PHASES
from casework.contracts.values import Party
from casework.fields import walk
from casework.process import Actor, Role

FINANCE = "finance"


class Town(Protocol):
    """Where a walk is played: services that can be called, a clock that can be set, and a way to know all is quiet."""

    def call(self, actor: Actor, method: str, service: str, path: str, **options: Any) -> requests.Response: ...
    def settle(self) -> None: ...
    def now(self) -> datetime: ...
    def advance(self, to: datetime) -> None: ...


@dataclass
class Outcome:
    """What became of one step: the findings are what did not go as the walk says."""

    number: int
    at: datetime
    text: str
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """One thing that is not as the walk says. `blocking`: a step was not accepted or refused as it should be."""

    text: str
    rule: str | None = None
    blocking: bool = False


class Walk:
    """One walk being played."""

    def __init__(self, data: dict[str, Any], town: Town, *, salt: UUID | None = None) -> None:
        self.data, self.town = data, town
        self.salt = salt or uuid4()  # makes the ids of this play its own; given, a play can be repeated to the letter
        self.words: dict[str, str] = {}  # uuid -> the walk's short word
        self.cases: list[UUID] = []
        self.case_number = 0
        self.people = {key: self._party(key, who) for key, who in data["people"].items()}
        self.who = "caseworker"
        self.refused_rules: set[str] = set()

    # the people and their ids
    def _id(self, word: str) -> str:
        made = str(uuid5(self.salt, word))
        self.words[made] = word
        return made

    def _party(self, key: str, who: dict[str, Any]) -> dict[str, Any]:
        party = {name: value for name, value in who.items() if value is not None}
        if who.get("role") == "provider":
            party["id"] = str(uuid5(NAMESPACE_URL, f"provider:{self.salt}:{who.get('cvr')}{who.get('p_number')}{key}"))
            self.words[party["id"]] = key
        return party

    def actor(self, who: str) -> Actor:
        if who.startswith("provider:"):
            party = self.people[who[9:]]
            return Actor(party["id"], party["name"], Role.PROVIDER, provider_id=party["id"])
        names = {"caseworker": "Sagsbehandler", "leader": "Leder", "finance": "Økonomi", "system": "sagsgang"}
        named = next((p["name"] for p in self.people.values() if p.get("role") == who), names[who])
        return Actor(who, named, Role(who))

    # the steps
    def play(self, tell: Callable[[Outcome], None]) -> list[Outcome]:
        """Play to the end; every step is told as it is done."""
        outcomes = []
        for number, step in enumerate(self.data["steps"], 1):
            outcome = Outcome(number, self.town.now(), _title(step))
            self._begin(step)
            outcome.at = self.town.now()
            outcome.findings += list(self._step(step))
            outcomes.append(outcome)
            tell(outcome)
        return outcomes

    def _begin(self, step: dict[str, Any]) -> None:
        if "at" in step:
            self.town.advance(moment(self.town.now(), step["at"]))
        self.who = step.get("as", self.who)
        if "case" in step:
            self.case_number = int(step["case"]) - 1

    def _step(self, step: dict[str, Any]) -> Iterator[Finding]:
        refusals = list(self._fill(step)) or list(self._do(step))  # refused at the fill, nothing is done
        self.town.settle()
        wanted = step.get("refused")
        wanted = [wanted] if isinstance(wanted, str) else wanted or []
        if wanted:
            if not refusals:
                yield Finding(f"skulle være afvist med {' eller '.join(wanted)}, men gik igennem", wanted[0], True)
            elif refusals[0].get("rule") not in wanted:
                yield Finding(f"afvist med {_why(refusals[0])}, ikke {' eller '.join(wanted)}", wanted[0], True)
        elif refusals:
            yield Finding(f"afvist: {_why(refusals[0])}", refusals[0].get("rule"), True)
        if step.get("warns") or step.get("expect"):
            yield from self._check(step)

    def _check(self, step: dict[str, Any]) -> Iterator[Finding]:
        document = self.document()
        rules = [w["rule"] for w in document.get("warnings", [])]
        for rule in step.get("warns", []):
            if rule not in rules:
                yield Finding(f"advarslen {rule} mangler (der er {', '.join(rules) or 'ingen'})", rule)
        for check in step.get("expect", []):
            if problem := expectation(check, document):
                found = re.search(r"[A-Z]{3}-\d\d", check["path"])
                yield Finding(problem, found[0] if found else None)

    def document(self) -> dict[str, Any]:
        """The case document, with the walk's own short words for ids."""
        answer = self.town.call(self.actor("caseworker"), "GET", "portal", f"/cases/{self.case}/document")
        answer.raise_for_status()
        shown: dict[str, Any] = self._with_words(answer.json())
        return shown

    @property
    def case(self) -> UUID:
        if not self.cases and (refused := self._open({})):
            raise LookupError(f"sagen kan ikke åbnes: {_why(refused)}")
        while self.case_number >= len(self.cases):
            self.cases.append(self._linked())
        return self.cases[self.case_number]

    def _linked(self) -> UUID:
        """The case that a follow-up of the last one opened; its id is made of both."""
        last = self.cases[-1]
        for number in range(1, 50):
            candidate = uuid5(last, f"follow-up {number}")
            if self.town.call(self.actor("caseworker"), "GET", "intake", f"/cases/{candidate}").ok:
                return candidate
        raise LookupError(f"ingen opfølgning har åbnet en ny sag efter {last}")

    # acting
    def _open(self, given: dict[str, Any], entry_phase: str = "intake") -> dict[str, Any] | None:
        case_id = UUID(self._id("case"))
        citizen = self.data["citizen"]
        body = {
            "id": str(case_id), "cpr_number": citizen["cpr_number"], "track": given.get("track"),
            "entry_phase": entry_phase, "caseworker": self._caseworker(),
        }  # fmt: skip
        body = {name: value for name, value in body.items() if value is not None}
        answer = self.town.call(self.actor("caseworker"), "POST", "intake", "/cases", json=body)
        if not answer.ok:
            return dict(answer.json())
        self.cases.append(case_id)
        refused = self._patch("intake", {"citizen": self._values(citizen)}, "caseworker")
        self._register_providers()
        self.town.settle()
        return refused

    def _caseworker(self) -> dict[str, Any] | None:
        return next((p for p in self.people.values() if p.get("role") == "caseworker"), None)

    def _register_providers(self) -> None:
        for party in self.people.values():
            if party.get("role") == "provider":
                known = {n: v for n, v in party.items() if n not in ("id", "role", "phone", "address")}
                path, whatever = f"/providers/{party['id']}", {"If-Match": "*"}
                self.town.call(self.actor("finance"), "PUT", "ordering", path, json=known, headers=whatever)

    def _do(self, step: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "do" not in step:
            return
        self.town.settle()
        action, given = step["do"], dict(step.get("with") or {})
        if action == "intake.open":
            if refused := self._open(given):
                yield refused
            return
        if not self.cases:
            self._open({}, entry_phase=action.split(".")[0])
        phase, name = action.split(".")
        phase = "ordering" if phase == FINANCE else phase
        body = self._values(given)
        if self.who.startswith("provider:") or "order" in step:
            body.setdefault("order", self._order(step))
        path = f"/cases/{self.case}/actions/{name.replace('_', '-')}"
        answer = self.town.call(self.actor(self.who), "POST", phase, path, json=body)
        if not answer.ok:
            yield dict(answer.json())

    def _fill(self, step: dict[str, Any]) -> Iterator[dict[str, Any]]:
        by_phase: dict[str, dict[str, Any]] = {}
        for path, values in (step.get("fill") or {}).items():
            phase, name = path.split(".")
            home = (
                "delivery" if name == "status_note" else phase
            )  # the note lies with delivery, which the provider sees
            by_phase.setdefault(home, {})[name] = self._values(values)
        if by_phase and not self.cases:
            self._open({}, entry_phase=next(iter(by_phase)))
        for phase, patch in by_phase.items():
            key = self._order(step) if phase in ("ordering", "delivery") else None
            refused = self._patch(phase, patch, self.who, key)
            if refused:
                yield refused
                return

    def _patch(self, phase: str, patch: dict[str, Any], who: str, key: str | None = None) -> dict[str, Any] | None:
        query = f"?key={key}" if key else ""
        answer = self.town.call(
            self.actor(who), "PATCH", phase, f"/cases/{self.case}{query}", json=patch, headers={"If-Match": "*"}
        )
        return None if answer.ok else dict(answer.json())

    def _order(self, step: dict[str, Any]) -> str | None:
        """Which provider's order is meant: named, the provider's own, or the only one there is."""
        if "order" in step:
            return str(self.people[step["order"]]["id"])
        if self.who.startswith("provider:"):
            return str(self.people[self.who[9:]]["id"])
        providers = [p["id"] for p in self.people.values() if p.get("role") == "provider"]
        return str(providers[0]) if len(providers) == 1 else None

    # the walk's words
    def _values(self, value: Any, name: str = "") -> Any:
        """The values as the APIs want them: parties whole, ids long, dates as text."""
        if isinstance(value, dict):
            return {n: self._values(v, n) for n, v in value.items()}
        if isinstance(value, list):
            return [self._values(v, name) for v in value]
        if isinstance(value, date):
            return value.isoformat()
        if name == "id" and isinstance(value, str):
            return self._id(value)
        if name == "order" and value in self.people:
            return self.people[value]["id"]
        if isinstance(value, str) and name in party_fields():
            if value == "citizen":
                return {"name": self.data["citizen"]["citizen_name"], "role": "citizen"}
            return self.people.get(value, value)
        return value

    def _with_words(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {n: self._with_words(v) for n, v in value.items()}
        if isinstance(value, list):
            return [self._with_words(v) for v in value]
        return self.words.get(value, value) if isinstance(value, str) else value


@cache
def party_fields() -> frozenset[str]:
    """The names of all fields that hold a party, in any phase."""
    steps = [step for phase in PHASES for step in importlib.import_module(f"{phase}.app").PHASE.steps]
    return frozenset(f.name for step in steps for _, f in walk(step) if f.type is Party)


def read_walk(path: Path) -> dict[str, Any]:
    """A walk file. Raises ValueError, naming what is missing."""
    data = yaml.safe_load(path.read_text("utf-8"))
    missing = {"walk", "about", "people", "citizen", "steps"} - set(data if isinstance(data, dict) else ())
    if missing:
        raise ValueError(f"{path}: {', '.join(sorted(missing))} mangler")
    return dict(data)


def moment(now: datetime, text: Any) -> datetime:
    """When a step is: `2026-01-12 09:00` (Danish time), or `+3 months`, `+14 days`, `+1 working-day` from now."""
    found = re.fullmatch(r"\+(\d+) (month|day|working-day)s?", str(text))
    if not found:
        return datetime.fromisoformat(str(text)).replace(tzinfo=DENMARK).astimezone(UTC)
    here, count = now.astimezone(DENMARK), int(found[1])
    day = {
        "month": lambda: add_months(here.date(), count),
        "day": lambda: here.date() + timedelta(days=count),
        "working-day": lambda: Calendar().add_working_days(here.date(), count),
    }[found[2]]()
    return datetime.combine(day, here.time(), DENMARK).astimezone(UTC)


def expectation(check: dict[str, Any], document: dict[str, Any]) -> str | None:
    """What is wrong, or None where it holds."""
    found = jmespath.search(check["path"], document)
    operator = next(name for name in ("is", "has", "lacks", "matches", "count") if name in check)
    wanted = check[operator]
    wanted = wanted.isoformat() if isinstance(wanted, date) else wanted
    holds = {
        "is": lambda: found == wanted and isinstance(found, bool) == isinstance(wanted, bool),
        "has": lambda: found is not None and wanted in found,
        "lacks": lambda: found is None or wanted not in found,
        "matches": lambda: isinstance(found, str) and re.search(wanted, found) is not None,
        "count": lambda: len(found or ()) == wanted,
    }[operator]()
    return None if holds else f"{check['path']} {operator} {wanted!r}: er {found!r}"


def _title(step: dict[str, Any]) -> str:
    parts = [*sorted((step.get("fill") or {}).keys()), *([step["do"]] if "do" in step else [])]
    return ", ".join(parts) or "ser efter"


def _why(problem: dict[str, Any]) -> str:
    return " · ".join(str(problem[n]) for n in ("rule", "field", "detail") if problem.get(n))
