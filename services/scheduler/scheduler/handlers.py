"""What the scheduler hears: one function per message, within the work of one commit.

The caller owns the transaction. A message takes effect at its own time. Whatever comes twice, or before what others
tell, ends in the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from casework.calendar import local_date
from casework.contracts import Message
from casework.contracts.common import (
    DeadlineCancelled,
    DeadlineMet,
    DeadlinePaused,
    DeadlineRequested,
    NotificationRequested,
)
from casework.contracts.intake import CaseChanged, CaseClosed, CaseOpened
from casework.contracts.ordering import ProviderChanged, ProviderNoticeHandled
from casework.contracts.portal import PersonChanged
from casework.database import among, lock
from casework.errors import NotYet
from casework.messaging import Cause, Envelope, UnknownMessage, put_all
from casework.process import HOUSE, End
from scheduler import deadlines, life, telling
from scheduler.model import CaseRow, DeadlineRow, Notification, PersonRow, ProviderRow, id_of
from scheduler.process import DEADLINE
from scheduler.rules import Addressee, House
from scheduler.telling import News, Notice

log = structlog.get_logger()


Arrivals = Sequence[tuple[Envelope, Message]]


class Work:
    """The messages of one commit: what they touch is loaded together, changed in memory, and written together."""

    def __init__(self, house: House, session: Session, arrivals: Arrivals) -> None:
        self.house, self.session = house, session
        self.told: list[Notice] = []
        heard = [message for _, message in arrivals]
        cases = {UUID(envelope.subject) for envelope, message in arrivals if isinstance(message, OF_CASES)}
        tell = sorted({UUID(envelope.subject) for envelope, message in arrivals if isinstance(message, TELL)})
        lock(session, *map(telling.line, tell))
        self.cases = self._load(CaseRow, cases)
        asked = {_deadline_id(envelope, message) for envelope, message in arrivals if isinstance(message, OF_DEADLINES)}
        self.deadlines = self._load(DeadlineRow, asked, for_update=True)
        handled = [message.notification_id for message in heard if isinstance(message, ProviderNoticeHandled)]
        self.notifications = self._load(Notification, {*handled, *map(_by_mail, handled)})
        self.known = telling.acquaint(session, *self._named(heard, may_tell=bool(tell)))

    def take(self, envelope: Envelope, message: Message) -> None:
        """Answer one message. Raises NotYet where it needs a case that has not been told yet; nothing is changed."""
        handle = HANDLERS.get(type(message))
        if handle is None:
            raise UnknownMessage(f"{envelope.type} er ikke til scheduler")
        handle(self, envelope, message)

    def finish(self) -> None:
        """Write what these messages have brought about, and tell it on."""
        self.session.flush()
        if letters := telling.put_out(self.session, self.told):
            put_all(self.session, "scheduler", letters, alone=True)

    def tell(self, news: News, envelope: Envelope) -> None:
        today, mails = local_date(envelope.time), self.house.mails
        self.told += telling.notices(news, self.known, envelope.time, today, mails=mails, actor=envelope.actor)

    @cached_property
    def in_force(self) -> bool:
        return deadlines.is_in_force(self.session, self.house.terms)

    def _load(self, table: Any, ids: set[UUID], *, for_update: bool = False) -> dict[UUID, Any]:
        if not ids:
            return {}
        query = sa.select(table).where(among(self.session, table.id, ids)).order_by(table.id)
        return {row.id: row for row in self.session.scalars(query.with_for_update() if for_update else query)}

    def _named(self, heard: Iterable[Message], *, may_tell: bool) -> tuple[set[str | None], set[str | None]]:
        """The people and providers whom these messages are about, or who may be told of them."""
        people = {case.caseworker_id for case in self.cases.values()} if may_tell else set()
        providers: set[str | None] = set()
        for message in heard:
            match message:
                case CaseOpened(caseworker=who) if who and may_tell:
                    people.add(who.id)
                case PersonChanged():
                    people |= {message.person_id, message.deputy}
                case NotificationRequested():
                    people.add(message.person_id)
                    providers.add(message.provider_id)
                case ProviderChanged() | ProviderNoticeHandled():
                    providers.add(message.provider_id)
        return people, providers


# deadlines
def note_deadline(work: Work, envelope: Envelope, message: Any) -> None:
    """deadline.requested, met, cancelled, paused: carried along the process."""
    mine, today, terms = _deadline_id(envelope, message), local_date(envelope.time), work.house.terms
    row = work.deadlines.get(mine)
    before = row.deadline if row else None
    after = life.answer(before, message, today, terms)
    if after is None or after == before:
        return
    in_force = work.in_force
    if row is None:
        row = DeadlineRow(id=mine, case_id=UUID(envelope.subject), asked_at=envelope.time)
        work.session.add(row)
        work.deadlines[mine] = row
    elif before and before.due != after.due:
        row.asked_at = envelope.time
    row.ended_at = envelope.time if isinstance(DEADLINE.rows[after.status], End) else None
    deadlines.keep(row, after, terms, today, in_force=in_force)
    due = after.due.isoformat()
    log.info("deadline_noted", case_id=envelope.subject, kind=after.kind, status=after.status, due=due)


def _deadline_id(envelope: Envelope, message: Any) -> UUID:
    return id_of(UUID(envelope.subject), message.kind, message.key)


# what telling needs to know
def know_case(work: Work, envelope: Envelope, message: CaseOpened) -> None:
    """case.opened, case.changed: the whole anew. A new caseworker is told, unless they gave themself the case."""
    case_id = UUID(envelope.subject)
    row = work.cases.get(case_id)
    before = row.caseworker_id or row.caseworker_name if row else None
    if row is None:
        row = work.cases[case_id] = CaseRow(id=case_id)
        work.session.add(row)
    who = message.caseworker
    row.number, row.team, row.is_confidential = message.case_number, message.team, bool(message.is_confidential)
    row.caseworker_id, row.caseworker_name, row.caseworker_email = (who.id, who.name, who.email) if who else (None,) * 3
    after = row.caseworker_id or row.caseworker_name
    if isinstance(message, CaseChanged) and after not in (None, before, envelope.actor):
        key, roles = (envelope.id,), ("caseworker",)
        work.tell(News(case_id, _caseworker(row), "case.changed", key, roles, _follows(envelope)), envelope)


def _caseworker(case: CaseRow) -> Addressee:
    return Addressee("caseworker", case.caseworker_id, None, case.caseworker_name, case.caseworker_email)


def note_closing(work: Work, envelope: Envelope, message: CaseClosed) -> None:
    """Nothing stops here: the phases cancel their own deadlines, and some outlive the case."""
    _case(work, envelope).closed_on = message.closed_on


def _case(work: Work, envelope: Envelope) -> CaseRow:
    case: CaseRow | None = work.cases.get(UUID(envelope.subject))
    if case is None:
        raise NotYet("Sagen er ikke meldt åbnet endnu")
    return case


def know_provider(work: Work, envelope: Envelope, message: ProviderChanged) -> None:
    row = work.known.providers.get(message.provider_id)
    if row is None:
        row = work.known.providers[message.provider_id] = ProviderRow(id=message.provider_id)
        work.session.add(row)
    row.name, row.email, row.channel = message.name, message.email, message.channel


def know_person(work: Work, envelope: Envelope, message: PersonChanged) -> None:
    row = work.known.people.get(message.person_id)
    if row is None:
        row = work.known.people[message.person_id] = PersonRow(id=message.person_id)
        work.session.add(row)
    row.name, row.email, row.channel = message.name, message.email, message.channel
    row.deputy_id, row.away_from, row.away_to = message.deputy, message.away_from, message.away_to


# telling
def notify(work: Work, envelope: Envelope, message: NotificationRequested) -> None:
    """A phase knows who should know. Kept with the case until the case is known; nobody is mailed what they did.

    A provider is told where its role is named, or nobody else is: its id alone may just say which order it is about.
    """
    case, key = _case(work, envelope), (envelope.id,)
    roles = message.roles or (() if message.person_id else ("provider",))
    news = News(
        case.id, _caseworker(case), message.kind, key, roles, _follows(envelope), message.provider_id, message.person_id
    )
    work.tell(news, envelope)


def _follows(envelope: Envelope) -> Cause:
    return Cause.of(envelope, envelope.actor or HOUSE.id)


def note_handled(work: Work, envelope: Envelope, message: ProviderNoticeHandled) -> None:
    """A provider's system has been told. Where it was given up, a mail goes instead; the portal hears of both."""
    row = work.notifications[message.notification_id]
    provider = work.known.providers.get(message.provider_id)
    row.channel, row.receipt = message.channel or row.channel, message.receipt
    instead = "portal"
    if message.failure and work.house.mails and provider and provider.email:
        instead = "mail"
        _mail_instead(work, row, provider.email)
    to, now = provider.name if provider else message.provider_id, message.handed_over_at or envelope.time
    letter = telling.sent(row, to, now, _follows(envelope), message.failure, instead)
    work.told.append(Notice(None, letter))


