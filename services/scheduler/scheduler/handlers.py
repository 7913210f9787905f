"""One function per message, and `tick`: what is due is raised, and whoever should know is told.

The caller owns the transaction. A message takes effect at its own time; only `tick` is told what time it is. Whatever
comes twice, or before what others tell, ends in the same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby, takewhile
from typing import Any
from uuid import UUID

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from casework.calendar import begins, local_date
from casework.channels import Parcel, ParcelRow, put_out
from casework.channels.tables import FAILED
from casework.contracts import Message
from casework.contracts.common import (
    DeadlineCancelled,
    DeadlineMet,
    DeadlinePaused,
    DeadlineRequested,
    NotificationRequested,
)
from casework.contracts.intake import CaseChanged, CaseClosed, CaseOpened
from casework.contracts.ordering import BY_SYSTEM, ProviderChanged, ProviderNoticeHandled
from casework.contracts.portal import PersonChanged
from casework.contracts.scheduler import NotificationSent, ProviderNoticeRequested
from casework.database import insert_new, lock, lock_free, values_of
from casework.errors import NotYet
from casework.messaging import Cause, Envelope, Letter, UnknownMessage, put_all
from casework.process import HOUSE, End
from scheduler import life, rules
from scheduler.model import CaseRow, Deadline, DeadlineRow, Notification, PersonRow, ProviderRow, Reckoning, id_of
from scheduler.process import DEADLINE
from scheduler.rules import Addressee, Terms

log = structlog.get_logger()

BATCH = 100
"""How many deadlines one commit raises at most: a larger batch is no quicker, and more is lost with a worker."""

RECKONED = 500
"""How many deadlines one commit reckons anew at most."""

MAILED = 1000
"""How many notifications one round of mails gathers at most."""


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
    before, today = row.deadline if row else None, local_date(envelope.time)
    after = life.answer(before, message, today, house.terms)
    if after is None or after == before:
        return
    in_force = _in_force(session, house.terms)
    if row is None:
        row = DeadlineRow(id=id_of(case_id, message.kind, message.key), case_id=case_id, asked_at=envelope.time)
        session.add(row)
    elif before and before.due != after.due:
        row.asked_at = envelope.time
    if isinstance(DEADLINE.rows[after.status], End):
        row.ended_at = envelope.time
    _keep(row, after, house.terms, today, in_force=in_force)
    due = after.due.isoformat()
    log.info("deadline_noted", case_id=envelope.subject, kind=after.kind, status=after.status, due=due)


def _keep(row: DeadlineRow, deadline: Deadline, terms: Terms, today: date, *, in_force: bool) -> None:
    """By settings that are no longer in force nothing is reckoned: whoever has the newer looks the day after."""
    row.deadline = deadline
    ended = isinstance(DEADLINE.rows[deadline.status], End)
    row.next_at = life.next_day(deadline, terms) if ended or in_force else today + rules.DAY


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
    row.number, row.team, row.is_confidential = message.case_number, message.team, bool(message.is_confidential)
    row.caseworker_id, row.caseworker_name, row.caseworker_email = (who.id, who.name, who.email) if who else (None,) * 3
    after = row.caseworker_id or row.caseworker_name
    if isinstance(message, CaseChanged) and after not in (None, before, envelope.actor):
        news = News(row, "case.changed", (envelope.id,), ("caseworker",), _follows(envelope))
        _tell_now(session, house, news, envelope)


def note_closing(house: House, session: Session, envelope: Envelope, message: CaseClosed) -> None:
    """Nothing stops here: the phases cancel their own deadlines, and some outlive the case."""
    row = session.get(CaseRow, UUID(envelope.subject))
    if row is None:
        raise NotYet("Sagen er ikke meldt åbnet endnu")
    row.closed_on = message.closed_on


def know_provider(house: House, session: Session, envelope: Envelope, message: ProviderChanged) -> None:
    known = ProviderRow(id=message.provider_id, name=message.name, email=message.email, channel=message.channel)
    session.merge(known)


def know_person(house: House, session: Session, envelope: Envelope, message: PersonChanged) -> None:
    session.merge(
        PersonRow(
            id=message.person_id, name=message.name, email=message.email, channel=message.channel,
            deputy_id=message.deputy, away_from=message.away_from, away_to=message.away_to,
        )
    )  # fmt: skip


# telling
@dataclass(frozen=True)
class News:
    """Something that these should know about a case. What has the same `key` is told once."""

    case: CaseRow
    kind: str
    key: tuple[object, ...]
    roles: tuple[str, ...]
    cause: Cause
    provider_id: str | None = None
    person_id: str | None = None
    stage: str | None = None
    due: date | None = None
    deadline_id: UUID | None = None


@dataclass(frozen=True)
class Acquaintances:
    """The people and providers of whom there is news, as we know them."""

    people: Mapping[str, PersonRow]
    providers: Mapping[str, ProviderRow]

    def whom(self, news: News, today: date) -> list[Addressee]:
        """Each once; and whoever stands in for those who are away."""
        case = news.case
        caseworker = self._person(
            Addressee("caseworker", case.caseworker_id, None, case.caseworker_name, case.caseworker_email)
        )
        person = self._person(Addressee("person", news.person_id)) if news.person_id else None
        told = rules.whom(news.roles, caseworker=caseworker, provider=self._provider(news.provider_id), person=person)
        return rules.with_deputies(told, lambda one: self._deputy(one, today))

    def _person(self, named: Addressee) -> Addressee:
        known = self.people.get(named.person_id or "")
        if known is None:
            return named
        return replace(named, name=known.name, email=rules.mailbox(known.email or named.email, known.channel))

    def _provider(self, provider_id: str | None) -> Addressee | None:
        if not provider_id:
            return None
        if (known := self.providers.get(provider_id)) is None:
            return Addressee("provider", None, provider_id)
        return Addressee("provider", None, provider_id, known.name, known.email, rules.system(known.channel))

    def _deputy(self, one: Addressee, today: date) -> Addressee | None:
        known = self.people.get(one.person_id or "")
        if known is None or not known.deputy_id or not rules.is_away(known.away_from, known.away_to, today):
            return None
        return self._person(Addressee(one.role, known.deputy_id))


def _acquaint(session: Session, told: Iterable[News]) -> Acquaintances:
    """Two statements, however many they are."""
    told = list(told)
    ids = {one for news in told for one in (news.case.caseworker_id, news.person_id) if one}
    deputies = sa.select(PersonRow.deputy_id).where(PersonRow.id.in_(ids))
    people = session.scalars(sa.select(PersonRow).where(sa.or_(PersonRow.id.in_(ids), PersonRow.id.in_(deputies))))
    providers = session.scalars(
        sa.select(ProviderRow).where(ProviderRow.id.in_({news.provider_id for news in told if news.provider_id}))
    )
    return Acquaintances({row.id: row for row in people}, {row.id: row for row in providers})


def notify(house: House, session: Session, envelope: Envelope, message: NotificationRequested) -> None:
    """A phase knows who should know. Kept with the case until the case is known; nobody is mailed what they did.

    A provider is told where its role is named, or nobody else is: its id alone may just say which order it is about.
    """
    case = session.get(CaseRow, UUID(envelope.subject))
    if case is None:
        raise NotYet("Sagen er ikke meldt åbnet endnu")
    roles = message.roles or (() if message.person_id else ("provider",))
    news = News(case, message.kind, (envelope.id,), roles, _follows(envelope), message.provider_id, message.person_id)
    _tell_now(session, house, news, envelope)


def _follows(envelope: Envelope) -> Cause:
    return Cause(envelope.time, envelope.actor or HOUSE.id, envelope.id, envelope.correlation)


def _tell_now(session: Session, house: House, news: News, envelope: Envelope) -> None:
    lock(session, _line(news.case.id))
    put_all(session, "scheduler", _tell(session, house, [news], envelope.time, envelope.actor), alone=True)


def _tell(
    session: Session, house: House, told: Sequence[News], now: datetime, actor: str | None = None
) -> list[Letter]:
    """Tell each by each of their channels, once per key. The caller holds the line of each case.

    The portal by what is returned, in this commit, and so a provider's own system, by way of ordering; mails wait.
    """
    known, today = _acquaint(session, told), local_date(now)
    rows: dict[UUID, tuple[Notification, Addressee, Cause]] = {}
    for news in told:
        for one in known.whom(news, today):
            by_mail = house.mails and (actor is None or one.person_id != actor)
            for channel in rules.channels(one, mails=by_mail):
                mine = id_of(*news.key, one.address, channel)
                rows[mine] = _notification(mine, news, one, channel), one, news.cause
    letters = {mine: letter for mine, told in rows.items() if (letter := _letter(*told, now))}
    new = insert_new(session, Notification, [values_of(row) for row, *_ in rows.values()], ("id",))
    return [letters[mine] for mine in rows if (mine,) in new and mine in letters]


def _letter(row: Notification, one: Addressee, cause: Cause, now: datetime) -> Letter | None:
    """What tells it on: to the portal, or to a provider's system by way of ordering. A mail waits."""
    if row.channel == "portal":
        return sent(row, one.to, now, cause)
    return _for_system(row, cause) if row.channel in BY_SYSTEM else None


