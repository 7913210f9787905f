"""A case in delivery, played by pure decisions; and the service itself, with a database and no one to talk to."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from casework.calendar import DENMARK
from casework.configuration import Municipality
from casework.contracts import Command, Message
from casework.contracts.intake import CaseOpened
from casework.contracts.ordering import OrderSent
from casework.contracts.values import Goal, OrderedIntervention, Party
from casework.fields import Step
from casework.messaging import Envelope, Parcel
from casework.messaging.tables import Outgoing
from casework.migrations import upgrade
from casework.process import HOUSE, Actor, Role, Situation, Told, decide
from casework.process.engine import Effects, fold
from casework.records import merge
from casework.schema import dump
from casework.service import auth
from casework.service.clock import FileClock
from casework.service.phase_api import PhaseService
from casework.service.settings import Settings
from delivery import answer_queue
from delivery.app import PHASE, create, create_app
from delivery.rules import of_its_own_order
from delivery.subgoals import under_each_of_its_goals

CASE = UUID("0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0001")
X_HUS = Actor("lone", "Lone Holm", Role.PROVIDER, "x-hus")
Y_HUS = Actor("otto", "Otto Berg", Role.PROVIDER, "y-hus")
KIM = Actor("kim", "Kim Dam", Role.CASEWORKER)
KEY = auth.new_key()


def at(text: str) -> datetime:
    """A Danish local time; nine in the morning where none is given."""
    text = text if ":" in text else f"{text} 09:00"
    return datetime.fromisoformat(text).replace(tzinfo=DENMARK).astimezone(UTC)


def goal(id_: str, statement: str = "Jeg bor selv", level: int = 2, **more: Any) -> Goal:
    given = {"goal_type": "develop", "primary_subtheme": "managing-home", "expected_functioning_level": 1}
    return Goal(id=id_, goal_statement=statement, current_functioning_level=level, **{**given, **more})


def order(provider: str = "x-hus", version: int = 1, goals: tuple[Goal, ...] = (), **more: Any) -> OrderSent:
    party = Party(id=provider, name=provider.title(), role="provider")
    intervention = OrderedIntervention(id=f"i-{provider}", services=("support-daily-tasks-at-home",), provider=party)
    given = {
        "citizen_name": "Bente",
        "cpr_number": "0107614298",
        "citizen_wishes": "Et hjem",
        "intervention_purpose": "Ro",
    }
    return OrderSent(
        provider_id=provider, order_number=f"2026-00001-{provider}", version=version, sent_on=date(2026, 2, 9),
        goals=goals or (goal("g1"), goal("g2", "Jeg ser min søn", primary_subtheme="network-relations")),
        interventions=(intervention,), **{**given, **more},
    )  # fmt: skip


Posted = dict[str, Any]
"""An answer by message."""


def answer(kind: str, body: Any, case: UUID = CASE, **more: Any) -> Posted:
    """An answer by message, under an id of its own."""
    frame = {"id": str(uuid4()), "kind": kind, "schema_version": 1, "case_id": str(case)}
    return {**frame, "sent_at": "2026-02-09T08:00:00+00:00", "body": body, **more}


@dataclass
class Played:
    """What is told stands in `told`."""

    s: Situation[Any]
    told: list[Message] = field(default_factory=list)

    def hear(self, message: Message, when: str = "2026-02-09") -> None:
        moment = at(when)
        self.s = replace(
            self.s, heard=(*self.s.heard, Told(message, moment, "other")), now=moment, actor=HOUSE, _views={}
        )
        self._decide(message)

    def act(
        self, command: type[Command], action: str, by: Actor = X_HUS, when: str = "2026-02-11", **given: Any
    ) -> None:
        self.s = replace(self.s, now=at(when), actor=by, _views={})
        self._decide(of_its_own_order(command(action=f"delivery.{action}", **given), by))

    def _decide(self, trigger: Command | Message) -> None:
        effects = decide(PHASE.process, self.s, trigger)
        self.s = effects.situation
        self.told += effects.messages

    def fill(self, step: type[Step], by: Actor = X_HUS, when: str = "2026-03-20", **values: Any) -> None:
        place = (step.step, by.provider_id or "")
        values = dict(under_each_of_its_goals({step.step: values}, self.s.own.get(place, {}))[step.step])
        merged = merge(step, self.s.own.get(place, {}), values, step.step)
        before = replace(self.s, now=at(when), actor=by, _views={})
        after = replace(before, own={**before.own, place: merged}, _views={})
        for check in PHASE.checks:
            check(before, after)
        effects = Effects(after)
        if PHASE.derives:
            fold(effects, PHASE.derives(before, after))
        self.s = effects.situation

    def read(self, step: type[Any], provider: str = "x-hus") -> Any:
        return self.s.of(next(run for run in self.s.runs if run.key == provider))[step]

    def sent(self, kind: type[Message]) -> list[Any]:
        return [message for message in self.told if type(message) is kind]

    def document(self, by: Actor = KIM) -> list[dict[str, Any]]:
        assert PHASE.document
        shown: list[dict[str, Any]] = PHASE.document(replace(self.s.of(None), actor=by, _views={}))["deliveries"]
        return shown

    def status(self) -> str:
        return str(self.document()[0]["status"])


@pytest.fixture
def case() -> Played:
    """A case in which one order has come."""
    situation = Situation(
        phase="delivery", case_id=CASE, case=None, own={}, heard=(), said={}, runs=(), steps=PHASE.by_step,
        municipality=Municipality(name="Prøveby"), actor=KIM, now=at("2026-02-09"), blank=PHASE.state(),
        computes=PHASE.computes,
    )  # fmt: skip
    played = Played(situation)
    played.hear(order())
    return played


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
    lines: Counter[tuple[str, UUID]] = field(default_factory=Counter)

    def hear(self, message: Message, by: str = "ordering", case: UUID = CASE) -> None:
        self.lines[by, case] += 1
        envelope = Envelope(
            id=uuid4(), type=message.wire, version=1, subject=str(case), numbers={"delivery": self.lines[by, case]},
            time=self.service.clock(), producer=by, actor=None, body=dump(message),
        )  # fmt: skip
        self.service.inbox.receive([envelope.to_json()])

    def open(self, case: UUID = CASE) -> None:
        """The case is opened in intake, and everybody is told."""
        opened = CaseOpened(case_number="2026-00001", citizen_id=uuid4(), entry_phase="intake", track="standard")
        self.hear(opened, by="intake", case=case)

    def call(self, method: str, path: str = "", by: Actor | str = X_HUS, **more: Any) -> Any:
        """One call of the case, or of another `address`; by somebody, or by a key."""
        token = by if isinstance(by, str) else auth.sign(by, KEY)
        headers = {"Authorization": f"Bearer {token}", "If-Match": "*", **more.pop("headers", {})}
        address = more.pop("address", f"/cases/{CASE}{path}")
        return self.app.test_client().open(address, method=method.upper(), headers=headers, **more)

    def answer(
        self, sent: Posted | bytes, by: str = "x-hus", *, exchange: str | None = None, message_id: str | None = None
    ) -> bool:
        """A provider's own system answers by message. Whether that was new."""
        body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
        came = SimpleNamespace(
            body=body, properties={"message_id": message_id} if message_id else {},
            delivery_info={"exchange": answer_queue.exchange_of(by) if exchange is None else exchange},
        )  # fmt: skip
        before = len(self.said("answer.handled"))
        answer_queue.receive(self.service, [came])
        return len(self.said("answer.handled")) > before

    def said(self, wire: str) -> list[dict[str, Any]]:
        with self.service.database.reading() as session:
            rows = session.scalars(sa.select(Outgoing).where(Outgoing.type == wire).order_by(Outgoing.position)).all()
        return [row.envelope["body"] for row in rows]


@contextmanager
def a_world(folder: Path, database: str = "") -> Iterator[World]:
    """Delivery, which knows a case with X-Hus' order."""
    clock = FileClock(folder / "clock")
    clock.set(at("2026-02-09"))
    settings = Settings(
        database=database or f"sqlite:///{folder}/delivery.db", clock=f"file:{clock.path}",
        token_key=auth.public_key(KEY),
    )  # fmt: skip
    service = create(settings, transport=Silence())
    upgrade(service)
    world = World(service, create_app(service))
    world.open()
    world.hear(order())
    yield world
    service.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Delivery, which knows a case with two orders."""
    with a_world(tmp_path) as world:
        world.hear(order("y-hus"))
        yield world
