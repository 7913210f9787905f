"""A phase in small, for the tests of what all phases share: visits at home, with every kind of row and field.

No service has it; its contracts are known only while `contracts()` holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask

from casework.contracts import Command, Message, command, contract
from casework.contracts.common import NotificationRequested
from casework.contracts.intake import CaseClosed
from casework.contracts.values import Goal, Party
from casework.errors import Refused
from casework.fields import ALWAYS, Step, entries, field, needed, step, value
from casework.phase.phase import Phase
from casework.process import (
    CASEWORKER,
    LEADER,
    PROVIDER,
    Always,
    Becomes,
    End,
    Event,
    Gateway,
    Process,
    Records,
    ServiceTask,
    Situation,
    Start,
    Throw,
    UserTask,
    Wait,
    Warned,
)
from casework.schema import Amount
from casework.service.phase_api import PhaseService, create_phase_app
from casework.service.settings import Settings
from casework.testing.releases import a_phase, apart, release
from casework.vocabularies.codes import GoalType

Case = Situation["State"]
Events = Iterable[Event]


# messages
with apart():

    @contract("visits.ordered", by="intake", to="visit")
    class VisitsOrdered(Message):
        """Each of these providers is to visit the citizen."""

        providers: tuple[str, ...] = entries("Udførere", key=None)

    @contract("visit.answered", by="delivery", to="visit")
    class VisitAnswered(Message):
        """The provider comes, or does not."""

        provider_id: str = needed("Udfører")
        comes: bool = needed("Kommer")

    @contract("visit.reported", by="visit", to="portal")
    class VisitReported(Message):
        """The visit is over."""

        number: int = needed("Besøg")
        held_on: date = needed("Holdt den")

    @contract("talk.recorded", by="visit", to="portal", tells={"visit.talk": "purpose conclusion"})
    class TalkRecorded(Message):
        """What the talk was about, as it stands."""

        purpose: str | None = field("Formål")
        conclusion: str | None = field("Konklusion")

    @contract("findings.recorded", by="visit", to="portal", tells={"visit.findings": "goals"})
    class FindingsRecorded(Message):
        """What was found, whole, with its own running number."""

        assessment_revision: int = needed("Løbenummer")
        goals: tuple[Goal, ...] = entries("Mål")


MESSAGES = (VisitsOrdered, VisitAnswered, VisitReported, TalkRecorded, FindingsRecorded)


@contextmanager
def contracts() -> Iterator[None]:
    """The visits' contracts are among the known ones, and visits may say what every phase says."""
    with release(*MESSAGES), a_phase("visit"):
        yield


# commands
@command("visit.plan")
class Plan(Command):
    """Plan a visit."""

    reason: str | None = field("Begrundelse")


@command("visit.invite")
class Invite(Command):
    """Invite to the visit."""

    by_letter: bool | None = field("Med brev")


@command("visit.call_off")
class CallOff(Command):
    """There will be no visit."""

    reason: str = needed("Begrundelse")


@command("visit.report")
class Report(Command):
    """All visits that are waited for are over."""


@command("visit.note")
class NoteDown(Command):
    """Something to remember."""


COMMANDS = (Plan, Invite, CallOff, Report, NoteDown)


# records
@dataclass(frozen=True)
class State:
    by_letter: bool | None = None
    comes: bool | None = None
    asked_on: date | None = None
    notes: int | None = None


@value
class Line:
    """What one hour of a visit costs."""

    id: str = needed()
    hours: Decimal | None = field("Timer")
    price: Amount | None = field("Pris")
    sum: Amount | None = field("I alt", computed="hours and price", rule="TST-02")


@value
class Wish:
    """A wish, with the lines it costs."""

    id: str = needed()
    text: str | None = field("Ønske")
    lines: tuple[Line, ...] = entries("Linjer")


@step("talk", "Samtale")
class Talk(Step):
    """What was talked about."""

    reason: str | None = field("Årsag", carried_from="intake.enquiry.opening_reason")
    purpose: str | None = field("Formål", required=ALWAYS)
    conclusion: str | None = field("Konklusion")
    held: bool | None = field("Holdt")
    held_on: date | None = field("Holdt den")
    people: int | None = field("Hvor mange")
    leader: Party | None = field("Hvem førte samtalen")
    tags: tuple[str, ...] = entries("Emner", key=None)
    wishes: tuple[Wish, ...] = entries("Ønsker")
    letters: int | None = field("Tegn i konklusionen", computed="conclusion", rule="TST-03")


@step("findings", "Fund")
class Findings(Step):
    """What was found."""

    reason: str | None = field("Årsag", carried_from="visit.talk.reason")
    goals: tuple[Goal, ...] = entries("Mål")
    wishes: tuple[Wish, ...] = entries("Ønsker", carried_from="visit.talk.wishes", writable=("lines",), rule="TST-04")
    goal_type: GoalType | None = field("Måltype")