def _for_system(row: Notification, cause: Cause) -> Letter:
    assert row.provider_id
    stage = row.stage and row.stage.partition("-")[0]
    message = ProviderNoticeRequested(
        notification_id=row.id, provider_id=row.provider_id, kind=row.kind, stage=stage, due=row.due
    )
    return str(row.case_id), message, cause


def _notification(mine: UUID, news: News, one: Addressee, channel: str) -> Notification:
    return Notification(
        id=mine, case_id=news.case.id, kind=news.kind, stage=news.stage, due=news.due, deadline_id=news.deadline_id,
        role=one.role, person_id=one.person_id, provider_id=one.provider_id, name=None if one.provider_id else one.name,
        channel=channel, email=one.email if channel == "mail" else None, status="queued",
    )  # fmt: skip


def sent(
    row: Notification, to: str, now: datetime, cause: Cause, failure: str | None = None, instead: str = "portal"
) -> Letter:
    """Note that somebody has been told, or that it was given up and by what they are told `instead`; for the portal.

    The message is numbered per addressee and case, so that no two cases wait for each other.
    """
    row.status, row.sent_at, row.failure = "failed" if failure else "sent", None if failure else now, failure
    message = NotificationSent(
        kind=row.kind, to=to, channel=row.channel, sent_at=now, case_id=str(row.case_id), failure=failure,
        fallback=instead if failure else None,
    )  # fmt: skip
    address = Addressee(row.role, row.person_id, row.provider_id).address
    return f"{address}/{row.case_id}", message, cause


