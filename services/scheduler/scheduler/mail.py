"""Mails: written when they leave, as it is true then, and handed over to a mail server by the post (ADR 14).

A mail holds no personal data: what it is about, the case number, a link. The portal has told the same already, so it is
the fallback of a mail that never gets through; it hears of that too.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from casework.channels import NotSent, Parcel
from casework.contracts.deadlines import KINDS
from casework.database import Database
from scheduler.handlers import still_true
from scheduler.model import Notification

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
