"""Messages that come together: answered with a few statements, and as if each had come by itself."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from casework.contracts import Message
from casework.contracts.common import DeadlineCancelled, DeadlineMet, DeadlinePaused, NotificationRequested
from casework.contracts.intake import CaseChanged, CaseClosed
from casework.contracts.ordering import ProviderChanged
from casework.contracts.portal import PersonChanged
from casework.contracts.values import Party
from casework.messaging import Envelope
from casework.messaging.tables import Incoming, Outgoing
from casework.vocabularies.codes import PartyRole
from scheduler import deadlines
from scheduler.model import CaseRow, DeadlineRow, Notification, PersonRow, ProviderRow

from .conftest import CASE, OPENED, World, asked, at

Said = tuple[str, Message]

OTTO = Party(id="otto", name="Otto Holm", role=PartyRole("caseworker"), email="otto@kommune.example")
TO_OTTO = CaseChanged(**{**vars(OPENED), "caseworker": OTTO})
PEOPLE: list[Said] = [
    ("portal", PersonChanged(person_id="otto", name="Otto Holm", email="otto@kommune.example", deputy="eva",
                             away_from=date(2026, 1, 1), away_to=date(2026, 1, 31))),
    ("portal", PersonChanged(person_id="eva", name="Eva Bang", email="eva@kommune.example")),
    ("ordering", ProviderChanged(provider_id="x-hus", name="X-Hus", email="post@x-hus.example")),
]  # fmt: skip
A_STREAM: list[Said] = [
    ("decision", NotificationRequested(kind="decision.decide", roles=("caseworker", "leader"))),  # before its case
    ("intake", OPENED),
    ("intake", asked("case-processing", "2026-03-16")),
    ("intake", DeadlinePaused(kind="case-processing", key="1", paused_on=date(2026, 2, 2))),
    ("intake", asked("case-processing", "2026-03-23")),
    ("intake", TO_OTTO),
    ("followup", asked("follow-up", "2026-03-20", provider_id="x-hus")),
    ("followup", DeadlineCancelled(kind="follow-up", key="1")),
    ("followup", asked("follow-up", "2026-04-20", provider_id="x-hus")),
    ("decision", NotificationRequested(kind="decision.decide", roles=("caseworker", "leader"))),
    ("ordering", NotificationRequested(kind="order.cancelled", provider_id="x-hus")),
    ("decision", asked("complaint", "2026-04-01")),
    ("intake", DeadlineMet(kind="case-processing", key="1", met_on=date(2026, 3, 2))),
    ("intake", CaseClosed(closed_on=date(2026, 3, 3))),
]


def envelopes(world: World, said: Sequence[Said], case: UUID = CASE) -> list[Envelope]:
    return [
        world.envelope(message, by, at("2026-01-05 09:00") + timedelta(minutes=n), str(case))
        for n, (by, message) in enumerate(said)
    ]


def receive(world: World, *told: Envelope) -> None:
    world.service.inbox.receive([envelope.to_json() for envelope in told])


def kept(world: World) -> dict[str, list[dict[str, Any]]]:
    """Every row that the scheduler keeps and owes, without what is drawn by lot."""
    with world.service.database.reading() as session:
        rows = {
            table.__tablename__: [
                {column.name: getattr(row, column.name) for column in table.__table__.columns}
                for row in session.scalars(sa.select(table).order_by(*table.__table__.primary_key))
            ]
            for table in (CaseRow, DeadlineRow, PersonRow, ProviderRow, Notification, Outgoing)
        }
    for row in rows["outbox"]:
        drawn = row.pop("id"), *map(row["envelope"].pop, ("id", "correlation", "traceparent"))
        assert all(drawn)
    return rows


@contextmanager
def counted(world: World) -> Iterator[list[str]]:
    """The statements that are sent to the database meanwhile."""
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    engine = world.service.database.engine
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("server", ["sqlite", "postgres"])
def test_what_comes_together_ends_as_if_each_had_come_by_itself(
    make: Callable[..., World], tmp_path: Path, server: str, request: pytest.FixtureRequest
):
    other = request.getfixturevalue("postgres_url") if server == "postgres" else f"sqlite:///{tmp_path}/together.db"
    alone, together = make(), make(database=other)
    people, stream = envelopes(alone, PEOPLE), envelopes(alone, A_STREAM)

    for envelope in (*people, *stream):
        receive(alone, envelope)
    receive(together, *people)
    receive(together, *stream)

    assert kept(together) == kept(alone)


def test_a_stream_takes_fewer_statements_than_it_has_messages_twice(make: Callable[..., World], postgres_url: str):
    world = make(database=postgres_url)
    receive(world, *envelopes(world, PEOPLE))

    with counted(world) as sent:
        receive(world, *envelopes(world, A_STREAM))

    assert len(sent) <= 2 * len(A_STREAM)


def test_however_much_is_due_it_is_raised_with_the_same_statements(world: World):
    world.hear(asked("complaint", "2026-03-16", "first"), by="decision")
    for n in range(60):
        world.hear(asked("complaint", "2026-03-17", str(n)), by="decision")
        world.hear(asked("hearing-answer", "2026-03-20", str(n)), by="assessment")

    def tick(when: str) -> int:
        with world.service.database.writing() as session:
            return deadlines.tick(world.service.house, session, at(when))

    with counted(world) as one:
        assert tick("2026-03-16 08:00") == 1
    with counted(world) as many:
        assert tick("2026-03-17 08:00") == 121

    assert len(many) == len(one)


def test_a_message_that_fails_takes_nothing_with_it(world: World):
    told = envelopes(world, [("intake", asked("lunch", "2026-03-16")), ("decision", asked("complaint", "2026-03-16"))])
    other = UUID(int=7)

    receive(world, *told, *envelopes(world, [("followup", asked("follow-up", "2026-03-20"))], other))

    with world.service.database.reading() as session:
        status = {row.id: row.status for row in session.scalars(sa.select(Incoming))}
        kinds = set(session.scalars(sa.select(DeadlineRow.kind)))
    assert [status[envelope.id] for envelope in told] == ["parked", "done"]
    assert kinds == {"complaint", "follow-up"}


def test_what_is_told_belongs_to_the_trace_of_what_it_follows_from(world: World):
    traces = [secrets.token_hex(16) for _ in range(2)]
    news = NotificationRequested(kind="decision.decide", roles=("leader",))
    told = [
        replace(envelope, traceparent=f"00-{trace}-{secrets.token_hex(8)}-01")
        for envelope, trace in zip(envelopes(world, [("decision", news)] * 2), traces, strict=True)
    ]

    receive(world, *told)

    with world.service.database.reading() as session:
        sent = session.scalars(sa.select(Outgoing).order_by(Outgoing.position)).all()
    assert [row.envelope["traceparent"].split("-")[1] for row in sent] == traces
