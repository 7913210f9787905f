"""Where parcels stand on their way out. A service that has channels lists `Base` among its bases."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from casework.database import own_base

Base: Any = own_base("channels")

WAITING, SENT, FAILED = "waiting", "sent", "failed"


class ParcelRow(Base):
    """What is to be handed over, and what became of it. Parcels of one channel and receiver go in order of `position`.

    `made_at` and `sent_at` are the house's time; `lined_at` is the machine's, by which delays run.
    """

    __tablename__ = "parcel"
    __table_args__ = (
        sa.Index(
            "parcel_line_waiting",
            "channel",
            "receiver",
            "position",
            sqlite_where=sa.text("status = 'waiting'"),
            postgresql_where=sa.text("status = 'waiting'"),
        ),
        sa.Index(
            "parcel_open",
            "status",
            "position",
            sqlite_where=sa.text("status <> 'sent'"),
            postgresql_where=sa.text("status <> 'sent'"),
        ),
        sa.Index(
            "parcel_not_lined",
            "channel",
            "receiver",
            sqlite_where=sa.text("lined_at IS NULL"),
            postgresql_where=sa.text("lined_at IS NULL"),
        ),
        sa.Index("parcel_case", "case_id", "position"),
    )
    position: Mapped[int] = mapped_column(
        sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    id: Mapped[UUID] = mapped_column(unique=True)
    channel: Mapped[str]
    receiver: Mapped[str]
    kind: Mapped[str]
    body: Mapped[bytes] = mapped_column(deferred=True)  # read by the sender alone
    content_type: Mapped[str]
    case_id: Mapped[UUID | None]
    about: Mapped[str]
    made_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(default=WAITING)  # waiting, sent, failed (given up)
    lined_at: Mapped[datetime | None]  # when a sender first saw it, or saw it again after `retry`
    attempts: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None]  # why the last attempt did not succeed, as a code
    receipt: Mapped[str | None]
    sent_at: Mapped[datetime | None]


class LineRow(Base):
    """The line of one channel and receiver: whose turn it is to send, and the circuit breaker. By the machine's time.

    Kept while nothing waits, too: what is known of a receiver outlives a parcel and a restart.
    """

    __tablename__ = "parcel_line"
    __table_args__ = (
        sa.Index(
            "parcel_line_due",
            "doubtful",
            "try_at",
            sqlite_where=sa.text("try_at IS NOT NULL"),
            postgresql_where=sa.text("try_at IS NOT NULL"),
        ),
        sa.Index(
            "parcel_line_failing",
            "failing_since",
            sqlite_where=sa.text("failing_since IS NOT NULL"),
            postgresql_where=sa.text("failing_since IS NOT NULL"),
        ),
    )
    channel: Mapped[str] = mapped_column(primary_key=True)
    receiver: Mapped[str] = mapped_column(primary_key=True)
    try_at: Mapped[datetime | None]  # when the first in line goes; None: nobody waits
    leased_until: Mapped[datetime | None]  # it is under way with a sender, who has this long to come back
    failures: Mapped[int] = mapped_column(default=0)  # on end
    failing_since: Mapped[datetime | None]
    doubtful: Mapped[bool] = mapped_column(default=True)  # new, slow or failing the last time

    @property
    def key(self) -> tuple[str, str]:
        return self.channel, self.receiver

    def breaker(self, now: datetime) -> str:
        """`closed`: parcels go. `open`: none goes before `try_at`. `half-open`: one goes, and shows how it is."""
        if self.failing_since is None:
            return "closed"
        return "open" if self.try_at and self.try_at > now else "half-open"
