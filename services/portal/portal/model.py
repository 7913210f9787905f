"""What the portal keeps for lists and search, told by messages; and what is its own: people, and who looked at what.

A row that several services tell of carries stamps: what happened later wins, in whichever order it is heard.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from casework.database import own_base

Base: Any = own_base("portal")

NEVER = date(9999, 12, 31)  # sorts a case without a deadline last
UNHEARD = ""  # the stamp before all others
AWAITS_LEADER = """CAST(listed_case.tasks AS VARCHAR) LIKE '%"leader"%'"""
"""Of a listed case. In these words alone the index is found: with a parameter it is not known to fit."""


def _part(name: str, *columns: str, where: str) -> sa.Index:
    """An index of some rows only."""
    return sa.Index(name, *columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


class ListedCase(Base):
    """A case as a list shows it. `phase`, `next_due` … are reckoned whenever a row below changes."""

    __tablename__ = "listed_case"
    __table_args__ = (
        sa.Index("listed_case_due", "due_sort", "id"),
        sa.Index("listed_case_own", "caseworker_id", "due_sort", "id"),
        sa.Index("listed_case_team", "team", "due_sort", "id"),
        _part("listed_case_named", "caseworker_name", "due_sort", "id", where="caseworker_id IS NULL"),
        _part("listed_case_awaits_leader", "due_sort", "id", where=AWAITS_LEADER),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    known: Mapped[str] = mapped_column(default=UNHEARD)  # stamp of case.opened or case.changed
    number: Mapped[str | None] = mapped_column(index=True)  # None: nobody has told yet that the case is open
    citizen_id: Mapped[UUID | None] = mapped_column(index=True)
    track: Mapped[str | None]
    team: Mapped[str | None]
    caseworker_id: Mapped[str | None]
    caseworker_name: Mapped[str | None]
    is_confidential: Mapped[bool] = mapped_column(default=False)
    linked_from: Mapped[UUID | None]
    closed_on: Mapped[date | None]
    submitted_at: Mapped[datetime | None]  # when a recommendation was last put before the leader
    updated_at: Mapped[datetime]
    phase: Mapped[str] = mapped_column(default="intake")
    next_due: Mapped[date | None]
    next_kind: Mapped[str | None]
    due_sort: Mapped[date] = mapped_column(default=NEVER)
    warnings: Mapped[int] = mapped_column(default=0)
    tasks: Mapped[list[Any]] = mapped_column(default=list)  # [{"name", "label", "roles"}], open now


class Position(Base):
    """Where one number of one process stands."""

    __tablename__ = "position"
    __table_args__ = (sa.Index("position_key", "process", "key"),)
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    process: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)  # the provider, where there is a series of numbers per provider
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[str]
    since: Mapped[datetime]
    stamp: Mapped[str] = mapped_column(default=UNHEARD)


class Overview(Base):
    """What one phase warns of and waits for."""

    __tablename__ = "overview"
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    process: Mapped[str] = mapped_column(primary_key=True)
    warnings: Mapped[int]
    tasks: Mapped[list[Any]]
    stamp: Mapped[str] = mapped_column(default=UNHEARD)


class Deadline(Base):
    """One deadline. The day is told by the newest request, what became of it by the newest of all."""

    __tablename__ = "deadline"
    __table_args__ = (
        sa.Index("deadline_awaited", "state", "due", "case_id", "kind", "key"),
        sa.Index("deadline_provider", "provider_id", "state"),
    )
    case_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    due: Mapped[date | None]
    provider_id: Mapped[str | None]
    due_stamp: Mapped[str] = mapped_column(default=UNHEARD)
    state: Mapped[str] = mapped_column(default="open")  # open, paused, met or cancelled
    state_stamp: Mapped[str] = mapped_column(default=UNHEARD)
    raised: Mapped[str | None]  # approaching, due or missed, as the scheduler last said
    raised_due: Mapped[date | None]  # of which day it said so
    raised_stamp: Mapped[str] = mapped_column(default=UNHEARD)


class Citizen(Base):
    """By whom a case is found: name, day of birth, and what stands for the CPR number.

    Parts of names are found by an index that PostgreSQL has where it has trigrams (migration 0005).
    """

    __tablename__ = "citizen"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(index=True)
    born_on: Mapped[date | None]
    cpr_hash: Mapped[str | None] = mapped_column(index=True)
    stamp: Mapped[str] = mapped_column(default=UNHEARD)


class Provider(Base):
    """A provider as the register has it: to choose from in forms."""

    __tablename__ = "provider"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    cvr: Mapped[str | None]
    p_number: Mapped[str | None]
    ean: Mapped[str | None]
    offer: Mapped[str | None]
    email: Mapped[str | None]
    stamp: Mapped[str] = mapped_column(default=UNHEARD)


class Notification(Base):
    """Somebody has been told something: what the bell counts until it is read."""

    __tablename__ = "notification"
    __table_args__ = (
        sa.Index("notification_address", "address", "sent_at"),
        _part("notification_unread", "address", where="read_at IS NULL"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    address: Mapped[str]  # person:…, provider:… or role:…
    kind: Mapped[str]
    case_id: Mapped[UUID | None]
    sent_at: Mapped[datetime]
    failure: Mapped[str | None]
    channel: Mapped[str | None]  # by which it failed
    fallback: Mapped[str | None]  # by which it was told instead
    read_at: Mapped[datetime | None]


class Person(Base):
    """Somebody who signs in. The three of being away are there together, or not at all."""

    __tablename__ = "person"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    role: Mapped[str]
    team: Mapped[str | None]
    provider_id: Mapped[str | None]
    email: Mapped[str | None]
    channel: Mapped[str | None]  # portal: no mails; both, or nothing chosen: mails as well
    deputy_id: Mapped[str | None] = mapped_column(index=True)  # who covers, from the first day away to the last
    away_from: Mapped[date | None]
    away_to: Mapped[date | None]


class Access(Base):
    """Who looked at which case, and when they had the CPR number shown. Never changed, never cut."""

    __tablename__ = "access"
    __table_args__ = (sa.Index("access_case", "case_id", "id"),)
    id: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    case_id: Mapped[UUID]
    person_id: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    what: Mapped[str]  # read, record, act, cpr or refused
    at: Mapped[datetime]
