"""One function per message, and `tick`: what is due is raised, and whoever should know is told.

The caller owns the transaction. A message takes effect at its own time; only `tick` is told what time it is. Whatever
comes twice, or before what others tell, ends in the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from casework.calendar import begins, local_date
from casework.contracts import Message
from casework.contracts.common import (
    DeadlineCancelled,
    DeadlineMet,
    DeadlinePaused,
    DeadlineRequested,
    NotificationRequested,
)
from casework.contracts.intake import CaseChanged, CaseClosed, CaseOpened
from casework.contracts.ordering import ProviderChanged
from casework.contracts.portal import PersonChanged
from casework.contracts.scheduler import NotificationSent
from casework.database import lock
from casework.errors import NotYet
from casework.messaging import Cause, Envelope, UnknownMessage, put
from casework.process import HOUSE, End
from scheduler import life, rules
from scheduler.model import CaseRow, Deadline, DeadlineRow, Notification, PersonRow, ProviderRow, id_of
from scheduler.process import DEADLINE
from scheduler.rules import Addressee, Terms

log = structlog.get_logger()

BATCH = 100


@dataclass(frozen=True)
class House:
    """What is settled for the installation: how people are told, and whether there is a mail server."""

    terms: Terms
    mails: bool = False


def take(house: House, session: Session, envelope: Envelope, message: Message) -> None:
    """Answer one message. Raises NotYet where it needs a case that has not been told yet."""
    handle = HANDLERS.get(type(message))
    if handle is None:
        raise UnknownMessage(f"{envelope.type} er ikke til scheduler")
    handle(house, session, envelope, message)


# deadlines
def note_deadline(house: House, session: Session, envelope: Envelope, message: Any) -> None:
    """deadline.requested, met, cancelled, paused: carried along the process."""
    case_id = UUID(envelope.subject)
    row = session.get(DeadlineRow, id_of(case_id, message.kind, message.key), with_for_update=True)
    before = row.deadline if row else None
    after = life.answer(before, message, local_date(envelope.time), house.terms)
    if after is None or after == before:
        return
    if row is None:
        row = DeadlineRow(id=id_of(case_id, message.kind, message.key), case_id=case_id, asked_at=envelope.time)
        session.add(row)
    elif before and before.due != after.due:
        row.asked_at = envelope.time
    if isinstance(DEADLINE.rows[after.status], End):
        row.ended_at = envelope.time
    _keep(row, after, house.terms)
    due = after.due.isoformat()
    log.info("deadline_noted", case_id=envelope.subject, kind=after.kind, status=after.status, due=due)


def _keep(row: DeadlineRow, deadline: Deadline, terms: Terms) -> None:
    row.deadline = deadline
    row.next_at = life.next_day(deadline, terms)


# what telling needs to know
def know_case(house: House, session: Session, envelope: Envelope, message: CaseOpened) -> None:
    """case.opened, case.changed: the whole anew. A new caseworker is told, unless they gave themself the case."""
    case_id = UUID(envelope.subject)
    row = session.get(CaseRow, case_id)
    before = row.caseworker_id or row.caseworker_name if row else None
    if row is None:
        row = CaseRow(id=case_id)
        session.add(row)
    who = message.caseworker
    row.number, row.team = message.case_number, message.team
    row.caseworker_id, row.caseworker_name, row.caseworker_email = (who.id, who.name, who.email) if who else (None,) * 3
    after = row.caseworker_id or row.caseworker_name
    if isinstance(message, CaseChanged) and after not in (None, before, envelope.actor):
        new = _caseworker(session, row)
        _tell(session, house, row, "case.changed", (envelope.id,), [new], envelope.time, _follows(envelope))


def note_closing(house: House, session: Session, envelope: Envelope, message: CaseClosed) -> None:
    """Nothing stops here: the phases cancel their own deadlines, and some outlive the case."""
    row = session.get(CaseRow, UUID(envelope.subject))
    if row is None:
        raise NotYet("Sagen er ikke meldt åbnet endnu")
    row.closed_on = message.closed_on


def know_provider(house: House, session: Session, envelope: Envelope, message: ProviderChanged) -> None:
    session.merge(ProviderRow(id=message.provider_id, name=message.name, email=message.email))


def know_person(house: House, session: Session, envelope: Envelope, message: PersonChanged) -> None:
    session.merge(PersonRow(id=message.person_id, name=message.name, email=message.email, channel=message.channel))


# notifications
def notify(house: House, session: Session, envelope: Envelope, message: NotificationRequested) -> None:
    """A phase knows who should know. Kept with the case until the case is known; nobody is mailed what they did.

    A provider is told where its role is named, or nobody else is: its id alone may just say which order it is about.
    """
    case = session.get(CaseRow, UUID(envelope.subject))
    if case is None:
        raise NotYet("Sagen er ikke meldt åbnet endnu")
    roles = message.roles or (() if message.person_id else ("provider",))
    people = _whom(session, case, roles, message.provider_id, message.person_id)
    people = [replace(one, email=None) if one.person_id and one.person_id == envelope.actor else one for one in people]
    _tell(session, house, case, message.kind, (envelope.id,), people, envelope.time, _follows(envelope))


def _follows(envelope: Envelope) -> Cause:
    return Cause(envelope.time, envelope.actor or HOUSE.id, envelope.id, envelope.correlation)


def _tell(
    session: Session, house: House, case: CaseRow, kind: str, key: Iterable[object], people: Iterable[Addressee],
    now: datetime, cause: Cause, *, stage: str | None = None, due: date | None = None,
) -> None:  # fmt: skip
    """Tell each by each of their channels, once per key. The portal is told in this commit; mails are queued."""
    lock(session, _line(case.id))
    for one in people:
        for channel in rules.channels(one, mails=house.mails):
            mine = id_of(*key, one.address, channel)
            if session.get(Notification, mine) is not None:
                continue
            row = Notification(
                id=mine, case_id=case.id, kind=kind, stage=stage, due=due, role=one.role, person_id=one.person_id,
                provider_id=one.provider_id, name=None if one.provider_id else one.name, channel=channel,
                email=one.email if channel == "mail" else None, status="queued", attempts=0,
            )  # fmt: skip
            session.add(row)
            if channel == "portal":
                sent(session, row, one.to, now, cause)


def sent(session: Session, row: Notification, to: str, now: datetime, cause: Cause, failure: str | None = None) -> None:
    """Note that somebody has been told, or that it was given up, and tell the portal.

    The message is numbered per addressee and case, so that no two cases wait for each other.
    """
    lock(session, _line(row.case_id))
    row.status, row.sent_at, row.failure = "failed" if failure else "sent", None if failure else now, failure
    message = NotificationSent(
        kind=row.kind, to=to, channel=row.channel, sent_at=now, case_id=str(row.case_id), failure=failure
    )
    address = Addressee(row.role, row.person_id, row.provider_id).address
    put(session, "scheduler", f"{address}/{row.case_id}", message, cause)


def _whom(
    session: Session, case: CaseRow, roles: Iterable[str], provider_id: str | None, person_id: str | None = None
) -> list[Addressee]:
    provider, person = None, None
    if provider_id:
        known = session.get(ProviderRow, provider_id)
        provider = Addressee("provider", None, provider_id, known and known.name, known and known.email)
    if person_id:
        person = _person(session, Addressee("person", person_id))
    return rules.whom(roles, caseworker=_caseworker(session, case), provider=provider, person=person)


def _caseworker(session: Session, case: CaseRow) -> Addressee:
    named = Addressee("caseworker", case.caseworker_id, None, case.caseworker_name, case.caseworker_email)
    return _person(session, named)


def _person(session: Session, named: Addressee) -> Addressee:
    known = session.get(PersonRow, named.person_id) if named.person_id else None
    if known is None:
        return named
    return replace(named, name=known.name, email=rules.mailbox(known.email or named.email, known.channel))


# days
def tick(house: House, session: Session, now: datetime, limit: int = BATCH) -> int:
    """Raise what is due on the Danish day of `now`, at most `limit` deadlines; how many have moved.

    Several may tick at once: what one has claimed, and the case it belongs to, the others pass by. A deadline waits
    until its case is known.
    """
    today = local_date(now)
    query = (
        sa.select(DeadlineRow, CaseRow)
        .join(CaseRow, CaseRow.id == DeadlineRow.case_id)
        .where(DeadlineRow.next_at <= today)
        .order_by(DeadlineRow.next_at, DeadlineRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=DeadlineRow)
    )
    claimed = [(row, case) for row, case in session.execute(query) if _alone(session, row.case_id)]
    claimed.sort(key=lambda pair: (pair[0].case_id, pair[0].due, pair[0].kind, pair[0].key))
    for row, case in claimed:
        _raise(house, session, row, case, now)
    return len(claimed)


def _alone(session: Session, case_id: UUID) -> bool:
    """Nobody else raises or tells in this case until we commit. Never waits, so that no two can wait for each other."""
    if session.get_bind().dialect.name != "postgresql":
        return True  # SQLite has but one writer
    name = sa.func.hashtextextended(_line(case_id), 0)
    return bool(session.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(name))))


def _line(case_id: UUID) -> str:
    return f"tell/{case_id}"


def _raise(house: House, session: Session, row: DeadlineRow, case: CaseRow, now: datetime) -> None:
    """A message takes effect when its day began, or when it was asked where that was later; people are told now."""
    after, steps = life.pass_days(row.deadline, local_date(now), house.terms)
    for step in steps:
        cause = Cause(max(begins(step.day), row.asked_at), HOUSE.id)
        for event in step.events:
            if isinstance(event, Message):
                put(session, "scheduler", str(row.case_id), event, cause)
            elif isinstance(event, rules.Tell):
                people = _whom(session, case, event.roles, row.provider_id)
                key = (row.id, row.asked_at.isoformat(), event.stage)
                _tell(session, house, case, row.kind, key, people, now, cause, stage=event.stage, due=row.due)
        log.info("deadline_raised", case_id=str(row.case_id), kind=row.kind, row=step.row, due=row.due.isoformat())
    _keep(row, after, house.terms)


def next_moment(session: Session, now: datetime) -> datetime | None:
    """The first moment after `now` at which a tick finds something; None where nothing waits for a day.

    What is due already (asked since the last tick) is found a second from now, so that whoever goes from moment to
    moment always gets on.
    """
    day = session.scalar(sa.select(sa.func.min(DeadlineRow.next_at)).join(CaseRow, CaseRow.id == DeadlineRow.case_id))
    return max(begins(day), now + timedelta(seconds=1)) if day else None


Handle = Callable[[House, Session, Envelope, Any], None]

HANDLERS: dict[type, Handle] = {
    CaseOpened: know_case,
    CaseChanged: know_case,
    CaseClosed: note_closing,
    ProviderChanged: know_provider,
    PersonChanged: know_person,
    DeadlineRequested: note_deadline,
    DeadlineMet: note_deadline,
    DeadlineCancelled: note_deadline,
    DeadlinePaused: note_deadline,
    NotificationRequested: notify,
}
