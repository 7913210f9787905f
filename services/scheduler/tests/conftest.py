"""A scheduler on a SQLite file, a clock that stands where it is put, and the other services as far as they speak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from flask import Flask

from casework.calendar import DENMARK
from casework.contracts import Message
from casework.contracts.common import DeadlineRequested
from casework.contracts.intake import CaseOpened
from casework.contracts.values import Party
from casework.messaging import Envelope, Parcel
from casework.messaging.tables import Outgoing
from casework.migrations import upgrade
from casework.process import Actor, Role
from casework.schema import dump
from casework.service import auth
from casework.service.clock import FileClock
from casework.vocabularies.codes import PartyRole, Track
from scheduler.app import SchedulerService, create, create_app
from scheduler.model import DeadlineRow, Notification
from scheduler.settings import SchedulerSettings

CASE = UUID("0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0001")
CITIZEN = UUID("0b2f5d0e-27a5-4a3b-9d3b-7f1f6f1c0002")
KAREN = Party(id="karen", name="Karen Lund", role=PartyRole("caseworker"), email="karen@kommune.example")
OPENED = CaseOpened(
    case_number="2026-00417",
    citizen_id=CITIZEN,
    entry_phase="intake",
    track=Track("standard"),
    team="vest",
    caseworker=KAREN,
)
KEY = auth.new_key()


def at(text: str) -> datetime:
    """A Danish local time."""
    return datetime.fromisoformat(text).replace(tzinfo=DENMARK).astimezone(UTC)


def asked(kind: str, due: str | date, key: str = "1", **more: Any) -> DeadlineRequested:
    due = date.fromisoformat(due) if isinstance(due, str) else due
    return DeadlineRequested(kind=kind, key=key, due=due, **more)


class Silence:
    """A transport that carries nothing: what is sent is read in the outbox."""

    def publish(self, parcels: Sequence[Parcel]) -> dict[UUID, str]:
        return {}

    def consume(self, service: str, receive: Callable[[list[Any]], None], stop: Callable[[], bool]) -> None: ...

    def close(self) -> None: ...


@dataclass
class Letterbox:
    """A mail server that keeps what it gets, and fails as often as it is told to."""

    mails: list[EmailMessage] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def __call__(self, mail: EmailMessage) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.mails.append(mail)
        return "SMTP 250"


@dataclass
class World:
    """The scheduler, and how others speak to it."""

    service: SchedulerService
    app: Flask
    lines: Counter[tuple[str, str]] = field(default_factory=Counter)

    def envelope(
        self, message: Message, producer: str, time: datetime, subject: str = str(CASE), actor: str | None = None
    ) -> Envelope:
        self.lines[producer, subject] += 1
        numbers = {"scheduler": self.lines[producer, subject]}
        return Envelope(
            id=uuid4(), type=message.wire, version=1, subject=subject, numbers=numbers, time=time, producer=producer,
            actor=actor, body=dump(message),
        )  # fmt: skip

    def hear(self, message: Message, by: str, when: str = "2026-01-05 09:00", **more: Any) -> Envelope:
        envelope = self.envelope(message, by, at(when), **more)
        self.service.inbox.receive([envelope.to_json()])
        return envelope

    def tick(self, when: str) -> int:
        self.service.clock.set(at(when))
        return self.service.tick()

    def said(self, *types: str) -> list[tuple[str, dict[str, Any]]]:
        """What the scheduler has told others, in order; of these types where some are given."""
        with self.service.database.reading() as session:
            rows = session.scalars(sa.select(Outgoing).order_by(Outgoing.position)).all()
        return [(r.type, r.envelope["body"]) for r in rows if not types or r.type in types]

    def raised(self) -> list[str]:
        return [type_.removeprefix("deadline.") for type_, _ in self.said() if type_.startswith("deadline.")]

    def told(self) -> list[tuple[str | None, str, str]]:
        """Of every notification: stage, to whom, by what."""
        with self.service.database.reading() as session:
            rows = session.scalars(sa.select(Notification)).all()
        return sorted((r.stage or "", r.name or r.provider_id or r.role, r.channel) for r in rows)

    def deadline(self, key: str = "1") -> DeadlineRow:
        with self.service.database.reading() as session:
            return session.scalars(sa.select(DeadlineRow).where(DeadlineRow.key == key)).one()

    def get(
        self, path: str, role: str = "caseworker", provider: str | None = None, method: str = "get",
        person: str = "karen", **more: Any,
    ) -> Any:  # fmt: skip
        actor = Actor(person, person.title(), Role(role), provider)
        headers = {"Authorization": f"Bearer {auth.sign(actor, KEY)}"}
        return getattr(self.app.test_client(), method)(path, headers=headers, **more)


@pytest.fixture
def settings(tmp_path: Path) -> SchedulerSettings:
    clock = FileClock(tmp_path / "clock")
    clock.set(at("2026-01-05 09:00"))
    return SchedulerSettings(
        database=f"sqlite:///{tmp_path}/scheduler.db", clock=f"file:{clock.path}", token_key=auth.public_key(KEY)
    )


@pytest.fixture
def letterbox() -> Letterbox:
    return Letterbox()


@pytest.fixture
def make(settings: SchedulerSettings) -> Iterator[Callable[..., World]]:
    made: list[SchedulerService] = []

    def build(**overrides: Any) -> World:
        given = {name: overrides.pop(name) for name in ("mailer",) if name in overrides}
        service = create(replace(settings, **overrides), transport=Silence(), **given)
        upgrade(service)
        made.append(service)
        return World(service, create_app(service))

    yield build
    for service in made:
        service.close()


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    """A scheduler that knows one case, and has no mail server."""
    world = make()
    world.hear(OPENED, by="intake", when="2026-01-05 08:00")
    return world
