"""Mails: gathered, written when they leave, as it is true then, and handed over to a mail server by the post (ADR 14).

A mail holds no personal data: what it is about, the case number, a link. The portal has told the same already, so it is
the fallback of a mail that never gets through; it hears of that too.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from itertools import groupby
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from casework.channels import NotSent, Parcel, ParcelRow, put_out
from casework.channels.tables import FAILED
from casework.contracts.deadlines import KINDS
from casework.database import Database, lock
from casework.messaging import Cause, put_all
from casework.process import HOUSE
from scheduler import rules
from scheduler.model import CaseRow, DeadlineRow, Notification, ProviderRow, id_of
from scheduler.rules import Addressee
from scheduler.telling import line, sent

MAILED = 1000
"""How many notifications one round of mails gathers at most."""

STAGES = {
    "near": ("Frist nærmer sig", "A deadline is near"),
    "due": ("Frist i dag", "A deadline falls today"),
    "missed": ("Frist overskredet", "A deadline has passed"),
    "escalation": ("Frist overskredet", "A deadline has passed"),
}
NEWS = ("Der er noget nyt i en sag", "There is news in a case")

Mailer = Callable[[EmailMessage], str]
"""Hands over one mail and returns a receipt. Raises NotSent."""

Told = Sequence[tuple[Notification, str]]
"""What a mail tells, each with the number of its case."""


@dataclass(frozen=True)
class Smtp:
    """A mail server; encrypted where it offers to be. Reasons are codes: a server's words may quote an address."""

    host: str
    port: int
    timeout: float = 20.0

    def __call__(self, mail: EmailMessage) -> str:
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
        return "SMTP 250"


@dataclass(frozen=True)
class Mail:
    """The channel. `portal` is where links lead."""

    database: Database
    mailer: Mailer
    sender: str
    portal: str

    def __call__(self, parcel: Parcel) -> str:
        """Hand over what is still so. Where nothing is, nobody is mailed."""
        with self.database.writing() as session:
            told = still_true(session, parcel.id)
            mail = self.compose(parcel, told) if told else None
        return self.mailer(mail) if mail else "NoLongerTrue"

    def compose(self, parcel: Parcel, told: Told) -> EmailMessage:
        """Danish first, English second. The same parcel has the same Message-ID, by which a receiver knows it again."""
        mail = EmailMessage()
        mail["From"], mail["To"] = self.sender, told[0][0].email
        mail["Subject"] = f"{_about(told[0][0])}, sag {told[0][1]}" if len(told) == 1 else f"{len(told)} beskeder"
        mail["Message-ID"] = f"<{parcel.id}@{self.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        danish = [f"{_about(one[0])}{_day(one[0])}.\nSag {one[1]}.\nÅbn sagen: {self._link(one[0])}\n" for one in told]
        english = [
            f"{_stage(row)[1]}{_day(row)}.\nCase {number}.\nOpen the case: {self._link(row)}\n" for row, number in told
        ]
        mail.set_content("\n".join([*danish, *english]))
        return mail

    def _link(self, row: Notification) -> str:
        return f"{self.portal}/cases/{row.case_id}"


def _stage(row: Notification) -> tuple[str, str]:
    return STAGES.get((row.stage or "").partition("-")[0], NEWS)


def _about(row: Notification) -> str:
    danish, _ = _stage(row)
    return f"{danish}: {KINDS[row.kind].label}" if row.kind in KINDS else danish


def _day(row: Notification) -> str:
    return f" ({row.due:%d.%m.%Y})" if row.due else ""


# what goes into which mail
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
        lock(session, line(row.case_id))
        to = provider or row.name or row.provider_id or row.person_id or row.role
        row.receipt = parcel.receipt
        failure = parcel.failure if parcel.status == FAILED else None
        letters.append(sent(row, to, now, Cause(now, HOUSE.id), failure))
    put_all(session, "scheduler", letters, alone=True)