def _mail_instead(work: Work, row: Notification, email: str) -> None:
    """The same news by mail, once; what is no longer so when it leaves is dropped there."""
    mine = _by_mail(row.id)
    if mine not in work.notifications:
        mail = work.notifications[mine] = Notification(
            id=mine, case_id=row.case_id, kind=row.kind, stage=row.stage, due=row.due, deadline_id=row.deadline_id,
            role=row.role, provider_id=row.provider_id, channel="mail", email=email, status="queued",
        )  # fmt: skip
        work.session.add(mail)


def _by_mail(notification_id: UUID) -> UUID:
    return id_of(notification_id, "mail")


Handle = Callable[[Work, Envelope, Any], None]

HANDLERS: dict[type[Message], Handle] = {
    CaseOpened: know_case,
    CaseChanged: know_case,
    CaseClosed: note_closing,
    ProviderChanged: know_provider,
    ProviderNoticeHandled: note_handled,
    PersonChanged: know_person,
    DeadlineRequested: note_deadline,
    DeadlineMet: note_deadline,
    DeadlineCancelled: note_deadline,
    DeadlinePaused: note_deadline,
    NotificationRequested: notify,
}

OF_DEADLINES = tuple(message for message, handle in HANDLERS.items() if handle is note_deadline)
OF_CASES = tuple(message for message in HANDLERS if message.contract.subject == "case")
TELL = (CaseChanged, NotificationRequested, ProviderNoticeHandled)
"""After which somebody may be told."""
