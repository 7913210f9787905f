"""What the scheduler tells: that a day comes near, has come, is over; and that somebody has been told."""

from datetime import date, datetime
from uuid import UUID

from casework.contracts import Message, contract
from casework.fields import field, needed


@contract("deadline.approaching", by="scheduler", to="intake followup portal")
class DeadlineApproaching(Message):
    """The first threshold before a deadline is reached."""

    kind: str = needed("Frist")
    key: str = needed("Nøgle")
    due: date = needed("Dato")


@contract("deadline.due", by="scheduler", to="decision portal")
class DeadlineDue(Message):
    """The day has come."""

    kind: str = needed("Frist")
    key: str = needed("Nøgle")
    due: date = needed("Dato")


@contract("deadline.missed", by="scheduler", to="intake decision ordering reporting portal")
class DeadlineMissed(Message):
    """The day is over, whole, and nothing has come."""

    kind: str = needed("Frist")
    key: str = needed("Nøgle")
    due: date = needed("Dato")


@contract("notification.sent", by="scheduler", to="portal", subject="person")
class NotificationSent(Message):
    """Somebody has been told, or it was given up, and by which channel they are told instead."""

    kind: str = needed("Besked om")
    to: str = needed("Til")
    channel: str = needed("Kanal")
    sent_at: datetime = needed("Sendt")
    case_id: str | None = field("Sag")
    failure: str | None = field("Fejl")
    fallback: str | None = field("Kanal i stedet", help="mail eller portal")


@contract("provider_notice.requested", by="scheduler", to="ordering")
class ProviderNoticeRequested(Message):
    """A provider with a system of its own is to be told there. Ordering reaches it, and answers what came of it."""

    notification_id: UUID = needed("Besked")
    provider_id: str = needed("Udfører")
    kind: str = needed("Besked om")  # the kind of deadline, or of news
    stage: str | None = field("Hvor langt fristen er", help="near, due, missed eller escalation")
    due: date | None = field("Frist")
