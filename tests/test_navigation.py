"""Whatever is done in intake and assessment, in whichever order: nobody gets stuck, and nothing recorded is lost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib import import_module
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.contracts import CONTRACTS, Command, Message
from casework.contracts.intake import CaseOpened
from casework.errors import Invalid, Refused
from casework.fields import fields_of
from casework.phase.phase import Phase
from casework.process import Actor, Always, Situation, Told, decide
from casework.process.engine import Effects, allowed, fold
from casework.records import Json, keep_emptied, merge, overlay, standing
from casework.schema import dump, load
from casework.testing.cases import A_CASE, A_CASEWORKER, A_CITIZEN, A_LEADER, Office, situation
from casework.testing.values import LONG, filled, values_of
from intake.commands import OpenCase
from onebox.fields import Row, phase, rows

PHASES: Mapping[str, Phase] = {name: phase(name) for name in ("intake", "assessment")}
COMMANDS = {name: command for one in PHASES.values() for command in one.commands for name in command.actions}

A_PARTY = {"consent_party": "others", "consent_party_name": {"name": "Skolen", "role": "other"}}
A_THEME = {"themes": ["relations"]}
ACTS: Mapping[str, Json] = {
    "intake.complete": {},
    "intake.close": {"reason": "Borgeren er flyttet"},
    "intake.withdraw_consent": A_PARTY,
    "intake.request_information": {**A_PARTY, "about": "Skolegang", "exception": "RSL § 11 c"},
    "intake.record_information": {},
    "intake.announce_new_date": {"expected_on": "2028-03-01", "reason": "Vi venter på en lægeerklæring."},
    "assessment.start": {},
    "assessment.recommend": {},
    "assessment.approve": {"decision_body": "assignment-committee"},
    "assessment.change": {"comment": "Færre timer", "decision_body": "assignment-committee"},
    "assessment.return": {"comment": "Begrund", "decision_body": "assignment-committee"},
    "assessment.send_hearing": {"facts": "Oplysninger fra skolen"},
    "assessment.record_hearing_answer": {"party_hearing_response": "Det er rigtigt"},
    "assessment.pause": {"reason": "Afventer lægeerklæring"},
    "assessment.resume": {},
    "assessment.send_copy": {},
    "assessment.confirm_reused": {},
    "assessment.reopen_themes": A_THEME,
    "assessment.offer_plan": {},
    "assessment.complete_plan": {},
}
"""Every act, with what is said in it; but to take over what another case knows."""
MOVING = {
    action
    for action in ACTS
    if not any(isinstance(row, Always) for row in PHASES[action.partition(".")[0]].process.on(COMMANDS[action]))
}

STEADY: Mapping[str, list[Any]] = {"is_alternative": [False], "holistic_plan_wanted": [True]}
"""Fields that take others off the screen are given one value only."""
OTHERS_SPEAK = ("party_hearing_sent_date", "party_hearing_response", "holistic_plan_status")
"""Fields that an act fills in too, or that show only where another says so."""
ROWS = {
    row.name: row
    for name in PHASES
    for row in rows(name)
    if not (row.computed or row.closed or row.declared.name in OTHERS_SPEAK)
}


# what is done
@dataclass(frozen=True)
class Write:
    """Somebody fills in one field; or empties it."""

    name: str
    value: Any

    @property
    def row(self) -> Row:
        return ROWS[self.name]

    @property
    def patch(self) -> Json:
        """With the entries that the field stands in, which hold no more than they must."""
        given = self.value
        for outer, name in zip(reversed(self.row.above), reversed(self.row.path.split(".")), strict=False):
            assert outer.entry
            given = [{**filled(outer.entry, name), name: given}]
        return {self.row.path.partition(".")[0]: given}


@dataclass(frozen=True)
class Act:
    """Somebody does one of the things that are offered to them; or moves the case on, and mends what it takes."""

    which: int
    moves: bool


@dataclass(frozen=True)
class Rest:
    """Days go by."""

    days: int


Done = Write | Act | Rest


@st.composite
def writes(draw: st.DrawFn) -> Write:
    row = draw(st.sampled_from([*ROWS.values()]))
    may_be_empty = not (row.above or row.declared.many or row.declared.name in STEADY)
    values = STEADY.get(row.declared.name) or [*values_of(row.declared), *([None] if may_be_empty else [])]
    return Write(row.name, draw(st.sampled_from([value for value in values if value != LONG])))


ACTING = st.builds(Act, st.integers(0, 99), st.booleans())
DONE = st.one_of(writes(), ACTING, ACTING, st.builds(Rest, st.integers(1, 90)))
WAYS = st.one_of(st.lists(DONE, max_size=6), st.lists(DONE, min_size=20, max_size=50))
BEGINS = st.sampled_from([*PHASES])


# in which house
class House(Protocol):
    """Both phases, with one case."""

    def record(self, name: str, patch: Json) -> str | None:
        """Fill in; where it is refused, the field that is named."""

    def act(self, action: str) -> str | None: ...

    def rest(self, days: int) -> None: ...

    def allowed(self, name: str) -> set[str]:
        """The acts that are offered to people where the case stands."""

    def shown(self, name: str, step: str) -> Json: ...


def by(action: str) -> Actor:
    return A_LEADER if action in ("assessment.approve", "assessment.change", "assessment.return") else A_CASEWORKER


class Pure:
    """The rules and processes alone."""

    def __init__(self, entry_phase: str) -> None:
        self.s: dict[str, Situation[Any]] = {name: situation(one, case=None) for name, one in PHASES.items()}
        self._decide("intake", OpenCase(
            action="intake.open", citizen_id=A_CITIZEN, case_number="2026-00001", entry_phase=entry_phase
        ))  # fmt: skip

    def record(self, name: str, patch: Json) -> str | None:
        before, after, one = self.s[name], self.s[name], PHASES[name]
        try:
            for step, given in patch.items():
                cls = one.by_step[step]
                merged = merge(cls, before.own.get((step, ""), {}), given, step)
                data = keep_emptied(cls, merged, dump(load(cls, standing(cls, merged), at=step)))
                after = replace(after, own={**after.own, (step, ""): data}, _views={})
            for check in one.checks:
                check(before, after)
        except (Refused, Invalid) as no:
            return no.field
        effects = Effects(after.of(max(after.runs, key=lambda run: run.number, default=None)))
        assert one.derives
        fold(effects, one.derives(before, after))
        self._conclude(name, effects)
        return None

    def act(self, action: str) -> str | None:
        name = action.partition(".")[0]
        self.s[name] = replace(self.s[name], actor=by(action), _views={})
        try:
            self._decide(name, load(COMMANDS[action], {**ACTS[action], "action": action}))
        except (Refused, Invalid) as no:
            return no.field
        return None

    def rest(self, days: int) -> None:
        self.s = {name: replace(s, now=s.now + timedelta(days=days), _views={}) for name, s in self.s.items()}

    def allowed(self, name: str) -> set[str]:
        open_to_people = {node.on for node, _ in allowed(PHASES[name].process, self.s[name])}
        return {action for action, command in COMMANDS.items() if command in open_to_people}

    def shown(self, name: str, step: str) -> Json:
        return dump(self.s[name][PHASES[name].by_step[step]])

    def _decide(self, name: str, trigger: Command | Message) -> None:
        self._conclude(name, decide(PHASES[name].process, self.s[name], trigger))

    def _conclude(self, name: str, effects: Effects) -> None:
        self.s[name] = effects.situation.of(None)
        for message in effects.messages:
            for other in PHASES.keys() & {*message.contract.consumers}:
                self._hear(other, message, name)
            if isinstance(message, CaseOpened):
                self.s[name] = replace(self.s[name], case=message, _views={})

    def _hear(self, name: str, message: Message, producer: str) -> None:
        s = self.s[name]
        told = Told(message, s.now, producer)
        case = message if isinstance(message, CaseOpened) else s.case
        self.s[name] = replace(s, case=case, heard=(*s.heard, told), _views={})
        self._decide(name, message)


class Real:
    """Both services at work, called through their APIs; what each owes the other is brought."""

    def __init__(self, entry_phase: str) -> None:
        self.offices = {name: Office(import_module(f"{name}.app")) for name in PHASES}
        self._brought = dict.fromkeys(PHASES, 0)
        body = {"id": str(A_CASE), "entry_phase": entry_phase}
        assert self.offices["intake"].call(A_CASEWORKER, "POST", "/cases", json=body).status_code == 201
        self._bring()

    def record(self, name: str, patch: Json) -> str | None:
        return self._answered(self.offices[name].record(patch))

    def act(self, action: str) -> str | None:
        return self._answered(self.offices[action.partition(".")[0]].act(action, A_CASE, by(action), **ACTS[action]))

    def rest(self, days: int) -> None:
        for office in self.offices.values():
            office.now += timedelta(days=days)

    def allowed(self, name: str) -> set[str]:
        return {*self.offices[name].read()["actions"]}

    def shown(self, name: str, step: str) -> Json:
        answer = self.offices[name].call(A_CASEWORKER, "GET", f"/cases/{A_CASE}/records?step={step}")
        (record,) = answer.get_json()["records"]
        return dict(record["values"])

    def _answered(self, answer: Any) -> str | None:
        if answer.status_code == 422:
            return str(answer.get_json()["field"])
        assert answer.status_code == 200, answer.text
        self._bring()
        return None

    def _bring(self) -> None:
        for name, office in self.offices.items():
            owed = office.owed()
            for wire, body in owed[self._brought[name] :]:
                terms = next(terms for terms in CONTRACTS.values() if terms.name == wire)
                for other in PHASES.keys() & {*terms.consumers}:
                    about = A_CASE if terms.subject == "case" else office.read()["parts"]["citizen"]["id"]
                    self.offices[other].hear(load(terms.message, body), subject=about, producer=name)
            self._brought[name] = len(owed)


# what is found
@dataclass
class Walk:
    """One way through both phases, and what has been written on it."""

    house: House
    written: dict[tuple[str, str], Json] = field(default_factory=dict)

    def go(self, done: Done) -> None:
        if isinstance(done, Write):
            self.write(done.row.phase, done.row.step.step, done.patch)
        elif isinstance(done, Act):
            acts = [action for action in ACTS if action in self.allowed() and action != "intake.close"]
            moving = [action for action in acts if action in MOVING]
            if done.moves and moving:
                self.done_at_last(moving[done.which % len(moving)])
            else:
                self.house.act(acts[done.which % len(acts)])
        else:
            self.house.rest(done.days)

    def allowed(self) -> set[str]:
        """What can be done now. While one recommendation waits for its answer, no other passes it."""
        acts = self.house.allowed("intake") | self.house.allowed("assessment")
        return acts - {"assessment.recommend"} if "assessment.approve" in acts else acts

    def waiting(self, name: str) -> set[str]:
        """The acts by which the phase moves on, or comes to its end."""
        return {action for action in self.house.allowed(name) if action in MOVING}

    def write(self, name: str, step: str, patch: Json) -> None:
        if self.house.record(name, {step: patch}) is None:
            laid = overlay(PHASES[name].by_step[step], self.written.get((name, step), {}), patch)
            self.written[name, step] = {n: value for n, value in laid.items() if value is not None}

    def done_at_last(self, action: str) -> None:
        """Do it, and mend what a refusal names until it can be done."""
        for _ in range(50):
            path = self.house.act(action)
            if path is None:
                return
            step, mend = mended(path)
            assert self.house.record(action.partition(".")[0], {step: mend}) is None, path
            known = self.written.setdefault((action.partition(".")[0], step), {})
            known |= overlay(PHASES[action.partition(".")[0]].by_step[step], known, mend)
        raise AssertionError(f"{action} is refused for {path}")

    def lost(self) -> Iterator[str]:
        for (name, step), written in self.written.items():
            shown = self.house.shown(name, step)
            yield from (f"{name}.{step}.{n}" for n, value in written.items() if not holds(shown.get(n), value))


def mended(path: str) -> tuple[str, Json]:
    """A value for the field that a refusal names: `case_assessment.goals[a].goal_type`."""
    step, *names = re.findall(r"\w[\w-]*(?:\[\w+\])?", path)
    cls: Any = next(one.by_step[step] for one in PHASES.values() if step in one.by_step)
    patch: Json = {}
    inner = patch
    for name in names:
        plain, _, key = name.rstrip("]").partition("[")
        declared = fields_of(cls)[plain]
        if not key:
            inner[plain] = values_of(declared)[0]
            break
        entry = {declared.info.key: key}
        inner[plain], inner, cls = [entry], entry, declared.entry
    return step, patch


def holds(shown: Any, written: Any) -> bool:
    """Is all that was written there? What is reckoned may stand beside it."""
    if isinstance(written, dict) and isinstance(shown, dict):
        return all(holds(shown.get(name), value) for name, value in written.items())
    if isinstance(written, list) and isinstance(shown, list):
        return all(any(holds(one, entry) for one in shown) for entry in written)
    return bool(shown == written)


def walked(house: House, days: list[Done]) -> None:
    walk = Walk(house)
    for done in days:
        walk.go(done)
        assert walk.waiting("intake")
        assert walk.waiting("assessment")

    assert [*walk.lost()] == []
    for action in ("intake.complete", "assessment.start", "assessment.recommend", "assessment.approve"):
        if action in walk.allowed():
            walk.done_at_last(action)
    while "assessment.approve" in walk.allowed():  # what was put forward before it
        walk.done_at_last("assessment.approve")
    assert walk.waiting("assessment") == {"assessment.recommend"}  # anew, as all is approved
    assert [*walk.lost()] == []

    walk.done_at_last("intake.close")
    assert walk.waiting("intake") == set()
    assert [*walk.lost()] == []


def test_every_act_but_one_is_on_some_way():
    assert COMMANDS.keys() - ACTS.keys() == {"assessment.reuse"}


AS_EVER = settings(derandomize=True, suppress_health_check=[*HealthCheck])


@pytest.mark.slow
@settings(AS_EVER, max_examples=60)
@given(entry_phase=BEGINS, days=WAYS)
def test_no_way_through_both_phases_ends_before_its_goal_or_loses_a_field(entry_phase, days):
    walked(Pure(entry_phase), days)


@pytest.mark.slow
@settings(AS_EVER, max_examples=5)
@given(entry_phase=BEGINS, days=st.lists(DONE, min_size=6, max_size=12))
def test_nor_does_any_way_through_their_apis(entry_phase, days):
    walked(Real(entry_phase), days)
