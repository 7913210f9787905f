"""A case in ordering, played by pure decisions; and the service itself, with a database and no one to talk to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from casework.calendar import DENMARK
from casework.configuration import Municipality
from casework.contracts import Command, Message
from casework.contracts.assessment import ActionPlanRecorded, CaseAssessmentRecorded
from casework.contracts.decision import DecisionMade
from casework.contracts.delivery import OrderAnswered
from casework.contracts.intake import CaseOpened, ConsentChanged
from casework.contracts.values import Consent, Goal, Intervention, Party, PlannedGoal, ServiceLine
from casework.messaging import Envelope, Parcel
from casework.messaging.tables import Outgoing
from casework.migrations import upgrade
from casework.process import FINANCE, HOUSE, Actor, Role, Situation, Told, decide
from casework.process.engine import Effects, fold
from casework.records import merge
from casework.schema import Amount, dump
from casework.service import auth
from casework.service.clock import FileClock
from casework.service.phase_api import PhaseService
from ordering.app import PHASE, create, create_app
from ordering.commands import CancelOrder, ReviseOrder, SendOrders
from ordering.rules import WARNINGS
from ordering.settings import OrderingSettings

CASE = UUID("0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0001")
KIM = Actor("kim", "Kim Dam", Role.CASEWORKER)
ECONOMY = Actor("fia", "Fia Lind", FINANCE)
LONE = Actor("lone", "Lone Holm", Role.PROVIDER, "x-hus")
OPENED = CaseOpened(case_number="2026-00417", citizen_id=uuid4(), entry_phase="intake", track="standard")
KEY = auth.new_key()


def at(text: str) -> datetime:
    """A Danish local time; nine in the morning where none is given."""
    text = text if ":" in text else f"{text} 09:00"
    return datetime.fromisoformat(text).replace(tzinfo=DENMARK).astimezone(UTC)


def provider(name: str) -> Party:
    return Party(id=name, name=name.title(), role="provider", ean="5790000000005", p_number="1001234567")


def help_from(
    name: str | None, id_: str = "i1", *, hours: str = "2", account: str = "5.38.85", **more: Any
) -> Intervention:
    """So many hours a week for half a year at 500 kroner."""
    line = ServiceLine(
        id=f"l-{id_}", unit="hour", units_per_period=Decimal(hours), service_frequency="week", repetitions=26,
        unit_price=Amount("500.00"),
    )  # fmt: skip
    given: dict[str, Any] = {
        "services": ("support-daily-tasks-at-home",), "offer": "mobile-offer", "account_number": account,
        "expected_start_date": date(2026, 3, 2), "without_end_date": True,
    }  # fmt: skip
    return Intervention(id=id_, provider=provider(name) if name else None, service_lines=(line,), **{**given, **more})


def goal(id_: str, **more: Any) -> Goal:
    given = {
        "goal_statement": f"Jeg når {id_}", "goal_follow_up_mode": "same-date", "goal_follow_up_interval": "3-months",
    }  # fmt: skip
    return Goal(id=id_, goal_type="develop", **{**given, **more})


def assessed(revision: int, *goals: Goal, interventions: tuple[Intervention, ...] = ()) -> CaseAssessmentRecorded:
    return CaseAssessmentRecorded(
        assessment_revision=revision, goals=goals, interventions=interventions, citizen_wishes="Et hjem"
    )


def made(*interventions: Intervention, number: int = 1, revision: int = 1, **more: Any) -> DecisionMade:
    given: dict[str, Any] = {"legal_bases": ("sel-85",), "decision_outcome": "granted"}
    return DecisionMade(
        number=number, decision_date=date(2026, 2, 5), granted_interventions=interventions,
        assessment_revision=revision, **{**given, **more},
    )  # fmt: skip


def plan(**providers: str) -> ActionPlanRecorded:
    """Who helps with which goal."""
    return ActionPlanRecorded(goals=tuple(PlannedGoal(id=g, goal_provider=provider(p)) for g, p in providers.items()))


def consents(*names: str) -> ConsentChanged:
    return ConsentChanged(
        consents_to_share=tuple(Consent(consent_party="offer", consent_party_name=provider(name)) for name in names)
    )


@dataclass
class Played:
    """What is told stands in `told`."""

    s: Situation[Any]
    told: list[Message] = field(default_factory=list)

    def hear(self, *messages: Message, when: str = "2026-02-05") -> Played:
        for message in messages:
            kept = [h for h in self.s.heard if not (type(h.message) is type(message) and _is_replaced(message))]
            heard = (*kept, Told(message, at(when), "other"))
            self.s = replace(self.s, heard=heard, now=at(when), actor=HOUSE, _views={})
            self._decide(message)
        return self

    def act(self, command: Command, by: Actor = KIM, when: str = "2026-02-09") -> Played:
        self.s = replace(self.s, now=at(when), actor=by, _views={})
        self._decide(command)
        return self

    def send(self, when: str = "2026-02-09") -> Played:
        return self.act(SendOrders(action="ordering.send"), when=when)

    def revise(self, order: str | None = None, when: str = "2026-06-11") -> Played:
        return self.act(ReviseOrder(action="ordering.revise", order=order, reason="Nyt mål"), when=when)

    def cancel(self, order: str | None = None, when: str = "2026-06-11") -> Played:
        return self.act(CancelOrder(action="ordering.cancel", order=order, reason="Flytter"), when=when)

    def answer(self, name: str, version: int = 1, *, accepted: bool = True, when: str = "2026-02-11") -> Played:
        day = date.fromisoformat(when)
        answered = OrderAnswered(provider_id=name, version=version, accepted=accepted, answered_on=day)
        return self.hear(answered, when=when)

    def fill(self, key: str = "x-hus", when: str = "2026-02-06", **values: Any) -> Played:
        merged = merge(PHASE.by_step["order"], self.s.own.get(("order", key), {}), values, "order")
        before = replace(self.s, now=at(when), actor=KIM, _views={})
        after = replace(before, own={**before.own, ("order", key): merged}, _views={})
        for check in PHASE.checks:
            check(before, after)
        effects = Effects(after)
        assert PHASE.derives
        fold(effects, PHASE.derives(before, after))
        self.s = effects.situation
        self._own(effects.messages)
        return self

    def _decide(self, trigger: Command | Message) -> None:
        effects = decide(PHASE.process, self.s, trigger)
        self.s = effects.situation
        self._own(effects.messages)

    def _own(self, messages: list[Message]) -> None:
        self.told += messages
        for message in messages:
            if "ordering" in message.contract.consumers:
                self._decide(message)

    def sent(self, kind: type[Message]) -> list[Any]:
        return [message for message in self.told if type(message) is kind]

    def at(self, name: str = "x-hus") -> list[str]:
        """Where the versions of a provider's order stand."""
        return [run.at for run in self.s.runs if run.key == name]

    def warned(self) -> set[str]:
        return {warned.rule for warn in WARNINGS for warned in warn(self.s.of(None))}

    def warned_of(self, rule: str) -> set[tuple[str, str]]:
        """Field and words of what this rule warns of."""
        found = [warned for warn in WARNINGS for warned in warn(self.s.of(None))]
        return {(warned.field, warned.message) for warned in found if warned.rule == rule}

    def document(self) -> dict[str, Any]:
        assert PHASE.document
        return dict(PHASE.document(self.s.of(None)))

    def order(self, name: str = "x-hus") -> dict[str, Any]:
        return next(order for order in self.document()["orders"] if order["provider"]["id"] == name)