# providers' own systems
def note_handled(house: House, session: Session, envelope: Envelope, message: ProviderNoticeHandled) -> None:
    """A provider's system has been told. Where it was given up, a mail goes instead; the portal hears of both."""
    lock(session, _line(UUID(envelope.subject)))
    row = session.get_one(Notification, message.notification_id)
    provider = session.get(ProviderRow, message.provider_id)
    row.channel, row.receipt = message.channel or row.channel, message.receipt
    instead = "portal"
    if message.failure and house.mails and provider and provider.email:
        instead = "mail"
        _mail_instead(session, row, provider.email)
    to, now = provider.name if provider else message.provider_id, message.handed_over_at or envelope.time
    put_all(session, "scheduler", [sent(row, to, now, _follows(envelope), message.failure, instead)], alone=True)


def _mail_instead(session: Session, row: Notification, email: str) -> None:
    """The same news by mail, once; what is no longer so when it leaves is dropped there."""
    mine = id_of(row.id, "mail")
    if session.get(Notification, mine) is None:
        session.add(
            Notification(
                id=mine, case_id=row.case_id, kind=row.kind, stage=row.stage, due=row.due, deadline_id=row.deadline_id,
                role=row.role, provider_id=row.provider_id, channel="mail", email=email, status="queued",
            )
        )  # fmt: skip


