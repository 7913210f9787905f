"""A parcel: what is handed over to somebody outside, how it is put out, and how it is sent again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.channels.tables import FAILED, SENT, WAITING, ParcelRow
from casework.database import insert_new
from casework.errors import NotFound, Refusal


class NotSent(Exception):
    """The receiver did not take it. Reasons are codes (`HTTP 503`), and never quote an address or a body.

    `for_good`: this parcel never will be taken, and is given up at once. `after`: the receiver asks for so long a rest.
    """

    def __init__(self, reason: str, *, for_good: bool = False, after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.for_good, self.after = for_good, after


class AlreadySent(Refusal):
    """Sent again, it would be another parcel."""

    status = 409
    title = "Det er allerede sendt"


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """What is to be handed over. `id` is made (uuid5) from what it is about, so that the same put out twice is one."""

    id: UUID
    channel: str  # webhook, queue, digital-post, file …
    receiver: str  # an id; order is kept per channel and receiver
    kind: str  # e.g. order.sent
    body: bytes
    content_type: str
    case_id: UUID | None = None
    about: str = ""  # for operators and the case page, e.g. 2026-00001-1/2; no personal data
    made_at: datetime


Channel = Callable[[Parcel], str]
"""Hands over one parcel. Returns a receipt (`HTTP 202`, a path, a delivery tag); raises NotSent."""

Settled = Callable[[Session, ParcelRow], None]
"""Hears in the same commit that a parcel has been sent, or given up."""


def put_out(session: Session, parcel: Parcel) -> bool:
    """Owe somebody this parcel. False where it has been put out before; nothing is then changed.

    The caller's transaction decides whether it is ever sent. It waits for no sender, and for no other caller.
    """
    return bool(insert_new(session, ParcelRow, [asdict(parcel)], ("id",)))


def parcels_of(session: Session, case_id: UUID) -> list[ParcelRow]:
    """Everything that has been put out about a case, oldest first; without the bodies."""
    query = sa.select(ParcelRow).where(ParcelRow.case_id == case_id).order_by(ParcelRow.position)
    return list(session.scalars(query))


def retry(session: Session, parcel_id: UUID) -> ParcelRow:
    """Let a parcel that was given up go again, before those that wait, and at once. One that waits is left as it is.

    Raises NotFound, or AlreadySent.
    """
    row: ParcelRow | None = session.scalar(sa.select(ParcelRow).where(ParcelRow.id == parcel_id).with_for_update())
    if row is None:
        raise NotFound("Forsendelsen findes ikke her")
    if row.status == SENT:
        raise AlreadySent("Forsendelsen er allerede afleveret")
    if row.status == FAILED:
        row.status, row.lined_at = WAITING, None
    return row


def parcel_of(row: ParcelRow) -> Parcel:
    """As it was put out."""
    names: dict[str, Any] = Parcel.__dataclass_fields__
    return Parcel(**{name: getattr(row, name) for name in names})
