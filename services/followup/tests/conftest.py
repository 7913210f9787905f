"""A case in followup, played by pure decisions; and the service itself, with a database and no one to talk to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from casework.calendar import DENMARK
from casework.configuration import Municipality
from casework.contracts import Command, Message
from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlineRequested
from casework.contracts.delivery import StatusNoteSubmitted
from casework.contracts.intake import CaseOpened
from casework.contracts.ordering import OrderAccepted
from casework.contracts.values import Goal, OrderedIntervention, Party, ReportedGoal
from casework.fields import Step
from casework.messaging import Envelope, Parcel
from casework.messaging.tables import Outgoing
from casework.migrations import upgrade
from casework.process import HOUSE, Actor, Role, Situation, Told, decide
from casework.records import merge
from casework.schema import dump
from casework.service import auth
from casework.service.clock import FileClock
from casework.service.phase_api import PhaseService
from casework.service.settings import Settings
from followup.app import PHASE, create, create_app
from followup.commands import ConcludeFollowup, OpenFollowup, RecordInspection
from followup.model import FollowUp, Inspection, NextSteps

CASE = UUID("0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0001")
KIM = Actor("kim", "Kim Dam", Role.CASEWORKER)
KEY = auth.new_key()


def at(text: str) -> datetime:
    """A Danish local time; nine in the morning where none is given."""
    text = text if ":" in text else f"{text} 09:00"
    return datetime.fromisoformat(text).replace(tzinfo=DENMARK).astimezone(UTC)


def goal(id_: str, subtheme: str = "managing-home", level: int | None = 2, **more: Any) -> Goal:
    given = {"goal_statement": f"Mål {id_}", "goal_type": "develop", "goal_follow_up_mode": "same-date"}
    return Goal(id=id_, primary_subtheme=subtheme, current_functioning_level=level, **{**given, **more})


def order(
    provider: str = "x-hus", follow_up: str | None = "2026-06-02", version: int = 1, goals: tuple[Goal, ...] = (),
    start: str = "2026-03-02", legal_bases: tuple[str, ...] = ("sel-85",), **more: Any,
) -> OrderAccepted:  # fmt: skip
    party = Party(id=provider, name=provider.title(), role="provider")
    intervention = OrderedIntervention(
        id=f"i-{provider}",
        services=("support-daily-tasks-at-home",),
        offer="mobile-offer",
        provider=party,
        expected_start_date=date.fromisoformat(start),
        follow_up_date=date.fromisoformat(follow_up) if follow_up else None,
        legal_bases=legal_bases,
    )
    given = {"current_support_need": "moderate", "citizen_wishes": "Et hjem", "intervention_purpose": "Ro"}
    return OrderAccepted(
        provider_id=provider, provider=party, version=version, goals=goals or (goal("g1"),),
        interventions=(intervention,), **{**given, **more},
    )  # fmt: skip


def note(provider: str = "x-hus", on: str = "2026-05-26", **evaluations: str) -> StatusNoteSubmitted:
    goals = tuple(ReportedGoal(id=id_, provider_evaluation=text) for id_, text in evaluations.items())
    return StatusNoteSubmitted(provider_id=provider, submitted_on=date.fromisoformat(on), goals=goals)


@dataclass
class Played:
    """What is told stands in `told`; `due` is what the scheduler would know."""

    s: Situation[Any]
    told: list[Message] = field(default_factory=list)
    last: list[Message] = field(default_factory=list)

    def hear(self, message: Message, when: str) -> None:
        moment = at(when)
        self.s = replace(
            self.s, heard=(*self.s.heard, Told(message, moment, "other")), now=moment, actor=HOUSE, _views={}
        )
        self._decide(message)

    def act(self, command: Command, when: str | None = None, by: Actor = KIM) -> None:
        self.s = replace(self.s, now=at(when) if when else self.s.now, actor=by, _views={})
        self._decide(command)

    def _decide(self, trigger: Command | Message) -> None:
        effects = decide(PHASE.process, self.s, trigger)
        self.s, self.last = effects.situation, effects.messages
        self.told += effects.messages

    def fill(self, step: type[Step], number: int | None = None, **values: Any) -> None:
        number = number or max((run.number for run in self.s.runs), default=1)
        place = (step.step, str(number))
        merged = merge(step, self.s.own.get(place, {}), values)
        self.s = replace(self.s, own={**self.s.own, place: merged}, _views={})

    def read(self, step: type[Any], number: int = 1) -> Any:
        return self.s.of(next(run for run in self.s.runs if run.number == number))[step]

    # shorthands
    def open(self, when: str, **more: Any) -> None:
        self.act(OpenFollowup(action="followup.open", **more), when)

    def conclude(self, when: str | None = None) -> None:
        self.act(ConcludeFollowup(action="followup.conclude"), when)

    def inspect(self, **answers: Any) -> None:
        self.fill(Inspection, **answers)
        self.act(RecordInspection(action="followup.record_inspection"))

    def hold(
        self, when: str, next_date: str | None = None, *, levels: dict[str, int] | None = None, **more: Any
    ) -> None:
        """Open, judge every goal as given (or unchanged), and conclude on the same day."""
        if not any(run.at == "conclude" for run in self.s.runs):
            self.open(when)
        number = max(run.number for run in self.s.runs)
        goals = [
            {"id": g.id, "current_functioning_level": (levels or {}).get(g.id, 2), "goal_outcome": "unchanged"}
            for g in self.read(FollowUp, number).goals
        ]
        given = {
            "goals": goals, "follow_up_held_on": when[:10], "next_follow_up_date": next_date,
            "follow_up_outcome": "continue", "current_support_need": "light", "overall_conclusion": "Det går godt.",
        }  # fmt: skip
        self.fill(FollowUp, number, **{**given, **more})
        self.fill(NextSteps, number, action_option="keep", new_assessment_needed=False)
        self.conclude(when)

    def deadlines(self, kind: str = "follow-up") -> dict[str, str]:
        """Where each deadline of a kind stands, by its key."""
        stands: dict[str, str] = {}
        for message in self.told:
            if getattr(message, "kind", None) == kind and isinstance(
                message, DeadlineRequested | DeadlineMet | DeadlineCancelled
            ):
                stands[message.key] = message.wire.removeprefix("deadline.")
        return stands

    def waiting(self, kind: str = "follow-up") -> list[str]:
        return sorted(key for key, state in self.deadlines(kind).items() if state == "requested")

    def sent(self, kind: type[Message]) -> list[Any]:
        return [message for message in self.told if type(message) is kind]

    def warnings(self) -> list[str]:
        return [warned.rule for warn in PHASE.warnings for warned in warn(self.s.of(None))]

    def document(self) -> dict[str, Any]:
        assert PHASE.document
        return PHASE.document(self.s.of(None))


@pytest.fixture
def case() -> Played:
    """A case of which followup knows nothing yet."""
    situation = Situation(
        phase="followup", case_id=CASE, case=None, own={}, heard=(), said={}, runs=(), steps=PHASE.by_step,
        municipality=Municipality(name="Prøveby"), actor=KIM, now=at("2026-03-01"), blank=PHASE.state(),
        computes=PHASE.computes,
    )  # fmt: skip
    return Played(situation)


@pytest.fixture
def ordered(case: Played) -> Played:
    """A case with one order in force, to be followed up on 2 June."""
    case.hear(order(), "2026-02-11")
    return case


class Silence:
    """A transport that carries nothing: what is sent is read in the outbox."""

    def publish(self, parcels: Sequence[Parcel]) -> dict[UUID, str]:
        return {}

    def consume(self, service: str, receive: Callable[[list[Any]], None], stop: Callable[[], bool]) -> None: ...

    def close(self) -> None: ...


@dataclass
class World:
    """The service, and how others speak to it."""

    service: PhaseService
    app: Any
    clock: FileClock
    lines: Counter[str] = field(default_factory=Counter)

    def hear(self, message: Message, by: str = "ordering") -> None:
        self.lines[by] += 1
        envelope = Envelope(
            id=uuid4(), type=message.wire, version=1, subject=str(CASE), numbers={"followup": self.lines[by]},
            time=self.service.clock(), producer=by, actor=None, body=dump(message),
        )  # fmt: skip
        self.service.inbox.receive([envelope.to_json()])

    def call(self, method: str, path: str = "", by: Actor = KIM, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {auth.sign(by, KEY)}", "If-Match": "*"}
        return getattr(self.app.test_client(), method)(f"/cases/{CASE}{path}", headers=headers, **more)

    def pass_to(self, when: str) -> None:
        self.clock.set(at(when))

    def said(self, wire: str) -> list[dict[str, Any]]:
        with self.service.database.reading() as session:
            rows = session.scalars(sa.select(Outgoing).where(Outgoing.type == wire).order_by(Outgoing.position)).all()
        return [row.envelope["body"] for row in rows]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Followup, which knows a case with an order in force."""
    clock = FileClock(tmp_path / "clock")
    clock.set(at("2026-02-11"))
    settings = Settings(
        database=f"sqlite:///{tmp_path}/followup.db", clock=f"file:{clock.path}",
        token_key=auth.public_key(KEY),
    )  # fmt: skip
    service = create(settings, transport=Silence())
    upgrade(service)
    world = World(service, create_app(service), clock)
    opened = CaseOpened(case_number="2026-00001", citizen_id=uuid4(), entry_phase="intake", track="standard")
    world.hear(opened, by="intake")
    world.hear(order())
    yield world
    service.close()
