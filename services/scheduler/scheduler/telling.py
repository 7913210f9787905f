"""Who is told of what, and how: the portal at once, a provider's system by way of ordering; a mail waits for its hours.

The caller holds the line of each case (`line`), and puts what is returned into the outbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.contracts.ordering import BY_SYSTEM
from casework.contracts.scheduler import NotificationSent, ProviderNoticeRequested
from casework.database import Row, among, insert_new
from casework.messaging import Cause, Letter
from scheduler import rules
from scheduler.model import Notification, PersonRow, ProviderRow, id_of
from scheduler.rules import Addressee


def line(case_id: UUID) -> str:
    """The name to hold (`lock`) while somebody is told about a case: its messages are numbered one by one."""
    return f"tell/{case_id}"


class News(NamedTuple):
    """Something that these should know about a case. What has the same `key` is told once."""

    case_id: UUID
    caseworker: Addressee  # as the case names them
    kind: str
    key: tuple[object, ...]
    roles: tuple[str, ...]
    cause: Cause
    provider_id: str | None = None
    person_id: str | None = None
    stage: str | None = None
    due: date | None = None
    deadline_id: UUID | None = None


class Notice(NamedTuple):
    """Somebody is told: the notification to be written, and what tells it on at once. A mail has no such letter.

    Without a row it is about a notification that is there already.
    """

    row: Row | None
    letter: Letter | None


@dataclass(frozen=True)
class Acquaintances:
    """The people and providers of whom there is news, as we know them."""

    people: dict[str, PersonRow]
    providers: dict[str, ProviderRow]

    def whom(self, news: News, today: date) -> list[Addressee]:
        """Each once; and whoever stands in for those who are away."""
        caseworker = self._person(news.caseworker)
        person = self._person(Addressee("person", news.person_id)) if news.person_id else None
        told = rules.whom(news.roles, caseworker=caseworker, provider=self._provider(news.provider_id), person=person)
        return rules.with_deputies(told, lambda one: self._deputy(one, today))

    def _person(self, named: Addressee) -> Addressee:
        known = self.people.get(named.person_id or "")
        if known is None:
            return named
        email = rules.mailbox(known.email or named.email, known.channel)
        return Addressee(named.role, named.person_id, named.provider_id, known.name, email)

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


def acquaint(session: Session, people: Iterable[str | None], providers: Iterable[str | None]) -> Acquaintances:
    """Who these are, and the deputies of the people. One statement for each table, however many they are."""
    ids, theirs = {one for one in people if one}, {one for one in providers if one}
    known: dict[str, PersonRow] = {}
    if ids:
        deputies = sa.select(PersonRow.deputy_id).where(among(session, PersonRow.id, ids))
        either = sa.or_(among(session, PersonRow.id, ids), PersonRow.id.in_(deputies))
        known = {row.id: row for row in session.scalars(sa.select(PersonRow).where(either))}
    reached: dict[str, ProviderRow] = {}
    if theirs:
        query = sa.select(ProviderRow).where(among(session, ProviderRow.id, theirs))
        reached = {row.id: row for row in session.scalars(query)}
    return Acquaintances(known, reached)


def notices(
    news: News, known: Acquaintances, now: datetime, today: date, *, mails: bool, actor: str | None = None
) -> Iterator[Notice]:
    """One for each who is told, by each of their channels. Nobody is mailed what they did themself (`actor`)."""
    for one in known.whom(news, today):
        for channel in rules.channels(one, mails=mails and (actor is None or one.person_id != actor)):
            mine, at_once = id_of(*news.key, one.address, channel), channel == "portal"
            row = {
                "id": mine, "case_id": news.case_id, "kind": news.kind, "stage": news.stage, "due": news.due,
                "role": one.role, "person_id": one.person_id, "provider_id": one.provider_id,
                "name": None if one.provider_id else one.name, "channel": channel,
                "email": one.email if channel == "mail" else None, "status": "sent" if at_once else "queued",
                "sent_at": now if at_once else None, "deadline_id": news.deadline_id,
            }  # fmt: skip
            letter = None
            if at_once:
                letter = _to_portal(one, news.case_id, news.kind, channel, one.to, now, news.cause)
            elif channel in BY_SYSTEM:
                letter = _to_system(one, mine, news)
            yield Notice(row, letter)


def put_out(session: Session, told: Iterable[Notice]) -> list[Letter]:
    """Write what has not been told before, once per key; what tells it on, in order."""
    told = list(told)
    rows = {notice.row["id"]: notice.row for notice in told if notice.row}
    new = insert_new(session, Notification, list(rows.values()), ("id",))
    return [
        letter for row, letter in told if letter and (row is None or ((row["id"],) in new and rows[row["id"]] is row))
    ]


def sent(
    row: Notification, to: str, now: datetime, cause: Cause, failure: str | None = None, instead: str = "portal"
) -> Letter:
    """Note that somebody has been told, or that it was given up and by what they are told `instead`; for the portal."""
    row.status, row.sent_at, row.failure = "failed" if failure else "sent", None if failure else now, failure
    one = Addressee(row.role, row.person_id, row.provider_id)
    return _to_portal(one, row.case_id, row.kind, row.channel, to, now, cause, failure, instead)


def _to_portal(
    one: Addressee, case_id: UUID, kind: str, channel: str, to: str, now: datetime, cause: Cause,
    failure: str | None = None, instead: str = "portal",
) -> Letter:  # fmt: skip
    """The message is numbered per addressee and case, so that no two cases wait for each other."""
    case = str(case_id)
    message = NotificationSent(
        kind=kind, to=to, channel=channel, sent_at=now, case_id=case, failure=failure,
        fallback=instead if failure else None,
    )  # fmt: skip
    return f"{one.address}/{case}", message, cause


def _to_system(one: Addressee, mine: UUID, news: News) -> Letter:
    assert one.provider_id
    stage = news.stage and news.stage.partition("-")[0]
    message = ProviderNoticeRequested(
        notification_id=mine, provider_id=one.provider_id, kind=news.kind, stage=stage, due=news.due
    )
    return str(news.case_id), message, news.cause
