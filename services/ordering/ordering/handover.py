"""Hands orders over to providers' own systems: what is told of an order is put out in the same commit, or not at all.

A provider without a system of its own gets nothing here: its people read the order in the portal, and the scheduler's
mail says that there is news, without saying of whom. With one, what the scheduler tells goes this way too (ADR 18).
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.channels import Parcel, ParcelRow, parcels_of, put_out
from casework.channels.tables import SENT, WAITING
from casework.contracts import Message
from casework.contracts.delivery import AnswerHandled
from casework.contracts.ordering import BY_SYSTEM, OrderCancelled, OrderEnded, OrderSent, ProviderNoticeHandled
from casework.contracts.scheduler import ProviderNoticeRequested
from casework.database import lock
from casework.messaging import Envelope, hold
from casework.process import Situation
from casework.records import Json
from ordering import fhir, payload
from ordering.model import NoticeRow, ProviderLineRow, ProviderRow, State
from ordering.payload import Head, Opening, OrderEvent

_ORDERED = ("order.sent", "order.changed")
TOLD_BY = {
    "ordering.sent": _ORDERED,
    "delivery.answer": _ORDERED,
    "ordering.cancelled": ("order.cancelled",),
    "ordering.ended": ("order.ended",),
}
"""The news that a message of the order itself tells."""

NO_SYSTEM = "udføreren har ikke et system"
NO_ORDER = "udføreren er ikke sendt en bestilling i sagen"


def hand_over(session: Session, s: Situation[State], messages: Iterable[Message]) -> None:
    """Put out what these messages say to providers with a system of their own, next in each one's line."""
    told = [m for m in messages if isinstance(m, OrderSent | OrderCancelled | OrderEnded)]
    for provider in _with_system(session, {event.provider_id for event in told}):
        # One at a time, and always in this order: else two cases with the same two providers wait for each other.
        lock(session, f"provider-line/{provider.id}")
        line = _line(session, provider.id)
        for event in told:
            if event.provider_id == provider.id:
                _put_out(session, s, provider, line, event)


def tell_outcome(session: Session, told: AnswerHandled, envelope: Envelope, municipality: str) -> None:
    """Put out what came of a provider's answer, next in its line. One without a system any more is not told."""
    for provider in _with_system(session, {told.provider_id}):
        lock(session, f"provider-line/{provider.id}")
        line = _line(session, provider.id)
        sent = payload.outcome(told, envelope.id, municipality, line.number + 1, envelope.time)
        if put_out(session, parcel(sent, provider.channel, provider.message_format)):
            line.number = sent.sequence


def _with_system(session: Session, ids: set[str]) -> Sequence[ProviderRow]:
    query = sa.select(ProviderRow).where(ProviderRow.id.in_(ids), ProviderRow.channel.in_(BY_SYSTEM))
    return session.scalars(query.order_by(ProviderRow.id)).all() if ids else ()


def _line(session: Session, provider_id: str) -> ProviderLineRow:
    line = session.get(ProviderLineRow, provider_id, populate_existing=True)
    if line is None:
        line = ProviderLineRow(provider_id=provider_id, number=0)
        session.add(line)
    return line


def _put_out(
    session: Session, s: Situation[State], provider: ProviderRow, line: ProviderLineRow, event: OrderEvent
) -> None:
    sent = payload.message(s, event, line.number + 1)
    if put_out(session, parcel(sent, provider.channel, provider.message_format)):
        line.number = sent.sequence


def parcel(sent: Opening, channel: str, form: str) -> Parcel:
    """The message, ready to go. What operators see of it names the order, or the answer, and nobody."""
    case_id, about = _about(sent)
    writing = fhir if form == "fhir" and isinstance(sent, fhir.BUNDLED) else payload
    return Parcel(
        id=sent.id,
        channel=channel,
        receiver=sent.provider_id,
        kind=sent.kind,
        body=writing.to_bytes(sent),
        content_type=writing.CONTENT_TYPE,
        case_id=case_id,
        about=about,
        made_at=sent.sent_at,
    )