# mails
def put_out_mails(session: Session, now: datetime) -> int:
    """Put out one mail for each who has been told something since the last round; how many mails."""
    lock(session, "mails")  # two at once would share one person's news between two mails
    query = (
        sa.select(Notification)
        .where(Notification.status == "queued", Notification.parcel_id.is_(None), Notification.channel == "mail")
        .order_by(Notification.email, Notification.id)
        .limit(MAILED)
    )
    parcels = [
        _mail(list(rows), now)
        for _, rows in groupby(session.scalars(query), key=lambda row: (row.email, _address(row)))
    ]
    for parcel in parcels:
        put_out(session, parcel)
    return len(parcels)


def _mail(rows: list[Notification], now: datetime) -> Parcel:
    """Which notifications go together. What it says is written when it leaves, as it is true then."""
    mine, first = id_of("mail", *(row.id for row in rows)), rows[0]
    for row in rows:
        row.parcel_id = mine
    address = _address(first)
    return Parcel(
        id=mine, channel="mail", receiver=str(id_of(first.email)) if address.startswith("role:") else address,
        kind=first.kind if len(rows) == 1 else "digest", body=b"", content_type="message/rfc822",
        case_id=first.case_id if len(rows) == 1 else None, about=f"{len(rows)} beskeder", made_at=now,
    )  # fmt: skip


def _address(row: Notification) -> str:
    return Addressee(row.role, row.person_id, row.provider_id).address


def still_true(session: Session, parcel_id: UUID) -> list[tuple[Notification, str]]:
    """What is still to be told by a mail, each with its case's number, by day. What is no longer so is dropped."""
    query = (
        sa.select(Notification, CaseRow.number, DeadlineRow)
        .join(CaseRow, CaseRow.id == Notification.case_id)
        .outerjoin(DeadlineRow, DeadlineRow.id == Notification.deadline_id)
        .where(Notification.parcel_id == parcel_id, Notification.status.in_(("queued", "failed")))
        .order_by(Notification.due, CaseRow.number, Notification.kind, Notification.id)
    )
    told = []
    for row, number, deadline in session.execute(query):
        if deadline and row.stage and row.due and not rules.still_holds(row.stage, row.due, deadline.deadline):
            row.status = "dropped"
        else:
            told.append((row, number))
    return told


def note_mail(session: Session, parcel: ParcelRow, now: datetime) -> None:
    """A mail has been handed over, or given up: so has all that it told. The portal hears of both."""
    query = (
        sa.select(Notification, ProviderRow.name)
        .outerjoin(ProviderRow, ProviderRow.id == Notification.provider_id)
        .where(Notification.parcel_id == parcel.id, Notification.status.in_(("queued", "failed")))
        .order_by(Notification.case_id)
    )
    letters = []
    for row, provider in session.execute(query).all():
        lock(session, _line(row.case_id))
        to = provider or row.name or row.provider_id or row.person_id or row.role
        row.receipt = parcel.receipt
        failure = parcel.failure if parcel.status == FAILED else None
        letters.append(sent(row, to, now, Cause(now, HOUSE.id), failure))
    put_all(session, "scheduler", letters, alone=True)


# days
def tick(house: House, session: Session, now: datetime, limit: int = BATCH) -> int:
    """Raise what is due on the Danish day of `now`, in the order of their days, at most `limit`; how many have moved.

    Several may tick at once: what one has claimed, and the case it belongs to, the others pass by. A deadline waits
    until its case is known. The statements are the same few, however many have moved.
    """
    today, letters, told = local_date(now), [], []
    in_force, claimed = _in_force(session, house.terms), _claim(session, today, limit)
    for row, case in claimed:
        after, steps = life.pass_days(row.deadline, today, house.terms)
        for step in steps:
            cause = Cause(max(begins(step.day), row.asked_at), HOUSE.id)
            for event in step.events:
                if isinstance(event, Message):
                    letters.append((str(row.case_id), event, cause))
                elif isinstance(event, rules.Tell):
                    told.append(_news(row, case, event, cause))
            log.info("deadline_raised", case_id=str(row.case_id), kind=row.kind, row=step.row, due=row.due.isoformat())
        _keep(row, after, house.terms, today, in_force=in_force)
    put_all(session, "scheduler", letters + _tell(session, house, told, now), alone=True)
    return len(claimed)


