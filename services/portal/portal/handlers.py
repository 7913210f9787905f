"""One function per message: what it says of a row is kept where nothing later has been heard of it.

Whatever comes twice, or before what others tell, ends in the same rows. The caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.contracts import Message
from casework.contracts.assessment import RecommendationSubmitted
from casework.contracts.common import (
    DeadlineCancelled,
    DeadlineMet,
    DeadlinePaused,
    DeadlineRequested,
    OverviewChanged,
    PositionChanged,
)
from casework.contracts.deadlines import KINDS
from casework.contracts.intake import CaseChanged, CaseClosed, CaseOpened, CitizenIndexed
from casework.contracts.ordering import ProviderChanged
from casework.contracts.scheduler import DeadlineApproaching, DeadlineDue, DeadlineMissed, NotificationSent
from casework.messaging import Envelope, UnknownMessage
from casework.schema import dump
from portal.agenda import PASSING
from portal.casefile import standing
from portal.model import NEVER, Citizen, Deadline, ListedCase, Notification, Overview, Position, Provider


def take(session: Session, envelope: Envelope, message: Message) -> None:
    """Answer one message. Raises UnknownMessage for one that is not meant for the portal."""
    handle = HANDLERS.get(type(message))
    if handle is None:
        raise UnknownMessage(f"{envelope.type} er ikke til portalen")
    handle(session, envelope, message)
    if message.contract.subject == "case":
        _sum_up(session, envelope)


def stamp(envelope: Envelope) -> str:
    """Sorts messages by when it happened; at the same moment by producer and its count."""
    number = int(envelope.numbers.get("portal", 0))
    return f"{envelope.time:%Y%m%d%H%M%S%f} {envelope.producer} {number:09d}"


# the case
def know_case(session: Session, envelope: Envelope, message: CaseOpened) -> None:
    case, mine = _case(session, envelope), stamp(envelope)
    if mine <= case.known:
        return
    case.known = mine
    case.number, case.citizen_id, case.track = message.case_number, message.citizen_id, message.track
    case.team, case.linked_from, case.is_confidential = message.team, message.linked_from, bool(message.is_confidential)
    who = message.caseworker
    case.caseworker_id, case.caseworker_name = (who.id, who.name) if who else (None, None)


def note_closing(session: Session, envelope: Envelope, message: CaseClosed) -> None:
    case = _case(session, envelope)
    case.closed_on = max(case.closed_on or message.closed_on, message.closed_on)


def note_submission(session: Session, envelope: Envelope, message: RecommendationSubmitted) -> None:
    case = _case(session, envelope)
    case.submitted_at = max(case.submitted_at or envelope.time, envelope.time)


def note_position(session: Session, envelope: Envelope, message: PositionChanged) -> None:
    place = (UUID(envelope.subject), message.process, message.key or "", message.number)
    row, mine = session.get(Position, place), stamp(envelope)
    if row is None:
        case_id, process, key, number = place
        row = Position(case_id=case_id, process=process, key=key, number=number, stamp="")
        session.add(row)
    if mine > row.stamp:
        row.at, row.since, row.stamp = message.arrives, envelope.time, mine


def note_overview(session: Session, envelope: Envelope, message: OverviewChanged) -> None:
    place = (UUID(envelope.subject), envelope.producer)
    row, mine = session.get(Overview, place), stamp(envelope)
    if row is None:
        row = Overview(case_id=place[0], process=place[1], stamp="")
        session.add(row)
    if mine > row.stamp:
        row.warnings, row.tasks, row.stamp = len(message.warnings), [dump(task) for task in message.tasks], mine


# deadlines
def request_deadline(session: Session, envelope: Envelope, message: DeadlineRequested) -> None:
    row, mine = _deadline(session, envelope, message), stamp(envelope)
    if mine > row.due_stamp:
        row.due, row.provider_id, row.due_stamp = message.due, message.provider_id, mine
    _becomes(row, "open", mine)


def end_deadline(
    session: Session, envelope: Envelope, message: DeadlineMet | DeadlineCancelled | DeadlinePaused
) -> None:
    state = {DeadlineMet: "met", DeadlineCancelled: "cancelled", DeadlinePaused: "paused"}[type(message)]
    _becomes(_deadline(session, envelope, message), state, stamp(envelope))


def raise_deadline(session: Session, envelope: Envelope, message: Any) -> None:
    row, mine = _deadline(session, envelope, message), stamp(envelope)
    if mine > row.raised_stamp:
        row.raised, row.raised_due, row.raised_stamp = message.contract.name.split(".")[1], message.due, mine


def _deadline(session: Session, envelope: Envelope, message: Any) -> Deadline:
    place = (UUID(envelope.subject), message.kind, message.key)
    row = session.get(Deadline, place)
    if row is None:
        row = Deadline(
            case_id=place[0], kind=place[1], key=place[2], state="open", due_stamp="", state_stamp="", raised_stamp=""
        )
        session.add(row)
    return row


def _becomes(row: Deadline, state: str, mine: str) -> None:
    if mine > row.state_stamp:
        row.state, row.state_stamp = state, mine


# people
def index_citizen(session: Session, envelope: Envelope, message: CitizenIndexed) -> None:
    _newest(session, Citizen, UUID(envelope.subject), stamp(envelope),
            name=message.citizen_name, born_on=message.born_on, cpr_hash=message.cpr_hash)  # fmt: skip


def know_provider(session: Session, envelope: Envelope, message: ProviderChanged) -> None:
    _newest(session, Provider, message.provider_id, stamp(envelope),
            name=message.name, cvr=message.cvr, p_number=message.p_number, ean=message.ean, offer=message.offer,
            email=message.email)  # fmt: skip


def _newest(session: Session, table: Any, key: Any, mine: str, **values: Any) -> None:
    row = session.get(table, key)
    if row is None:
        session.add(table(id=key, stamp=mine, **values))
    elif mine > row.stamp:
        row.stamp = mine
        for name, value in values.items():
            setattr(row, name, value)


def note_notification(session: Session, envelope: Envelope, message: NotificationSent) -> None:
    """The subject says whose bell rings, and about which case: `person:karen/0b2f…`. Another
    channel rings no bell, unless it was given up.
    """
    if message.channel != "portal" and not message.failure:
        return
    address = envelope.subject.rpartition("/")[0] or envelope.subject
    if session.get(Notification, envelope.id) is None:
        case_id = UUID(message.case_id) if message.case_id else None
        session.add(
            Notification(
                id=envelope.id,
                address=address,
                kind=message.kind,
                case_id=case_id,
                sent_at=message.sent_at,
                failure=message.failure,
                channel=message.channel,
                fallback=message.fallback,
            )
        )


# what follows for the list
def _case(session: Session, envelope: Envelope) -> ListedCase:
    case_id = UUID(envelope.subject)
    row = session.get(ListedCase, case_id)
    if row is None:
        row = ListedCase(id=case_id, known="", updated_at=envelope.time, tasks=[], is_confidential=False)
        session.add(row)
    return row


def _sum_up(session: Session, envelope: Envelope) -> None:
    """Reckon the row of the list anew; it depends on the other rows only, and not on what came when."""
    case = _case(session, envelope)
    session.flush()
    case.updated_at = max(case.updated_at, envelope.time)
    rows = session.scalars(sa.select(Position).where(Position.case_id == case.id)).all()
    positions: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        positions.setdefault(row.process, []).append({"at": row.at})
    case.phase = standing(positions)["phase"]
    overviews = session.scalars(sa.select(Overview).where(Overview.case_id == case.id).order_by(Overview.process)).all()
    case.warnings = sum(overview.warnings for overview in overviews)
    case.tasks = [task for overview in overviews for task in overview.tasks]
    deadlines = session.scalars(sa.select(Deadline).where(Deadline.case_id == case.id)).all()
    open_ones = [(d.due, d.kind) for d in deadlines if d.due and d.state == "open" and not _is_nobodys(d)]
    case.next_due, case.next_kind = min(open_ones, default=(None, None)) if case.closed_on is None else (None, None)
    case.due_sort = case.next_due or NEVER


def _is_nobodys(d: Deadline) -> bool:
    """For the house alone; or a day that has passed, after which nobody is to do anything."""
    silent = d.kind in KINDS and KINDS[d.kind].silent
    return silent or (d.kind in PASSING and d.raised == "missed" and d.raised_due == d.due)


HANDLERS: dict[type, Callable[..., None]] = {
    CaseOpened: know_case,
    CaseChanged: know_case,
    CaseClosed: note_closing,
    RecommendationSubmitted: note_submission,
    PositionChanged: note_position,
    OverviewChanged: note_overview,
    DeadlineRequested: request_deadline,
    DeadlineMet: end_deadline,
    DeadlineCancelled: end_deadline,
    DeadlinePaused: end_deadline,
    DeadlineApproaching: raise_deadline,
    DeadlineDue: raise_deadline,
    DeadlineMissed: raise_deadline,
    CitizenIndexed: index_citizen,
    ProviderChanged: know_provider,
    NotificationSent: note_notification,
}
