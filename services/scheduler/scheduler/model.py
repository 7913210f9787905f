"""What the scheduler keeps: every deadline and notification; of cases, people and providers what telling needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, composite, mapped_column
from sqlalchemy.types import TypeDecorator

from casework.database import own_base

_OURS = UUID("5a4b3f0e-6f0b-4a51-8d6c-0f3f9f1c7d11")

NEVER = datetime(9999, 1, 1, tzinfo=UTC)

Base: Any = own_base("scheduler")


def id_of(*parts: object) -> UUID:
    """The same parts give the same id: what is asked or told twice finds itself."""
    return uuid5(_OURS, "/".join(map(str, parts)))


@dataclass(frozen=True)
class Deadline:
    """One deadline, as the rules see it. `due` is a Danish date, whole until its midnight."""

    kind: str
    key: str
    due: date
    notify: tuple[str, ...] = ()
    provider_id: str | None = None
    status: str = "asked"  # the row of process.py at which it stands
    resumes: str | None = None  # where it stood when it was paused
    near: int | None = None  # the threshold that was told last, in working days before the day
    heard: tuple[str, ...] = ()  # the roles that have heard that the day has passed


class Words(TypeDecorator[tuple[str, ...]]):
    """A few names in one column, with spaces between."""

    impl = sa.String
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Any) -> str | None:
        return None if value is None else " ".join(value)

    def process_result_value(self, value: str | None, dialect: Any) -> tuple[str, ...] | None:
        return None if value is None else tuple(value.split())


class DeadlineRow(Base):
    """A deadline in the table that decides. `next_at` is the Danish date on which the next thing is told of it."""

    __tablename__ = "deadline"
    __table_args__ = (
        sa.UniqueConstraint("case_id", "kind", "key"),
        sa.Index("deadline_next", "next_at", "id"),
        sa.Index("deadline_due", "due", "id"),
        sa.Index("deadline_provider", "provider_id", "due"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column()
    kind: Mapped[str]
    key: Mapped[str]
    due: Mapped[date]
    notify: Mapped[tuple[str, ...]] = mapped_column(Words)
    provider_id: Mapped[str | None]
    status: Mapped[str]
    resumes: Mapped[str | None]
    near: Mapped[int | None]
    heard: Mapped[tuple[str, ...]] = mapped_column(Words, server_default="")
    reminded: Mapped[int] = mapped_column(default=0)  # of the release before, as is the next; both go with the next
    escalated: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[date | None]
    asked_at: Mapped[datetime]  # when it was asked, or last moved
    ended_at: Mapped[datetime | None]  # when it was met or cancelled
    deadline: Mapped[Deadline] = composite(
        Deadline, "kind", "key", "due", "notify", "provider_id", "status", "resumes", "near", "heard"
    )


class Reckoning(Base):
    """One row: by which settings `next_at` is reckoned, and how far it is reckoned anew since they changed."""

    __tablename__ = "reckoning"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    terms: Mapped[str]
    after: Mapped[UUID | None]  # the last deadline that is reckoned anew
    done: Mapped[bool]


class Notification(Base):
    """Somebody is told of something, by one channel. Its id is made of what it tells: telling twice is telling once."""

    __tablename__ = "notification"
    __table_args__ = (
        sa.Index("notification_case", "case_id"),
        sa.Index("notification_parcel", "parcel_id"),
        sa.Index("notification_sent", "sent_at"),
        sa.Index(
            "notification_queued", "email", "id",
            sqlite_where=sa.text("status = 'queued' AND parcel_id IS NULL"),
            postgresql_where=sa.text("status = 'queued' AND parcel_id IS NULL"),
        ),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    kind: Mapped[str]
    stage: Mapped[str | None]  # of a deadline: near-5, due, missed, escalation-1
    due: Mapped[date | None]
    role: Mapped[str]
    person_id: Mapped[str | None]
    provider_id: Mapped[str | None]
    name: Mapped[str | None]  # as it read when it was told; a provider's is looked up when it is shown
    channel: Mapped[str]  # portal, mail; webhook or queue by way of ordering
    email: Mapped[str | None]
    status: Mapped[str]  # queued, sent, failed, or dropped since it was no longer so
    sent_at: Mapped[datetime | None]  # when it was handed over
    receipt: Mapped[str | None]
    failure: Mapped[str | None]
    deadline_id: Mapped[UUID | None]  # of which it tells
    parcel_id: Mapped[UUID | None]  # the mail by which it leaves, perhaps with others
    attempts: Mapped[int] = mapped_column(default=0)  # of the release before, as is the next; both go with the next
    try_at: Mapped[datetime | None] = mapped_column(default=NEVER)  # that release mails what is queued until then


class CaseRow(Base):
    """What telling needs to know of a case."""

    __tablename__ = "known_case"  # `case` is a table of the phases
    __table_args__ = (sa.Index("known_case_caseworker", "caseworker_id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    team: Mapped[str | None]
    caseworker_id: Mapped[str | None]
    caseworker_name: Mapped[str | None]
    caseworker_email: Mapped[str | None]
    is_confidential: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    closed_on: Mapped[date | None]


class PersonRow(Base):
    """A person who signs in: name, mailbox, how they want to be told, and who stands in while they are away."""

    __tablename__ = "person"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None]
    channel: Mapped[str | None]
    deputy_id: Mapped[str | None]
    away_from: Mapped[date | None]
    away_to: Mapped[date | None]


class ProviderRow(Base):
    """A provider's name, mailbox, and by which channel it is reached."""

    __tablename__ = "provider"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str | None]
    channel: Mapped[str | None]  # portal; webhook or queue where it has a system of its own


class FeedRow(Base):
    """Somebody's calendar: by whose secret it is fetched, and whose deadlines it shows."""

    __tablename__ = "feed"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[str]
    provider_id: Mapped[str | None]
    made_at: Mapped[datetime]
