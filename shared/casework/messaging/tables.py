"""Where messages stand on their way out and in. Every service has these tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from casework.database import Base


class Outgoing(Base):
    """The outbox: what a commit owes others. Sent when `sent_at` is set, in the order of `position`."""

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index(
            "outbox_unsent",
            "position",
            sqlite_where=sa.text("sent_at IS NULL"),
            postgresql_where=sa.text("sent_at IS NULL"),
        ),
    )
    position: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    id: Mapped[UUID] = mapped_column(unique=True)
    type: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    consumers: Mapped[list[Any]]
    envelope: Mapped[dict[str, Any]]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None]


class Line(Base):
    """How far a line of messages has come: the last number given (out) or taken (in) per subject and other end."""

    __tablename__ = "line"
    way: Mapped[str] = mapped_column(primary_key=True)  # out or in
    other: Mapped[str] = mapped_column(primary_key=True)  # the consumer (out) or the producer (in)
    subject: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]


class Incoming(Base):
    """The inbox: every message that has come, once. `status` says what has become of it."""

    __tablename__ = "inbox"
    __table_args__ = (
        sa.Index("inbox_line", "producer", "subject", "number"),
        sa.Index(
            "inbox_open",
            "status",
            "subject",
            sqlite_where=sa.text("status <> 'done'"),
            postgresql_where=sa.text("status <> 'done'"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)  # the message's own; a second copy finds it there
    producer: Mapped[str]
    type: Mapped[str]
    subject: Mapped[str]
    number: Mapped[int]
    time: Mapped[datetime]
    envelope: Mapped[dict[str, Any]]
    status: Mapped[str]  # new, waiting (the process does not await it yet), unknown (to this release), done, parked
    attempts: Mapped[int] = mapped_column(default=0)
    try_at: Mapped[datetime | None]  # not before; the consumer's own delay, never the broker's
    reason: Mapped[str | None]
    came_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
