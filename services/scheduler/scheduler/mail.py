"""Mails that are queued, sent: at least once, outside of the transaction that claims them, and given up in the end.

A mail holds no personal data: what it is about, the case number, a link. The portal has told the same already, so it is
the fallback of a mail that never gets through; it hears of that too.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Protocol
from uuid import UUID

import sqlalchemy as sa
import structlog

from casework.contracts.deadlines import KINDS
from casework.database import Database
from casework.messaging import Cause
from casework.process import HOUSE
from scheduler.handlers import sent
from scheduler.model import CaseRow, Notification, ProviderRow

log = structlog.get_logger()

DELAYS = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360))
"""How long a mail rests after each attempt that failed; after the last it is given up."""

LEASE = timedelta(minutes=10)
"""How long a mail belongs to the one who has claimed it; if they were killed it is sent again after that."""

BATCH = 20

STAGES = {
    "near": ("Frist nærmer sig", "A deadline is near"),
    "due": ("Frist i dag", "A deadline falls today"),
    "missed": ("Frist overskredet", "A deadline has passed"),
    "escalation": ("Frist overskredet", "A deadline has passed"),
}
NEWS = ("Der er noget nyt i en sag", "There is news in a case")


class NotSent(Exception):
    """The mail server did not take it. `for_good`: it never will."""

    def __init__(self, reason: str, *, for_good: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good


class Mailer(Protocol):
    def __call__(self, mail: EmailMessage) -> None:
        """Hand over one mail. Raises NotSent."""


@dataclass(frozen=True)
class Smtp:
    """A mail server; encrypted where it offers to be. Reasons are codes: a server's words may quote an address."""

    host: str
    port: int
    timeout: float = 20.0

    def __call__(self, mail: EmailMessage) -> None:
        try:
            with smtplib.SMTP(self.host, self.port, timeout=self.timeout) as server:
                server.ehlo_or_helo_if_needed()
                if server.has_extn("starttls"):
                    server.starttls(context=ssl.create_default_context())
                server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            raise NotSent(f"SMTP {code}", for_good=code >= 500) from error
        except smtplib.SMTPResponseException as error:
            raise NotSent(f"SMTP {error.smtp_code}", for_good=error.smtp_code >= 500) from error
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(type(error).__name__) from error


@dataclass(frozen=True)
class Post:
    """Sends what is queued in this database. `clock` says when somebody was told, `resting` by what time delays run."""

    database: Database
    mailer: Mailer
    sender: str
    portal: str
    clock: Callable[[], datetime]
    resting: Callable[[], datetime]

    def send(self, limit: int = BATCH) -> int:
        """Try one batch; how many were tried. Safe to kill anywhere: what is not marked is sent again."""
        claimed = self._claim(limit)
        for mine in claimed:
            self._send(mine)
        return len(claimed)

    def _claim(self, limit: int) -> list[UUID]:
        now = self.resting()
        query = (
            sa.select(Notification)
            .where(Notification.status == "queued", sa.or_(Notification.try_at.is_(None), Notification.try_at <= now))
            .order_by(Notification.try_at, Notification.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        with self.database.writing() as session:
            rows = list(session.scalars(query))
            for row in rows:
                row.attempts, row.try_at = row.attempts + 1, now + LEASE
            return [row.id for row in rows]

    def _send(self, mine: UUID) -> None:
        with self.database.reading() as session:
            row = session.get_one(Notification, mine)
            number = session.get_one(CaseRow, row.case_id).number
        try:
            self.mailer(compose(row, number, self.sender, self.portal))
        except NotSent as error:
            self._note(mine, error)
        else:
            self._note(mine, None)

    def _note(self, mine: UUID, error: NotSent | None) -> None:
        now = self.clock()
        with self.database.writing() as session:
            row = session.get_one(Notification, mine, with_for_update=True)
            if row.status != "queued":
                return  # a lease ran out and another has sent it: the receiver sees one Message-ID twice
            if error and not error.for_good and row.attempts <= len(DELAYS):
                row.failure, row.try_at = str(error), self.resting() + DELAYS[row.attempts - 1]
                log.warning("mail_failed", notification=str(mine), reason=str(error), attempts=row.attempts)
                return
            provider = session.get(ProviderRow, row.provider_id) if row.provider_id else None
            to = (provider.name if provider else row.name) or row.provider_id or row.person_id or row.role
            sent(session, row, to, now, Cause(now, HOUSE.id), str(error) if error else None)
        if error:
            log.error("mail_given_up", notification=str(mine), reason=str(error))
        else:
            log.info("mail_sent", notification=str(mine))


def compose(row: Notification, number: str, sender: str, portal: str) -> EmailMessage:
    """Danish first, English second. Nothing of the citizen, and nothing of what the case is about but the kind."""
    label = KINDS[row.kind].label if row.kind in KINDS else None
    danish, english = STAGES.get((row.stage or "").split("-")[0], NEWS)
    if label:
        danish = f"{danish}: {label}"
    day = f" ({row.due:%d.%m.%Y})" if row.due else ""
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, row.email
    mail["Subject"] = f"{danish}, sag {number}"
    mail["Message-ID"] = f"<{row.id}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        f"{danish}{day}.\nSag {number}.\nÅbn sagen: {portal}/cases/{row.case_id}\n\n"
        f"{english}{day}.\nCase {number}.\nOpen the case: {portal}/cases/{row.case_id}\n"
    )
    return mail