def _is_replaced(message: Message) -> bool:
    return message.contract.is_fact and not hasattr(message, "assessment_revision")


@pytest.fixture
def case() -> Played:
    """A case of which ordering knows nothing but that it is there."""
    return Played(
        Situation(
            phase="ordering", case_id=CASE, case=OPENED, own={}, heard=(), said={}, runs=(), steps=PHASE.by_step,
            municipality=Municipality(name="Prøveby"), actor=KIM, now=at("2026-02-02"), blank=PHASE.state(),
        )
    )  # fmt: skip


@pytest.fixture
def granted(case: Played) -> Played:
    """Ten hours at X-Hus are granted; nothing is sent."""
    return case.hear(consents("x-hus"), assessed(1, goal("g1"), goal("g2")), made(help_from("x-hus", hours="10")))


@pytest.fixture
def running(granted: Played) -> Played:
    """X-Hus has said yes."""
    return granted.send().answer("x-hus")


@pytest.fixture
def shared(case: Played) -> Played:
    """Help at X-Hus and Bohaven, a goal each."""
    return case.hear(
        consents("x-hus", "bohaven"),
        assessed(1, goal("g1"), goal("g2")),
        plan(g1="x-hus", g2="bohaven"),
        made(help_from("x-hus"), help_from("bohaven", "i2", account="5.38.59")),
    )


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
    lines: Counter[str] = field(default_factory=Counter)

    def hear(self, message: Message, by: str, case: UUID = CASE) -> None:
        line = f"{by}/{case}"
        self.lines[line] += 1
        envelope = Envelope(
            id=uuid4(), type=message.wire, version=1, subject=str(case), numbers={"ordering": self.lines[line]},
            time=self.service.clock(), producer=by, actor=None, body=dump(message),
        )  # fmt: skip
        self.service.inbox.receive([envelope.to_json()])

    def call(self, method: str, path: str, by: Actor = KIM, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {auth.sign(by, KEY)}", **more.pop("headers", {"If-Match": "*"})}
        return getattr(self.app.test_client(), method)(path, headers=headers, **more)

    def fill(self, key: str = "", by: Actor = KIM, **values: Any) -> Any:
        return self.call("patch", f"/cases/{CASE}" + (f"?key={key}" if key else ""), by, json={"order": values})

    def register(self, id_: str, by: Actor = ECONOMY, **entry: Any) -> Any:
        return self.call("put", f"/providers/{id_}", by, json=entry)

    def do(self, action: str, by: Actor = KIM, **given: Any) -> Any:
        return self.call("post", f"/cases/{CASE}/actions/{action}", by, json=given)

    def part(self) -> dict[str, Any]:
        return dict(self.call("get", f"/cases/{CASE}").json)

    def said(self, wire: str) -> list[dict[str, Any]]:
        with self.service.database.reading() as session:
            rows = session.scalars(sa.select(Outgoing).where(Outgoing.type == wire).order_by(Outgoing.position)).all()
        return [row.envelope["body"] for row in rows]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Ordering, which knows a case and no more of it."""
    clock = FileClock(tmp_path / "clock")
    clock.set(at("2026-02-09"))
    settings = OrderingSettings(
        database=f"sqlite:///{tmp_path}/ordering.db", clock=f"file:{clock.path}", token_key=auth.public_key(KEY),
        provider_broker="amqp://127.0.0.1:1//",
    )  # fmt: skip
    service = create(settings, transport=Silence())
    upgrade(service)
    world = World(service, create_app(service))
    world.hear(OPENED, by="intake")
    yield world
    service.close()