@step("arrival", "Ankomst", per="provider")
class Arrival(Step):
    """How a provider came."""

    remarks: str | None = field("Bemærkninger")


STEPS = (Talk, Findings, Arrival)


# rules
def providers(s: Case, ordered: VisitsOrdered) -> Iterable[str]:
    return ordered.providers


def plan(s: Case, trigger: object, today: date) -> Events:
    return ()


def invite(s: Case, given: Invite, today: date) -> Events:
    if s[Talk].purpose == "ingen":
        raise Refused("TST-05", "talk.purpose", "Der skal være et formål")
    yield Becomes(by_letter=given.by_letter, asked_on=today)


def by_letter(s: Case) -> bool:
    return bool(s.state.by_letter)


def order_letter(s: Case, trigger: object, today: date) -> Events:
    yield NotificationRequested(kind="visit.letter", key=str(s.number))


def answer_due(s: Case) -> date | None:
    return s.calendar.on_or_after(s.state.asked_on + timedelta(days=7)) if s.state.asked_on else None


def note_answer(s: Case, answered: VisitAnswered, today: date) -> Events:
    yield Becomes(comes=answered.comes)


def report(s: Case, given: Report, today: date) -> Events:
    yield Records(Talk, held_on=today)


def announce(s: Case, given: Report, today: date) -> Events:
    yield VisitReported(number=s.number, held_on=today)


def note(s: Case, given: NoteDown, today: date) -> Events:
    if s.run:
        yield Becomes(notes=(s.state.notes or 0) + 1)


def with_letters(talk: Talk, s: Case) -> Talk:
    return replace(talk, letters=len(talk.conclusion) if talk.conclusion else None)


def findings(s: Case) -> FindingsRecorded | None:
    goals = s[Findings].goals
    told_before = FindingsRecorded.contract.name in s.said
    return FindingsRecorded(assessment_revision=0, goals=goals) if goals or told_before else None


def conclusions_are_written(s: Case) -> Iterator[Warned]:
    if s[Talk].held_on and not s[Talk].conclusion:
        yield Warned("TST-06", "visit.talk.conclusion", "Skriv, hvad samtalen førte til")


def not_on_a_sunday(before: Case, after: Case) -> None:
    held_on = after[Talk].held_on
    if held_on and held_on.weekday() == 6:
        raise Refused("TST-07", "talk.held_on", "Der er ingen besøg om søndagen")


VISIT = Process("visit", "Hjemmebesøg", version=1, number="visit", nodes=(
    Start("planned",    "Besøg planlagt",      on=Plan, do=plan, then="invite", by=CASEWORKER),
    Start("ordered",    "Besøg bestilt",       on=VisitsOrdered, per=providers, do=plan, then="invite"),
    UserTask("invite",  "Indkald",             on=Invite, do=invite, then="letter?", by=CASEWORKER, rule="TST-01"),
    Gateway("letter?",  "Med brev?",           when=by_letter, yes="letter", no="answer"),
    ServiceTask("letter", "Send brev",         do=order_letter, then="answer"),
    Wait("answer",      "Venter på svar",      on=VisitAnswered, do=note_answer, then="visit",
                                               kind="order-answer", until=answer_due, late="unanswered"),
    UserTask("off",     "Aflys",               on=CallOff, at=("invite", "answer"), then="called off", by=CASEWORKER),
    UserTask("visit",   "Afslut besøg",        on=Report, do=report, then="tell", by=(LEADER, PROVIDER), every=True),
    Throw("tell",       "Besøg holdt",         sends=VisitReported, do=announce, then="held"),
    End("held",         "Besøget er holdt"),
    UserTask("again",   "Indkald igen",        on=Invite, at="held", do=invite, then="letter?", by=CASEWORKER,
                                               anew=True),
    End("called off",   "Besøget er aflyst"),
    End("unanswered",   "Intet svar"),
    Always("noted",     "Skriv et notat",      on=NoteDown, do=note, by=CASEWORKER),
    Always("closed",    "Sagen lukkes",        on=CaseClosed, then="stopped"),
    End("stopped",      "Besøget er stoppet"),
))  # fmt: skip

PHASE = Phase(
    process=VISIT,
    state=State,
    steps=STEPS,
    commands=COMMANDS,
    checks=(not_on_a_sunday,),
    warnings=(conclusions_are_written,),
    computes={Talk: with_letters},
    tells={FindingsRecorded: findings},
    record_roles={"arrival": ("provider",)},
)


def create(settings: Settings | None = None, **overrides: Any) -> PhaseService:
    return PhaseService(PHASE, settings or Settings.from_env("visit"), **overrides)


def create_app(service: PhaseService) -> Flask:
    return create_phase_app(service)