def _claim(session: Session, today: date, limit: int) -> list[tuple[DeadlineRow, CaseRow]]:
    """What is due, the longest first, of cases in which nobody else raises or tells until we commit."""
    query = (
        sa.select(DeadlineRow, CaseRow)
        .join(CaseRow, CaseRow.id == DeadlineRow.case_id)
        .where(DeadlineRow.next_at <= today)
        .order_by(DeadlineRow.next_at, DeadlineRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True, of=DeadlineRow)
    )
    found = [(row, case) for row, case in session.execute(query)]
    ours = lock_free(session, sorted({_line(row.case_id) for row, _ in found}))
    claimed = [(row, case) for row, case in found if _line(row.case_id) in ours]
    return sorted(claimed, key=lambda pair: (pair[0].next_at, pair[0].due, pair[0].kind, pair[0].key, pair[0].id))


def _news(row: DeadlineRow, case: CaseRow, event: rules.Tell, cause: Cause) -> News:
    """A message takes effect when its day began, or when it was asked where that was later; people are told now."""
    key = (row.id, row.asked_at.isoformat(), event.stage)
    return News(
        case, row.kind, key, event.roles, cause, row.provider_id, stage=event.stage, due=row.due, deadline_id=row.id
    )


# settings that change
def put_in_force(session: Session, terms: Terms) -> None:
    """From now on `next_at` is reckoned by these settings; of the deadlines that are stored, by `reckon`."""
    insert_new(session, Reckoning, [{"id": 1, "terms": terms.mark, "after": None, "done": False}], ("id",))
    row = session.get_one(Reckoning, 1, with_for_update=True)
    if row.terms != terms.mark:
        row.terms, row.after, row.done = terms.mark, None, False


def _in_force(session: Session, terms: Terms) -> bool:
    row = session.get(Reckoning, 1)
    return row is None or row.terms == terms.mark


def reckon(house: House, session: Session, limit: int = RECKONED) -> int:
    """Reckon `next_at` of the next few open deadlines anew, by id; how many. None where all are as the settings say.

    One does it at a time, and goes on where the last commit has come to. What somebody else is changing is looked at
    again: it stops before it.
    """
    mine = sa.select(Reckoning).where(Reckoning.terms == house.terms.mark, ~Reckoning.done)
    at = session.scalars(mine.with_for_update(skip_locked=True)).one_or_none()
    if at is None:
        return 0
    query = sa.select(DeadlineRow.id).where(DeadlineRow.ended_at.is_(None)).order_by(DeadlineRow.id).limit(limit)
    ids = list(session.scalars(query.where(DeadlineRow.id > at.after) if at.after else query))
    chosen = sa.select(DeadlineRow).where(DeadlineRow.id.in_(ids)).with_for_update(skip_locked=True)
    rows = {row.id: row for row in session.scalars(chosen)}
    free = list(takewhile(rows.__contains__, ids))
    for row in map(rows.__getitem__, free):
        row.next_at = life.next_day(row.deadline, house.terms)
    at.after, at.done = free[-1] if free else at.after, len(free) == len(ids) < limit
    return len(free)


def _line(case_id: UUID) -> str:
    return f"tell/{case_id}"


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
    ProviderNoticeHandled: note_handled,
    PersonChanged: know_person,
    DeadlineRequested: note_deadline,
    DeadlineMet: note_deadline,
    DeadlineCancelled: note_deadline,
    DeadlinePaused: note_deadline,
    NotificationRequested: notify,
}