def _about(sent: Opening) -> tuple[UUID | None, str]:
    match sent:
        case Head():
            return sent.case_id, f"{sent.order_number}/{sent.version}"
        case payload.Answered():
            return sent.case_id, str(sent.answer_id or "")
    raise TypeError(f"{sent.kind} is about nothing that an operator knows")


# what the scheduler wants told
def tell(session: Session, s: Situation[State], asked: ProviderNoticeRequested) -> ProviderNoticeHandled | None:
    """Tell a provider's system, next in its line. Returns what came of it, where that is known already.

    What the order's own message tells is not told twice: the notice then fares as that message does. The caller holds
    the outbox of the case, as `settled` does: so a parcel that is settled meanwhile is not missed.
    """
    if not (found := _with_system(session, {asked.provider_id})):
        return _handled(asked.notification_id, asked.provider_id, failure=NO_SYSTEM)
    (provider,) = found
    lock(session, f"provider-line/{provider.id}")
    row = _parcel_of_order(session, s, asked) if asked.kind in TOLD_BY else _put_out_notice(session, s, provider, asked)
    if row is None:
        return _handled(asked.notification_id, provider.id, failure=NO_ORDER)
    session.merge(NoticeRow(notification_id=asked.notification_id, parcel_id=row.id))
    return None if row.status == WAITING else _outcome(asked.notification_id, row)


def _parcel_of_order(session: Session, s: Situation[State], asked: ProviderNoticeRequested) -> ParcelRow | None:
    """The newest message of the order that tells it."""
    query = sa.select(ParcelRow).where(
        ParcelRow.case_id == s.case_id, ParcelRow.receiver == asked.provider_id, ParcelRow.kind.in_(TOLD_BY[asked.kind])
    )
    return session.scalar(query.order_by(ParcelRow.position.desc()).limit(1).with_for_update())


def _put_out_notice(
    session: Session, s: Situation[State], provider: ProviderRow, asked: ProviderNoticeRequested
) -> ParcelRow | None:
    line = _line(session, provider.id)
    notice = payload.notice(s, asked, line.number + 1)
    if notice is None:
        return None
    if put_out(session, parcel(notice, provider.channel, provider.message_format)):
        line.number = notice.sequence
    return session.scalars(sa.select(ParcelRow).where(ParcelRow.id == notice.id)).one()


def settled(session: Session, row: ParcelRow) -> list[ProviderNoticeHandled]:
    """What the scheduler is to hear of a parcel that has been sent, or given up."""
    with session.no_autoflush:  # the outbox before the parcel, as everywhere
        hold(session, [str(row.case_id)])
    told = session.scalars(sa.select(NoticeRow.notification_id).where(NoticeRow.parcel_id == row.id))
    return [_outcome(notification_id, row) for notification_id in told]


def _outcome(notification_id: UUID, row: ParcelRow) -> ProviderNoticeHandled:
    if row.status == SENT:
        outcome = {"handed_over_at": row.sent_at, "receipt": row.receipt}
    else:
        outcome = {"failure": row.failure}
    return _handled(notification_id, row.receiver, channel=row.channel, **outcome)


def _handled(notification_id: UUID, provider_id: str, **outcome: Any) -> ProviderNoticeHandled:
    return ProviderNoticeHandled(notification_id=notification_id, provider_id=provider_id, **outcome)


# how far it is
def with_delivery(session: Session, s: Situation[Any], parts: Json) -> Json:
    """The case's orders, each with what has been put out about it, and how far that is."""
    rows = parcels_of(session, s.case_id)
    orders = [{**order, **_delivery(order["number"], rows)} for order in parts["orders"]]
    return {**parts, "orders": orders}


def _delivery(number: str, rows: Iterable[ParcelRow]) -> Json:
    mine = [_shown(row) for row in rows if row.kind != "order.notice" and row.about.rpartition("/")[0] == number]
    return {"delivery": mine} if mine else {}


def _shown(row: ParcelRow) -> Json:
    shown = {
        "kind": row.kind,
        "version": int(row.about.rpartition("/")[2]),
        "channel": row.channel,
        "status": row.status,
        "attempts": row.attempts,
        "sent_at": row.sent_at and row.sent_at.isoformat(),
        "failure": row.failure,
        "receipt": row.receipt,
    }
    return {name: value for name, value in shown.items() if value is not None}
